"""The life of a ticket at the help desk, and what the desk exports of it at a given instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tolerance.sample.chance import chance
from tolerance.sample.company import Person, address_on
from tolerance.sample.contacts import Contact
from tolerance.sample.incidents import category
from tolerance.sample.moments import at_work
from tolerance.sample.phrases import is_incident

Json = dict[str, Any]

# The deadlines of the default taxonomy in hours: most small things are settled within them.
_DEADLINES = {
    "delivery_late": 120,
    "delivery_lost": 72,
    "product_defect": 120,
    "service_outage": 24,
    "billing_error": 72,
    "refund_missing": 120,
    "contract_dispute": 120,
    "payment_fraud": 24,
    "staff_behaviour": 48,
    "privacy_breach": 24,
    "account_access": 24,
    "website_problem": 48,
    "no_answer": 24,
}
_USUAL_HOURS = 72
_SETTLED_IN_TIME = {"cumulative": 0.30, "transient": 0.93, "unclassified": 0.7}
_NEVER_SETTLED = 0.02
_REOPENED = {"cumulative": 0.15, "transient": 0.04, "unclassified": 0.06}
_MOST_REOPENS = 3
_RATED = 0.35
_BAD_RATINGS = {"cumulative": 0.35, "transient": 0.05, "unclassified": 0.2}
_DELETED = 0.006
_CLOSED_AFTER = timedelta(hours=96)
_WITHOUT_CUSTOMER_ID = 0.12  # of the requesters: known to the desk by their address only
_SECOND_TAG = 0.12  # of the tickets of these types: the type must win, it stands first
_SECOND_TYPE = {"delivery_lost": "no_answer", "product_defect": "no_answer"}

_SIDE_TAGS = ("web", "app", "shop", "vip", "callback", "campaign", "fibre", "prepaid")
_USER_BASE, _METRIC_BASE = 360_000_000_000, 410_000_000_000
_AGENTS = tuple(_USER_BASE + 100 + n for n in range(14))


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a ticket: from `at` on its status and rating are these."""

    at: datetime  # UTC
    status: str
    satisfaction: str
    reopens: int
    solved_at: datetime | None


@dataclass(slots=True, eq=False)
class Ticket:
    """A ticket with all the changes it will ever see, in order of time."""

    contact: Contact
    subject: str
    description: str
    ticket_type: str | None
    priority: str | None
    tags: tuple[str, ...]
    requester: Json
    steps: list[Step] = field(default_factory=list)

    def step_at(self, at: datetime) -> Step | None:
        """The last change on or before `at`; None before its creation."""
        last = None
        for step in self.steps:
            if step.at > at:
                break
            last = step
        return last


class Requesters:
    """The desk's users, numbered as they first come; some are known by their address only."""

    def __init__(self, rng: Random) -> None:
        """Start with no user."""
        self._rng = rng
        self._users: dict[tuple[str, str], Json] = {}

    def of(self, person: Person, at: datetime) -> Json:
        """The user record of a person under the address in use at `at`."""
        address = address_on(person, at.date())
        key = (person.customer_id, address)
        if key not in self._users:
            number = _USER_BASE + 50_000 + 7 * len(self._users)
            is_known = person.customer_id and self._rng.random() >= _WITHOUT_CUSTOMER_ID
            self._users[key] = {
                "id": number,
                "name": person.full_name,
                "email": address,
                "phone": person.phone or None,
                "external_id": person.customer_id if is_known else None,
                "locale": "fr" if person.language == "fr" else "en-GB",
                "role": "end-user",
                "created_at": _stamp(at),
                "updated_at": _stamp(at),
            }
        return self._users[key]


def open_ticket(
    rng: Random, contact: Contact, subject: str, description: str, requesters: Requesters
) -> Ticket:
    """The ticket of one contact with its whole life, also what lies beyond the sample's end."""
    ticket_type, tags = _labels(rng, contact)
    return Ticket(
        contact=contact,
        subject=subject,
        description=description,
        ticket_type=ticket_type,
        priority=rng.choices((None, "low", "normal", "high", "urgent"), (20, 10, 50, 15, 5))[0],
        tags=tags,
        requester=requesters.of(contact.person, contact.at),
        steps=_life(rng, contact),
    )


def _labels(rng: Random, contact: Contact) -> tuple[str | None, tuple[str, ...]]:
    """The ticket's type and its tags in the desk's order, which is the alphabet."""
    tags = set(rng.sample(_SIDE_TAGS, rng.choice((0, 0, 1, 1, 2))))
    if not is_incident(contact.matter):
        tags |= {contact.matter} if chance(rng, 0.6) else set()
        return rng.choices(("question", "task", None), (75, 15, 10))[0], tuple(sorted(tags))
    ticket_type = rng.choices(("incident", "problem"), (80, 20))[0]
    if contact.is_coded:
        tags.add(contact.matter)
        if contact.matter in _SECOND_TYPE and chance(rng, _SECOND_TAG):
            tags.add(_SECOND_TYPE[contact.matter])
        if chance(rng, 0.05):  # filed as a question, but the tag says what it is
            ticket_type = "question"
    return ticket_type, tuple(sorted(tags))


