"""Which incident does a text report, if any?

Structured evidence (a tag, a FAQ code, a ticket's type) comes first and is read in SQL. Only without it the
text is read: for the phrases of `seeds/incident_phrases.csv`, and where they leave it open, by the linear
model. Neither guesses: between the limits a person decides, and an incident whose type is not clear is
`other_incident`, which costs nothing.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

from tolerance.detection import own, phrases_file
from tolerance.detection.linear import Evidence, evidence, language_of, probability, type_shares, weights
from tolerance.detection.reminders import says_again
from tolerance.detection.sayings import longest_word, words_of
from tolerance.detection.settled import told_after
from tolerance.detection.tokens import plain, tokens_of

PHRASES_RULE = "words_v1"
MODEL_RULE = "linear_v1"
OWN_RULE = "own_v"
"""Followed by the version of the company's own model."""

NO_TYPE = "other_incident"
MIN_CONFIDENCE = 0.6
INCIDENT_FROM = 0.9
REVIEW_FROM = 0.3
"""From INCIDENT_FROM on a text is an incident, from REVIEW_FROM on a person decides, below it is none."""

MIN_TYPE_MARGIN = 0.22
"""By how much the share of the likeliest type must exceed the next one's, else it is `other_incident`."""

LIKELY_FROM = 0.8
LIKELY_TYPES = 1
MIN_LIKELY_SHARE = 0.1
"""Where the type is not clear so many may be it, each with at least this share; one where from LIKELY_FROM on
a text waits for review. Of the pairs that a second likely type adds in the sample one in six is wrong."""

MIN_WORDS = 4
"""Of fewer words the model alone makes no incident: they go to review."""

_SUPPOSED = (
    *(" en cas de", " en cas d", " si", " pas", " pas de", " pas d", " plus de", " plus d", " sans", " ni"),
    *(" aucun", " aucune", " contre la", " contre le", " contre les"),
    *(" in case of", " in case of a", " in case of an", " in the event of", " in the event of a"),
    *(
        " if",
        " if a",
        " if my",
        " no",
        " not",
        " not a",
        " without",
        " without a",
        " any",
        " nor",
        " against",
    ),
)
"""Behind these words a phrase is denied, or only supposed."""

_NO_WORD_TO_BLANK = {code: " " for code in range(128) if not chr(code).isalnum()}


INCIDENT, REVIEW, NO_INCIDENT = "incident", "review", "none"


class Detection(TypedDict):
    """What was read in a text: a type or None, the confidence in [0, 1], and the rule that decided.

    None with a confidence above 0 waits for review. `likely_types` are the likeliest types of what may be an
    incident and has no clear type, or is a reminder, separated by ",": they cost nothing, and link.
    """

    incident_type: str | None
    likely_types: str | None
    confidence: float
    rule: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What the phrases and the model make of a text, before the limits."""

    language: str
    score: float
    """How likely the text reports an incident, in [0, 1]; as a probability only by a company's own model."""

    phrase_type: str | None
    phrase_confidence: float
    model_type: str
    """The likeliest type by the words, or `other_incident` where it is not clear."""

    likely_types: tuple[str, ...]
    """The likeliest types by the words where it is not clear, and of a reminder, which says little."""

    is_settled: bool
    """Whether the text says that its matter is over, and tells of none behind: then a person looks first."""

    word_count: int
    rule: str

    @property
    def incident_type(self) -> str:
        """The type if the text is an incident."""
        return self.phrase_type or self.model_type

    @property
    def leaning(self) -> tuple[str, ...]:
        """The likeliest type of a text that waits for review and is more likely an incident than not."""
        if self.outcome != REVIEW or self.score < LIKELY_FROM:
            return ()
        return self.likely_types[:1] if self.model_type == NO_TYPE else (self.model_type,)

    @property
    def confidence(self) -> float:
        """The phrases' confidence where they decide, else the greater one, in [0, 1]."""
        if self.phrase_type is not None:
            return self.phrase_confidence
        return round(max(self.score, self.phrase_confidence), 4)

    @property
    def outcome(self) -> str:
        """INCIDENT, REVIEW or NO_INCIDENT, by the limits."""
        if self.is_settled:
            return REVIEW if self.score >= REVIEW_FROM else NO_INCIDENT
        if self.phrase_type is not None:
            return INCIDENT
        if self.score >= INCIDENT_FROM and self.word_count >= MIN_WORDS:
            return INCIDENT
        return REVIEW if self.score >= REVIEW_FROM or self.phrase_confidence > 0 else NO_INCIDENT


def plain_words(text: str) -> str:
    """Lower case, no accents, words separated by one blank, a blank at both ends."""
    return _words_of(plain(text))


def _words_of(plain_text: str) -> str:
    return f" {' '.join(plain_text.translate(_NO_WORD_TO_BLANK).split())} "


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: str
    """With a blank at both ends."""

    incident_type: str
    weight: float
    rank: int
    """Its place in the order in which weights are multiplied: a product of floats depends on it."""


