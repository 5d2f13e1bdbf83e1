"""Who calls, writes or opens a ticket, when and about what: incidents and everyday life.

The company's codes say something and are not always right. Calls about incidents bear the incident's
code (`_CODED_CALLS`), or `other` where the agent chose none, or now and then a question's
(`_MISCODED_INCIDENTS`). Questions have codes of their own, which stand for no incident; some are logged as
`other`, and a few under the code of an incident that they only ask about (`_MISCODED_QUESTIONS`,
`_MISCODED_PRAISE`). Tickets are filed likewise (`desk`). Whoever trusts the company's own codes and ticket
types finds an incident that is none in about one of 200 contacts found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from tolerance.sample.chance import chance
from tolerance.sample.company import Person, stranger
from tolerance.sample.incidents import Incident, category
from tolerance.sample.moments import business_date, end_of_day, is_sunday, moment, some_day
from tolerance.sample.phrases import HARMLESS_TOPICS, INCIDENT_TYPES, QUESTION_TOPICS, Facts, facts_of
from tolerance.sample.resolutions import Step, deadline_of, life, outcome, step_at

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
_DAYS_TO_TICKET = (0, 0, 0, 1, 1, 2, 4)
_DAYS_TO_CONTACT = (0, 0, 1, 1, 2, 3, 4)
_REPORTED_WITHIN = timedelta(days=6)  # from the first contact to the last

OTHER = "other"
_CODED_CALLS = 0.88  # of the calls about incidents
_MISCODED_INCIDENTS = 0.01  # of them: logged as a question; the rest is "other"
_QUESTIONS_AS_OTHER = 0.07  # of the calls that ask or praise
_MISCODED_QUESTIONS = 0.025  # of the questions near an incident type: logged under its code
_MISCODED_PRAISE = 0.006
_TAGGED_TICKETS = 0.78

_DAILY_SOURCES = {"faq": 50, "mail": 25, "tickets": 25}
_PRAISE_SHARE = 0.10
_NEAR_SHARE = 0.15  # of the everyday contacts: questions in the words of incidents
_STRANGERS = 0.04  # of everyday mails and tickets
_MISTYPED_CALLS = 0.004
_THANKS_AFTER = {"mail": 0.15, "tickets": 0.08}
_THANKS_WHEN_RESOLVED = 0.12  # of the tickets about incidents that were solved in time
_STILL_WRITES = timedelta(days=60)  # after the relation ended

FIRST_TICKET = 10_240


@dataclass(slots=True, eq=False)
class Contact:
    """One call, mail or ticket. `matter` is an incident type, a harmless topic or `spam`."""

    source: str
    at: datetime  # UTC
    person: Person
    matter: str
    facts: Facts
    kind: str = "first"  # first, question, reminder, thanks, resolved, forwarded, absence, bounce, newsletter
    incident: Incident | None = None
    about: Incident | None = None  # what the contact belongs to without telling of it
    code: str = ""  # of a call
    former_id: str = ""  # that a call names in place of the customer's own
    is_coded: bool = False  # a ticket's tag says the type
    is_on_time: bool = False  # never delivered late
    earlier: Contact | None = None  # the mail or ticket that this contact refers to
    twist: str = ""  # how a hard case refers to it
    second_matter: str = ""  # what a mail tells of besides
    steps: list[Step] = field(default_factory=list)  # of a ticket
    native_id: str = ""
    subject: str = ""


def all_contacts(
    rng: Random,
    people: Sequence[Person],
    told: Sequence[Contact],
    *,
    count: int,
    first: date,
    until: date,
) -> list[Contact]:
    """`count` contacts in the order of time, those about incidents among them, with the sources' numbers."""
    contacts = [*told[:count]]
    weights = [_exposure(p, first, until) for p in people]
    for person in rng.choices(people, weights=weights, k=count - len(contacts)):
        if len(contacts) >= count:
            break
        contacts += _of_everyday(rng, person, first, until)
    del contacts[count:]
    contacts.sort(key=lambda c: c.at)
    _number(rng, contacts)
    return contacts


def of_incident(rng: Random, incident: Incident, until: date) -> list[Contact]:
    """The contacts that report one incident; those after `until` have not happened yet."""
    way = incident.way or _way(rng, incident)
    facts = facts_of(rng, incident.person, incident.on)
    contacts: list[Contact] = []
    for source in way:
        at = _next_moment(rng, incident, source, contacts)
        if at is None or business_date(at) > until or _is_settled(contacts, at):
            break
        contact = Contact(
            source,
            at,
            incident.person,
            incident.incident_type,
            facts,
            kind="reminder" if contacts else "first",
            incident=incident,
            is_on_time=incident.is_plain,
            earlier=_referred_to(rng, source, contacts),
        )
        _label(rng, contact, incident)
        contacts.append(contact)
        if source == "tickets":
            deadline = deadline_of(incident.incident_type, contacts[0].at)
            incident.outcome = outcome(rng, category(incident.incident_type), at, deadline)
            contact.steps = life(rng, at, deadline, incident.outcome)
    return contacts


