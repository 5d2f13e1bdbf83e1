"""The linear model scores as fast as it does without telling anything else than its plain definition."""

from __future__ import annotations

import csv
import math
import random
import re
from functools import cache

import orjson
import pytest

from tests import REPOSITORY
from tolerance.detection.compose import messages
from tolerance.detection.linear import LANGUAGES, WEIGHTS, evidence, type_shares, weights
from tolerance.detection.tokens import features, plain, sentences, tokens

FIXTURES = REPOSITORY / "tests" / "fixtures" / "detection"
HOSTILE = (
    "a@b_c https:\x1cx",
    "@",
    "_",
    "https://",
    "http:/x\x1f.y",
    "é\u0301!?;:\n",
    "",
    "n't pas ne 0 0",
    "ſß①",
)


def _texts() -> list[str]:
    texts = [message.text for language in LANGUAGES for message in messages(language, 150, seed=3)]
    for file in sorted(FIXTURES.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as rows:
            texts += [row["text"] for row in csv.DictReader(rows)]
    chance = random.Random(7)
    marks = "aé0@_/:.!?;\n \x1c'’ #-htps"
    texts += ["".join(chance.choices(marks, k=chance.randint(0, 80))) for _ in range(500)]
    return [*texts, *HOSTILE]


def _plain_tokens(text: str) -> list[str]:
    return [
        token if token.isalpha() or token in ".!?;:\n" else "0"
        for token in re.findall(r"https?:\S*|@?\w+|[.!?;:\n]", plain(text))
        if not token.startswith("@") and "_" not in token and ":/" not in token
    ]


def _plain_logit(shown: list[list[str]], words: dict[str, float], bias: float) -> float:
    told = [[words[feature] for feature in sentence if feature in words] for sentence in shown]
    sums = [(sum(values), len(values)) for values in told if values]
    if not sums:
        return bias
    whole = 0.0
    for value, _ in sums:
        whole += value
    whole /= math.sqrt(sum(count for _, count in sums))
    best = max(value / math.sqrt(count) for value, count in sums)
    return bias + (0.7 * whole + 0.3 * best)


@cache
def _pairs_of(language: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = orjson.loads((WEIGHTS / f"{language}.json").read_bytes())["type_words"]
    return found


def _plain_shares(shown: list[list[str]], language: str) -> list[tuple[float, str]]:
    known = weights(language)
    pairs_of = _pairs_of(language)
    rows = [pairs_of[feature] for sentence in shown for feature in sentence if feature in pairs_of]
    tenths = [0] * len(known.types)
    for row in rows:
        for place, told in zip(row[::2], row[1::2], strict=True):
            tenths[place] += told
    scale = 1 / math.sqrt(len(rows)) if rows else 0.0
    logits = [bias + scale * (told / 10) for bias, told in zip(known.type_biases, tenths, strict=True)]
    powers = [math.exp(logit - max(logits)) for logit in logits]
    shares = [(power / sum(powers), name) for power, name in zip(powers, known.types, strict=True)]
    return sorted(shares, key=lambda share: (-share[0], share[1]))


def test_tokens_are_those_of_the_plain_definition() -> None:
    for text in _texts():
        assert tokens(text) == _plain_tokens(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_logit_is_the_sum_of_the_weights_to_the_last_bit(language: str) -> None:
    known = weights(language)
    for text in _texts():
        found = tokens(text)
        shown = [features(sentence) for sentence in sentences(found)]
        assert evidence(found, known).logit == _plain_logit(shown, dict(known.words), known.bias)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shares_of_the_types_are_those_of_their_weights_to_the_last_bit(language: str) -> None:
    for text in (*_texts(), "refund parcel remboursement colis " * 500):
        shown = [features(sentence) for sentence in sentences(tokens(text))]
        assert type_shares(shown, weights(language)) == _plain_shares(shown, language)


def test_no_weight_is_zero_so_that_none_is_lost_as_unknown() -> None:
    for language in LANGUAGES:
        assert all(weights(language).words.values())
        assert all(weights(language).type_words.values())
