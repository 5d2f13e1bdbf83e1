"""The words of a contact, from the facts of the event, the language and the person's manner."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from tolerance.sample.chance import chance
from tolerance.sample.company import Person
from tolerance.sample.wording import Manners, MatterWords, Wording, wording, words

if TYPE_CHECKING:
    from tolerance.sample.contacts import Contact

Facts = dict[str, str]
"""What the phrases may name; the contacts of one event share it."""

_WORDING: dict[str, Wording] = {language: wording(language) for language in ("fr", "en")}
MANNERS: dict[str, Manners] = {language: words_of.manners for language, words_of in _WORDING.items()}

HARMLESS_TOPICS: tuple[str, ...] = tuple(_WORDING["fr"].topics)
"""The matters of questions and praise; also their FAQ codes."""

INCIDENT_TYPES: tuple[str, ...] = tuple(_WORDING["fr"].incidents)

QUESTION_TOPICS = {
    "delivery_late": "order_tracking",
    "delivery_lost": "order_tracking",
    "product_defect": "warranty_question",
    "service_outage": "installation_help",
    "billing_error": "invoice_copy",
    "refund_missing": "refund_policy",
    "contract_dispute": "contract_question",
    "payment_fraud": "phishing_question",
    "staff_behaviour": "appointment",
    "privacy_breach": "personal_data_request",
    "account_access": "password_howto",
    "website_problem": "product_advice",
    "no_answer": "opening_hours",
    "other_incident": "appointment",
}
"""The topic of a question that is near an incident type."""

_WEEKDAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "fr": words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    "en": words("January February March April May June July August September October November December"),
}
# Feminine nouns only, so that the French sentences agree with each of them.
_PRODUCTS = {
    "fr": (
        ("ma box", "la box", "box"),
        ("ma caméra", "la caméra", "caméra"),
        ("mon alarme", "l'alarme", "alarme"),
        ("ma sonnette vidéo", "la sonnette vidéo", "sonnette vidéo"),
        ("ma prise connectée", "la prise connectée", "prise connectée"),
        ("mon enceinte", "l'enceinte", "enceinte"),
        ("ma télécommande", "la télécommande", "télécommande"),
    ),
    "en": (
        ("my router", "the router", "router"),
        ("my camera", "the camera", "camera"),
        ("my alarm", "the alarm", "alarm"),
        ("my video doorbell", "the video doorbell", "video doorbell"),
        ("my smart plug", "the smart plug", "smart plug"),
        ("my speaker", "the speaker", "speaker"),
        ("my remote control", "the remote control", "remote control"),
    ),
}
_CARRIERS = words("Rapidex Colivert Trajéo Postalia")
_OFFERS = ("Orlane Duo", "Orlane Fibre+", "Cap 100", "Mobile Liberté", "Orlane Maison")
_AGENTS = words("Sandrine Kévin Mounir Patricia Lucie Bruno Samira Julien")
_STREETS = words("Pasteur Gambetta Voltaire Carnot Jaurès Lamartine")
_CITIES = words("Lyon Nantes Lille Bordeaux Rennes Grenoble Dijon Tours Angers Metz Nancy Reims Rouen Brest")


def weekday_name(day: date, language: str) -> str:
    """The weekday in words."""
    return _WEEKDAYS[language][day.weekday()]


def month_name(day: date, language: str) -> str:
    """The month in words."""
    return _MONTHS[language][day.month - 1]


def facts_of(rng: Random, person: Person, on: date) -> Facts:
    """The facts of one event that `person` first reports on `on`."""
    language = person.language
    mine, the, bare = rng.choice(_PRODUCTS[language])
    happened = on - timedelta(days=rng.randint(1, 5))
    ahead = on + timedelta(days=rng.randint(4, 20))
    amount = f"{rng.randint(9, 240)},{rng.choice(('00', '50', '90', '99'))} €"
    if language == "fr":
        by_date = f"le {happened.day} {month_name(happened, 'fr')}"
        reported_date = rng.choice((by_date, f"{weekday_name(happened, 'fr')} dernier"))
    else:
        amount = "€" + amount[:-2].replace(",", ".")
        reported_date = f"last {weekday_name(happened, 'en')}"
    return {
        "my_product": mine,
        "the_product": the,
        "product": bare,
        "order": str(rng.randint(20_100_000, 20_999_999)),
        "amount": amount,
        "days": str(rng.randint(3, 14)),
        "city": rng.choice(_CITIES),
        "street": rng.choice(_STREETS),
        "carrier": rng.choice(_CARRIERS),
        "offer": rng.choice(_OFFERS),
        "agent": rng.choice(_AGENTS),
        "hour": f"{rng.randint(8, 19)}{' h ' if language == 'fr' else ':'}{5 * rng.randrange(12):02d}",
        "month": month_name(on.replace(day=1) - timedelta(days=1), language),
        "date": reported_date,
        "past_date": f"{happened.day} {month_name(happened, language)}",
        "date_short": f"{ahead.day} {month_name(ahead, language)}",
        "name": person.full_name,
        "phone": person.phone,
    }


def words_about(matter: str, language: str) -> MatterWords:
    """The words for an incident type or a harmless topic, or for `spam`."""
    found = _WORDING[language]
    if matter == "spam":
        return found.spam
    return found.incidents[matter] if matter in found.incidents else found.topics[matter]


def fill(template: str, facts: Facts, **more: str) -> str:
    """A template with its facts, its first letter a capital."""
    text = template.format_map({**facts, **more})
    return text[:1].upper() + text[1:]


def subject_of(rng: Random, contact: Contact) -> str:
    """A subject for a first mail or a ticket; some people leave it empty or shout."""
    language = contact.person.language
    matter = QUESTION_TOPICS[contact.matter] if contact.kind == "question" else contact.matter
    text = fill(rng.choice(words_about(matter, language).subjects), contact.facts)
    if chance(rng, 0.03):
        return ""
    return text.upper() if chance(rng, 0.03) else text


def story_of(rng: Random, contact: Contact) -> str:
    """What the customer writes, in one paragraph: about an incident in the tone of somebody's mood."""
    language, facts = contact.person.language, contact.facts
    manners, found = MANNERS[language], words_about(contact.matter, language)
    if contact.incident is not None:
        return _complaint(rng, contact)
    if contact.kind == "resolved":
        return fill(rng.choice(manners.thanks_resolved), facts)
    if contact.kind == "thanks":
        return rng.choice(manners.thanks)
    parts = [fill(rng.choice(found.questions if contact.kind == "question" else found.sentences), facts)]
    if contact.matter != "spam" and chance(rng, 0.25):
        parts.insert(rng.randrange(2), fill(rng.choice(manners.chatter), facts))
    return " ".join(parts)


