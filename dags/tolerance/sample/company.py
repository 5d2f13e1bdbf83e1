"""Who the customers of the sample company are, and how loyal and how unlucky they are."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from tolerance.sample.chance import chance
from tolerance.sample.wording import words

_FIRST_NAMES = {
    "fr": words(
        "Camille Louis Jeanne Hugo Inès Théo Chloé Lucas Manon Jules Élodie Nathan Zoé Mathis "
        "Clara Noé Agathe Rémi Hélène François Béatrice Gérard Amélie Yves Nadia Karim Fatou "
        "Mehdi Solène Aurélien Odile Benoît Cécile Thierry Maëlle Loïc Françoise Stéphane"
    ),
    "en": words(
        "Emma Oliver Sophie George Amelia Harry Grace Jack Lily Thomas Hannah James Ruth Peter "
        "Alice Daniel Megan Owen Claire Simon Priya Aisha Liam Niamh Fiona Graham"
    ),
}
_LAST_NAMES = {
    "fr": words(
        "Martin Bernard Dubois Petit Durand Leroy Moreau Girard Lefèvre Mercier Blanc Guérin "
        "Muller Faure Rousseau Fontaine Chevalier Gauthier Perrin Morel Benali Diallo Nguyen "
        "Lemaître Barbier Renaud Aubert Lacroix Roche Vidal Caron Picard Hervé Poirier Brun"
    ),
    "en": words(
        "Smith Jones Taylor Brown Wilson Evans Walker Wright Green Hall Wood Clarke Hughes "
        "Turner Parker Cooper Ward Murphy Kelly Shah Khan Bennett Ellis Doyle Fraser"
    ),
}
# Names that are reserved for examples: a mail sent to one of them reaches nobody.
_MAIL_HOSTS = (
    "mail.example",
    "poste.example",
    "courrier.example",
    "fibre.example",
    "inbox.example",
    "example.org",
    "example.net",
)
_UNKNOWN_START_SHARE = 0.01
_SECOND_ADDRESS_SHARE = 0.18
_DAYS_FOR_CHANGES = 2  # of delivery after the first, at least
_HOUSEHOLDS = 3  # pairs of customers that share one address


@dataclass(slots=True)
class Person:
    """Somebody who writes or calls. `customer_id` is empty for a stranger to the company."""

    customer_id: str
    first_name: str
    last_name: str
    language: str
    addresses: tuple[str, ...]
    phone: str
    started_on: date | None
    ended_on: date | None  # set by whoever lets people leave
    known_on: date  # the day of the first customers file that has the row
    bad_luck: float  # cumulative incidents, relative to the average customer's
    liveliness: float  # contacts, relative to the average customer's
    new_address: tuple[date, str] | None = None  # the day it is in the customers file, and it

    @property
    def full_name(self) -> str:
        """First and last name, as at the foot of a mail."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One line of a customers file: what the company knows of a customer on a day."""

    customer_id: str
    addresses: tuple[str, ...]
    phone: str
    started_on: date | None
    ended_on: date | None
    language: str