@cache
def _phrases() -> tuple[dict[str, list[_Phrase]], frozenset[str]]:
    """The phrases by their longest word, and these words: a text is looked through once."""
    with phrases_file().open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["phrase"].strip().partition(" ")[0])
    found: dict[str, list[_Phrase]] = defaultdict(list)
    for rank, row in enumerate(rows):
        phrase = row["phrase"].strip()
        found[longest_word(phrase)].append(
            _Phrase(f" {phrase} ", row["incident_type"], float(row["weight"]), rank)
        )
    return dict(found), frozenset(found)


def _by_phrases(words: str) -> tuple[str | None, float]:
    """The type that phrases among plain words tell, and how sure they are; none where they are unsure or tie.

    The confidence of a type is one minus the chance that each of its phrases misleads:
    1 - product(1 - weight).
    """
    by_longest_word, longest_words = _phrases()
    said = [
        phrase
        for word in words_of(words) & longest_words
        for phrase in by_longest_word[word]
        if phrase.words in words and _is_said(phrase.words, words)
    ]
    if not said:
        return None, 0.0
    doubt: dict[str, float] = defaultdict(lambda: 1.0)
    for phrase in sorted(said, key=lambda phrase: phrase.rank):
        doubt[phrase.incident_type] *= 1.0 - phrase.weight
    ranked = sorted(doubt, key=lambda name: (doubt[name], name))
    confidence = 1.0 - doubt[ranked[0]]
    is_tie = len(ranked) > 1 and math.isclose(doubt[ranked[1]], doubt[ranked[0]])
    return (None if is_tie or confidence < MIN_CONFIDENCE else ranked[0]), confidence


def _is_said(phrase: str, words: str) -> bool:
    """Whether a phrase stands at least once among plain words without being denied or only supposed."""
    before = words.split(phrase)[:-1]
    return any(not part.endswith(_SUPPOSED) for part in before)


def read(text: str) -> Reading:
    """What the phrases and the model make of a text; its language is told by its words."""
    plain_text = plain(text)
    words = _words_of(plain_text)
    phrase_type, phrase_confidence = _by_phrases(words)
    found = tokens_of(plain_text)
    language = language_of(found)
    known = weights(language)
    told, score, rule = _scored(found, language)
    model_type, reminds = NO_TYPE, says_again(words)
    likely_types: tuple[str, ...] = ()
    if score >= REVIEW_FROM:
        shares = type_shares(told.shown, known)
        if shares[0][0] - shares[1][0] >= MIN_TYPE_MARGIN:
            model_type = shares[0][1]
        if reminds or (model_type == NO_TYPE and phrase_type is None):
            likely_types = tuple(name for share, name in shares[:LIKELY_TYPES] if share >= MIN_LIKELY_SHARE)
    return Reading(
        language,
        score,
        phrase_type,
        phrase_confidence,
        model_type,
        likely_types,
        (rest := told_after(words)) is not None and not _tells_of_an_incident(rest, language),
        sum(map(str.isalpha, found)),
        rule if phrase_type is None else PHRASES_RULE,
    )


def _scored(found: list[str], language: str) -> tuple[Evidence, float, str]:
    """What the shipped weights know of tokens, the score, by the company's own model if any, and its rule."""
    told = evidence(found, weights(language))
    logit, rule, is_known = told.logit, MODEL_RULE, told.has_known_words
    if (model := own.model(language)) is not None:
        logit, rule, is_known = model.logit(told), f"{OWN_RULE}{model.version}", model.has_known_words(told)
    return told, probability(logit) if is_known else 0.0, rule


def _tells_of_an_incident(words: str, language: str) -> bool:
    """Whether plain words do so by the model: "sorted, thank you" is over, "closed, charged twice" not."""
    found = tokens_of(words)
    return len(found) >= MIN_WORDS and _scored(found, language)[1] >= INCIDENT_FROM


def is_reminder(text: str | None) -> bool:
    """Whether a text says that it is not the first about its matter; asked also where structure decides."""
    return bool(text) and says_again(plain_words(text or ""))


def detect_incident(text: str | None) -> Detection:
    """The incident that a text reports.

    `incident_type` is None when the text reports none, or when that is for a person to say: then the
    confidence is above 0.
    """
    if not text or not text.strip():
        return {
            "incident_type": None,
            "likely_types": None,
            "confidence": 0.0,
            "rule": PHRASES_RULE,
        }
    found = read(text)
    is_incident = found.outcome == INCIDENT
    return {
        "incident_type": found.incident_type if is_incident else None,
        "likely_types": ",".join(found.likely_types if is_incident else found.leaning) or None,
        "confidence": 0.0 if found.outcome == NO_INCIDENT else found.confidence,
        "rule": found.rule,
    }
