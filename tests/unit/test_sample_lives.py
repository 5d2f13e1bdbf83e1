"""What the sample company of default size plants: steady months, departures by balance, hard cases."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest

from tests.fixtures.sample_departures import fitted_odds_ratio
from tolerance.sample.company import Person, found
from tolerance.sample.departures import ODDS_RATIO
from tolerance.sample.hard_cases import KINDS
from tolerance.sample.incidents import category
from tolerance.sample.lives import Lives, live

UNTIL = date(2026, 10, 31)
FIRST = UNTIL - timedelta(days=round(365.25 * 5) - 1)


@pytest.fixture(scope="module")
def company() -> tuple[list[Person], Lives]:
    people = found(Random("7/people"), 2_000, first_delivery=UNTIL - timedelta(days=30), until=UNTIL)
    return people, live(Random("7/lives"), people, contacts=60_000, first=FIRST, until=UNTIL)


def month_no(on: date) -> int:
    return 12 * on.year + on.month


@pytest.mark.parametrize("name", ["cumulative", "transient"])
def test_the_last_month_is_like_the_year_before(company: tuple[list[Person], Lives], name: str) -> None:
    _, lives = company
    for wanted in (lambda i: category(i.incident_type), lambda i: i.ends_as):
        months = Counter(month_no(i.on) for i in lives.incidents if wanted(i) == name)
        last = month_no(UNTIL)
        mean = sum(months[last - n] for n in range(1, 13)) / 12
        assert 0.6 * mean < months[last] < 1.4 * mean


def test_december_brings_more_trouble_with_deliveries_than_august(
    company: tuple[list[Person], Lives],
) -> None:
    _, lives = company
    months = Counter(i.on.month for i in lives.incidents if i.incident_type.startswith("delivery"))
    assert months[12] > 1.4 * months[8]


def test_departures_tell_the_odds_ratio_that_was_planted(company: tuple[list[Person], Lives]) -> None:
    people, lives = company
    penalties: defaultdict[str, list[int]] = defaultdict(list)
    for incident in lives.incidents:
        if incident.ends_as == "cumulative":
            penalties[incident.person.customer_id].append(month_no(incident.on))
    points, left = [], []
    for person in people:
        start = month_no(max(person.started_on or FIRST, FIRST))
        end = month_no(person.ended_on or UNTIL)
        for month in range(start, end):  # of each month's end: does the person leave in the next?
            remembered = sum(100 * 0.95 ** (month - m) for m in penalties[person.customer_id] if m <= month)
            points.append(remembered)
            left.append(person.ended_on is not None and month == end - 1)
    assert sum(left) == len(lives.departures) > 150
    assert 0.8 * ODDS_RATIO < fitted_odds_ratio(points, left)[0] < 1.25 * ODDS_RATIO
    well_treated = [gone for remembered, gone in zip(points, left, strict=True) if remembered < 10]
    assert 12 * sum(well_treated) / len(well_treated) < 0.03


def test_nobody_has_an_incident_after_leaving(company: tuple[list[Person], Lives]) -> None:
    _, lives = company
    assert all(i.person.ended_on is None or i.on <= i.person.ended_on for i in lives.incidents)


def test_no_two_incidents_of_a_customer_could_be_taken_for_one_but_in_hard_cases(
    company: tuple[list[Person], Lives],
) -> None:
    _, lives = company
    hard = {id(c.incident) for case in lives.hard_cases for c in case.contacts}
    near = [{"delivery_late", "delivery_lost"}, {"account_access", "website_problem"}]
    near.append({"billing_error", "refund_missing"})
    by_person: defaultdict[str, list[tuple[date, str]]] = defaultdict(list)
    for incident in lives.incidents:
        if id(incident) not in hard:
            by_person[incident.person.customer_id].append((incident.on, incident.incident_type))
    for told in by_person.values():
        for (on, one), (later, other) in pairwise(sorted(told)):
            if later - on < timedelta(days=20):
                assert one != other
                assert {one, other} not in near
                assert "no_answer" not in {one, other} or "other_incident" in {one, other}


def test_every_kind_of_hard_case_is_there_with_what_it_promises(company: tuple[list[Person], Lives]) -> None:
    _, lives = company
    kinds = Counter(case.kind for case in lives.hard_cases)
    assert {*kinds} == {*KINDS}
    assert min(kinds.values()) >= 15
    week = timedelta(days=7)
    for case in lives.hard_cases:
        first, last = case.contacts[0], case.contacts[-1]
        incidents = {id(c.incident): c.incident for c in case.contacts if c.incident}
        types = {i.incident_type for i in incidents.values()}
        if case.kind == "two_problems_in_a_week":
            assert len(types) == len(incidents) == 2
            assert abs(last.at - first.at) < week
        elif case.kind == "two_tickets_of_one_type":
            assert len(types) == 1
            assert [c.source for c in case.contacts] == ["tickets", "tickets"]
            assert len(incidents) == 2
        elif case.kind == "reply_to_old_thread":
            assert last.earlier is first
            assert len(types) == len(incidents) == 2
            assert last.at - first.at > week
        elif case.kind == "forwarded_mail":
            assert last.incident is None
            assert last.person is not first.person
        elif case.kind == "two_problems_in_a_mail":
            assert [c.second_matter != c.matter for c in case.contacts] == [True]
        elif case.kind == "one_problem_two_names":
            assert len(incidents) == 1
            assert len({c.matter for c in case.contacts}) == 2
        elif case.kind == "reused_message_id":
            assert len({c.native_id for c in case.contacts}) == 1
            assert len({c.person.customer_id for c in case.contacts}) == 2
        else:
            assert len(incidents) == 1
            assert last.earlier is first