def _life(rng: Random, contact: Contact) -> list[Step]:
    """Creation, an agent's care, a solution or several, perhaps a rating, then the closing."""
    created = contact.at
    steps = [Step(created, "new", "unoffered", 0, None)]
    taken = at_work(rng, created + _minutes(rng, 8, 300))
    if chance(rng, _DELETED):
        steps.append(Step(created + _minutes(rng, 60, 5 * 1440), "deleted", "unoffered", 0, None))
        return steps
    steps.append(Step(taken, "open", "unoffered", 0, None))
    if chance(rng, _NEVER_SETTLED):
        return steps
    kind = category(contact.matter) if is_incident(contact.matter) else "transient"
    solved = at_work(rng, created + _time_to_solve(rng, contact.matter, kind))
    solved = max(solved, taken + _minutes(rng, 5, 60))
    if solved - taken > timedelta(hours=20) and chance(rng, 0.5):
        waiting = taken + _minutes(rng, 10, 50)
        steps.append(Step(waiting, "pending", "unoffered", 0, None))
    reopens = 0
    while rng.random() < _REOPENED[kind] * (1 if reopens == 0 else 2) and reopens < _MOST_REOPENS:
        steps.append(Step(solved, "solved", "offered", reopens, solved))
        reopens += 1
        again = solved + _minutes(rng, 120, 80 * 60)
        steps.append(Step(again, "open", "offered", reopens, None))
        solved = at_work(rng, again + _minutes(rng, 60, 72 * 60))
    steps.append(Step(solved, "solved", "offered", reopens, solved))
    score = "offered"
    if chance(rng, _RATED):
        score = "bad" if chance(rng, _BAD_RATINGS[kind]) else "good"
        rated = solved + _minutes(rng, 20, 90 * 60)
        steps.append(Step(rated, "solved", score, reopens, solved))
    steps.append(Step(solved + _CLOSED_AFTER, "closed", score, reopens, solved))
    return steps


def _time_to_solve(rng: Random, matter: str, kind: str) -> timedelta:
    hours = _DEADLINES.get(matter, _USUAL_HOURS)
    if chance(rng, _SETTLED_IN_TIME[kind]):
        return _minutes(rng, 15, round(hours * 60 * 0.8))
    return _minutes(rng, round(hours * 60 * 1.05), hours * 60 * 5)


def _minutes(rng: Random, least: int, most: int) -> timedelta:
    return timedelta(seconds=rng.randint(least * 60, most * 60))


def ticket_json(ticket: Ticket, step: Step) -> Json:
    """One element of `tickets` in an incremental export: the ticket as it is after `step`."""
    number = int(ticket.contact.native_id)
    created = ticket.contact.at
    return {
        "id": number,
        "url": f"https://orlane.example/api/v2/tickets/{number}.json",
        "external_id": None,
        "via": {"channel": "web"},
        "created_at": _stamp(created),
        "updated_at": _stamp(step.at),
        "type": ticket.ticket_type,
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": ticket.description,
        "priority": ticket.priority,
        "status": step.status,
        "recipient": None,
        "requester_id": ticket.requester["id"],
        "submitter_id": ticket.requester["id"],
        "assignee_id": None if step.status == "new" else _AGENTS[number % len(_AGENTS)],
        "group_id": None,
        "has_incidents": False,
        "tags": list(ticket.tags),
        "custom_fields": [],
        "satisfaction_rating": {"score": step.satisfaction},
        "generated_timestamp": int(step.at.timestamp()),
    }


def metric_set_json(ticket: Ticket, step: Step) -> Json:
    """One element of `metric_sets`: how often the ticket was reopened, when it was solved."""
    number = int(ticket.contact.native_id)
    return {
        "id": _METRIC_BASE + number,
        "ticket_id": number,
        "created_at": _stamp(ticket.contact.at),
        "updated_at": _stamp(step.at),
        "group_stations": 1,
        "assignee_stations": 0 if step.status == "new" else 1,
        "reopens": step.reopens,
        "replies": 0 if step.status == "new" else 1 + step.reopens,
        "solved_at": _stamp(step.solved_at) if step.solved_at else None,
    }


def export(tickets: Sequence[Json], users: Sequence[Json], metric_sets: Sequence[Json]) -> Json:
    """The incremental export's envelope around its three arrays."""
    end = max((t["generated_timestamp"] for t in tickets if "generated_timestamp" in t), default=0)
    return {
        "tickets": list(tickets),
        "users": list(users),
        "metric_sets": list(metric_sets),
        "count": len(tickets),
        "end_time": end,
        "end_of_stream": True,
        "next_page": None,
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
