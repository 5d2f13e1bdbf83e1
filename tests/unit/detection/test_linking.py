"""Which contacts, close in time, tell of the same incident."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolerance.detection.linking import CHOSEN, GUESSED, TOLD, Link, Mail, Unit, link_by_window, link_threads

DAY = 86_400_000_000


def homes(*units: tuple[float, str]) -> list[int]:
    """Homes of units given as (day, "call" or "ticket")."""
    return linked(*((day, kind, "billing_error") for day, kind in units))


def linked(*units: tuple[float, str, str]) -> list[int]:
    """The same for units of several types, of which late and lost go together; a code or a tag has a !."""
    return [link["home"] for link in links(*units)]


def links(*units: tuple[float, str, str]) -> list[Link]:
    """The links of units given as (day, kind, type).

    A type that is only likely has a ?, as have several. A kind may be "reminder" or "unclear", a call or mail
    that reports nothing by itself, or both.
    """
    return link_by_window([_unit(*unit) for unit in units], "late~lost,late~no_answer", IN_THREADS, 7)


IN_THREADS = "late~lost,late~no_answer,no_answer~fraud"


def _unit(day: float, kind: str, told: str) -> Unit:
    types = told.rstrip("!?")
    return {
        "first_contact_us": int(day * DAY),
        "is_ticket": "ticket" in kind,
        "types": types.partition("/")[0],
        "certainty": CHOSEN if told.endswith("!") else TOLD if types and not told.endswith("?") else GUESSED,
        "likely_types": types.partition("/")[2] or types,
        "is_reminder": "reminder" in kind,
        "is_report": "unclear" not in kind,
    }


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
    found = homes(*((day, "ticket" if ticket else "call") for day, ticket in units))
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


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        pytest.param([(0, "call", "late"), (1, "call", "lost")], [1, 1], id="types_that_go_together"),
        pytest.param([(0, "call", "late"), (1, "call", "fraud")], [1, 2], id="types_that_do_not"),
        pytest.param([(0, "call", "late!"), (1, "call", "lost")], [1, 1], id="a_code_and_words"),
        pytest.param(
            [(0, "call", "late!"), (1, "ticket", "lost!")], [1, 2], id="a_code_and_a_tag_of_another"
        ),
        pytest.param(
            [(0, "call", "lost"), (1, "call", "late"), (2, "call", "no_answer")],
            [1, 1, 3],
            id="what_does_not_go_with_the_first_contact_is_another_incident",
        ),
        pytest.param(
            [(0, "call", "late"), (1, "call", "lost"), (2, "call", "no_answer")],
            [1, 1, 3],
            id="a_third_type_makes_no_incident_of_two_that_do_not_go_together",
        ),
        pytest.param(
            [(0, "call", "lost"), (1, "ticket", "late"), (2, "call", "no_answer")],
            [2, 2, 2],
            id="the_tickets_type_wins",
        ),
        pytest.param(
            [(0, "call", "fraud"), (1, "call", "late"), (2, "call", "fraud")],
            [1, 2, 1],
            id="an_incident_of_another_type_between_two_contacts_parts_them_not",
        ),
    ],
)
def test_types_link(units: list[tuple[float, str, str]], expected: list[int]) -> None:
    assert linked(*units) == expected


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        pytest.param(
            [(0, "call", "fraud"), (1, "mail", "lost,fraud?")], [1, 1], id="one_of_two_likely_types"
        ),
        pytest.param([(0, "call", "lost,fraud?"), (1, "mail", "lost,x?")], [1, 1], id="both_only_likely"),
        pytest.param([(0, "call", "fraud"), (1, "mail", "lost,x?")], [1, 2], id="neither_of_them"),
        pytest.param([(0, "call", "fraud"), (1, "mail", "")], [1, 2], id="nothing_makes_no_link"),
        pytest.param([(0, "call", ""), (1, "mail", "")], [1, 2], id="nor_do_two_nothings"),
        pytest.param(
            [(0, "call", "late"), (1, "mail", "lost,fraud?"), (2, "call", "fraud")],
            [1, 1, 3],
            id="what_may_be_a_third_type_makes_no_bridge",
        ),
        pytest.param(
            [(0, "call", "fraud"), (1, "reminder", "")], [1, 1], id="a_reminder_of_the_only_incident"
        ),
        pytest.param([(0, "call", "fraud"), (7.1, "reminder", "")], [1, 2], id="not_after_the_window"),
        pytest.param(
            [(0, "call", "fraud"), (1, "call", "late"), (2, "reminder", "")],
            [1, 2, 3],
            id="not_of_one_of_two",
        ),
        pytest.param(
            [(0, "call", "fraud"), (1, "unclear", ""), (2, "reminder", "")],
            [1, 0, 3],
            id="what_is_unclear_may_be_the_second",
        ),
        pytest.param(
            [(0, "call", "fraud!"), (1, "reminder", "no_answer")], [1, 1], id="no_answer_is_about_something"
        ),
        pytest.param([(0, "call", "fraud"), (1, "reminder", "late")], [1, 2], id="not_of_another_clear_type"),
        pytest.param([(0, "call", "fraud"), (1, "reminder", "x?")], [1, 1], id="a_likely_type_may_err"),
        pytest.param(
            [(0, "call", "fraud"), (1, "reminder", "late/late,fraud")],
            [1, 1],
            id="a_clear_type_too_where_the_next_one_fits",
        ),
        pytest.param(
            [(0, "call", "fraud!"), (1, "reminder", "late/late,fraud!")],
            [1, 2],
            id="but_not_one_that_was_chosen",
        ),
        pytest.param(
            [(0, "ticket", "fraud"), (1, "ticket reminder", "")], [1, 2], id="two_tickets_stay_two_incidents"
        ),
        pytest.param(
            [(0, "call", "fraud"), (1, "ticket reminder", "")], [2, 2], id="a_ticket_may_remind_of_a_call"
        ),
        pytest.param(
            [(0, "call", "fraud"), (1, "unclear reminder", "")], [1, 1], id="an_unclear_reminder_counts"
        ),
        pytest.param(
            [(0, "call", "fraud"), (1, "unclear", "fraud?")], [1, 1], id="an_unclear_contact_that_fits"
        ),
        pytest.param([(0, "call", "fraud"), (1, "unclear", "late?")], [1, 0], id="and_none_that_does_not"),
        pytest.param(
            [(0, "unclear", ""), (1, "unclear reminder", "")], [0, 0], id="two_unclear_ones_report_nothing"
        ),
        pytest.param(
            [(0, "unclear", ""), (1, "reminder", "late")], [1, 1], id="a_report_explains_what_was_unclear"
        ),
        pytest.param(
            [(0, "unclear", "fraud?"), (1, "ticket", "fraud!")], [2, 2], id="so_does_a_ticket_that_fits"
        ),
    ],
)
def test_reminders_and_unclear_contacts_link(
    units: list[tuple[float, str, str]], expected: list[int]
) -> None:
    assert linked(*units) == expected


def test_each_link_tells_its_rule() -> None:
    found = links((0, "call", "fraud"), (1, "mail", "fraud"), (2, "reminder", ""), (9, "call", "late"))
    assert [link["rule"] for link in found] == [None, "window", "reminder", None]
    found = links((0, "call", "fraud"), (1, "ticket reminder", ""))
    assert [link["rule"] for link in found] == ["reminder", "reminder"]


def matters(*mails: tuple[float, str, str | None]) -> list[int]:
    """Which mail begins the matter of each mail, given as (day, ids, type), or several likely types and "?".

    A type behind "again" is of a reminder.
    """
    return link_threads([_mail(*mail) for mail in mails], "late~lost,late~no_answer", 7)


def _mail(day: float, ids: str, types: str | None) -> Mail:
    is_reminder = (types or "").startswith("again")
    types = (types or "").removeprefix("again").strip() or None
    is_likely = types is not None and types.endswith("?")
    return {
        "thread_ids": ids,
        "sent_us": int(day * DAY),
        "incident_type": "other_incident" if is_likely else types,
        "likely_types": types[:-1] if types and is_likely else None,
        "is_reminder": is_reminder,
    }


@pytest.mark.parametrize(
    ("mails", "expected"),
    [
        pytest.param([(0, "a", "late"), (90, "b x a", "lost")], [1, 1], id="any_id_of_the_references_counts"),
        pytest.param(
            [(0, "a", "late"), (1, "b", None), (2, "c a b", None)],
            [1, 1, 1],
            id="a_later_mail_joins_two_threads",
        ),
        pytest.param([(0, "a", "late"), (7, "b a", "fraud")], [1, 1], id="within_the_window_a_thread_holds"),
        pytest.param([(0, "a", "late"), (7.1, "b a", "fraud")], [1, 2], id="later_another_problem_is_new"),
        pytest.param(
            [(0, "a", "late"), (99, "b a", "other_incident")], [1, 1], id="a_weak_type_parts_nothing"
        ),
        pytest.param([(0, "a", None), (99, "b a", "fraud")], [1, 1], id="nothing_is_parted_from_no_type"),
        pytest.param(
            [(0, "a", "late?"), (9, "b a", "fraud")], [1, 2], id="likely_types_part_what_is_unclear"
        ),
        pytest.param([(0, "a", "late"), (9, "b a", "fraud?")], [1, 2], id="also_of_the_answer"),
        pytest.param([(0, "a", "late?"), (9, "b a", "fraud,lost?")], [1, 1], id="unless_any_go_together"),
        pytest.param([(0, "a", "late?"), (7, "b a", "fraud?")], [1, 1], id="and_only_behind_the_window"),
        pytest.param(
            [(0, "a", "late?"), (3, "b a", "fraud?"), (9, "c a b", "fraud?")],
            [1, 1, 1],
            id="a_matter_may_be_what_any_of_its_mails_may_be",
        ),
        pytest.param([(0, "a", "late?"), (9, "b a", "again fraud?")], [1, 1], id="nor_do_a_reminders"),
        pytest.param(
            [(0, "a", "late?"), (9, "b a", "again fraud")], [1, 1], id="a_reminder_is_of_its_thread"
        ),
        pytest.param([(0, "a", "late"), (9, "b a", "again fraud")], [1, 2], id="unless_both_types_are_clear"),
        pytest.param(
            [(0, "a", "late"), (9, "b a", "fraud"), (10, "c a b", None), (11, "d a", "late")],
            [1, 2, 2, 1],
            id="an_answer_continues_the_matter_of_the_mail_that_it_answers",
        ),
        pytest.param(
            [(0, "a", "late"), (9, "b a", "fraud"), (10, "c x a y b z", None)],
            [1, 2, 2],
            id="the_last_known_reference_is_the_answered_one",
        ),
        pytest.param([(0, "f", "late"), (1, "f", None), (1.1, "f", None)], [1, 1, 3], id="a_reused_id"),
        pytest.param(
            [(0, "a a", "late"), (3, "a", None)], [1, 2], id="an_id_that_answers_itself_is_reused_too"
        ),
    ],
)
def test_threads(mails: list[tuple[float, str, str | None]], expected: list[int]) -> None:
    assert matters(*mails) == expected


@given(
    st.lists(st.tuples(st.integers(0, 40), st.text("abc ", min_size=1, max_size=9)), max_size=12).map(sorted)
)
def test_a_matter_begins_with_its_earliest_mail(mails: list[tuple[int, str]]) -> None:
    found = matters(*((day, ids, None) for day, ids in mails))
    assert all(home <= position and found[home - 1] == home for position, home in enumerate(found, start=1))


def test_ten_thousand_mails_of_fifty_references_are_linked_at_once() -> None:
    mails = [(day / 100, " ".join(f"m{day - back}" for back in range(50)), None) for day in range(10_000)]
    assert set(matters(*mails)) == {1}
