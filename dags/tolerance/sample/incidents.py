"""What goes wrong for whom, and on which day: the planted truth of the sample company."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from tolerance.sample.company import Person, is_active
from tolerance.sample.moments import awkward_moments, business_date, some_day

# The types of the default taxonomy in its order, with how often each occurs within its category.
# Written down a second time on purpose: a truth that read the table under test would prove little.
_CUMULATIVE = {
    "delivery_lost": 18.0,
    "product_defect": 26.0,
    "service_outage": 16.0,
    "billing_error": 16.0,
    "refund_missing": 10.0,
    "contract_dispute": 6.0,
    "payment_fraud": 3.0,
    "staff_behaviour": 4.0,
    "privacy_breach": 2.0,
}
_TRANSIENT = {
    "delivery_late": 45.0,
    "account_access": 20.0,
    "website_problem": 18.0,
    "no_answer": 17.0,
}
_AT_NIGHT = {"service_outage": 3.0, "payment_fraud": 1.0}
_UNCLASSIFIED = {"other_incident": 1.0}

_CUMULATIVE_A_YEAR = 0.22  # per customer, before the last days
_TRANSIENT_A_YEAR = 1.0
_UNCLASSIFIED_A_YEAR = 0.05
_CONTACTS_PER_INCIDENT = 1.5
_INCIDENT_CONTACT_SHARE = 0.4  # of all contacts, at most: most people just ask something

_CUMULATIVE_A_DAY = (2, 3, 3, 4, 4, 5, 6)  # on each of the last days, for 2,000 customers
_CUSTOMERS_OF_THAT = 2_000

_DAYS_APART = 25  # of two incidents of one type and customer: far above any link window

# The default account, so that lives are chosen in which the last days bring ruptures.
_BUDGET, _PENALTY, _KEPT_A_MONTH = 150.0, 100.0, 0.95


@dataclass(slots=True, eq=False)
class Incident:
    """One thing that went wrong for one customer, first reported on `on`."""

    person: Person
    incident_type: str
    on: date
    at: datetime | None = None  # the instant of the first contact, where it is planned
    is_plain: bool = False  # its first contact says its type in a code or tag, and is not late
    incident_no: str = ""


def category(incident_type: str) -> str:
    """The category of a type in the default taxonomy."""
    if incident_type in _CUMULATIVE:
        return "cumulative"
    return "transient" if incident_type in _TRANSIENT else "unclassified"


class _Plan:
    """The incidents so far, kept apart by type and customer."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.incidents: list[Incident] = []
        self._days: defaultdict[tuple[str, str], list[date]] = defaultdict(list)
        self._undealt = {id(weights): [*weights] for weights in (_CUMULATIVE, _TRANSIENT)}
        self.cumulative_months: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, person: Person, weights: dict[str, float], on: date) -> Incident | None:
        """One more incident of a type not lately suffered; None when all were."""
        for _ in range(6):
            incident_type = self._type(weights)
            days = self._days[person.customer_id, incident_type]
            if all(abs((on - day).days) > _DAYS_APART for day in days):
                days.append(on)
                incident = Incident(person, incident_type, on)
                self.incidents.append(incident)
                if category(incident_type) == "cumulative":
                    self.cumulative_months[person.customer_id].append(_month(on))
                return incident
        return None

    def _type(self, weights: dict[str, float]) -> str:
        """Each type once to begin with, so that a small sample has all of them."""
        undealt = self._undealt.get(id(weights))
        if undealt:
            return undealt.pop(0)
        return self.rng.choices([*weights], weights=[*weights.values()])[0]

    def remembered(self, person: Person, on: date) -> float:
        """What is left on `on` of the penalties of the incidents so far, in points."""
        months = self.cumulative_months[person.customer_id]
        return sum(_PENALTY * _KEPT_A_MONTH ** (_month(on) - m) for m in months)


