"""The tickets of the help desk, and what the desk exports of one at a given instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from tolerance.sample.chance import chance
from tolerance.sample.company import Person, address_on
from tolerance.sample.contacts import Contact
from tolerance.sample.resolutions import Step

Json = dict[str, Any]

_WITHOUT_CUSTOMER_ID = 0.12  # of the requesters: known to the desk by their address only
_SECOND_TAG = 0.12  # of the tickets of these types: the type must win, it stands first
_QUESTIONS_AS_INCIDENTS = 0.002  # tickets that ask and are filed as an incident
_INCIDENTS_AS_QUESTIONS = 0.04  # of the untagged ones
_SECOND_TYPE = {"delivery_lost": "no_answer", "product_defect": "no_answer"}

_SIDE_TAGS = ("web", "app", "shop", "vip", "callback", "campaign", "fibre", "prepaid")
_USER_BASE, _METRIC_BASE = 360_000_000_000, 410_000_000_000
_AGENTS = tuple(_USER_BASE + 100 + n for n in range(14))


@dataclass(slots=True, eq=False)
class Ticket:
    """A ticket with all the changes it will ever see."""

    contact: Contact
    subject: str
    description: str
    ticket_type: str | None
    priority: str | None
    tags: tuple[str, ...]
    requester: Json

    @property
    def steps(self) -> list[Step]:
        """All its changes."""
        return self.contact.steps


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
    """The ticket of one contact; its life is the contact's, also what lies beyond the sample's end."""
    ticket_type, tags = _labels(rng, contact)
    return Ticket(
        contact=contact,
        subject=subject,
        description=description,
        ticket_type=ticket_type,
        priority=rng.choices((None, "low", "normal", "high", "urgent"), (20, 10, 50, 15, 5))[0],
        tags=tags,
        requester=requesters.of(contact.person, contact.at),
    )


def _labels(rng: Random, contact: Contact) -> tuple[str | None, tuple[str, ...]]:
    """The ticket's type and its tags in the desk's order, which is the alphabet."""
    tags = set(rng.sample(_SIDE_TAGS, rng.choice((0, 0, 1, 1, 2))))
    if contact.incident is None:
        tags |= {contact.matter} if contact.kind == "first" and chance(rng, 0.6) else set()
        if chance(rng, _QUESTIONS_AS_INCIDENTS):
            return "incident", tuple(sorted(tags))
        return rng.choices(("question", "task", None), (75, 15, 10))[0], tuple(sorted(tags))
    ticket_type = rng.choices(("incident", "problem"), (80, 20))[0]
    if not contact.is_coded and chance(rng, _INCIDENTS_AS_QUESTIONS):
        ticket_type = "question"
    if contact.is_coded:
        tags.add(contact.matter)
        if contact.matter in _SECOND_TYPE and chance(rng, _SECOND_TAG):
            tags.add(_SECOND_TYPE[contact.matter])
        if chance(rng, 0.05):  # filed as a question, but the tag says what it is
            ticket_type = "question"
    return ticket_type, tuple(sorted(tags))


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
