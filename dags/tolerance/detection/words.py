"""Which incident does a text report, if any?

Structured evidence (a tag, a FAQ code, a ticket's type) comes first and is read in SQL. Only without it
is the text searched for the phrases of `seeds/incident_phrases.csv`. Phrases that agree raise the
confidence; below the confidence limit, or when two types are equally likely, the detector abstains.
"""

from __future__ import annotations

import csv
import unicodedata
from collections import defaultdict
from functools import cache
from typing import TypedDict

import re2

from tolerance.detection import phrases_file

RULE = "words_v1"
MIN_CONFIDENCE = 0.6
MAX_CHARACTERS = 20_000

_NOT_A_WORD = re2.compile(r"[^a-z0-9]+")


class Detection(TypedDict):
    """What was read in a text: a type or None, the confidence in [0, 1], and the rule that decided."""

    incident_type: str | None
    confidence: float
    rule: str


def plain_words(text: str) -> str:
    """Lower case, no accents, words separated by one blank, a blank at both ends."""
    decomposed = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS].casefold())
    ascii_only = decomposed.encode("ascii", "ignore").decode("ascii")
    return f" {_NOT_A_WORD.sub(' ', ascii_only).strip()} "


@cache
def _phrases() -> tuple[tuple[str, str, float], ...]:
    with phrases_file().open(encoding="utf-8", newline="") as file:
        return tuple(
            (f" {row['phrase']} ", row["incident_type"], float(row["weight"])) for row in csv.DictReader(file)
        )


def detect_incident(text: str | None) -> Detection:
    """The incident that a text reports.

    `incident_type` is None when the text has no phrase, or too weak ones. The confidence of a type is
    one minus the chance that each of its phrases misleads: 1 - product(1 - weight).
    """
    if not text:
        return {"incident_type": None, "confidence": 0.0, "rule": RULE}
    words = plain_words(text)
    doubt: dict[str, float] = defaultdict(lambda: 1.0)
    for phrase, incident_type, weight in _phrases():
        if phrase in words:
            doubt[incident_type] *= 1.0 - weight
    if not doubt:
        return {"incident_type": None, "confidence": 0.0, "rule": RULE}
    ranked = sorted(doubt, key=lambda name: (doubt[name], name))
    best = ranked[0]
    confidence = 1.0 - doubt[best]
    is_tie = len(ranked) > 1 and doubt[ranked[1]] == doubt[best]
    if confidence < MIN_CONFIDENCE or is_tie:
        return {"incident_type": None, "confidence": confidence, "rule": RULE}
    return {"incident_type": best, "confidence": confidence, "rule": RULE}
