"""What the tables must hold, in plain Python, from what the generator knows it delivered.

The rules are the handbook's, written a second time: which version counts, whose contact it is, what
belongs to one incident, what it costs; and the account by the direct sum of `tolerance.oracle`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.properties.records import (
    FAQ_CODES,
    UNCLEAR,
    Acknowledgement,
    Call,
    Customer,
    Delivery,
    Mail,
    Merge,
    Review,
    Ticket,
    alert_id,
    contact_id,
)
from tolerance import oracle

PARIS = ZoneInfo("Europe/Paris")
WINDOW = timedelta(days=7)
WEAK = "other_incident"
CATEGORIES = ("transient", "cumulative")
Contact = Call | Mail | Ticket
Rows = dict[tuple[object, ...], dict[str, object]]


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """One row of the taxonomy."""

    incident_type: str
    category: str
    penalty_points: Decimal
    deadline: timedelta | None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The company's numbers."""

    taxonomy: tuple[TypeEntry, ...]
    terms: oracle.Terms
    in_window: frozenset[frozenset[str]] = frozenset()
    in_thread: frozenset[frozenset[str]] = frozenset()
    """The pairs of types that may be told of one incident: close in time, or in one thread."""

    def entry(self, incident_type: str, on: date) -> TypeEntry | None:
        for row in self.taxonomy:
            if row.incident_type == incident_type and row.valid_from <= on < (row.valid_to or date.max):
                return row
        return None

    def go_together(self, one: str | None, other: str | None) -> bool:
        return one == other or frozenset((one, other)) in self.in_thread


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident, with the row of `fct_incident` that it must have."""

    incident_id: str
    customer_id: str
    occurred_at: datetime
    penalty_points: Decimal
    row: dict[str, object]


@dataclass(frozen=True, slots=True)
class Resolution:
    """How the ticket of an incident was resolved, and since when it is badly resolved, where it is."""

    resolved_at: datetime | None = None
    reopens: int = 0
    rating: str | None = None
    reopened_twice_at: datetime | None = None
    rated_bad_at: datetime | None = None


def business_date(instant: datetime) -> date:
    return instant.astimezone(PARIS).date()


def _utc(instant: datetime | None) -> datetime | None:
    return instant.astimezone(UTC).replace(tzinfo=None) if instant else None


def _is_good(resolution: Resolution) -> bool:
    return resolution.reopens == 0 and resolution.rating != "bad"


def visible_on(contact: Contact) -> date:
    return max(business_date(contact.occurred_at), business_date(contact.version_at))


class Truth:
    """The tables of one as-of date, from all that was delivered by then."""

    def __init__(
        self, deliveries: Iterable[Delivery], hashes: dict[str, str], rules: Rules, as_of: date
    ) -> None:
        self.rules = rules
        self.as_of = as_of
        self._ends_at = datetime.combine(as_of + timedelta(days=1), time.min, PARIS)
        self._hashes = hashes
        delivered = _newest_customers(deliveries)
        self._merged = _merged(deliveries, delivered, as_of)
        self.customers = _persons(delivered, self._merged)
        self._reviews = self._newest_reviews(deliveries, {*self._decided_types(), "no_incident", *CATEGORIES})
        self._type_reviews = self._newest_reviews(deliveries, {*self._decided_types(), "no_incident"})
        self.acknowledgements = self._last_acknowledgements(deliveries)
        self._versions = self._visible_versions(deliveries)
        self.incidents = self._incidents()
        self.accounts = self._accounts()

    # Which version counts, and whose it is

    def _visible_versions(self, deliveries: Iterable[Delivery]) -> dict[str, list[Contact]]:
        versions: dict[str, dict[str, Contact]] = defaultdict(dict)
        for delivery in deliveries:
            record = delivery.record
            if (
                not isinstance(record, Customer | Review | Merge | Acknowledgement)
                and visible_on(record) <= self.as_of
            ):
                versions[contact_id(record)][record.marker] = record
        return {
            name: sorted(
                of_one.values(), key=lambda version: (version.version_at, self._hashes[version.marker])
            )
            for name, of_one in versions.items()
        }

    def _decided_types(self) -> set[str]:
        return {entry.incident_type for entry in self.rules.taxonomy}

    def _newest_reviews(self, deliveries: Iterable[Delivery], words: set[str]) -> dict[str, Delivery]:
        """For each contact the newest of the decisions that are one of the words."""
        newest: dict[str, Delivery] = {}
        for delivery in deliveries:
            record = delivery.record
            if isinstance(record, Review) and record.decided_on <= self.as_of and record.decision in words:
                known = newest.get(record.contact_id, delivery)
                newest[record.contact_id] = max(delivery, known, key=_review_order)
        return newest

    def _last_acknowledgements(self, deliveries: Iterable[Delivery]) -> dict[str, Acknowledgement]:
        """What the CRM says last of each alert; a file that says what an earlier one said is a replay."""
        files: dict[tuple[date, str], list[Acknowledgement]] = defaultdict(list)
        for delivery in deliveries:
            if isinstance(delivery.record, Acknowledgement):
                files[delivery.delivered_on, delivery.file_name].append(delivery.record)
        heard: dict[tuple[str, ...], list[Acknowledgement]] = {}
        for _, answers in sorted(files.items(), key=lambda file: file[0]):
            heard.setdefault(tuple(answer.line for answer in answers), answers)
        return {
            answer.alert_id: answer
            for answers in heard.values()
            for answer in answers
            if answer.closed_at is None or business_date(answer.closed_at) <= self.as_of
        }

    def _closed_well_at(self, owner: str, contacts: list[Contact], since: datetime) -> datetime | None:
        """When the CRM first closed an alert of an incident as well resolved, by whatever id it was told."""
        names = {owner, *(former for former, person in self._merged.items() if person == owner)}
        answers = [
            self.acknowledgements.get(alert_id(contact, name)) for contact in contacts for name in names
        ]
        closings = [
            answer.closed_at
            for answer in answers
            if answer and answer.status == "closed" and answer.outcome == "well_resolved" and answer.closed_at
        ]
        return min((closing for closing in closings if closing >= since), default=None)

    def _decision(self, contact: Contact) -> str | None:
        delivery = self._reviews.get(contact_id(contact))
        return delivery.record.decision if delivery and isinstance(delivery.record, Review) else None

    def _standing_type(self, contact: Contact) -> str | None:
        """The type that a person decided and that a decision on the category leaves."""
        delivery = self._type_reviews.get(contact_id(contact))
        return None if delivery is None or _decided(delivery) == "no_incident" else _decided(delivery)

    def _owner(self, contact: Contact) -> str | None:
        named = None if isinstance(contact, Mail) else contact.customer_id
        if named is not None:
            person = self._merged.get(named, named)
            return person if person in self.customers else None
        address = None if isinstance(contact, Call) else contact.email
        owners = [customer.customer_id for customer in self.customers.values() if address in customer.emails]
        return owners[0] if len(owners) == 1 else None

    def _incidents(self) -> list[Incident]:
        by_customer: dict[str, list[Contact]] = defaultdict(list)
        for versions in self._versions.values():
            newest = versions[-1]
            if isinstance(newest, Ticket) and newest.status == "deleted":
                continue
            owner = self._owner(newest)
            if owner is not None:
                by_customer[owner].append(newest)
        return [
            self._incident(owner, contacts)
            for owner, all_contacts in by_customer.items()
            for contacts in Links(all_contacts, self, self.rules).incidents()
        ]

    # What it is and what it costs

    def type_of(self, contact: Contact) -> str | None:
        decision, told = self._decision(contact), self._told_type_of(contact)
        if decision in CATEGORIES:
            return self._standing_type(contact) or told or WEAK
        return {None: told, "no_incident": None}.get(decision, decision)

    def is_told_by_words(self, contact: Contact) -> bool:
        decision = self._decision(contact)
        is_of_category = decision in CATEGORIES and self._standing_type(contact) is None
        return isinstance(contact, Mail) and (decision is None or is_of_category)

    def is_unclear(self, contact: Contact) -> bool:
        """Whether a person has still to say if it reports an incident."""
        is_open = isinstance(contact, Mail) and contact.incident_type == UNCLEAR
        return is_open and self._decision(contact) is None

    def is_reminder(self, contact: Contact) -> bool:
        return contact.is_reminder and self._decision(contact) is None

    def _told_type_of(self, contact: Contact) -> str | None:
        if isinstance(contact, Call):
            return FAQ_CODES[contact.faq_code]
        if isinstance(contact, Mail):
            return None if contact.incident_type == UNCLEAR else contact.incident_type
        for entry in self.rules.taxonomy:
            if entry.incident_type in contact.tags:
                return entry.incident_type
        return "other_incident" if contact.kind in ("incident", "problem") else None

    def _incident(self, owner: str, contacts: list[Contact]) -> Incident:
        anchor = min(contacts, key=lambda contact: (contact.source != "tickets", *_order(contact)))
        occurred_at = min(contact.occurred_at for contact in contacts)
        speaker = self._speaker(anchor, contacts, business_date(occurred_at))
        incident_type = self.type_of(speaker)
        assert incident_type is not None
        entry = self.rules.entry(incident_type, business_date(occurred_at))
        type_category = entry.category if entry else "unclassified"
        type_points = entry.penalty_points if entry and type_category == "cumulative" else Decimal(0)
        deadline_at = occurred_at + entry.deadline if entry and entry.deadline else None
        category, points, reason = type_category, type_points, None
        is_in_time = None
        resolution = self._resolution(anchor) if isinstance(anchor, Ticket) else None
        resolved_at = resolution.resolved_at if resolution else None
        by_crm = self._closed_well_at(owner, contacts, occurred_at)
        if by_crm and resolution and (resolution.reopens or (resolved_at and resolved_at <= by_crm)):
            by_crm = None
        resolved_at = by_crm or resolved_at
        if deadline_at and (resolution or by_crm):
            is_in_time = resolved_at is not None and resolved_at <= deadline_at
        if type_category == "cumulative" and is_in_time and _is_good(resolution or Resolution()):
            category, points = "transient", Decimal(0)
            reason = "well_resolved" if by_crm else "resolved_in_time"
        if type_category == "transient" and resolution:
            reason = self._badly_resolved(replace(resolution, resolved_at=resolved_at), deadline_at)
        if type_category == "transient" and reason:
            category, points = "cumulative", self.rules.terms.standard_penalty_points
        reviewed = [self._reviews[contact_id(each)] for each in contacts if contact_id(each) in self._reviews]
        decided = [each for each in reviewed if _decided(each) in CATEGORIES]
        if decided:
            category, points, reason = type_category, type_points, None
            if (said := _decided(max(decided, key=_review_order))) != type_category:
                standard = self.rules.terms.standard_penalty_points
                category, points, reason = said, standard if said == "cumulative" else Decimal(0), "review"
        row: dict[str, object] = {
            "customer_id": owner,
            "incident_type": incident_type,
            "category": category,
            "penalty_points": points,
            "type_category": type_category,
            "type_penalty_points": type_points,
            "first_incident_type": self._told_type_of(self._first_version(speaker)),
            "occurred_on": business_date(occurred_at),
            "first_contact_at": _utc(occurred_at),
            "status": anchor.status if isinstance(anchor, Ticket) else "no_ticket",
            "deadline_at": _utc(deadline_at),
            "resolved_at": _utc(resolved_at),
            "is_resolved_in_time": is_in_time,
            "reopen_count": resolution.reopens if resolution else None,
            "rating": resolution.rating if resolution else None,
            "reclassification_reason": reason,
            "contact_count": len(contacts),
        }
        return Incident(contact_id(anchor), owner, occurred_at, points, row)

    def _speaker(self, anchor: Contact, contacts: list[Contact], on: date) -> Contact:
        """The contact whose type is the incident's: its ticket, else what costs most of those that fit."""
        if isinstance(anchor, Ticket):
            return anchor
        own = self.type_of(anchor)
        fitting = [
            contact
            for contact in contacts
            if self.type_of(contact) is not None
            and (own in (None, WEAK) or self.rules.go_together(own, self.type_of(contact)))
        ]
        return min(fitting, key=lambda contact: (-self._points(contact, on), *_order(contact)))

    def _points(self, contact: Contact, on: date) -> Decimal:
        entry = self.rules.entry(self.type_of(contact) or "", on)
        return entry.penalty_points if entry and entry.category == "cumulative" else Decimal(0)

    def _first_version(self, contact: Contact) -> Contact:
        versions = self._versions[contact_id(contact)]
        return [version for version in versions if version.version_at == versions[0].version_at][-1]

    # How it was resolved

    def _resolution(self, ticket: Ticket) -> Resolution:
        """What the ticket's versions tell, one after the other."""
        now = Resolution()
        moves, status, solved_at = 0, "", None
        for version in self._versions[contact_id(ticket)]:
            assert isinstance(version, Ticket)
            if version.status in ("new", "open", "pending", "hold"):
                moves += status in ("solved", "closed")
                solved_at = None
            elif version.status != "deleted":
                solved_at = solved_at or version.version_at
            status = version.status
            now = replace(now, reopens=max(now.reopens, moves, version.reopens))
            if now.reopens >= 2 and now.reopened_twice_at is None:
                now = replace(now, reopened_twice_at=version.version_at)
            if version.rating == "good":
                now = replace(now, rating="good", rated_bad_at=None)
            if version.rating == "bad":
                now = replace(now, rating="bad", rated_bad_at=now.rated_bad_at or version.version_at)
        if status in ("solved", "closed"):
            solved_at = ticket.solved_at or solved_at
        if solved_at is not None and solved_at < self._ends_at:
            now = replace(now, resolved_at=solved_at)
        return now

    def _badly_resolved(self, resolution: Resolution, deadline_at: datetime | None) -> str | None:
        """Why, by what was known first."""
        known = {"bad_rating": resolution.rated_bad_at, "reopened": resolution.reopened_twice_at}
        if deadline_at and resolution.resolved_at is None and deadline_at < self._ends_at:
            known["deadline_passed"] = deadline_at
        if deadline_at and resolution.resolved_at is not None and resolution.resolved_at > deadline_at:
            known["resolved_late"] = deadline_at
        reasons = sorted((known_at, reason) for reason, known_at in known.items() if known_at)
        return reasons[0][1] if reasons else None

    # The account

    def _accounts(self) -> dict[str, oracle.Account]:
        touching: dict[str, list[oracle.Incident]] = defaultdict(list)
        for incident in self.incidents:
            if incident.penalty_points > 0:
                on = business_date(incident.occurred_at)
                at = incident.occurred_at.astimezone(UTC).replace(tzinfo=None)
                touching[incident.customer_id].append(
                    oracle.Incident(incident.incident_id, on, incident.penalty_points, at)
                )
        return {
            name: oracle.Account(touching[name], customer.started_on, customer.ended_on, self.rules.terms)
            for name, customer in self.customers.items()
        }

    # The tables

    def tables(self) -> dict[str, Rows]:
        """Every table that the promise names, by key."""
        monthly = self._monthly()
        return {
            "dim_customer": self._dim_customer(),
            "fct_incident": {(incident.incident_id,): incident.row for incident in self.incidents},
            "fct_tolerance_ledger": self._ledger(),
            "fct_tolerance_monthly": monthly,
            "fct_tolerance_current": self._current(),
            "agg_tolerance_monthly": self._months(monthly),
        }

    def _dim_customer(self) -> Rows:
        rows: Rows = {}
        for name, customer in self.customers.items():
            day = min(self.as_of, customer.ended_on or date.max)
            start = customer.started_on or day
            rows[(name,)] = {
                "relationship_started_on": customer.started_on,
                "relationship_ended_on": customer.ended_on,
                "preferred_language": customer.language,
                "tenure_months": max(0, oracle.month_number(day) - oracle.month_number(start)),
            }
        return rows

    def _ledger(self) -> Rows:
        by_id = {incident.incident_id: incident for incident in self.incidents}
        return {
            (line.incident_id,): {
                "customer_id": name,
                "occurred_on": by_id[line.incident_id].row["occurred_on"],
                "balance_before_points": line.balance_before_points,
                "penalty_points": by_id[line.incident_id].penalty_points,
                "balance_after_points": line.balance_after_points,
                "is_first_cumulative": line.is_first_cumulative,
                "turns_negative": line.turns_negative,
            }
            for name, account in self.accounts.items()
            for line in oracle.ledger(account, self.as_of)
        }

    def _monthly(self) -> Rows:
        columns = (
            "opening_points",
            "new_penalty_points",
            "recovered_points",
            "budget_change_points",
            "closing_points",
            "is_negative",
            "became_negative",
            "limit_crossed_by_tenure",
        )
        return {
            (name, month.balance_month): {column: getattr(month, column) for column in columns}
            for name, account in self.accounts.items()
            for month in oracle.monthly(account, self.as_of)
        }

    def _current(self) -> Rows:
        rows: Rows = {}
        for name, account in self.accounts.items():
            balance = oracle.balance(account, self.as_of)
            budget = oracle.budget(account, account.last_day(self.as_of))
            rows[(name,)] = {
                "as_of_on": self.as_of,
                "budget_points": budget,
                "remembered_points": budget - balance,
                "balance_points": balance,
                "margin_points": balance - self.rules.terms.standard_penalty_points,
                "last_incident_on": max(
                    (incident.occurred_on for incident in account.known(self.as_of)), default=None
                ),
                "first_safe_month": oracle.first_safe_month(account, self.as_of),
                "is_negative": balance < 0,
            }
        return rows

    def _months(self, monthly: Rows) -> Rows:
        """All active customers of each month: a touched one by its row, others by their budget."""
        numbers = [oracle.month_number(month) for _, month in monthly if isinstance(month, date)]
        last = oracle.month_number(self.as_of)
        rows: Rows = {}
        for number in range(min(numbers, default=last), last + 1):
            month = oracle.month_begin(number)
            touched = {name: row for (name, of), row in monthly.items() if of == month}
            balances = [Decimal(str(row["closing_points"])) for row in touched.values()]
            balances += [
                oracle.budget(self.accounts[name], month)
                for name in self.customers
                if name not in touched and self._is_active_untouched(name, number)
            ]
            balances.sort()
            count = len(balances)
            rows[(month,)] = {
                "active_customers": count,
                "touched_customers": len(touched),
                "negative_customers": sum(balance < 0 for balance in balances),
                "ruptures": sum(bool(row["became_negative"]) for row in touched.values()),
                "balance_points_mean": sum(balances) / count if count else None,
                "balance_points_p05": balances[-(-count // 20) - 1] if count else None,
                "balance_points_p50": balances[-(-count // 2) - 1] if count else None,
            }
        return rows

    def _is_active_untouched(self, name: str, number: int) -> bool:
        customer = self.customers[name]
        if customer.ended_on is not None and oracle.month_number(customer.ended_on) < number:
            return False
        if customer.started_on is None:
            return True
        return customer.started_on <= self.as_of and oracle.month_number(customer.started_on) <= number


def _decided(delivery: Delivery) -> str:
    assert isinstance(delivery.record, Review)
    return delivery.record.decision


def _review_order(delivery: Delivery) -> tuple[date, date, str, int]:
    assert isinstance(delivery.record, Review)
    return delivery.record.decided_on, delivery.delivered_on, delivery.file_name, delivery.record_no


def _newest_customers(deliveries: Iterable[Delivery]) -> dict[str, Customer]:
    newest: dict[str, tuple[tuple[date, str, int], Customer]] = {}
    for delivery in deliveries:
        if isinstance(delivery.record, Customer):
            rank = delivery.delivered_on, delivery.file_name, delivery.record_no
            name = delivery.record.customer_id
            if name not in newest or newest[name][0] < rank:
                newest[name] = rank, delivery.record
    return {name: record for name, (_, record) in newest.items()}


def _merged(deliveries: Iterable[Delivery], known: dict[str, Customer], as_of: date) -> dict[str, str]:
    """Of each customer who is another one today, which one."""
    known_today = [
        (delivery, delivery.record)
        for delivery in deliveries
        if isinstance(delivery.record, Merge) and delivery.record.merged_on <= as_of
    ]
    ranked = sorted(
        (merge.merged_on, delivery.delivered_on, delivery.file_name, delivery.record_no, merge)
        for delivery, merge in known_today
    )
    latest = {merge.from_id: merge.to_id for *_, merge in ranked}
    straight = {name: into for name, into in latest.items() if name not in _stations(into, latest)}
    merged: dict[str, str] = {}
    for name, into in straight.items():
        merged.update((name, station) for station in _stations(into, straight) if station in known)
    return merged


def _stations(name: str, latest: dict[str, str]) -> list[str]:
    """Where the merges lead from a customer on, each station once."""
    stations = [name]
    while (into := latest.get(stations[-1])) is not None and into not in stations:
        stations.append(into)
    return stations


def _persons(delivered: dict[str, Customer], merged: dict[str, str]) -> dict[str, Customer]:
    """The customers of today, with the addresses and the first day of all who were merged."""
    persons: dict[str, Customer] = {}
    for name, customer in delivered.items():
        if name in merged:
            continue
        all_ids = [customer, *(other for former, other in delivered.items() if merged.get(former) == name)]
        started = [other.started_on for other in all_ids if other.started_on is not None]
        emails = tuple(address for other in all_ids for address in other.emails)
        persons[name] = replace(customer, emails=emails, started_on=min(started, default=None))
    return persons


# What belongs to one incident ---------------------------------------------------------


def _order(contact: Contact) -> tuple[datetime, str, str]:
    return contact.occurred_at, contact.source, contact.native_id


@dataclass(frozen=True, slots=True)
class _Unit:
    """What belongs together by itself; its name orders units of one instant."""

    first_at: datetime
    name: str
    incident_type: str | None
    has_ticket: bool
    is_told_by_words: bool
    is_reminder: bool
    contacts: list[Contact]

    @property
    def is_report(self) -> bool:
        return self.incident_type is not None

    @property
    def is_clear(self) -> bool:
        return self.incident_type not in (None, WEAK)


@dataclass(slots=True)
class _Group:
    """Units of one incident, in their order, and which of them came as reminders."""

    units: list[_Unit]
    reminders: list[_Unit]

    @property
    def is_report(self) -> bool:
        return any(unit.is_report for unit in self.units)

    @property
    def has_ticket(self) -> bool:
        return any(unit.has_ticket for unit in self.units)

    @property
    def told(self) -> list[_Unit]:
        """The units that say what it is about: its ticket, else all that did not only remind."""
        told: list[_Unit] = []
        for unit in self.units:
            if unit.has_ticket:
                return [unit] if unit.is_clear else []
            if unit.is_clear and (not told or unit not in self.reminders):
                told.append(unit)
        return told


class Links:
    """Which contacts of one customer tell of the same incident."""

    def __init__(self, contacts: Sequence[Contact], truth: Truth, rules: Rules) -> None:
        self._contacts = contacts
        self._rules = rules
        self._truth = truth
        self._types = {id(contact): truth.type_of(contact) for contact in contacts}
        self._tickets = {contact.native_id: contact for contact in contacts if isinstance(contact, Ticket)}
        self._mails = sorted(
            (contact for contact in contacts if isinstance(contact, Mail)),
            key=lambda mail: (mail.occurred_at, contact_id(mail)),
        )

    def incidents(self) -> list[list[Contact]]:
        """All contacts that tell of incidents, grouped."""
        groups: list[_Group] = []
        for unit in sorted(self._units(), key=lambda unit: (unit.first_at, unit.name)):
            running = [group for group in groups if unit.first_at - group.units[0].first_at <= WINDOW]
            possible = [
                group
                for group in running
                if not (unit.has_ticket and group.has_ticket) and (unit.is_report or group.is_report)
            ]
            alike = [group for group in possible if self._is_like(unit, group)]
            if alike:
                alike[0].units.append(unit)
            elif unit.is_reminder and len(running) == 1 and possible and self._may_mean(unit, possible[0]):
                possible[0].units.append(unit)
                possible[0].reminders.append(unit)
            else:
                groups.append(_Group([unit], []))
        return [
            [contact for unit in group.units for contact in unit.contacts]
            for group in groups
            if group.is_report
        ]

    def _is_like(self, unit: _Unit, group: _Group) -> bool:
        told = group.told
        return unit.is_clear and bool(told) and all(self._goes_with(unit, other) for other in told)

    def _goes_with(self, unit: _Unit, other: _Unit) -> bool:
        types = frozenset((unit.incident_type, other.incident_type))
        by_words = unit.is_told_by_words or other.is_told_by_words
        return len(types) == 1 or (by_words and types in self._rules.in_window)

    def _may_mean(self, unit: _Unit, group: _Group) -> bool:
        """Whether no clear type forbids that it reminds of this."""
        return not unit.is_clear or all(
            unit.incident_type == other.incident_type
            or (
                (unit.is_told_by_words or other.is_told_by_words)
                and self._rules.go_together(unit.incident_type, other.incident_type)
            )
            for other in group.told
        )

    def _named(self, mail: Mail) -> Ticket | None:
        """The ticket that it names, if that one is an incident."""
        for number in mail.named:
            if number in self._tickets:
                ticket = self._tickets[number]
                return ticket if self._types[id(ticket)] is not None else None
        return None

    def _units(self) -> Iterable[_Unit]:
        begun_by = self._matters()
        about: dict[str, Ticket] = {}
        for mail in self._mails:
            ticket = self._named(mail)
            if ticket is not None:
                matter = begun_by[id(mail)]
                about[matter] = min(ticket, about.get(matter, ticket), key=_order)
        reported: dict[str, datetime] = {}
        for mail in reversed(self._mails):
            if self._types[id(mail)] is not None:
                reported[begun_by[id(mail)]] = mail.occurred_at
        members: dict[str, list[Contact]] = defaultdict(list)
        for contact in self._contacts:
            name, named, counts = contact_id(contact), None, self._types[id(contact)] is not None
            if isinstance(contact, Mail):
                name, named = begun_by[id(contact)], self._named(contact)
                reported_at = reported.get(name, contact.occurred_at)
                is_near = abs(contact.occurred_at - reported_at) <= WINDOW
                counts = counts or named is not None or (self._truth.is_unclear(contact) and is_near)
                of_ticket = named or about.get(name)
                name = contact_id(of_ticket) if of_ticket else name
            if counts:
                members[name].append(contact)
        for name, contacts in members.items():
            has_ticket = any(isinstance(contact, Ticket) for contact in contacts)
            speaker = min(
                contacts,
                key=lambda contact: (
                    contact.source != "tickets",
                    self._types[id(contact)] is None,
                    self._types[id(contact)] == WEAK,
                    *_order(contact),
                ),
            )
            first = min(contacts, key=_order)
            yield _Unit(
                first.occurred_at,
                name,
                self._types[id(speaker)],
                has_ticket,
                self._truth.is_told_by_words(speaker),
                self._truth.is_reminder(first),
                contacts,
            )

    def _matters(self) -> dict[int, str]:
        """Of each mail the id of the mail with which its matter begins."""
        ids = self._linking_ids()
        threads: list[set[str]] = []
        for words in ids.values():
            touching = [thread for thread in threads if thread & words.keys()]
            threads = [thread for thread in threads if thread not in touching]
            threads.append(set(words).union(*touching))
        begun_by: dict[int, str] = {}
        matters: dict[str, tuple[datetime, str | None]] = {}
        for position, mail in enumerate(self._mails):
            earlier = self._mails[:position]
            thread = next(thread for thread in threads if thread & ids[id(mail)].keys())
            *others, _ = reversed(ids[id(mail)])
            answered = [other for name in others for other in earlier if next(iter(ids[id(other)])) == name]
            of_thread = [other for other in reversed(earlier) if thread & ids[id(other)].keys()]
            continued = next(iter(answered or of_thread), None)
            about = self._strong_type_of(mail)
            name = begun_by[id(continued)] if continued else contact_id(mail)
            if name in matters:
                began_at, of_matter = matters[name]
                is_other = about and of_matter and not self._rules.go_together(about, of_matter)
                if is_other and mail.occurred_at - began_at > WINDOW:
                    name = contact_id(mail)
            began_at, of_matter = matters.get(name, (mail.occurred_at, None))
            matters[name] = began_at, of_matter or about
            begun_by[id(mail)] = name
        return begun_by

    def _strong_type_of(self, mail: Mail) -> str | None:
        """What it is about: what its ticket is about, else its own type; None where that is weak."""
        ticket = self._named(mail)
        about = self._types[id(ticket or mail)]
        return None if about == WEAK else about

    def _linking_ids(self) -> dict[int, dict[str, None]]:
        """The ids of each mail in order; one that reuses an id more than a day later stands alone."""
        begun: dict[str, datetime] = {}
        for mail in self._mails:
            if set(mail.thread_ids) == {mail.message_id}:
                begun.setdefault(mail.message_id, mail.occurred_at)
        ids: dict[int, dict[str, None]] = {}
        for mail in self._mails:
            ids[id(mail)] = dict.fromkeys(mail.thread_ids)
            is_first = mail.occurred_at - begun.get(mail.message_id, mail.occurred_at) <= timedelta(days=1)
            if set(mail.thread_ids) == {mail.message_id} and not is_first:
                ids[id(mail)] = {f" {contact_id(mail)}": None}
        return ids