def plan(
    rng: Random,
    people: Sequence[Person],
    *,
    contacts: int,
    first: date,
    first_delivery: date,
    until: date,
) -> list[Incident]:
    """All incidents from `first` to `until`, by day.

    Up to `first_delivery` misfortune strikes by each person's luck; after it every day has its
    share of cumulative incidents, one of which breaks an account where there is one to break.
    """
    plan_ = _Plan(rng)
    years = (until - first).days / 365.25
    a_year = _CUMULATIVE_A_YEAR + _TRANSIENT_A_YEAR + _UNCLASSIFIED_A_YEAR
    expected = len(people) * years * a_year * _CONTACTS_PER_INCIDENT
    scale = min(1.0, _INCIDENT_CONTACT_SHARE * contacts / expected)
    _strike(plan_, people, _CUMULATIVE, _CUMULATIVE_A_YEAR * scale, first=first, last=first_delivery)
    _strike(plan_, people, _TRANSIENT, _TRANSIENT_A_YEAR * scale, first=first, last=until)
    _strike(plan_, people, _UNCLASSIFIED, _UNCLASSIFIED_A_YEAR * scale, first=first, last=until)
    _strike_at_awkward_moments(plan_, people, first, until)
    for offset in range(1, (until - first_delivery).days + 1):
        _bring_a_day(plan_, people, first_delivery + timedelta(days=offset))
    return sorted(plan_.incidents, key=lambda i: (i.on, i.person.customer_id, i.incident_type))


def _strike(
    plan_: _Plan,
    people: Sequence[Person],
    weights: dict[str, float],
    a_year: float,
    *,
    first: date,
    last: date,
) -> None:
    """Incidents of one category over each person's active days, as their luck has it."""
    for person in people:
        begin = max(first, person.started_on or first)
        end = min(last, person.ended_on or last)
        if end <= begin:
            continue
        luck = person.bad_luck if weights is _CUMULATIVE else person.liveliness
        mean = a_year * luck * (end - begin).days / 365.25
        for _ in range(_poisson(plan_.rng, mean)):
            plan_.add(person, weights, some_day(plan_.rng, begin, end))


def _strike_at_awkward_moments(plan_: _Plan, people: Sequence[Person], first: date, until: date) -> None:
    """A cumulative incident at each instant where a date is easily got wrong."""
    moments = awkward_moments(first, until)
    # Not more of them than the people can bear in a small sample.
    for at in moments[:: max(1, 20 * len(moments) // len(people))]:
        on = business_date(at)
        incident = plan_.add(_active(plan_.rng, people, on), _AT_NIGHT, on)
        if incident is not None:
            incident.at = at


def _bring_a_day(plan_: _Plan, people: Sequence[Person], on: date) -> None:
    """The cumulative incidents of one of the last days, the one that breaks an account first."""
    rng = plan_.rng
    usual = rng.choice(_CUMULATIVE_A_DAY) * len(people) / _CUSTOMERS_OF_THAT
    bearable = [
        p for p in people if is_active(p, on) and _BUDGET - _PENALTY < plan_.remembered(p, on) <= _BUDGET
    ]
    if bearable:
        incident = plan_.add(rng.choice(bearable), _CUMULATIVE, on)
        if incident is not None:
            incident.is_plain = True
    for _ in range(max(0 if bearable else 1, round(usual) - 1)):
        plan_.add(_active(rng, people, on), _CUMULATIVE, on)


def _active(rng: Random, people: Sequence[Person], on: date) -> Person:
    """Somebody in a running relationship, the unlucky more often; anybody when nobody is."""
    for _ in range(60):
        person = rng.choice(people)
        if is_active(person, on) and rng.random() * 3 < person.bad_luck:
            return person
    return rng.choice(people)


def _poisson(rng: Random, mean: float) -> int:
    """Knuth's count of independent events; means here are small."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def _month(on: date) -> int:
    return 12 * on.year + on.month
