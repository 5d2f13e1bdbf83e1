"""Which files are refused whole."""

from __future__ import annotations

from tests.fixtures.ingesting import CALLS, Deliver, call, counts, quarantined, take_in
from tolerance.state import State


def test_a_file_of_mostly_bad_records_is_refused_whole_from_a_hundred_on(
    state: State, deliver: Deliver
) -> None:
    good, bad = "".join(call(n) for n in range(49)), "x\n" * 51
    deliver("faq/many.csv", CALLS + good + bad)
    deliver("faq/half.csv", CALLS + "".join(call(n) for n in range(100, 150)) + "y\n" * 50)
    deliver("faq/small.csv", CALLS + call(200) + "z\n" * 90)
    assert counts(take_in(state)) == {
        "half.csv": ("loaded_with_quarantine", 100, 50, 0, 50),
        "many.csv": ("refused", 100, 0, 0, 100),
        "small.csv": ("loaded_with_quarantine", 91, 1, 0, 90),
    }
    of_many = [row for row in quarantined(state) if row["file_name"] == "many.csv"]
    assert sorted(row["record_no"] for row in of_many) == list(range(1, 101))  # type: ignore[type-var]
    kept = {row["raw"] for row in of_many if row["reason"] == "file_refused"}
    assert kept == {call(n).strip().encode() for n in range(49)}
