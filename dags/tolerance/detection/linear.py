"""The linear model: how much the words of a text speak for an incident, and for which type.

Its weights are data of the package, one file per language, fitted by `tolerance.detection.fitting`. They are
read without any library, in one pass over the words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import orjson

from tolerance.detection.tokens import features, sentences

WEIGHTS = Path(__file__).parent / "weights"
LANGUAGES = ("fr", "en")

_TYPE_BITS = 32
"""More than the sum of a longest text's tenths can have."""

_SHARE_OF_BEST_SENTENCE = 0.3
"""How much the strongest sentence counts beside the whole text: a long story has one sentence that tells."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a language."""

    bias: float
    words: Mapping[str, float]
    types: tuple[str, ...]
    type_biases: tuple[float, ...]
    type_words: Mapping[str, int]
    """How much a word speaks for each type, in tenths, packed: the types' tenths are digits to the base of
    2 ** 32, the first type's the last digit. So one sum adds up all types."""


@cache
def weights(language: str) -> Weights:
    """The shipped weights of a language."""
    return from_json((WEIGHTS / f"{language}.json").read_bytes())


def from_json(content: bytes) -> Weights:
    """The weights that a file holds."""
    read = orjson.loads(content)
    return Weights(
        read["bias"],
        read["words"],
        tuple(read["types"]),
        tuple(read["type_biases"]),
        {
            word: sum(
                tenths << _TYPE_BITS * place for place, tenths in zip(pairs[::2], pairs[1::2], strict=True)
            )
            for word, pairs in read["type_words"].items()
        },
    )


def _unpacked(packed: int, count: int) -> Iterator[int]:
    """The sums of `count` types, which may be negative."""
    half = 1 << _TYPE_BITS - 1
    for _ in range(count):
        tenths = (packed + half) % (2 * half) - half
        yield tenths
        packed = (packed - tenths) >> _TYPE_BITS


_SMALL = {
    "fr": """
        le la les un une des du de au aux et ou mais donc car je tu il elle on nous vous ils me te se mon ma
        mes votre vos notre nos ce cet cette ces que qui quoi dont ne pas plus est sont etait suis ai avez
        avons ont pour par sur dans avec sans chez depuis toujours rien tout bonjour merci
    """,
    "en": """
        the a an and or but so because i you he she it we they me him her us them my your our their this
        that these those which who what not no is are was were am be been have has had do does did will
        would can could for by of to in at with without from since still nothing hello thanks please
        about after again any anyone before being ever get got how if into just may might more most much never
        now off only our out over own should so some than their then there they too until up very when where
        while why yet
    """,
}
"""Words that say little but in which language; the models know few of them."""

_SMALL_WORDS = {language: frozenset(words.split()) for language, words in _SMALL.items()}


def language_of(found: list[str]) -> str:
    """The language of most of the words, small ones or known ones; French where both have as many."""
    return max(LANGUAGES, key=lambda language: sum(map(_words_of(language).__contains__, found)))


@cache
def _words_of(language: str) -> frozenset[str]:
    return _SMALL_WORDS[language].union(weights(language).words)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The parts of a text that the weights know: per sentence the sum and the number of features."""

    shown: list[list[str]]
    logit: float
    """ln(p / (1 - p)) of the text being an incident, for a text like the examples."""

    has_known_words: bool
    """Without any, the logit is that of no text at all."""


def evidence(found: list[str], known: Weights) -> Evidence:
    """How much the tokens of a text speak for an incident.

    Sums are divided by the root of the number of features, so that a long text counts more than a short
    one but not as many times more as it is longer.
    """
    weight = known.words.get
    shown = [features(sentence) for sentence in sentences(found)]
    total, count, best = 0.0, 0, -math.inf
    for sentence in shown:
        values = [*filter(None, map(weight, sentence))]
        if not values:
            continue
        told = sum(values)
        total += told
        count += len(values)
        best = max(best, told / math.sqrt(len(values)))
    if not count:
        return Evidence(shown, known.bias, has_known_words=False)
    whole = total / math.sqrt(count)
    mixed = (1 - _SHARE_OF_BEST_SENTENCE) * whole + _SHARE_OF_BEST_SENTENCE * best
    return Evidence(shown, known.bias + mixed, knows_a_word(shown, known.words))


def knows_a_word(shown: list[list[str]], words: Mapping[str, float]) -> bool:
    """Whether a word of a text has a weight; marks and numbers are no words."""
    return any(
        feature in words and any(map(str.isalpha, feature)) for sentence in shown for feature in sentence
    )


def type_shares(shown: list[list[str]], known: Weights) -> list[tuple[float, str]]:
    """The share of each type, the greatest first; they sum to one."""
    weight = known.type_words.get
    rows = [*filter(None, map(weight, chain.from_iterable(shown)))]
    scale = 1 / math.sqrt(len(rows)) if rows else 0.0
    sums = _unpacked(sum(rows), len(known.types))
    logits = [bias + scale * (tenths / 10) for bias, tenths in zip(known.type_biases, sums, strict=True)]
    greatest = max(logits)
    powers = [math.exp(logit - greatest) for logit in logits]
    whole = sum(powers)
    return sorted(
        ((power / whole, name) for power, name in zip(powers, known.types, strict=True)),
        key=lambda share: (-share[0], share[1]),
    )


def probability(logit: float) -> float:
    """1 / (1 + e^-logit)."""
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, logit))))
