"""What the generated companies deliver: customers, calls, mails, ticket versions, as files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path

CUSTOMERS_HEADER = "customer_id;email;phone;relationship_started_on;relationship_ended_on;preferred_language"
CALLS_HEADER = "call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language"
TICKETS_HEADER = (
    "ticket_id;customer_id;requester_email;created_at;updated_at;solved_at;status;type;priority;"
    "tags;subject;description;satisfaction;reopens;is_deleted"
)

REVIEWS_HEADER = "contact_id;decision;decided_by;decided_on;reason"
MERGES_HEADER = "from_customer_id;to_customer_id;merged_on"
ACKNOWLEDGEMENTS_HEADER = "alert_id;status;crm_record_id;handled_by_role;closed_at;outcome"

IDENTITY_KEY = "properties"
"""The key for the hashes of the states made here."""

PHRASES = {
    "delivery_lost": "colis perdu",
    "product_defect": "article defectueux",
    "billing_error": "charged twice",
    "no_answer": "aucune reponse",
}
"""Words that detection understands without doubt, by the type that they tell of."""

UNCLEAR = "unclear"
UNCLEAR_WORD = "xyzunclear"
"""In place of a type: a word that is a phrase of a company's own, too weak to tell by itself."""

FAQ_CODES = {
    "colis_perdu": "delivery_lost",
    "fraude_carte": "payment_fraud",
    "staff_behaviour": "staff_behaviour",
    "delivery_late": "delivery_late",
    "opening_hours": None,
}
"""Codes of the call centre and the type that each stands for; None tells of no incident."""

AGAIN = " 3e mail"
"""What reminds."""


@dataclass(frozen=True, slots=True)
class Customer:
    customer_id: str
    emails: tuple[str, ...] = ()
    started_on: date | None = None
    ended_on: date | None = None
    language: str = "fr"

    source = "customers"

    @property
    def line(self) -> str:
        return (
            f"{self.customer_id};{','.join(self.emails)};;{self.started_on or ''};"
            f"{self.ended_on or ''};{self.language}"
        )


@dataclass(frozen=True, slots=True)
class Call:
    marker: str
    native_id: str
    customer_id: str | None
    occurred_at: datetime
    faq_code: str
    team: str = "team"
    is_reminder: bool = False

    source = "faq"

    @property
    def version_at(self) -> datetime:
        return self.occurred_at

    @property
    def line(self) -> str:
        return (
            f"{self.native_id};{self.customer_id or ''};{self.occurred_at.isoformat()};{self.faq_code};"
            f"{self.marker}{AGAIN if self.is_reminder else ''};yes;{self.team};fr"
        )


@dataclass(frozen=True, slots=True)
class Mail:
    marker: str
    message_id: str
    email: str
    occurred_at: datetime
    incident_type: str | None
    ticket_reference: str | None = None
    reply_to: str | None = None
    references: tuple[str, ...] = ()
    named_before: str | None = None
    """A number that stands before `ticket_reference` in the text."""

    is_reminder: bool = False

    source = "mail"

    @property
    def version_at(self) -> datetime:
        return self.occurred_at

    @property
    def body(self) -> str:
        """Another text each time: what says the same again is the same mail."""
        told = PHRASES | {UNCLEAR: UNCLEAR_WORD}
        words = told[self.incident_type] if self.incident_type else "merci beaucoup"
        again = AGAIN if self.is_reminder else ""
        before = f" [{self.named_before}]" if self.named_before else ""
        reference = f" [Ticket #{self.ticket_reference}]" if self.ticket_reference else ""
        return f"{words}{again}{before}{reference}\n\n{self.marker}"

    @property
    def named(self) -> list[str]:
        """The numbers that it names, in the order of its text."""
        return [number for number in (self.named_before, self.ticket_reference) if number]

    @property
    def thread_ids(self) -> tuple[str, ...]:
        """Its own Message-ID, then all that it refers to, the one that it answers last."""
        return (self.message_id, *self.references, *([self.reply_to] if self.reply_to else []))

    @property
    def native_id(self) -> str:
        """Message-ID, sender and text tell which mail it is."""
        content = hashlib.sha256(self.body.encode()).digest()
        known_by = f"<{self.message_id}>\0<{self.email}>\0".replace("<", "").replace(">", "")
        told = hashlib.sha256(known_by.encode() + content)
        return f"{self.message_id} {told.hexdigest()}"

    @property
    def line(self) -> str:
        reply = f"In-Reply-To: <{self.reply_to}>\n" if self.reply_to else ""
        if self.references:
            reply += f"References: {' '.join(f'<{name}>' for name in self.references)}\n"
        return (
            "From mailer Thu Jan  1 00:00:00 2026\n"
            f"Message-ID: <{self.message_id}>\n{reply}From: Somebody <{self.email}>\n"
            f"Date: {format_datetime(self.occurred_at)}\nSubject: {self.marker}\n"
            f"Content-Type: text/plain; charset=utf-8\n\n{self.body}\n"
        )


