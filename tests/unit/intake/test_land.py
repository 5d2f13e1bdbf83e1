"""What counts as a delivery."""

from __future__ import annotations

from tests.fixtures.ingesting import CALLS, Deliver, call, counts, rows, take_in
from tolerance.state import State


def test_the_same_again_is_no_delivery_and_known_content_brings_nothing(
    state: State, deliver: Deliver
) -> None:
    deliver("faq/a.csv", CALLS + call(1) + call(2))
    take_in(state)
    before = rows(state)
    assert take_in(state) is None
    deliver("faq/again.csv", CALLS + call(1) + call(2))
    deliver("faq/sorted_otherwise.csv", CALLS + call(2) + call(1))
    assert counts(take_in(state)) == {
        "again.csv": ("already_loaded", 2, 0, 2, 0),
        "sorted_otherwise.csv": ("loaded", 2, 0, 2, 0),
    }
    assert rows(state) == before
