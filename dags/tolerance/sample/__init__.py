"""The sample company: a seeded inbox with five years of contacts, and its planted truth.

`make_sample(Path("var/sample"))` writes the folders `customers`, `customer_merges`, `faq`, `mail` and
`tickets` in the default formats, by day of delivery, and `truth` beside them. The same arguments give the
same bytes on any machine.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from tolerance.errors import UsageError
from tolerance.sample.company import found, rows_by_day
from tolerance.sample.contacts import Contact, all_contacts
from tolerance.sample.deliveries import (
    Deliveries,
    deliver_calls,
    deliver_customers,
    deliver_mails,
    deliver_merges,
    deliver_tickets,
    make_tickets,
    write_all,
)
from tolerance.sample.doubles import doubles, name_former_ids
from tolerance.sample.incidents import category
from tolerance.sample.lives import live
from tolerance.sample.truth import number_incidents, put_truth

__all__ = ["SampleCounts", "make_sample"]

_LEAST_CUSTOMERS = 20


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """What one sample holds. A ticket counts once, however often its changes are exported."""

    customers: int
    calls: int
    mails: int
    tickets: int
    incidents: int
    cumulative_incidents: int
    bad_records: int
    files: int
    first_delivery_on: date
    until: date

    @property
    def contacts(self) -> int:
        """Calls, mails and tickets."""
        return self.calls + self.mails + self.tickets


def make_sample(
    out: Path,
    *,
    customers: int = 2_000,
    contacts: int = 60_000,
    seed: int = 7,
    until: date = date(2026, 10, 31),
    years: int = 5,
    daily_days: int = 30,
    progress: Callable[[str], None] | None = None,
) -> SampleCounts:
    """Write a sample company's extracts below `out`, a folder that is absent or empty.

    The first folder of each source, named `until - daily_days`, holds the history of `years`;
    one folder a day follows for the `daily_days` days up to `until`. Everything appears at once
    by a rename, so a killed call leaves no half sample.

    Raises `UsageError` for sizes that make no company, and when `out` holds something.
    """
    _check(out, customers, contacts, years, daily_days)
    say = progress or (lambda _: None)
    first = until - timedelta(days=round(365.25 * years) - 1)
    deliveries = Deliveries(until - timedelta(days=daily_days), until)

    people = found(_stream(seed, "people"), customers, first_delivery=deliveries.first_delivery, until=until)
    lives = live(_stream(seed, "lives"), people, contacts=contacts, first=first, until=until)
    say(
        f"{customers} customers, {len(lives.incidents)} incidents, {len(lives.departures)} departures planned"
    )
    rows = rows_by_day(_stream(seed, "rows"), people, first_delivery=deliveries.first_delivery, until=until)
    contacted = all_contacts(
        _stream(seed, "contacts"), people, lives.contacts, count=contacts, first=first, until=until
    )
    by_source: dict[str, list[Contact]] = {"faq": [], "mail": [], "tickets": []}
    for contact in contacted:
        by_source[contact.source].append(contact)

    twice = doubles(_stream(seed, "doubles"), people, first_delivery=deliveries.first_delivery, until=until)
    name_former_ids(_stream(seed, "former ids"), twice, contacted)
    rows[deliveries.first_delivery] += [double.row for double in twice]

    deliver_customers(_stream(seed, "customers"), deliveries, rows)
    deliver_merges(deliveries, twice)
    say(f"writing {len(by_source['faq'])} calls")
    deliver_calls(_stream(seed, "calls"), deliveries, by_source["faq"])
    # Tickets before mails: a mail repeats the subject of the ticket that it answers.
    say(f"writing {len(by_source['tickets'])} tickets")
    deliveries.tickets = make_tickets(_stream(seed, "tickets"), by_source["tickets"])
    deliver_tickets(_stream(seed, "exports"), deliveries)
    say(f"writing {len(by_source['mail'])} mails")
    deliver_mails(_stream(seed, "mails"), deliveries, by_source["mail"])
    incidents = number_incidents(contacted, until)
    files = len(deliveries.files)
    put_truth(deliveries, contacted, incidents, lives, twice)
    _put_in_place(deliveries, out)
    return SampleCounts(
        customers=customers,
        calls=len(by_source["faq"]),
        mails=len(by_source["mail"]),
        tickets=len(by_source["tickets"]),
        incidents=len(incidents),
        cumulative_incidents=sum(category(i.incident_type) == "cumulative" for i in incidents),
        bad_records=len(deliveries.bad_records),
        files=files,
        first_delivery_on=deliveries.first_delivery,
        until=until,
    )


def _stream(seed: int, purpose: str) -> Random:
    """An own source of chance for each step, so that a change in one leaves the others alone."""
    return Random(f"{seed}/{purpose}")


def _check(out: Path, customers: int, contacts: int, years: int, daily_days: int) -> None:
    if customers < _LEAST_CUSTOMERS:
        raise UsageError(f"A sample needs at least {_LEAST_CUSTOMERS} customers, not {customers}.")
    if contacts < customers:
        raise UsageError(
            f"A sample needs at least one contact per customer: {contacts} are too few for "
            f"{customers} customers."
        )
    if years < 1 or not 1 <= daily_days < 365 * years:
        raise UsageError(
            f"A sample needs at least one year and one day of delivery within it, not {years} "
            f"years and {daily_days} days."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not empty", "remove it or name another folder.")


def _put_in_place(deliveries: Deliveries, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f".{out.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a killed call
    unfinished.mkdir()
    write_all(deliveries, unfinished)
    if out.exists():
        out.rmdir()
    unfinished.rename(out)
