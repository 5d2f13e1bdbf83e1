"""Fits the shipped weights: `python -m tolerance.detection.fitting` writes `weights/`.

Logistic regression on composed messages, by L-BFGS. An open lexicon of polarity per language is one feature
more, folded into the weights of its words: it knows words that no example has. The same examples, seed and
lexicons give the same weights.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from statistics import fmean
from typing import cast

import numpy as np
import orjson
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags, hstack

from tolerance.detection.compose import NO_INCIDENT, OTHER_INCIDENT, messages
from tolerance.detection.linear import LANGUAGES, WEIGHTS
from tolerance.detection.tokens import features, plain, sentences, tokens

_MESSAGES = 48_000
_SEED = 11
_LEAST_MESSAGES = 8
"""A feature of fewer messages is chance."""

_LIMITS = {"fr": 1.8, "en": 0.9}
_SLOPE = 0.75
"""The fit is surer than other texts than the composed ones let it be: all logits times this."""

_RIDGE = 1e-5
_TYPE_RIDGE = 4e-6
_KEPT_SHARE = 0.5
_HALVINGS = 4
"""The weights are the mean of that many fits, each on messages that lost other words."""

_LEAST_WEIGHT = 0.5
_LEAST_LEXICON_WEIGHT = 1.2
_LEAST_TYPE_WEIGHT = 1.5
"""Weights nearer to zero are left out of the file; most words that only the lexicon knows say little."""

_LEXICONS = {
    "fr": (
        "textblob-fr",
        "textblob_fr/fr-sentiment.xml",
        re.compile(r'<word form="(\S+)".*? polarity="([-.\d]+)"'),
    ),
    "en": ("vaderSentiment", "vaderSentiment/vader_lexicon.txt", re.compile(r"^([^\W\d]+)\t([-.\d]+)", re.M)),
}
"""Distribution, file in it, and what a word and its polarity look like. Licences: weights/NOTICE.md."""

_POLARITY_SCALE = 3.0
"""Makes the one feature as large as those of words, so that the ridge does not hold it back."""

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights by feature, a row per class, and a bias per class."""

    weights: NDArray[np.float64]
    biases: Vector


def shown_by(text: str) -> Counter[str]:
    """The features of a text, counted."""
    return Counter(shown for sentence in sentences(tokens(text)) for shown in features(sentence))


def _thinned(counts: Counter[str], chance: random.Random) -> Counter[str]:
    """The counts without a chosen half, so that nothing rests on the few words of one clause alone."""
    return Counter({shown: n for shown, n in counts.items() if chance.random() < _KEPT_SHARE})


def vocabulary(counted: Sequence[Counter[str]], least: int) -> dict[str, int]:
    """The features that at least `least` texts show, with their places."""
    frequency = Counter(shown for counts in counted for shown in counts)
    return {shown: place for place, shown in enumerate(sorted(s for s, n in frequency.items() if n >= least))}


def matrix(counted: Iterable[Counter[str]], places: dict[str, int]) -> csr_matrix:
    """A row per text: each known feature's count, divided by the root of their number."""
    rows, columns, values = [0], [], []
    for counts in counted:
        known = [(places[shown], n) for shown, n in counts.items() if shown in places]
        scale = 1 / math.sqrt(sum(n for _, n in known) or 1)
        columns += [place for place, _ in known]
        values += [n * scale for _, n in known]
        rows.append(len(columns))
    return csr_matrix((values, columns, rows), shape=(len(rows) - 1, len(places)))


def fit_binary(
    texts: csr_matrix, is_incident: Vector, ridge: float, offset: Vector | None = None
) -> tuple[Vector, float]:
    """Weights and bias that minimise the mean log loss plus `ridge` times the squared weights."""
    start = np.zeros(texts.shape[1] + 1)
    given = offset if offset is not None else np.zeros(texts.shape[0])
    turned = texts.T.tocsr()

    def loss(point: Vector) -> tuple[float, Vector]:
        logits = texts @ point[:-1] + point[-1] + given
        error = 1 / (1 + np.exp(-logits)) - is_incident
        value = np.mean(np.logaddexp(0, logits) - is_incident * logits) + ridge * point[:-1] @ point[:-1]
        slope = np.append(turned @ error / len(error) + 2 * ridge * point[:-1], np.mean(error))
        return float(value), slope

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return found.x[:-1], float(found.x[-1])


def fit_types(texts: csr_matrix, classes: NDArray[np.int64], count: int, ridge: float) -> Fit:
    """Weights and biases of `count` classes, by the same loss over the classes' shares."""
    rows, width = texts.shape
    turned = texts.T.tocsr()
    truth = np.zeros((rows, count))
    truth[np.arange(rows), classes] = 1

    def loss(point: Vector) -> tuple[float, Vector]:
        both = point.reshape(width + 1, count)
        logits = texts @ both[:-1] + both[-1]
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        shares /= shares.sum(axis=1, keepdims=True)
        error = (shares - truth) / rows
        value = -np.mean(np.log(shares[np.arange(rows), classes])) + ridge * np.sum(both[:-1] ** 2)
        slope = np.vstack([turned @ error + 2 * ridge * both[:-1], error.sum(axis=0)])
        return float(value), slope.ravel()

    found = minimize(
        loss, np.zeros((width + 1) * count), jac=True, method="L-BFGS-B", options={"maxiter": 120}
    )
    both = found.x.reshape(width + 1, count)
    return Fit(both[:-1], both[-1])


