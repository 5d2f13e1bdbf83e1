"""Five years of the company, month by month: who suffers what, how it is reported and ends, and who leaves.

A month's misfortune follows each person's luck and the season; the days of daily delivery are made like all
others. At the month's end what is remembered decides who leaves in the next (`departures`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from tolerance.sample.chance import chance
from tolerance.sample.company import Person, is_active
from tolerance.sample.contacts import Contact, of_incident, thanks_when_resolved
from tolerance.sample.departures import LEAST_DAYS, Departure, hazard
from tolerance.sample.hard_cases import KINDS, HardCase, Stage, scene_of
from tolerance.sample.incidents import (
    AT_NIGHT,
    CUMULATIVE,
    WEIGHTS,
    Incident,
    Types,
    category,
    monthly_rates,
    poisson,
)
from tolerance.sample.moments import awkward_moments, business_date, end_of_day, some_day
from tolerance.sample.resolutions import deadline_of, ends_as, step_at

BUDGET, _PENALTY, _KEPT_A_MONTH = 150.0, 100.0, 0.95  # the default account
_CUSTOMERS_PER_HARD_CASE = 100  # of each kind

# A small sample has every form: the first two incidents of each type are reported in words only, by a mail
# and by an untagged ticket, the next two by a coded call and a tagged ticket.
_FORMS: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("mail",), False),
    (("tickets",), False),
    (("faq",), True),
    (("tickets",), True),
)


@dataclass(slots=True)
class Lives:
    """All that happened: incidents, the contacts about them, departures and hard cases."""

    incidents: list[Incident] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    departures: list[Departure] = field(default_factory=list)
    hard_cases: list[HardCase] = field(default_factory=list)


def live(rng: Random, people: Sequence[Person], *, contacts: int, first: date, until: date) -> Lives:
    """The company's life from `first` to `until`. Sets when people leave."""
    return _Company(rng, people, first, until).live(contacts)