def _complaint(rng: Random, contact: Contact) -> str:
    """Short or long, polite or furious; a reminder says that nothing has moved."""
    language = contact.person.language
    manners, found = MANNERS[language], words_about(contact.matter, language)
    mood = rng.choices(("terse", "plain", "polite", "furious", "long"), (18, 40, 14, 16, 12))[0]
    details = rng.sample(found.details, 2)
    parts = [rng.choice(found.sentences)]
    if mood == "plain":
        parts += [details[0]] if chance(rng, 0.5) else []
        parts += [rng.choice(manners.asks)] if chance(rng, 0.4) else []
    elif mood == "polite":
        parts = [rng.choice(manners.polite_openers), *parts, rng.choice(manners.asks)]
        parts.insert(2, details[0])
    elif mood == "furious":
        parts = [rng.choice(manners.furious_openers), *parts, rng.choice(manners.furious_asks)]
        parts.insert(2, rng.choice(manners.consequences))
    elif mood == "long":
        around = [rng.choice(manners.chatter), rng.choice(manners.consequences), *details]
        parts = [rng.choice(manners.polite_openers), *parts, *around, rng.choice(manners.asks)]
    if contact.kind == "reminder":
        parts.insert(0, rng.choice(manners.reminders))
    told = [fill(part, contact.facts) for part in parts]
    if mood == "terse" and chance(rng, 0.4):
        told[-1] = told[-1].rstrip(".").lower()
    elif mood == "furious" and chance(rng, 0.3):
        told[1] = told[1].upper()
    if contact.second_matter:
        second = fill(rng.choice(words_about(contact.second_matter, language).sentences), contact.facts)
        told.append(rng.choice(manners.second_problems) + second)
    return " ".join(told)


def letter(rng: Random, paragraphs: list[str], language: str, facts: Facts) -> str:
    """The paragraphs between a greeting and a signature, lines as people send them."""
    manners = MANNERS[language]
    greeting, closing = rng.choice(manners.greetings), rng.choice(manners.closings)
    blocks = [greeting] if greeting else []
    blocks += paragraphs
    blocks.append(f"{closing}\n{facts['name']}" if closing else facts["name"])
    if chance(rng, 0.2):
        blocks.append(rng.choice(manners.footers).format_map(facts).strip("\n "))
    return roughen(rng, "\n\n".join(blocks)) + "\n"


def agent_note(rng: Random, contact: Contact) -> str:
    """What an agent types during a call about the matter."""
    found = words_about(contact.matter, contact.person.language)
    notes = found.question_notes if contact.kind == "question" else found.notes
    return fill(rng.choice(notes), contact.facts)


def roughen(rng: Random, text: str) -> str:
    """The text as some keyboards make it: without accents, with curly apostrophes, with slips."""
    if chance(rng, 0.18):
        text = " ".join(_mistyped(rng, word) for word in text.split(" "))
    if chance(rng, 0.10):
        decomposed = unicodedata.normalize("NFD", text)
        return "".join(c for c in decomposed if not unicodedata.combining(c))
    if chance(rng, 0.25):
        return text.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
    return text


def _mistyped(rng: Random, word: str) -> str:
    """The word, in one of fifteen cases with two letters swapped, one left out or one doubled."""
    if len(word) < _SHORTEST_MISTYPED or not word.isalpha() or not chance(rng, 1 / 15):
        return word
    at = rng.randrange(1, len(word) - 2)
    pair = word[at : at + 2]
    return word[:at] + rng.choice((pair[::-1], pair[1], pair[0] + pair)) + word[at + 2 :]


_SHORTEST_MISTYPED = 5
