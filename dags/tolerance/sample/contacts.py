"""Who calls, writes or opens a ticket, when and about what: incidents and everyday life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from tolerance.sample.chance import chance
from tolerance.sample.company import Person, stranger
from tolerance.sample.incidents import Incident
from tolerance.sample.moments import business_date, is_sunday, moment, some_day
from tolerance.sample.phrases import HARMLESS_TOPICS, Facts, facts_of

# By which contacts an incident is reported, in order, and how often so.
_WAYS: dict[tuple[str, ...], float] = {
    ("faq",): 24,
    ("tickets",): 28,
    ("mail",): 10,
    ("faq", "tickets"): 10,
    ("faq", "mail"): 6,
    ("tickets", "mail"): 8,
    ("mail", "tickets"): 5,
    ("mail", "mail"): 3,
    ("faq", "mail", "tickets"): 4,
    ("tickets", "mail", "faq"): 2,
}
_REPORTED_WITHIN = timedelta(days=6)  # from the first contact to the last
_CODED_CALLS = 0.88  # of the calls about incidents; the others are logged as "other"
_TAGGED_TICKETS = 0.78

_DAILY_SOURCES = {"faq": 50, "mail": 25, "tickets": 25}
_PRAISE_SHARE = 0.10
_STRANGERS = 0.04  # of everyday mails and tickets
_MISTYPED_CALLS = 0.004
_THANKS_AFTER = {"mail": 0.15, "tickets": 0.08}

FIRST_TICKET = 10_240


@dataclass(slots=True, eq=False)
class Contact:
    """One call, mail or ticket. `matter` is an incident type, a harmless topic or `spam`."""

    source: str
    at: datetime  # UTC
    person: Person
    matter: str
    facts: Facts
    kind: str = "first"  # first, reminder, thanks, absence, bounce, newsletter
    incident: Incident | None = None
    is_coded: bool = False  # a call's code or a ticket's tag says the type
    is_on_time: bool = False  # never delivered late
    earlier: Contact | None = None  # the mail or ticket that this contact refers to
    native_id: str = ""
    subject: str = ""


def all_contacts(
    rng: Random,
    people: Sequence[Person],
    incidents: Sequence[Incident],
    *,
    count: int,
    first: date,
    until: date,
) -> list[Contact]:
    """`count` contacts in the order of time, numbered as each source numbers its own."""
    contacts: list[Contact] = []
    for incident, way, is_coded in _forms_dealt(incidents):
        contacts += _of_incident(rng, incident, way, is_coded, until)
    del contacts[count:]
    weights = [_exposure(p, first, until) for p in people]
    for person in rng.choices(people, weights=weights, k=count - len(contacts)):
        if len(contacts) >= count:
            break
        contacts += _of_everyday(rng, person, first, until)
    del contacts[count:]
    contacts.sort(key=lambda c: c.at)
    _number(rng, contacts)
    return contacts


def _forms_dealt(
    incidents: Sequence[Incident],
) -> list[tuple[Incident, tuple[str, ...] | None, bool | None]]:
    """Each incident with the way it must be reported, if any, and whether codes must or may say it.

    The first two of each type are reported in words only, by a mail and by an untagged ticket, the
    next two by a coded call and a tagged ticket, so that a small sample has every form.
    """
    forms: tuple[tuple[tuple[str, ...], bool], ...] = (
        (("mail",), False),
        (("tickets",), False),
        (("faq",), True),
        (("tickets",), True),
    )
    seen: dict[str, int] = {}
    dealt: list[tuple[Incident, tuple[str, ...] | None, bool | None]] = []
    for incident in incidents:
        if incident.is_plain or incident.at is not None:
            dealt.append((incident, None, True if incident.is_plain else None))
            continue
        index = seen.get(incident.incident_type, 0)
        seen[incident.incident_type] = index + 1
        dealt.append((incident, *forms[index]) if index < len(forms) else (incident, None, None))
    return dealt


def _of_incident(
    rng: Random,
    incident: Incident,
    way: tuple[str, ...] | None,
    is_coded: bool | None,
    until: date,
) -> list[Contact]:
    """The contacts that report one incident; those after `until` have not happened yet."""
    way = way or _way(rng, incident)
    facts = facts_of(rng, incident.person, incident.on)
    contacts: list[Contact] = []
    for source in way:
        at = _next_moment(rng, incident, source, contacts)
        if at is None or business_date(at) > until:
            break
        share = _CODED_CALLS if source == "faq" else _TAGGED_TICKETS
        drawn = chance(rng, share)
        contacts.append(
            Contact(
                source,
                at,
                incident.person,
                incident.incident_type,
                facts,
                kind="reminder" if contacts else "first",
                incident=incident,
                is_coded=drawn if is_coded is None else is_coded,
                is_on_time=incident.is_plain,
                earlier=_referred_to(rng, source, contacts),
            )
        )
    return contacts


def _way(rng: Random, incident: Incident) -> tuple[str, ...]:
    if incident.at is not None:  # around midnight there is the night line, and the web form
        return rng.choice((("faq",), ("tickets",), ("faq",), ("mail",)))
    ways = [*_WAYS]
    if incident.is_plain:
        ways = [way for way in ways if way[0] != "mail"]
    if is_sunday(incident.on):
        ways = [way for way in ways if way[0] != "faq"]
    return rng.choices(ways, weights=[_WAYS[way] for way in ways])[0]


def _next_moment(
    rng: Random, incident: Incident, source: str, contacts: Sequence[Contact]
) -> datetime | None:
    """When the next contact about the incident comes; None when it would come too late."""
    if not contacts:
        return incident.at or moment(rng, incident.on, source)
    for _ in range(8):
        day = business_date(contacts[-1].at) + timedelta(days=rng.choice((0, 0, 1, 1, 2, 3, 4)))
        if source == "faq" and is_sunday(day):
            continue
        at = moment(rng, day, source)
        if contacts[-1].at + timedelta(minutes=40) < at < contacts[0].at + _REPORTED_WITHIN:
            return at
    return None


def _referred_to(rng: Random, source: str, contacts: Sequence[Contact]) -> Contact | None:
    """The ticket or mail that a later contact names; many name none."""
    tickets = [c for c in contacts if c.source == "tickets"]
    if tickets and chance(rng, 0.75 if source == "mail" else 0.3):
        return tickets[-1]
    mails = [c for c in contacts if c.source == "mail"]
    return mails[-1] if mails and source == "mail" else None


def _exposure(person: Person, first: date, until: date) -> float:
    """How many of the everyday contacts are this person's, relative to the others'."""
    begin = max(first, person.started_on or first)
    end = min(until, person.ended_on or until)
    return person.liveliness * max(0, (end - begin).days + 1)


def _of_everyday(rng: Random, person: Person, first: date, until: date) -> list[Contact]:
    """A question, some praise, spam or what mail programs send, sometimes with an afterword."""
    day = some_day(rng, max(first, min(person.started_on or first, until)), max(first, until))
    source = rng.choices([*_DAILY_SOURCES], weights=[*_DAILY_SOURCES.values()])[0]
    if source == "faq" and is_sunday(day):
        source = "mail"
    kind, matter = "first", _topic(rng)
    if source == "faq" and chance(rng, _MISTYPED_CALLS):
        person = _mistyped(rng, person)
    if source != "faq" and chance(rng, _STRANGERS):
        person = stranger(rng, day)
        matter = rng.choice(("spam", "spam", matter))
    if source == "mail":
        kind = rng.choices(("first", "absence", "bounce", "newsletter"), (955, 25, 10, 10))[0]
    at = moment(rng, day, source)
    contact = Contact(source, at, person, matter, facts_of(rng, person, day), kind)
    if kind == "first" and matter != "spam" and chance(rng, _THANKS_AFTER.get(source, 0)):
        return [contact, *_afterword(rng, contact, until)]
    return [contact]


def _topic(rng: Random) -> str:
    if chance(rng, _PRAISE_SHARE):
        return "praise"
    return rng.choice(HARMLESS_TOPICS)


def _mistyped(rng: Random, person: Person) -> Person:
    """The caller under a customer number that nobody has."""
    number = f"C{rng.randint(0, 99_999):05d}"  # a digit was lost
    return Person(number, "", "", person.language, (), "", None, None, person.known_on, 0.0, 0.0)


def _afterword(rng: Random, contact: Contact, until: date) -> list[Contact]:
    """A mail of thanks, one to three days later."""
    day = business_date(contact.at) + timedelta(days=rng.randint(1, 3))
    if day > until:
        return []
    at = moment(rng, day, "mail")
    return [Contact("mail", at, contact.person, contact.matter, contact.facts, "thanks", earlier=contact)]


def _number(rng: Random, contacts: Sequence[Contact]) -> None:
    """Calls and tickets are numbered in the order of time; mails have random Message-IDs."""
    calls, tickets = 0, 0
    for contact in contacts:
        if contact.source == "faq":
            calls += 1
            contact.native_id = f"AP{calls:07d}"
        elif contact.source == "tickets":
            contact.native_id = str(FIRST_TICKET + tickets)
            tickets += 1
        else:
            host = contact.person.addresses[0].split("@")[1]
            contact.native_id = f"{rng.getrandbits(80):020x}@{host}"