def lexicon(language: str) -> dict[str, float]:
    """The polarity of words, from -1 to 1, and the opposite of words behind a negation."""
    name, file, entry = _LEXICONS[language]
    content = Path(str(distribution(name).locate_file(file))).read_text("utf-8")
    found: dict[str, list[float]] = defaultdict(list)
    for word, polarity in entry.findall(content):
        if (known := plain(word)).isalpha():
            found[known].append(float(polarity))
    greatest = max(abs(value) for values in found.values() for value in values)
    polarities = {word: fmean(values) / greatest for word, values in found.items()}
    return polarities | {f"!{word}": -value for word, value in polarities.items()}


def log_ratios(counted: Sequence[Counter[str]], places: dict[str, int], is_incident: Vector) -> Vector:
    """How much more often each feature stands in incidents: ln of the ratio of its shares.

    Columns scaled by it need small weights where the feature tells the two apart already, so the ridge holds
    back what tells nothing (Wang and Manning, "Baselines and Bigrams", ACL 2012).
    """
    counts = np.ones((2, len(places)))
    for shown_by_text, label in zip(counted, is_incident, strict=True):
        for shown in shown_by_text:
            if shown in places:
                counts[int(label), places[shown]] += 1
    incidents = float(np.sum(is_incident))
    shares = counts / np.array([[len(is_incident) - incidents + 2], [incidents + 2]])
    return cast(Vector, np.log(shares[1] / shares[0]))


def with_polarity(
    texts: csr_matrix, counted: Sequence[Counter[str]], places: dict[str, int], polarities: dict[str, float]
) -> csr_matrix:
    """The matrix and one column more: the sum of the polarities, divided as the other features are."""
    sums = [
        sum(n * polarities.get(shown, 0.0) for shown, n in counts.items())
        / math.sqrt(sum(n for shown, n in counts.items() if shown in places) or 1)
        for counts in counted
    ]
    return hstack([texts, csr_matrix(np.array(sums)[:, None] * _POLARITY_SCALE)]).tocsr()


def _mean(of_fits: Iterable[Vector]) -> Vector:
    return cast(Vector, np.mean([*of_fits], axis=0))


def fitted(language: str) -> bytes:
    """The weights file of a language."""
    composed = [*messages(language, _MESSAGES, _SEED)]
    polarities = lexicon(language)
    counted = [shown_by(message.text) for message in composed]
    places = vocabulary(counted, _LEAST_MESSAGES)
    labels = np.array([float(message.label != NO_INCIDENT) for message in composed])
    ratios = log_ratios(counted, places, labels)
    typed = [
        place for place, message in enumerate(composed) if message.label not in {NO_INCIDENT, OTHER_INCIDENT}
    ]
    names = sorted({composed[place].label for place in typed})
    classes = np.array([names.index(composed[place].label) for place in typed])

    fits, fits_of_types = [], []
    for seed in range(_SEED, _SEED + _HALVINGS):
        chance = random.Random(seed)  # noqa: S311
        thinned = [_thinned(counts, chance) for counts in counted]
        texts = matrix(thinned, places)
        columns = with_polarity(texts @ diags(ratios), thinned, places, polarities)
        fits.append(fit_binary(columns, labels, _RIDGE))
        fits_of_types.append(fit_types(texts[typed], classes, len(names), _TYPE_RIDGE))
    weights = _mean(weights for weights, _ in fits)
    bias = fmean(bias for _, bias in fits)
    words = {shown: float(weights[place] * ratios[place]) for shown, place in places.items()}
    for word, polarity in polarities.items():
        words[word] = words.get(word, 0.0) + float(weights[-1]) * _POLARITY_SCALE * polarity
    of_types = Fit(_mean(fit.weights for fit in fits_of_types), _mean(fit.biases for fit in fits_of_types))

    return orjson.dumps(
        {
            "bias": round(_SLOPE * (bias - _LIMITS[language]), 3),
            "words": {
                shown: round(_SLOPE * weight, 1)
                for shown, weight in sorted(words.items())
                if abs(weight) >= (_LEAST_WEIGHT if shown in places else _LEAST_LEXICON_WEIGHT)
            },
            "types": names,
            "type_biases": [round(float(value), 3) for value in of_types.biases],
            "type_words": {
                shown: pairs
                for shown, place in places.items()
                if (
                    pairs := [
                        value
                        for name, weight in enumerate(of_types.weights[place])
                        if abs(weight) >= _LEAST_TYPE_WEIGHT
                        for value in (name, round(10 * float(weight)))
                    ]
                )
            },
        }
    )


def main() -> None:
    """Write the weights of every language."""
    WEIGHTS.mkdir(exist_ok=True)
    for language in LANGUAGES:
        path = WEIGHTS / f"{language}.json"
        path.write_bytes(fitted(language) + b"\n")
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
