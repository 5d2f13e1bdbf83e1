"""Messages made of the example clauses, by chance but seeded: what the shipped weights are fitted on.

An example file has clauses under headings (`## delivery_late`); `{a|b}` stands for either.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).parent / "examples"
OTHER_INCIDENT = "other_incident"
NO_INCIDENT = "none"
NOT_INCIDENTS = ("praise", "resolved", "question", "neutral")
SCAFFOLD = ("filler", "opening", "closing")
"""What messages of every kind hold, drawn without a look at the kind: else long texts become incidents."""

_ALTERNATIVES = re.compile(r"\{([^{}]*)\}")
_JOINS = (". ", ". ", ". ", ", ", ", ", "\n", " ", "... ", " - ")
_CONNECTIVES = {
    "fr": ("et", "mais", "donc", "alors", "car", "de plus", "puis", "en plus"),
    "en": ("and", "but", "so", "then", "because", "plus", "now", "also"),
}
_KINDS_OF_NONE = {"question": 42, "praise": 30, "resolved": 10, "neutral": 18}
"""The shares among messages that are no incident. More questions help banks and harm other trades."""


@dataclass(frozen=True, slots=True)
class Message:
    """A text and what it tells: `none`, or a type."""

    text: str
    label: str


def clauses(language: str) -> dict[str, list[str]]:
    """The clauses of a language by heading, alternatives not yet chosen."""
    found: dict[str, list[str]] = {}
    heading: list[str] = []
    for line in (EXAMPLES / f"{language}.txt").read_text("utf-8").splitlines():
        if line.startswith("## "):
            heading = found.setdefault(line.removeprefix("## ").strip(), [])
        elif line.strip() and not line.startswith("# "):
            heading.append(line.strip())
    return found


def messages(language: str, count: int, seed: int) -> Iterator[Message]:
    """`count` messages of a language, half of them incidents; the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311
    composer = _Composer(clauses(language), _CONNECTIVES[language], chance)
    for _ in range(count):
        yield composer.incident() if chance.random() < 0.5 else composer.no_incident()  # noqa: PLR2004


class _Composer:
    def __init__(
        self, found: dict[str, list[str]], connectives: tuple[str, ...], chance: random.Random
    ) -> None:
        self._clauses = found
        self._connectives = connectives
        self._chance = chance
        self._types = [name for name in found if name not in (*NOT_INCIDENTS, *SCAFFOLD, OTHER_INCIDENT)]

    def incident(self) -> Message:
        """One to three clauses of a type, often with anger; sometimes anger alone."""
        chance = self._chance
        if chance.random() < 0.22:  # noqa: PLR2004
            label = OTHER_INCIDENT
            told = self._some(label, 1, 3)
        else:
            label = chance.choice(self._types)
            told = self._some(label, 1, 3)
            told += self._some(OTHER_INCIDENT, 0, 1)
            if chance.random() < 0.1:  # noqa: PLR2004
                told += self._some("question", 1, 1)
        return Message(self._written(told), label)

    def no_incident(self) -> Message:
        """A question, praise, a problem that is over, or news; as long as an incident."""
        chance = self._chance
        kind = chance.choices([*_KINDS_OF_NONE], [*_KINDS_OF_NONE.values()])[0]
        told = self._some(kind, 1, 3)
        if kind == "resolved":
            told += self._some("praise", 0, 1)
        if chance.random() < 0.5:  # noqa: PLR2004
            told += self._some(chance.choice(("praise", "question", "neutral")), 1, 1)
        return Message(self._written(told), NO_INCIDENT)

    def _some(self, heading: str, least: int, most: int) -> list[str]:
        lines = self._chance.choices(self._clauses[heading], k=self._chance.randint(least, most))
        mark = "?" if heading == "question" and self._chance.random() < 0.75 else ""  # noqa: PLR2004
        mark = mark or ("!" if self._chance.random() < 0.15 else "")  # noqa: PLR2004
        return [self._chosen(line) + mark for line in lines]

    def _chosen(self, line: str) -> str:
        """The line with one of its alternatives, and now and then without one of its words."""
        text = _ALTERNATIVES.sub(lambda found: self._chance.choice(found[1].split("|")), line)
        words = text.split()
        if len(words) > 4 and self._chance.random() < 0.25:  # noqa: PLR2004
            del words[self._chance.randrange(len(words))]
        return " ".join(words)

    def _written(self, told: list[str]) -> str:
        chance = self._chance
        around = [
            clause
            for heading in ("neutral", "filler")
            if chance.random() < 0.4  # noqa: PLR2004
            for clause in self._some(heading, 1, 2)
        ]
        parts = told + around
        chance.shuffle(parts)
        if chance.random() < 0.4:  # noqa: PLR2004
            parts = self._some("opening", 1, 1) + parts
        if chance.random() < 0.4:  # noqa: PLR2004
            parts += self._some("closing", 1, 1)
        text = parts[0]
        for part in parts[1:]:
            link = chance.choice(_JOINS)
            if text[-1] in "?!":
                link = " "
            if chance.random() < 0.15:  # noqa: PLR2004
                link = f"{link.rstrip()} {chance.choice(self._connectives)} "
            text += link + part
        if chance.random() < 0.15:  # noqa: PLR2004
            text = text.replace("'", chance.choice(("", " ")))
        if chance.random() < 0.2:  # noqa: PLR2004
            text = self._mistyped(text)
        return text

    def _mistyped(self, text: str) -> str:
        """Some words with two letters swapped or one left out."""
        words = text.split(" ")
        for place, word in enumerate(words):
            if len(word) > 4 and self._chance.random() < 0.1:  # noqa: PLR2004
                at = self._chance.randrange(1, len(word) - 1)
                swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
                words[place] = self._chance.choice((swapped, word[:at] + word[at + 1 :]))
        return " ".join(words)
