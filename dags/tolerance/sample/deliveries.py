"""Which file brings what on which day: history first, then a folder a day, with its mishaps."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from tolerance.records import QuarantineReason
from tolerance.sample.chance import chance
from tolerance.sample.company import CustomerRow
from tolerance.sample.contacts import OTHER, Contact
from tolerance.sample.desk import (
    Json,
    Requesters,
    Ticket,
    export,
    metric_set_json,
    open_ticket,
    ticket_json,
)
from tolerance.sample.doubles import Double
from tolerance.sample.letters import dated_1970, mbox_entry
from tolerance.sample.moments import CLOSES, COMPANY_ZONE, OPENS, business_date
from tolerance.sample.phrases import (
    MANNERS,
    agent_note,
    fill,
    roughen,
    story_of,
    subject_of,
)
from tolerance.sample.resolutions import Step

_LATE = 0.025
_LATEST_DAYS = 20
_OVERLAP = 0.15  # of the days: the file begins with the end of yesterday's
_OVERLAP_RECORDS = 8
_CUSTOMERS_HEADER = (
    "customer_id;email;phone;relationship_started_on;relationship_ended_on;preferred_language\n"
)
_MERGES_HEADER = "from_customer_id;to_customer_id;merged_on\n"
_FAQ_HEADER = "call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language\n"
# Two telephone systems, two lists of codes: Paris speaks French where the code list does.
_PARIS_CODES = {
    "delivery_lost": "colis_perdu",
    "delivery_late": "retard_livraison",
    "product_defect": "produit_defectueux",
    "service_outage": "panne_service",
    "billing_error": "erreur_facture",
    "refund_missing": "remboursement_non_recu",
    "payment_fraud": "fraude_carte",
    OTHER: "autre",
}
_LYON_WRITES_OFFSETS_FROM = 2024
_ANSWERED = {True: 0.55, False: 0.9}  # by whether the call is about an incident


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One planted record that must be quarantined; `file_name` is below the source."""

    source: str
    file_name: str
    reason: QuarantineReason


@dataclass(slots=True)
class Deliveries:
    """All files by path below the sample, the planted bad records, and the tickets' lives."""

    first_delivery: date
    until: date
    files: dict[str, bytes] = field(default_factory=dict)
    bad_records: list[BadRecord] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)

    @property
    def days(self) -> list[date]:
        """The days of delivery, the one with the history first."""
        count = (self.until - self.first_delivery).days
        return [self.first_delivery + timedelta(days=n) for n in range(count + 1)]

    def put(self, source: str, day: date, name: str, data: bytes) -> None:
        """One more file in the folder of its day."""
        self.files[f"{source}/{day}/{name}"] = data

    def plant(self, source: str, day: date, name: str, reason: QuarantineReason) -> None:
        """Note a bad record of the file for the truth."""
        self.bad_records.append(BadRecord(source, f"{day}/{name}", reason))

    def late(self, rng: Random, happened: date, *, is_on_time: bool = False) -> date:
        """The day a record of `happened` is delivered on."""
        delay = rng.randint(1, _LATEST_DAYS) if chance(rng, _LATE) and not is_on_time else 0
        return max(self.first_delivery, min(happened + timedelta(days=delay), self.until))


def write_all(deliveries: Deliveries, out: Path) -> None:
    """Write the files below `out`, which exists."""
    for path, data in deliveries.files.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _again(rng: Random, deliveries: Deliveries, source: str, name: str, new_name: str) -> None:
    """Yesterday's file once more under another name, on two days.

    Only files without a planted record: the truth names each of those once.
    """
    damaged = {f"{bad.source}/{bad.file_name}" for bad in deliveries.bad_records}
    days = []
    for day in deliveries.days[2:]:
        path = f"{source}/{day - timedelta(days=1)}/{name}"
        if path in deliveries.files and path not in damaged:
            days.append(day)
    for day in rng.sample(days, min(2, len(days))):
        yesterday = deliveries.files[f"{source}/{day - timedelta(days=1)}/{name}"]
        deliveries.put(source, day, new_name, yesterday)


def _mishap_days(rng: Random, deliveries: Deliveries, source: str, name: str) -> list[date]:
    """Up to three days after the first, each with a file, in which something goes wrong."""
    days = [d for d in deliveries.days[1:] if f"{source}/{d}/{name}" in deliveries.files]
    return sorted(rng.sample(days, min(3, len(days))))


