"""What goes wrong, how often and when in the year: the planted types of the sample company."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from tolerance.sample.company import Person

# The types of the default taxonomy in its order, with how often each occurs within its category.
# Written down a second time on purpose: a truth that read the table under test would prove little.
CUMULATIVE = {
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
TRANSIENT = {
    "delivery_late": 45.0,
    "account_access": 20.0,
    "website_problem": 18.0,
    "no_answer": 17.0,
}
UNCLASSIFIED = {"other_incident": 1.0}
WEIGHTS = {"cumulative": CUMULATIVE, "transient": TRANSIENT, "unclassified": UNCLASSIFIED}
AT_NIGHT = {"service_outage": 3.0, "payment_fraud": 1.0}

# Per customer and year. Relations start evenly over years, so a steady company grows a little.
_A_YEAR = {"cumulative": 0.30, "transient": 1.0, "unclassified": 0.05}
_CONTACTS_PER_INCIDENT = 1.5
_INCIDENT_CONTACT_SHARE = 0.4  # of all contacts, at most: most people just ask something

_DELIVERIES = (1.15, 0.9, 0.9, 0.9, 0.95, 0.95, 0.85, 0.8, 0.95, 0.95, 1.2, 1.5)
_SEASONS = {
    "delivery_late": _DELIVERIES,
    "delivery_lost": _DELIVERIES,
    "refund_missing": (1.4, 1.15, 1.0, 0.95, 0.95, 0.95, 0.9, 0.9, 0.9, 0.9, 0.95, 1.05),
    "service_outage": (1.1, 1.1, 1.0, 0.9, 0.9, 1.1, 1.2, 1.1, 0.9, 0.9, 0.9, 0.9),  # snow, thunderstorms
    "billing_error": (1.3, 1.0, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95, 1.05, 1.0, 0.95, 1.0),  # new prices
    "website_problem": (1.0, 0.9, 0.9, 0.95, 0.95, 0.95, 0.9, 0.9, 1.0, 1.0, 1.3, 1.25),
}
_DAYS_APART = 25  # of two incidents of one customer that anybody would take for one: above any link window
# Besides those of one type. Who waits for an answer waits about something.
_TAKEN_FOR_ONE = (
    {"delivery_late", "delivery_lost"},
    {"account_access", "website_problem"},
    {"billing_error", "refund_missing"},
    *({"no_answer", other} for other in (*CUMULATIVE, *TRANSIENT)),
)


@dataclass(slots=True, eq=False)
class Incident:
    """One thing that went wrong for one customer, first reported on `on`."""

    person: Person
    incident_type: str
    on: date
    at: datetime | None = None  # the instant of the first contact, where it is planned
    is_plain: bool = False  # its first contact says its type in a code or tag, and is not late
    way: tuple[str, ...] | None = None  # by which contacts it is reported, where that is planned
    is_coded: bool | None = None  # whether codes and tags say the type; None leaves it to chance
    incident_no: str = ""
    outcome: str = "no_ticket"
    ends_as: str = ""  # its category at the sample's end; empty when only a deleted ticket told of it


def category(incident_type: str) -> str:
    """The category of a type in the default taxonomy."""
    if incident_type in CUMULATIVE:
        return "cumulative"
    return "transient" if incident_type in TRANSIENT else "unclassified"


class Types:
    """Which type an incident is of: each once to begin with, then by season, none near a like one."""

    def __init__(self, rng: Random) -> None:
        """Start with nothing dealt."""
        self._rng = rng
        self._suffered: defaultdict[str, list[tuple[date, str]]] = defaultdict(list)
        self._near = (*_TAKEN_FOR_ONE, *({name} for weights in WEIGHTS.values() for name in weights))
        self._undealt = {id(weights): [*weights] for weights in (CUMULATIVE, TRANSIENT)}

    def draw(self, person: Person, weights: dict[str, float], on: date) -> str | None:
        """A type that the person has not suffered lately; None when all were."""
        for _ in range(6):
            incident_type = self._type(weights, on)
            if self.take(person, incident_type, on):
                return incident_type
        return None

    def take(self, person: Person, incident_type: str, on: date) -> bool:
        """Note the type for the person and day, unless one that it could be taken for is near."""
        suffered = self._suffered[person.customer_id]
        if any(
            abs((on - day).days) <= _DAYS_APART and {name, incident_type} in self._near
            for day, name in suffered
        ):
            return False
        suffered.append((on, incident_type))
        return True

    def _type(self, weights: dict[str, float], on: date) -> str:
        undealt = self._undealt.get(id(weights))
        if undealt:
            return undealt.pop(0)
        seasonal = [weight * _season(name, on.month) for name, weight in weights.items()]
        return self._rng.choices([*weights], weights=seasonal)[0]


def monthly_rates(people: Sequence[Person], contacts: int, years: float) -> dict[str, tuple[float, ...]]:
    """Incidents of each category per customer, for January to December; fewer where contacts are few."""
    expected = len(people) * years * sum(_A_YEAR.values()) * _CONTACTS_PER_INCIDENT
    scale = min(1.0, _INCIDENT_CONTACT_SHARE * contacts / expected)
    return {
        name: tuple(scale * _A_YEAR[name] / 12 * _mean_season(weights, month) for month in range(1, 13))
        for name, weights in WEIGHTS.items()
    }


def _season(incident_type: str, month: int) -> float:
    return _SEASONS[incident_type][month - 1] if incident_type in _SEASONS else 1.0


def _mean_season(weights: dict[str, float], month: int) -> float:
    return sum(w * _season(name, month) for name, w in weights.items()) / sum(weights.values())


def poisson(rng: Random, mean: float) -> int:
    """Knuth's count of independent events; means here are small."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count
