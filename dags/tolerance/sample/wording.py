"""The shape of the sample's words: how one matter is told, and one language's manners."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """How people tell of one matter.

    `subjects` head a mail or a ticket, `sentences` are the customer's own words, `notes` what an
    agent types during a call. All may hold the facts of `phrases.Facts` in braces.
    """

    subjects: tuple[str, ...]
    sentences: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manners:
    """What a mail of one language has around its matter."""

    greetings: tuple[str, ...]
    openers: tuple[str, ...]  # before the matter of an incident; often left out
    asks: tuple[str, ...]  # what the customer expects, after an incident
    closings: tuple[str, ...]
    footers: tuple[str, ...]  # what a telephone or a mail program adds
    reminders: tuple[str, ...]  # a second mail about an incident
    reminder_notes: tuple[str, ...]  # a second call about an incident
    ticket_mentions: tuple[str, ...]  # in a body or a note
    ticket_subjects: tuple[str, ...]  # `{ticket}` and `{subject}`
    thanks: tuple[str, ...]  # a second mail about a question
    agent_answers: tuple[str, ...]  # what the company wrote, as it stands in quoted history
    absences: tuple[str, ...]  # automatic replies
    absence_subjects: tuple[str, ...]


def words(text: str) -> tuple[str, ...]:
    """The words of a text that is a list of them."""
    return tuple(text.split())
