"""Which files are refused whole."""

from __future__ import annotations

import pytest

from tests.fixtures.ingesting import CALLS, CUSTOMERS, Deliver, call, counts, quarantined, take_in
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


@pytest.mark.parametrize(
    ("source", "bad"),
    [
        ("customers", "C2;;;;;f\n"),
        ("customers", "C2;;;;;" + "x" * 36 + "\n"),
        ("customers", "C" * 256 + ";;;;;fr\n"),
        ("faq", call(2).replace("K2", "K" * 256)),
        ("faq", call(2).replace("C1", "C" * 256)),
        ("faq", call(2).replace(";code", ";" + "c" * 101)),
        ("faq", call(2).replace(";fr", ";f")),
    ],
)
def test_a_cell_out_of_its_bounds_costs_its_record_alone(
    deliver: Deliver, state: State, source: str, bad: str
) -> None:
    sound = CALLS + call(1) if source == "faq" else CUSTOMERS + "C1;;;;;fr\n"
    deliver(f"{source}/a.csv", sound + bad)
    assert counts(take_in(state, source))["a.csv"] == ("loaded_with_quarantine", 2, 1, 0, 1)