class _Company:
    def __init__(self, rng: Random, people: Sequence[Person], first: date, until: date) -> None:
        self._rng, self._people = rng, people
        self._first, self._until, self._end = first, until, end_of_day(until)
        self._types = Types(rng)
        self._forms_dealt: defaultdict[str, int] = defaultdict(int)
        self._penalties: defaultdict[str, list[int]] = defaultdict(list)  # months, by customer
        self.lives = Lives()

    def live(self, contacts: int) -> Lives:
        years = (self._until - self._first).days / 365.25
        rates = monthly_rates(self._people, contacts, years)
        awkward = self._awkward()
        months = [*_months(self._first, self._until)]
        cases = self._scheduled(months)
        for begin, end in months:
            for person in self._people:
                self._strike(person, rates, begin, end)
            for at in awkward.get((begin.year, begin.month), ()):
                self._strike_at(at)
            for kind in cases.get(begin, ()):
                self._stage(kind, begin, end)
            if end == self._until:
                self._strike_last_day()
            self._let_leave(begin, end)
        return self.lives

    def _strike(self, person: Person, rates: dict[str, tuple[float, ...]], begin: date, end: date) -> None:
        month_begin, month_days = begin, 30.4
        begin = max(begin, person.started_on or begin)
        end = min(end, person.ended_on or end)
        if end < begin:
            return
        share = ((end - begin).days + 1) / month_days
        for name, weights in WEIGHTS.items():
            luck = person.bad_luck if name == "cumulative" else person.liveliness
            mean = rates[name][month_begin.month - 1] * luck * share
            for _ in range(poisson(self._rng, mean)):
                on = some_day(self._rng, begin, end)
                incident_type = self._types.draw(person, weights, on)
                if incident_type is not None:
                    self._happen(self._formed(Incident(person, incident_type, on)))

    def _formed(self, incident: Incident) -> Incident:
        dealt = self._forms_dealt[incident.incident_type]
        if dealt < len(_FORMS):
            self._forms_dealt[incident.incident_type] += 1
            incident.way, incident.is_coded = _FORMS[dealt]
        return incident

    def _awkward(self) -> dict[tuple[int, int], list[datetime]]:
        """The instants where a date is easily got wrong, not more than a small sample's people can bear."""
        moments = awkward_moments(self._first, self._until)
        found: defaultdict[tuple[int, int], list[datetime]] = defaultdict(list)
        for at in moments[:: max(1, 20 * len(moments) // len(self._people))]:
            on = business_date(at)
            found[on.year, on.month].append(at)
        return found

    def _strike_at(self, at: datetime) -> None:
        person, on = self._unlucky(business_date(at)), business_date(at)
        incident_type = self._types.draw(person, AT_NIGHT, on)
        if incident_type is not None:
            self._happen(Incident(person, incident_type, on, at))

    def _strike_last_day(self) -> None:
        """The last day has a cumulative incident, also in a small company, and one that breaks an account."""
        month = _month(self._until)
        bearable = [
            p
            for p in self._people
            if is_active(p, self._until) and BUDGET - _PENALTY < self._remembered(p, month) <= BUDGET
        ]
        person = self._rng.choice(bearable) if bearable else self._unlucky(self._until)
        incident_type = self._types.draw(person, CUMULATIVE, self._until)
        if incident_type is not None:
            self._happen(Incident(person, incident_type, self._until, is_plain=True, is_coded=True))

    def _happen(self, incident: Incident, contacts: list[Contact] | None = None) -> list[Contact]:
        """Enter the incident with its contacts and what it leaves in the account."""
        if contacts is None:
            contacts = of_incident(self._rng, incident, self._until)
        self.lives.incidents.append(incident)
        self.lives.contacts += contacts
        incident.ends_as = _settled(incident, contacts, self._end)
        self.lives.contacts += thanks_when_resolved(self._rng, incident, contacts, self._until)
        if incident.ends_as == "cumulative":
            self._penalties[incident.person.customer_id].append(_month(incident.on))
        return contacts

    def _scheduled(self, months: Sequence[tuple[date, date]]) -> dict[date, list[str]]:
        """In which months which hard cases happen: evenly, and only in months that are whole."""
        whole = [begin for begin, end in months if begin.day == 1 and (end + timedelta(days=1)).day == 1]
        kinds = [*KINDS] * max(1, len(self._people) // _CUSTOMERS_PER_HARD_CASE)
        found: defaultdict[date, list[str]] = defaultdict(list)
        for index, kind in enumerate(kinds):
            found[whole[index * len(whole) // len(kinds)]].append(kind)
        return found

    def _stage(self, kind: str, begin: date, end: date) -> None:
        """A hard case for a person of the whole month, or two."""
        for _ in range(20):
            people = self._rng.choice(self._people), self._rng.choice(self._people)
            if people[0] is people[1] or not all(
                is_active(p, begin - timedelta(days=1)) and is_active(p, end) for p in people
            ):
                continue
            scene = scene_of(kind, Stage(self._rng, people, begin, self._until, self._types))
            if scene is None:
                continue
            for incident, contacts in scene.incidents:
                self._happen(incident, contacts)
            self.lives.contacts += scene.others
            self.lives.hard_cases.append(HardCase(kind, tuple(scene.told)))
            return

    def _unlucky(self, on: date) -> Person:
        """Somebody in a running relationship, the unlucky more often; anybody when nobody is."""
        for _ in range(60):
            person = self._rng.choice(self._people)
            if is_active(person, on) and self._rng.random() * 3 < person.bad_luck:
                return person
        return self._rng.choice(self._people)

    def _remembered(self, person: Person, month: int) -> float:
        months = self._penalties.get(person.customer_id, ())
        return sum(_PENALTY * _KEPT_A_MONTH ** (month - m) for m in months)

    def _let_leave(self, begin: date, end: date) -> None:
        """Some leave on a day of the next month, the likelier the more is remembered at the end of this."""
        for person in self._people:
            if person.ended_on is not None:
                continue
            if person.started_on is not None and (end - person.started_on).days < LEAST_DAYS:
                continue
            points = self._remembered(person, _month(begin))
            risk = hazard(points)
            if not chance(self._rng, risk):
                continue
            on = some_day(self._rng, end + timedelta(days=1), end + timedelta(days=28))
            if on <= self._until:
                person.ended_on = on
                self.lives.departures.append(Departure(person, on, begin.replace(day=1), points, risk))


def _settled(incident: Incident, contacts: Sequence[Contact], end: datetime) -> str:
    """The incident's category at the end, from its contacts that are not deleted; empty when none is left."""
    left = []
    for contact in contacts:
        state = step_at(contact.steps, end) if contact.steps else None
        if state is None or state.status != "deleted":
            left.append(contact)
    if not left:
        return ""
    steps = next((c.steps for c in left if c.steps), ())
    if not steps:
        incident.outcome = "no_ticket"
    first_at = min(c.at for c in left)
    return ends_as(
        category(incident.incident_type), deadline_of(incident.incident_type, first_at), steps, end
    )


def _months(first: date, until: date) -> Iterator[tuple[date, date]]:
    """The months of the period with their first and last day within it."""
    begin = first
    while begin <= until:
        following = (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield begin, min(following - timedelta(days=1), until)
        begin = following


def _month(on: date) -> int:
    return 12 * on.year + on.month
