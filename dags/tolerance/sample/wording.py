"""The sample's words, from `words/<language>.yml`: how customers word a matter, and a language's manners."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class MatterWords:
    """The words for one matter.

    `subjects` head a mail or a ticket, `sentences` are the customer's own words, `notes` what an
    agent types during a call. Of an incident type `details` come with it, and `questions` and
    `question_notes` are near it and tell of none. All may hold the facts of `phrases.Facts` in braces.
    """

    subjects: tuple[str, ...]
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    details: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    question_notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manners:
    """What a mail of one language has around its matter."""

    greetings: tuple[str, ...]
    polite_openers: tuple[str, ...]  # before the matter of an incident
    furious_openers: tuple[str, ...]
    asks: tuple[str, ...]  # what the customer expects, after an incident
    furious_asks: tuple[str, ...]
    consequences: tuple[str, ...]  # what an incident does to the customer
    chatter: tuple[str, ...]  # beside the point, in complaints and questions alike
    thanks_resolved: tuple[str, ...]  # when an incident is over
    number_mentions: tuple[str, ...]  # `{ticket}` as people write it, in a body
    number_subjects: tuple[str, ...]
    forwards: tuple[str, ...]  # before somebody else's mail
    second_problems: tuple[str, ...]  # before what a mail tells of besides
    closings: tuple[str, ...]
    footers: tuple[str, ...]  # what a telephone or a mail program adds
    reminders: tuple[str, ...]  # a second mail about an incident
    reminder_notes: tuple[str, ...]  # a second call about an incident
    ticket_mentions: tuple[str, ...]  # in a body or a note
    ticket_subjects: tuple[str, ...]  # `{ticket}` and `{subject}`
    thanks: tuple[str, ...]  # a second mail about a question
    agent_answers: tuple[str, ...]  # what the company wrote, as quoted in the history
    absences: tuple[str, ...]  # automatic replies
    absence_subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """All words of one language, by matter: incidents by their type, harmless topics by their FAQ code."""

    incidents: dict[str, MatterWords]
    topics: dict[str, MatterWords]
    spam: MatterWords
    manners: Manners


def wording(language: str) -> Wording:
    """The words of a language."""
    found = yaml.safe_load((Path(__file__).parent / "words" / f"{language}.yml").read_text("utf-8"))
    return Wording(
        incidents={matter: _matter_words(lists) for matter, lists in found["incidents"].items()},
        topics={matter: _matter_words(lists) for matter, lists in found["topics"].items()},
        spam=_matter_words(found["spam"]),
        manners=Manners(**{name: tuple(texts) for name, texts in found["manners"].items()}),
    )


def _matter_words(lists: dict[str, list[str]]) -> MatterWords:
    return MatterWords(**{name: tuple(texts) for name, texts in lists.items()})


def words(text: str) -> tuple[str, ...]:
    """The words of a text that is a list of them."""
    return tuple(text.split())
