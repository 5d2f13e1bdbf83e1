"""Random schedules: what may happen to a handful of customers, day by day, and in which order it comes.

Each schedule has customers, addresses, tickets, calls and mails of its own, so that many schedules
share one warehouse and one set of runs without touching each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from random import Random

from tests.properties.records import (
    FAQ_CODES,
    PHRASES,
    UNCLEAR,
    Acknowledgement,
    Call,
    Customer,
    Mail,
    Merge,
    Record,
    Review,
    Ticket,
    alert_id,
    at,
    contact_id,
)

TAGS = (
    "product_defect",
    "billing_error",
    "contract_dispute",
    "staff_behaviour",
    "delivery_late",
    "refund_missing",
    "no_answer",
    "a_tag_that_says_nothing",
)
CLOCKS = ("00:00:00", "09:30:00", "12:00:00", "12:00:00", "22:15:00", "22:59:59", "23:30:00")
"""Hours of UTC; the late ones belong to the next day in Paris, in summer or all year."""

CUSTOMERS_OF_A_SCHEDULE = 3


@dataclass
class Schedule:
    """One company's handful of customers and what has happened to them so far."""

    number: int
    random: Random
    markers: Iterator[int] = field(default_factory=lambda: count(1))
    customers: dict[str, Customer] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    mails: dict[str, Mail] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = [f"s{self.number}-{letter}" for letter in "abc"]
        self.addresses = [f"{letter}{self.number}@example.test" for letter in "pqr"]

    def day(self, today: date) -> list[Record]:
        """What is written on one day."""
        random = self.random
        written: list[Record] = []
        if not self.customers:
            # The last customer is heard of before the company delivers his record.
            written += [self._customer(name) for name in self.names[:-1]]
        for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
            kinds: tuple[tuple[Callable[[date], list[Record]], int], ...] = (
                (self._new_ticket, 5),
                (self._changed_ticket, 6),
                (self._new_call, 3),
                (self._changed_call, 1),
                (self._new_mail, 3),
                (self._changed_mail, 1),
                (self._new_review, 2),
                (self._new_merge, 1),
                (self._new_acknowledgement, 5),
                (self._changed_customer, 3),
            )
            kind = random.choices([one for one, _ in kinds], [weight for _, weight in kinds])[0]
            written += kind(today)
        return written

    # When

    def _some_day(self, today: date) -> date:
        """Today, late by up to 400 days, at an end of a month, a leap day, or ahead of its day."""
        random = self.random
        first = today.replace(day=1)
        return random.choice(
            (
                today,
                today,
                today - timedelta(days=random.randint(1, 9)),
                today - timedelta(days=random.randint(1, 400)),
                today - timedelta(days=random.randint(1, 400)),
                first,
                first - timedelta(days=1),
                date(2024, 2, 29),
                today + timedelta(days=random.randint(1, 45)),
            )
        )

    def _clock(self) -> str:
        return self.random.choice(CLOCKS)

    def _marker(self) -> str:
        return f"m{self.number}x{next(self.markers)}"

    # Who

    def _somebody(self) -> str | None:
        return self.random.choice([*self.names, *self.names, f"s{self.number}-nobody", None])

    def _address(self) -> str:
        return self.random.choice([*self.addresses, f"stranger{self.number}@example.test"])

    def _customer(self, name: str) -> Customer:
        random = self.random
        addresses = random.sample(self.addresses, random.choice((0, 1, 1, 2)))
        started = random.choice((None, date(2019, 5, 17), date(2023, 12, 31), date(2024, 2, 29)))
        one = Customer(name, tuple(addresses), started)
        self.customers[name] = one
        return one

    # What

    def _new_ticket(self, today: date) -> list[Record]:
        random = self.random
        opened = at(self._some_day(today), self._clock())
        written: list[Record] = []
        for _ in range(random.choice((1, 1, 1, 2))):  # two tickets of one instant
            ticket = Ticket(
                marker=self._marker(),
                native_id=f"{self.number}0{len(self.tickets):04d}",
                occurred_at=opened,
                version_at=opened,
                customer_id=self._somebody(),
                email=random.choice((None, self._address())),
                kind=random.choice(("incident", "incident", "problem", "question", "task")),
                tags=tuple(random.sample(TAGS, random.choice((0, 1, 1, 1, 2)))),
                is_reminder=random.random() < 0.3,
            )
            self.tickets[ticket.native_id] = ticket
            written.append(ticket)
        return written

    def _changed_ticket(self, today: date) -> list[Record]:
        """A new version: newer, of the same instant, older than one that is known, or ahead of its day."""
        if not self.tickets:
            return self._new_ticket(today)
        random = self.random
        ticket = random.choice(list(self.tickets.values()))
        changed_at = max(
            ticket.occurred_at,
            random.choice(
                (
                    at(today, self._clock()),
                    at(today, self._clock()),
                    ticket.version_at,
                    ticket.version_at - timedelta(days=random.randint(1, 20)),
                    at(today + timedelta(days=random.randint(1, 20))),
                )
            ),
        )
        changed = replace(ticket, marker=self._marker(), version_at=changed_at)
        match random.choice(
            (
                "move",
                "move",
                "type",
                "type",
                "delete",
                "open",
                "open",
                "solve",
                "solve",
                "rate",
                "count",
                "date",
            )
        ):
            case "move":
                changed = replace(changed, customer_id=self._somebody(), email=self._address())
            case "type":
                tags = tuple(random.sample(TAGS, random.choice((0, 1, 1, 2))))
                changed = replace(changed, tags=tags, kind=random.choice(("incident", "question")))
            case "delete":
                changed = replace(changed, status="deleted")
            case "open":
                status = random.choice(("new", "open", "pending", "hold"))
                changed = replace(changed, status=status, solved_at=None)
            case "solve":
                # Also long before it is written down, or ahead of its day.
                days = random.choice((None, 0, 0, -3, 2))
                solved_at = None if days is None else changed_at + timedelta(days=days)
                status = random.choice(("solved", "solved", "closed"))
                changed = replace(changed, status=status, solved_at=solved_at)
            case "rate":
                changed = replace(changed, rating=random.choice(("good", "bad", "offered", None)))
            case "count":
                changed = replace(changed, reopens=random.choice((0, 1, 2)))
            case "date":
                changed = replace(changed, occurred_at=min(at(self._some_day(today)), changed_at))
        self.tickets[ticket.native_id] = changed
        return [changed]

    def _new_call(self, today: date) -> list[Record]:
        call = Call(
            marker=self._marker(),
            native_id=f"c{self.number}-{len(self.calls)}",
            customer_id=self._somebody(),
            occurred_at=self._near_something(today),
            faq_code=self.random.choice(list(FAQ_CODES)),
            is_reminder=self.random.random() < 0.3,
        )
        self.calls[call.native_id] = call
        return [call]

    def _changed_call(self, today: date) -> list[Record]:
        """The same id with other content; also at the same instant."""
        if not self.calls:
            return self._new_call(today)
        call = self.random.choice(list(self.calls.values()))
        changed = replace(
            call,
            marker=self._marker(),
            customer_id=self._somebody(),
            occurred_at=self.random.choice((call.occurred_at, self._near_something(today))),
        )
        self.calls[call.native_id] = changed
        return [changed]

    def _near_something(self, today: date) -> datetime:
        """An instant some days around an earlier contact, also at the window's very edge."""
        known: list[Ticket | Call | Mail] = [
            *self.tickets.values(),
            *self.calls.values(),
            *self.mails.values(),
        ]
        if not known or self.random.random() < 0.3:
            return at(self._some_day(today), self._clock())
        near = self.random.choice(known).occurred_at
        return near + self.random.choice(
            (
                timedelta(days=7),
                timedelta(days=7, seconds=1),
                timedelta(days=-7),
                timedelta(days=self.random.randint(-9, 9), hours=1),
                timedelta(0),
            )
        )

    def _new_mail(self, today: date) -> list[Record]:
        random = self.random
        mail = Mail(
            marker=self._marker(),
            message_id=f"mail-{self.number}-{len(self.mails)}@example.test",
            email=self._address(),
            occurred_at=self._near_something(today),
            incident_type=(told := random.choice([*PHRASES, None, UNCLEAR, UNCLEAR])),
            is_reminder=told in ("no_answer", UNCLEAR) and random.random() < 0.5,
            ticket_reference=random.choice([*self.tickets, None]) if random.random() < 0.4 else None,
            reply_to=random.choice([*self.mails, None]) if random.random() < 0.4 else None,
            references=tuple(random.sample([*self.mails], min(len(self.mails), random.choice((0, 0, 1, 2))))),
            named_before=random.choice([*self.tickets, "4711", None]) if random.random() < 0.3 else None,
        )
        self.mails[mail.message_id] = mail
        return [mail]

    def _changed_mail(self, today: date) -> list[Record]:
        if not self.mails:
            return self._new_mail(today)
        mail = self.random.choice(list(self.mails.values()))
        changed = replace(
            mail,
            marker=self._marker(),
            email=self._address(),
            occurred_at=self.random.choice((mail.occurred_at, self._near_something(today))),
        )
        self.mails[mail.message_id] = changed
        return [changed]

    def _new_review(self, today: date) -> list[Record]:
        """On a contact that is known or not, also ahead of its day; some of one day on one contact."""
        random = self.random
        known: list[Ticket | Call | Mail] = [
            *self.tickets.values(),
            *self.calls.values(),
            *self.mails.values(),
        ]
        if not known:
            return []
        about = contact_id(random.choice(known))
        decisions = ("no_incident", "transient", "cumulative", "product_defect", "no_answer", "nonsense")
        return [
            Review(
                marker=self._marker(),
                contact_id=about,
                decision=random.choice(decisions),
                decided_on=random.choice(
                    (today, today, today - timedelta(days=3), today + timedelta(days=random.randint(1, 9)))
                ),
            )
            for _ in range(random.choice((1, 1, 2)))
        ]

    def _new_merge(self, today: date) -> list[Record]:
        """Late, ahead of its day, into somebody not known yet, in a chain or a circle, or undone."""
        random = self.random
        names = [*self.names, f"s{self.number}-nobody"]
        return [
            Merge(
                random.choice(names),
                random.choice(names),
                today + timedelta(days=random.choice((0, 0, -30, random.randint(1, 9)))),
            )
        ]

    def _new_acknowledgement(self, today: date) -> list[Record]:
        """On an alert that was raised or not; closed in time, late, before it happened or ahead of its day,
        and perhaps opened again at once.
        """
        random = self.random
        known: list[Ticket | Call | Mail] = [
            *self.tickets.values(),
            *self.calls.values(),
            *self.mails.values(),
        ]
        alerted = [contact for contact in known if self._is_likely_alerted(contact)]
        if not known:
            return []
        contact = random.choice(alerted if alerted and random.random() < 0.8 else known)
        named = None if isinstance(contact, Mail) else contact.customer_id
        about = alert_id(contact, named if named and random.random() < 0.8 else random.choice(self.names))
        closed_at = random.choice(
            (
                contact.occurred_at + timedelta(hours=random.choice((1, 24, 48, 72, 120))),
                *[contact.occurred_at + timedelta(hours=hours) for hours in (3, 20, 40)],
                contact.occurred_at - timedelta(days=1),
                at(today, self._clock()),
                at(today + timedelta(days=random.randint(1, 9))),
            )
        )
        closing = Acknowledgement(
            self._marker(),
            about,
            "closed",
            closed_at,
            random.choice((*["well_resolved"] * 7, "resolved", "not_an_incident", "")),
        )
        others = [Acknowledgement(self._marker(), about, status) for status in ("received", "in_progress")]
        return random.choice((*[[closing]] * 6, list[Record](others), [closing, others[1]]))

    def _is_likely_alerted(self, contact: Ticket | Call | Mail) -> bool:
        if isinstance(contact, Mail):
            return contact.incident_type not in (None, "no_answer")
        if contact.customer_id not in self.customers:
            return False
        if isinstance(contact, Call):
            return contact.faq_code in ("colis_perdu", "fraude_carte", "staff_behaviour")
        return contact.status != "deleted" and bool(set(contact.tags) & set(TAGS[:4]))

    def _changed_customer(self, today: date) -> list[Record]:
        random = self.random
        name = random.choice(self.names)
        one = self.customers.get(name)
        if one is None:
            return [self._customer(name)]
        addresses = tuple(random.sample(self.addresses, random.choice((0, 1, 1, 2))))
        match random.choice(("address", "address", "end", "end_later", "thaw", "start", "start_later")):
            case "address":
                one = replace(one, emails=addresses)
            case "end":
                one = replace(one, ended_on=today - timedelta(days=random.choice((0, 1, 30, 200))))
            case "end_later":
                one = replace(one, ended_on=today + timedelta(days=random.choice((1, 5, 40))))
            case "thaw":
                one = replace(one, ended_on=None)
            case "start":
                one = replace(one, started_on=random.choice((None, date(2022, 3, 31), today)))
            case "start_later":
                one = replace(one, started_on=today + timedelta(days=random.choice((1, 5, 40))))
        self.customers[name] = one
        return [one]
