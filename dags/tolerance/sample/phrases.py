"""The words of a contact, from the facts of the event, the language and the person's manner."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from random import Random

from tolerance.sample.chance import chance
from tolerance.sample.company import Person
from tolerance.sample.wording import Manners, MatterWords, Wording, wording, words

Facts = dict[str, str]
"""What the phrases may name; the contacts of one event share it."""

_WORDING: dict[str, Wording] = {language: wording(language) for language in ("fr", "en")}
MANNERS: dict[str, Manners] = {language: words_of.manners for language, words_of in _WORDING.items()}

HARMLESS_TOPICS: tuple[str, ...] = tuple(_WORDING["fr"].topics)
"""The matters of questions and praise; also their FAQ codes."""

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


def is_incident(matter: str) -> bool:
    """Whether the matter is an incident type of the default taxonomy."""
    return matter in _WORDING["fr"].incidents


def fill(template: str, facts: Facts, **more: str) -> str:
    """A template with its facts, its first letter a capital."""
    text = template.format_map({**facts, **more})
    return text[:1].upper() + text[1:]


def subject_line(rng: Random, matter: str, language: str, facts: Facts) -> str:
    """A subject for a first mail or a ticket; some people leave it empty or shout."""
    text = fill(rng.choice(words_about(matter, language).subjects), facts)
    if chance(rng, 0.03):
        return ""
    return text.upper() if chance(rng, 0.03) else text


def story(rng: Random, matter: str, language: str, facts: Facts, *, reminder: bool = False) -> str:
    """The matter in one to four sentences, in one paragraph."""
    manners = MANNERS[language]
    sentences = words_about(matter, language).sentences
    if not is_incident(matter):
        return fill(rng.choice(sentences), facts)
    parts = []
    if reminder:
        parts.append(rng.choice(manners.reminders))
    elif chance(rng, 0.3):
        parts.append(rng.choice(manners.openers))
    parts.append(fill(rng.choice(sentences), facts))
    if chance(rng, 0.6):
        parts.append(rng.choice(manners.asks))
    return " ".join(parts)


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


def agent_note(rng: Random, matter: str, language: str, facts: Facts) -> str:
    """What an agent types during a call about the matter."""
    return fill(rng.choice(words_about(matter, language).notes), facts)


def roughen(rng: Random, text: str) -> str:
    """The text as some keyboards make it: without accents, or with curly apostrophes."""
    if chance(rng, 0.07):
        decomposed = unicodedata.normalize("NFD", text)
        return "".join(c for c in decomposed if not unicodedata.combining(c))
    if chance(rng, 0.25):
        return text.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
    return text