@dataclass(frozen=True, slots=True)
class Ticket:
    """One version of a ticket."""

    marker: str
    native_id: str
    occurred_at: datetime
    version_at: datetime
    customer_id: str | None = None
    email: str | None = None
    solved_at: datetime | None = None
    status: str = "open"
    kind: str = "incident"
    tags: tuple[str, ...] = ()
    rating: str | None = None
    reopens: int = 0
    is_reminder: bool = False

    source = "tickets"

    @property
    def line(self) -> str:
        solved = self.solved_at.isoformat() if self.solved_at else ""
        return (
            f"{self.native_id};{self.customer_id or ''};{self.email or ''};{self.occurred_at.isoformat()};"
            f"{self.version_at.isoformat()};{solved};{self.status};{self.kind};normal;"
            f"{','.join(self.tags)};{self.marker};a text{AGAIN if self.is_reminder else ''};"
            f"{self.rating or ''};{self.reopens};false"
        )


@dataclass(frozen=True, slots=True)
class Review:
    """A person's decision on a contact."""

    marker: str
    contact_id: str
    decision: str
    decided_on: date

    source = "reviews"

    @property
    def line(self) -> str:
        return f"{self.contact_id};{self.decision};somebody;{self.decided_on};{self.marker}"


@dataclass(frozen=True, slots=True, order=True)
class Merge:
    """Two ids of customers turned out to be one person."""

    from_id: str
    to_id: str
    merged_on: date

    source = "customer_merges"

    @property
    def line(self) -> str:
        return f"{self.from_id};{self.to_id};{self.merged_on}"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the CRM says of an alert."""

    marker: str
    alert_id: str
    status: str
    closed_at: datetime | None = None
    outcome: str = ""
    role: str = "quality"

    source = "acknowledgements"

    @property
    def line(self) -> str:
        closed_at = self.closed_at.isoformat() if self.closed_at else ""
        return f"{self.alert_id};{self.status};{self.marker};{self.role};{closed_at};{self.outcome}"


Record = Customer | Call | Mail | Ticket | Review | Merge | Acknowledgement

_HEADERS = {
    "customers": CUSTOMERS_HEADER,
    "faq": CALLS_HEADER,
    "tickets": TICKETS_HEADER,
    "reviews": REVIEWS_HEADER,
    "customer_merges": MERGES_HEADER,
    "acknowledgements": ACKNOWLEDGEMENTS_HEADER,
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One record as it lay in one delivered file."""

    record: Record
    delivered_on: date
    file_name: str
    record_no: int


def write_file(extracts: Path, name: str, delivered_on: date, records: list[Record]) -> list[Delivery]:
    """Deliver `records`, all of one source, as one finished file; return what was delivered."""
    source = records[0].source
    path = extracts / source / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [record.line for record in records]
    header = [_HEADERS[source]] if source in _HEADERS else []
    path.write_text("\n".join([*header, *lines, ""]), encoding="utf-8")
    path.with_name(path.name + ".done").touch()
    return [Delivery(record, delivered_on, name, number) for number, record in enumerate(records, start=1)]


def at(day: date, clock: str = "12:00:00") -> datetime:
    """An instant of a UTC day."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


def contact_id(contact: Call | Mail | Ticket) -> str:
    """The id that the warehouse gives a contact of the default system."""
    return hashlib.md5(f"{contact.source}|{contact.native_id}".encode()).hexdigest()


def alert_id(contact: Call | Mail | Ticket, customer_id: str) -> str:
    """The id of the alert that is raised for a customer and the incident which the contact anchors."""
    return hashlib.md5(f"alert|{contact_id(contact)}|{customer_id}".encode()).hexdigest()
