"""Customers who were registered twice, and the merges in which the company finds it out.

The older registration has an id and an address of its own. Some calls name that id, before the merge and
after it: all are the one customer's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tolerance.sample.chance import chance
from tolerance.sample.company import CustomerRow, Person
from tolerance.sample.contacts import Contact

_ONE_IN = 200  # of the customers, but at least one
_NAMES_FORMER_ID = 0.4  # of the calls of somebody who was registered twice


@dataclass(frozen=True, slots=True)
class Double:
    """Somebody with a former id, and the day on which the company merges it into the current one."""

    person: Person
    former_id: str
    former_address: str
    merged_on: date

    @property
    def row(self) -> CustomerRow:
        """The older registration, as it stands in the first customers file."""
        person = self.person
        addresses = (self.former_address,)
        return CustomerRow(self.former_id, addresses, person.phone, person.started_on, None, person.language)


def doubles(rng: Random, people: Sequence[Person], *, first_delivery: date, until: date) -> list[Double]:
    """Who was registered twice: customers who were known from the first file on and stayed."""
    taken = {person.customer_id for person in people}
    staying = [p for p in people if p.known_on == first_delivery and p.ended_on is None]
    found = []
    for person in rng.sample(staying, min(len(staying), max(1, len(people) // _ONE_IN))):
        former_id = person.customer_id
        while former_id in taken:
            former_id = f"C{rng.randrange(1, max(10 * len(people), 1_000)):06d}"
        taken.add(former_id)
        merged_on = first_delivery + timedelta(days=rng.randint(1, (until - first_delivery).days))
        address = person.addresses[0].replace("@", "-old@")
        found.append(Double(person, former_id, address, merged_on))
    return sorted(found, key=lambda double: (double.merged_on, double.former_id))


def name_former_ids(rng: Random, found: Iterable[Double], contacts: Iterable[Contact]) -> None:
    """Some calls name the former id."""
    calls: defaultdict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        if contact.source == "faq":
            calls[contact.person.customer_id].append(contact)
    for double in found:
        for call in calls[double.person.customer_id]:
            if chance(rng, _NAMES_FORMER_ID):
                call.former_id = double.former_id