def _label(rng: Random, contact: Contact, incident: Incident) -> None:
    """What the company's own codes and tags say of a contact about an incident."""
    drawn = rng.random()
    if contact.source == "tickets":
        contact.is_coded = drawn < _TAGGED_TICKETS if incident.is_coded is None else incident.is_coded
    elif contact.source == "faq":
        if incident.is_coded or drawn < _CODED_CALLS:
            contact.code = incident.incident_type
        elif drawn < _CODED_CALLS + _MISCODED_INCIDENTS:
            contact.code = QUESTION_TOPICS[incident.incident_type]
        else:
            contact.code = OTHER


def _is_settled(contacts: Sequence[Contact], at: datetime) -> bool:
    """Whether the ticket was solved by then for good: nobody asks again."""
    tickets = [c for c in contacts if c.source == "tickets"]
    state = step_at(tickets[-1].steps, at) if tickets else None
    return state is not None and state.solved_at is not None and tickets[-1].steps[-1].reopens == 0


def thanks_when_resolved(
    rng: Random, incident: Incident, contacts: Sequence[Contact], until: date
) -> list[Contact]:
    """A mail of thanks that answers the desk's notice: it belongs to the incident and tells of none."""
    tickets = [c for c in contacts if c.source == "tickets"]
    if not tickets or incident.ends_as != "transient" or not chance(rng, _THANKS_WHEN_RESOLVED):
        return []
    state = step_at(tickets[-1].steps, end_of_day(until))
    if state is None or state.solved_at is None:
        return []
    at = moment(rng, business_date(state.solved_at) + timedelta(days=rng.randint(1, 3)), "mail")
    if business_date(at) > until:
        return []
    return [
        Contact(
            "mail",
            at,
            incident.person,
            incident.incident_type,
            tickets[-1].facts,
            kind="resolved",
            about=incident,
            earlier=tickets[-1],
        )
    ]


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
        days = _DAYS_TO_TICKET if source == "tickets" else _DAYS_TO_CONTACT
        day = business_date(contacts[-1].at) + timedelta(days=rng.choice(days))
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
    last = min(person.ended_on + _STILL_WRITES, until) if person.ended_on else until
    day = some_day(rng, max(first, min(person.started_on or first, last)), max(first, last))
    source = rng.choices([*_DAILY_SOURCES], weights=[*_DAILY_SOURCES.values()])[0]
    if source == "faq" and is_sunday(day):
        source = "mail"
    kind, matter = _matter(rng)
    if source == "faq" and chance(rng, _MISTYPED_CALLS):
        person = _mistyped(rng, person)
    if source != "faq" and chance(rng, _STRANGERS):
        person = stranger(rng, day)
        if chance(rng, 0.67):
            kind, matter = "first", "spam"
    if source == "mail" and chance(rng, 0.045):
        kind = rng.choices(("absence", "bounce", "newsletter"), (25, 10, 10))[0]
    at = moment(rng, day, source)
    contact = Contact(source, at, person, matter, facts_of(rng, person, day), kind)
    if source == "faq":
        contact.code = _everyday_code(rng, contact)
    elif source == "tickets":
        contact.steps = life(rng, at, None, outcome(rng, "unclassified", at, None))
    if kind in ("first", "question") and matter != "spam" and chance(rng, _THANKS_AFTER.get(source, 0)):
        return [contact, *_afterword(rng, contact, until)]
    return [contact]


def _matter(rng: Random) -> tuple[str, str]:
    """The kind of an everyday contact and what it is about."""
    if chance(rng, _PRAISE_SHARE):
        return "first", "praise"
    if chance(rng, _NEAR_SHARE):
        return "question", rng.choice(INCIDENT_TYPES)
    return "first", rng.choice(HARMLESS_TOPICS)


def _everyday_code(rng: Random, contact: Contact) -> str:
    if chance(rng, _QUESTIONS_AS_OTHER):
        return OTHER
    if contact.kind == "question":
        is_miscoded = chance(rng, _MISCODED_QUESTIONS)
        return contact.matter if is_miscoded else QUESTION_TOPICS[contact.matter]
    if contact.matter == "praise" and chance(rng, _MISCODED_PRAISE):
        return rng.choice(INCIDENT_TYPES)
    return contact.matter


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
        elif not contact.native_id:
            host = contact.person.addresses[0].split("@")[1]
            contact.native_id = f"{rng.getrandbits(80):020x}@{host}"