def found(
    rng: Random, count: int, *, first_delivery: date, until: date, tenure_years: int = 12
) -> list[Person]:
    """The customers, oldest relationship first; starts spread evenly over `tenure_years`."""
    span = tenure_years * 365
    starts = sorted(until - timedelta(days=rng.randrange(span)) for _ in range(count))
    numbers = sorted(rng.sample(range(1, max(10 * count, 1_000)), count))
    people = [
        _person(rng, f"C{number:06d}", started_on, first_delivery, until)
        for number, started_on in zip(numbers, starts, strict=True)
    ]
    for index in rng.sample(range(1, count), min(_HOUSEHOLDS, count // 50)):
        people[index].addresses = (people[index - 1].addresses[0],)
        people[index].last_name = people[index - 1].last_name
    return people


def _person(rng: Random, customer_id: str, started_on: date, first_delivery: date, until: date) -> Person:
    language = "fr" if chance(rng, 0.7) else "en"
    first = rng.choice(_FIRST_NAMES[language])
    last = rng.choice(_LAST_NAMES[language])
    addresses = [_address(rng, first, last)]
    if chance(rng, _SECOND_ADDRESS_SHARE):
        addresses.append(_address(rng, first, last))
    known_on = first_delivery
    if started_on > first_delivery:  # most are in the file of their day, some come late
        known_on = min(started_on + timedelta(days=rng.choice((0, 0, 0, 1, 2, 5))), until)
    return Person(
        customer_id=customer_id,
        first_name=first,
        last_name=last,
        language=language,
        addresses=tuple(addresses),
        phone=_phone(rng, language),
        started_on=None if chance(rng, _UNKNOWN_START_SHARE) else started_on,
        ended_on=None,
        known_on=known_on,
        bad_luck=rng.gammavariate(2.0, 1 / 2.0),
        liveliness=0.3 + rng.gammavariate(1.2, 1 / 1.2),
    )


def stranger(rng: Random, on: date) -> Person:
    """A prospect or an advertiser: in no customers file."""
    language = "fr" if chance(rng, 0.7) else "en"
    first, last = rng.choice(_FIRST_NAMES[language]), rng.choice(_LAST_NAMES[language])
    address = _address(rng, first, last, marker="-")
    return Person("", first, last, language, (address,), "", None, None, on, 0.0, 0.0)


def _address(rng: Random, first: str, last: str, marker: str = ".") -> str:
    plain = unicodedata.normalize("NFD", f"{first}{marker}{last}".lower())
    local = "".join(c for c in plain if c.isascii())
    return f"{local}{rng.randint(10, 9_999)}@{rng.choice(_MAIL_HOSTS)}"


def _phone(rng: Random, language: str) -> str:
    """A number from the ranges kept free for fiction in France and in the United Kingdom."""
    if chance(rng, 0.05):
        return ""
    if language == "en" and chance(rng, 0.5):
        return f"+44 7700 900{rng.randint(0, 999):03d}"
    digits = f"{rng.randint(0, 9_999):04d}"
    return f"+33 6 39 98 {digits[:2]} {digits[2:]}"


def is_active(person: Person, on: date) -> bool:
    """Whether the person is in a running relationship on `on`."""
    if person.started_on is not None and on < person.started_on:
        return False
    return person.ended_on is None or on <= person.ended_on


def rows_by_day(
    rng: Random, people: Sequence[Person], *, first_delivery: date, until: date
) -> dict[date, list[CustomerRow]]:
    """The customers files: all known at first, then a day's newcomers and changed rows.

    A changed address, start or end is written back to `people`, so that their contacts fit it.
    """
    files: dict[date, list[CustomerRow]] = {first_delivery: []}
    for person in people:
        known = person.ended_on is not None and person.ended_on > person.known_on
        row = _row(person, ended_on=None if known else person.ended_on)
        files.setdefault(person.known_on, []).append(row)
        if known and person.ended_on is not None and person.ended_on <= until:
            files.setdefault(person.ended_on, []).append(_row(person, ended_on=person.ended_on))
    for day, person in _changes(rng, people, first_delivery, until):
        ended = person.ended_on if person.ended_on and person.ended_on <= day else None
        row = _row(person, ended_on=ended)
        if person.new_address:
            row = replace(row, addresses=(*row.addresses, person.new_address[1]))
        files.setdefault(day, []).append(row)
    return {day: _last_of_each(rows) for day, rows in sorted(files.items())}


def _changes(
    rng: Random, people: Sequence[Person], first_delivery: date, until: date
) -> list[tuple[date, Person]]:
    """New addresses, starts found later, and ended relationships that go on after all."""
    days = (until - first_delivery).days
    if days < _DAYS_FOR_CHANGES:
        return []
    known = [p for p in people if p.known_on == first_delivery]
    movers = rng.sample(known, max(1, len(known) // 150))
    forgotten = [p for p in known if p.started_on is None][:2]
    returned = [p for p in known if p.ended_on and p.ended_on < first_delivery][:1]
    changes = [
        (first_delivery + timedelta(days=rng.randint(1, days)), person)
        for person in (*movers, *forgotten, *returned)
    ]
    for day, person in changes[: len(movers)]:
        address = _address(rng, person.first_name, person.last_name)
        person.new_address = (day, address)
    for person in forgotten:
        person.started_on = first_delivery - timedelta(days=rng.randint(2_000, 4_000))
    for person in returned:
        person.ended_on = None
    return sorted(changes, key=lambda change: (change[0], change[1].customer_id))


def address_on(person: Person, on: date) -> str:
    """The address the person writes from; a new one is in use some days before it is known."""
    if person.new_address and on >= person.new_address[0] - timedelta(days=3):
        return person.new_address[1]
    return person.addresses[0]


def _row(person: Person, *, ended_on: date | None) -> CustomerRow:
    return CustomerRow(
        person.customer_id,
        person.addresses,
        person.phone,
        person.started_on,
        ended_on,
        person.language,
    )


def _last_of_each(rows: list[CustomerRow]) -> list[CustomerRow]:
    """One row per customer: the one that was added last."""
    return [*{row.customer_id: row for row in rows}.values()]
