"""Which contacts, close in time, tell of the same incident."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolerance.detection.linking import link_by_window

DAY = 86_400_000_000


def homes(*units: tuple[float, str]) -> list[int]:
    """Homes of units given as (day, "call" or "ticket")."""
    return link_by_window([int(day * DAY) for day, _ in units], [kind == "ticket" for _, kind in units], 7)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        pytest.param([(0, "call"), (7, "call")], [1, 1], id="seven_days_are_within_the_window"),
        pytest.param([(0, "call"), (7.001, "call")], [1, 2], id="a_moment_more_is_not"),
        pytest.param([(0, "call"), (5, "call"), (10, "call")], [1, 1, 3], id="windows_do_not_chain"),
        pytest.param([(0, "call"), (3, "ticket")], [2, 2], id="a_ticket_becomes_the_home_of_an_earlier_call"),
        pytest.param([(0, "ticket"), (3, "call")], [1, 1], id="a_call_joins_the_ticket"),
        pytest.param([(0, "ticket"), (1, "ticket")], [1, 2], id="two_tickets_are_two_incidents"),
        pytest.param(
            [(0, "call"), (1, "ticket"), (2, "ticket")], [2, 2, 3], id="only_the_first_ticket_takes_the_call"
        ),
        pytest.param(
            [(0, "call"), (3, "ticket"), (8, "call")],
            [2, 2, 3],
            id="the_window_counts_from_the_first_contact",
        ),
        pytest.param(
            [(0, "ticket"), (5, "ticket"), (6, "call"), (9, "call")],
            [1, 2, 1, 2],
            id="a_call_joins_the_earliest_incident_that_is_open",
        ),
    ],
)
def test_links(units: list[tuple[float, str]], expected: list[int]) -> None:
    assert homes(*units) == expected


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=12).map(sorted))
def test_an_incident_has_at_most_one_ticket_and_spans_at_most_the_window(
    units: list[tuple[int, bool]],
) -> None:
    found = link_by_window([day * DAY for day, _ in units], [ticket for _, ticket in units], 7)
    for home in set(found):
        members = [unit for unit, its_home in zip(units, found, strict=True) if its_home == home]
        assert sum(ticket for _, ticket in members) <= 1
        assert members[-1][0] - members[0][0] <= 7
        assert any(ticket for _, ticket in members) == units[home - 1][1]


@given(st.lists(st.integers(0, 60), min_size=2, max_size=12).map(sorted))
def test_calls_alone_open_a_new_incident_only_when_the_window_is_over(days: list[int]) -> None:
    found = homes(*((day, "call") for day in days))
    opened = sorted({days[home - 1] for home in found})
    assert all(later - earlier > 7 for earlier, later in pairwise(opened))