# Customers


def deliver_customers(
    rng: Random, deliveries: Deliveries, rows_by_day: dict[date, list[CustomerRow]]
) -> None:
    """A customers file on each day that has news."""
    for day, rows in rows_by_day.items():
        lines = [_customer_line(row) for row in rows]
        if day == deliveries.first_delivery:
            _plant_in_customers(rng, deliveries, day, lines)
        text = _CUSTOMERS_HEADER + "".join(lines)
        deliveries.put("customers", day, "customers.csv", text.encode())


def _plant_in_customers(rng: Random, deliveries: Deliveries, day: date, lines: list[str]) -> None:
    bad = (
        ("C9900001;a.b@mail.example;;2019-02-30;;fr\n", QuarantineReason.BAD_VALUE),
        ("C9900002;c.d@mail.example;2020-06-01;fr\n", QuarantineReason.WRONG_FIELD_COUNT),
    )
    for line, reason in bad:
        lines.insert(rng.randrange(len(lines)), line)
        deliveries.plant("customers", day, "customers.csv", reason)


def _customer_line(row: CustomerRow) -> str:
    return _csv_line(
        row.customer_id,
        ",".join(row.addresses),
        row.phone,
        _iso(row.started_on),
        _iso(row.ended_on),
        row.language,
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def deliver_merges(deliveries: Deliveries, found: Iterable[Double]) -> None:
    """A file of merges on each day on which the company found two ids of one customer."""
    by_day: defaultdict[date, list[str]] = defaultdict(list)
    for double in found:
        line = _csv_line(double.former_id, double.person.customer_id, _iso(double.merged_on))
        by_day[double.merged_on].append(line)
    for day, lines in by_day.items():
        deliveries.put("customer_merges", day, "merges.csv", (_MERGES_HEADER + "".join(lines)).encode())


# Calls


def deliver_calls(rng: Random, deliveries: Deliveries, contacts: Iterable[Contact]) -> None:
    """The call centre's log: one file with the history, then one a day."""
    by_day: defaultdict[date, list[str]] = defaultdict(list)
    for contact in contacts:
        day = deliveries.late(rng, business_date(contact.at), is_on_time=contact.is_on_time)
        by_day[day].append(_call_line(rng, contact))
    _plant_in_calls(rng, deliveries, by_day)
    yesterdays: list[str] = []
    for day in deliveries.days:
        lines = by_day.get(day, [])
        if not lines:
            continue
        begin = _overlap(rng, yesterdays)
        text = _FAQ_HEADER + "".join(begin + lines)
        deliveries.put("faq", day, "calls.csv", text.encode())
        yesterdays = lines
    for day in _mishap_days(rng, deliveries, "faq", "calls.csv")[:1]:
        # One evening the export ran on the old machine.
        path = f"faq/{day}/calls.csv"
        deliveries.files[path] = deliveries.files[path].decode().encode("cp1252")
    _again(rng, deliveries, "faq", "calls.csv", "calls_bis.csv")


def _overlap(rng: Random, yesterdays: Sequence[str]) -> list[str]:
    if not chance(rng, _OVERLAP):
        return []
    return [line for line in yesterdays[-_OVERLAP_RECORDS:] if line.startswith("AP")]


def _plant_in_calls(rng: Random, deliveries: Deliveries, by_day: dict[date, list[str]]) -> None:
    """Damaged lines in the history and on two of the days; their call ids are used nowhere else."""
    first = deliveries.first_delivery
    later = [day for day in deliveries.days[1:] if day in by_day]
    days = [first, first, *rng.sample(later, min(2, len(later)))]
    bad = (
        (
            "XP0000001;C000001;2023-05-11T10:04:00;opening_hours;Horaires; boutique;yes;paris;fr\n",
            QuarantineReason.WRONG_FIELD_COUNT,
        ),
        (
            "XP0000002;C000001;2024-31-05 10:12;invoice_copy;Copie facture;yes;paris;fr\n",
            QuarantineReason.BAD_VALUE,
        ),
        (
            'XP0000003;C000001;2026-10-02T11:20:00;other;"Dit que la box est HS;no;paris;fr\n',
            QuarantineReason.UNBALANCED_QUOTE,
        ),
        (
            "XP0000004;C000001;1970-01-01T00:00:00Z;price_question;Tarif;yes;lyon;fr\n",
            QuarantineReason.EVENT_TIME_OUT_OF_RANGE,
        ),
    )
    for day, (line, reason) in zip(days, bad, strict=False):
        lines = by_day[day]
        lines.insert(rng.randrange(max(1, len(lines) - _OVERLAP_RECORDS)), line)
        deliveries.plant("faq", day, "calls.csv", reason)


def _call_line(rng: Random, contact: Contact) -> str:
    about_incident = contact.incident is not None
    team = _team(rng, contact.at)
    code = _PARIS_CODES.get(contact.code, contact.code) if team == "paris" else contact.code
    return _csv_line(
        contact.native_id,
        contact.former_id or contact.person.customer_id,
        _asked_at(contact.at, team),
        code,
        _note(rng, contact),
        "yes" if chance(rng, _ANSWERED[about_incident]) else "no",
        team,
        contact.person.language,
    )


def _team(rng: Random, at: datetime) -> str:
    hour = at.astimezone(COMPANY_ZONE).hour
    return rng.choice(("paris", "paris", "lyon")) if OPENS <= hour < CLOSES else "night_line"


def _asked_at(at: datetime, team: str) -> str:
    """The instant as each team's telephone system writes it.

    Paris writes wall time without a zone, and so does the night line but for the hour that comes
    twice in October; Lyon writes the offset, or `Z` in its first years.
    """
    local = at.astimezone(COMPANY_ZONE)
    if team == "lyon":
        return (
            at.strftime("%Y-%m-%dT%H:%M:%SZ") if local.year < _LYON_WRITES_OFFSETS_FROM else local.isoformat()
        )
    return local.isoformat() if local.fold else local.replace(tzinfo=None).isoformat()


def _note(rng: Random, contact: Contact) -> str:
    """The agent's note; some hold separators, quotes or a line break."""
    language, facts = contact.person.language, contact.facts
    note = agent_note(rng, contact)
    if contact.kind == "reminder":
        note = rng.choice(MANNERS[language].reminder_notes) + note
    if contact.earlier is not None and contact.earlier.source == "tickets":
        mention = MANNERS[language].ticket_mentions[1]
        note += " - " + fill(mention, facts, ticket=contact.earlier.native_id)
    if chance(rng, 0.03):
        note += "; rappeler après 18 h" if language == "fr" else "; call back after 6 pm"
    elif chance(rng, 0.015):
        note += ' dit "je ne suis pas pressé"' if language == "fr" else ' says "no hurry"'
    elif chance(rng, 0.01):
        note += "\nRAS" if language == "fr" else "\nnothing else"
    return note


def _csv_line(*values: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";", lineterminator="\n").writerow(values)
    return buffer.getvalue()


# Mails


def deliver_mails(rng: Random, deliveries: Deliveries, contacts: Iterable[Contact]) -> None:
    """The service mailbox: one mbox with the history, then one a day. Sets mails' subjects."""
    by_day: defaultdict[date, list[bytes]] = defaultdict(list)
    sample_entry = b""
    for contact in contacts:
        day = deliveries.late(rng, business_date(contact.at), is_on_time=contact.is_on_time)
        entry = mbox_entry(rng, contact)
        by_day[day].append(entry)
        if contact.kind == "first" and contact.incident is None:
            sample_entry = entry.replace(contact.native_id.encode(), b"no-clock@mail.example")
    yesterdays: list[bytes] = []
    for day in deliveries.days:
        entries = by_day.get(day, [])
        if not entries:
            continue
        begin = yesterdays[-_OVERLAP_RECORDS:] if chance(rng, _OVERLAP) else []
        deliveries.put("mail", day, "mail.mbox", b"".join(begin + entries))
        yesterdays = entries
    for day in _mishap_days(rng, deliveries, "mail", "mail.mbox")[:1]:
        if sample_entry:
            deliveries.files[f"mail/{day}/mail.mbox"] += dated_1970(sample_entry)
            deliveries.plant("mail", day, "mail.mbox", QuarantineReason.EVENT_TIME_OUT_OF_RANGE)
    _again(rng, deliveries, "mail", "mail.mbox", "mail-resent.mbox")


# Tickets


def deliver_tickets(rng: Random, deliveries: Deliveries) -> None:
    """The help desk's incremental exports: the state of each ticket on each day it changed."""
    by_day: defaultdict[date, list[tuple[Ticket, Step]]] = defaultdict(list)
    for ticket in deliveries.tickets:
        for step in _versions(ticket, deliveries):
            is_on_time = ticket.contact.is_on_time and step is ticket.steps[0]
            by_day[_export_day(rng, deliveries, step, is_on_time)].append((ticket, step))
    yesterdays: list[tuple[Ticket, Step]] = []
    for day in deliveries.days:
        versions = sorted(by_day.get(day, []), key=lambda v: v[1].at)
        if not versions:
            continue
        begin = yesterdays[-_OVERLAP_RECORDS:] if chance(rng, _OVERLAP) else []
        deliveries.put("tickets", day, "tickets.json", _export_bytes(begin + versions))
        yesterdays = versions
    _plant_in_tickets(rng, deliveries)
    _again(rng, deliveries, "tickets", "tickets.json", "tickets-rerun.json")


def make_tickets(rng: Random, contacts: Iterable[Contact]) -> list[Ticket]:
    """The tickets of the contacts, in the order of their numbers. Sets the contacts' subjects."""
    requesters = Requesters(rng)
    return [_ticket(rng, contact, requesters) for contact in contacts]


def _ticket(rng: Random, contact: Contact, requesters: Requesters) -> Ticket:
    contact.subject = subject_of(rng, contact)
    return open_ticket(rng, contact, contact.subject, roughen(rng, story_of(rng, contact)), requesters)


def _versions(ticket: Ticket, deliveries: Deliveries) -> list[Step]:
    """The last step of each day on which an export saw the ticket changed."""
    last_of_day: dict[date, Step] = {}
    for step in ticket.steps:
        day = max(business_date(step.at), deliveries.first_delivery)
        if day <= deliveries.until:
            last_of_day[day] = step
    return [*last_of_day.values()]


def _export_day(rng: Random, deliveries: Deliveries, step: Step, is_on_time: bool) -> date:
    return deliveries.late(rng, business_date(step.at), is_on_time=is_on_time)


def _export_bytes(versions: Sequence[tuple[Ticket, Step]]) -> bytes:
    users = {ticket.requester["id"]: ticket.requester for ticket, _ in versions}
    return _json_bytes(
        export(
            [ticket_json(ticket, step) for ticket, step in versions],
            [*users.values()],
            [metric_set_json(ticket, step) for ticket, step in versions],
        )
    )


def _json_bytes(document: Json) -> bytes:
    """One line per element of the arrays, so that a person can look into the file."""
    parts = []
    for name, value in document.items():
        if isinstance(value, list):
            rows = ",\n".join(json.dumps(v, ensure_ascii=False) for v in value)
            text = f"[\n{rows}\n]"
        else:
            text = json.dumps(value)
        parts.append(f'"{name}": {text}')
    return ("{" + ",\n".join(parts) + "}\n").encode()


def _plant_in_tickets(rng: Random, deliveries: Deliveries) -> None:
    """A ticket without id in the history, one of 1970 and one with an odd date later."""
    days = [deliveries.first_delivery, *_mishap_days(rng, deliveries, "tickets", "tickets.json")]
    bad: tuple[tuple[Json, QuarantineReason], ...] = (
        ({"id": None}, QuarantineReason.MISSING_REQUIRED),
        (
            {"id": 1, "created_at": "1970-01-01T00:00:00Z", "updated_at": "1970-01-01T00:00:00Z"},
            QuarantineReason.EVENT_TIME_OUT_OF_RANGE,
        ),
        ({"id": 2, "updated_at": "yesterday"}, QuarantineReason.BAD_VALUE),
    )
    for day, (changes, reason) in zip(days, bad, strict=False):
        path = f"tickets/{day}/tickets.json"
        if path not in deliveries.files:
            continue
        document = json.loads(deliveries.files[path])
        tickets = document["tickets"]
        broken = {**tickets[len(tickets) // 2], "type": "question", "tags": []} | changes
        if broken["id"] is None:
            del broken["id"]
        tickets.insert(rng.randrange(len(tickets)), broken)
        document["count"] = len(tickets)
        deliveries.files[path] = _json_bytes(document)
        deliveries.plant("tickets", day, "tickets.json", reason)
