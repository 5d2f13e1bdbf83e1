"""Fits the company's own model on its own labels: `tolerance train`.

The shipped score is a feature. Under FEWEST_FOR_WORDS labels of a language only its slope and bias are
fitted, from there on the company's own words too. What is kept must read labels that it was not fitted on
better than the shipped score does.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack

from tolerance.detection.evaluation import Labelled, macro_f1
from tolerance.detection.fitting import matrix, vocabulary
from tolerance.detection.linear import Evidence, evidence, language_of, weights
from tolerance.detection.own import OwnModel, read_models
from tolerance.detection.tokens import tokens
from tolerance.files import write_bytes

FEWEST = 20
"""Labels of a language under which nothing is fitted."""

FEWEST_FOR_WORDS = 100
_LEAST_TEXTS = 3
"""A word of fewer texts is not kept: it may be a name."""

_FOLDS = 5
_SEED = 11
_RIDGE = 0.0003
_SHIPPED = OwnModel(0, 1.0, 0.0, {})

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Text:
    words: str
    """As the detector sees them: form letters that differ by a number are one text."""

    told: Evidence
    shown: Counter[str]
    is_incident: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one language; the figures are of labels held out of the fit."""

    language: str
    labels: int
    """How many different texts they are of."""

    words: int
    macro_f1_before: float
    macro_f1_after: float
    log_loss_before: float
    log_loss_after: float
    is_kept: bool
    has_fewer: bool = False
    """The model in use was fitted on more labels."""


def train(texts: Sequence[Labelled], file: Path) -> list[Report]:
    """Fit a model per language, and write those that read held-out labels better into `file`.

    The former model may know these very labels, so all are held against the shipped score; fewer labels than
    a former model was fitted on replace none. Parts of other languages in `file` stay. A kept part has the
    former version plus one.
    """
    kept = read_models(file) if file.is_file() else {}
    reports = []
    for language, of_language in _by_language(texts).items():
        count = len({text.words for text in of_language})
        if count < FEWEST or len({text.is_incident for text in of_language}) == 1:
            reports.append(Report(language, count, 0, 0, 0, 0, 0, is_kept=False))
            continue
        former = kept.get(language, _SHIPPED)
        before = [_SHIPPED.logit(text.told) for text in of_language]
        after = _held_out_logits(of_language, count)
        truth = [text.is_incident for text in of_language]
        f1_before, f1_after = (
            macro_f1(truth, [logit >= 0 for logit in logits]) for logits in (before, after)
        )
        loss_before, loss_after = _log_loss(truth, before), _log_loss(truth, after)
        has_fewer = count < former.label_count
        is_kept = loss_after < loss_before and f1_after >= f1_before and not has_fewer
        model = _fitted(of_language, former.version + 1, count)
        if is_kept:
            kept[language] = model
        reports.append(
            Report(
                language,
                count,
                len(model.words),
                f1_before,
                f1_after,
                loss_before,
                loss_after,
                is_kept,
                has_fewer,
            )
        )
    if any(report.is_kept for report in reports):
        write_bytes(file, _as_json(kept))
    return reports


def _as_json(models: dict[str, OwnModel]) -> bytes:
    parts: dict[str, Any] = {language: asdict(model) for language, model in sorted(models.items())}
    return orjson.dumps({"languages": parts}, option=orjson.OPT_INDENT_2) + b"\n"


def _by_language(texts: Sequence[Labelled]) -> dict[str, list[_Text]]:
    found: dict[str, list[_Text]] = {}
    for text in texts:
        words = tokens(text.text)
        if not any(map(str.isalpha, words)):
            continue  # it is no incident whatever a model says
        language = language_of(words)
        told = evidence(words, weights(language))
        shown = Counter(feature for sentence in told.shown for feature in sentence)
        found.setdefault(language, []).append(_Text(" ".join(words), told, shown, text.is_incident))
    return found


def _held_out_logits(texts: Sequence[_Text], count: int) -> list[float]:
    """The logit of each text by a model fitted without its fold; equal texts are of one fold."""
    different = sorted({text.words for text in texts})
    random.Random(_SEED).shuffle(different)  # noqa: S311
    fold_of = {words: place % _FOLDS for place, words in enumerate(different)}
    models = [
        _fitted([text for text in texts if fold_of[text.words] != fold], 0, count) for fold in range(_FOLDS)
    ]
    return [models[fold_of[text.words]].logit(text.told) for text in texts]


def _fitted(texts: Sequence[_Text], version: int, count: int) -> OwnModel:
    """Slope and bias, and from FEWEST_FOR_WORDS labels on weights of words, at the least log loss."""
    different = {text.words: text.shown for text in texts} if count >= FEWEST_FOR_WORDS else {}
    places = vocabulary([*different.values()], _LEAST_TEXTS)
    shipped = csr_matrix(np.array([[text.told.logit] for text in texts]))
    columns = hstack([shipped, matrix([text.shown for text in texts], places)]).tocsr()
    truth = np.array([float(text.is_incident) for text in texts])
    # The shipped score is trusted until the labels say otherwise: its slope is drawn to 1, words to 0.
    expected = np.zeros(columns.shape[1])
    expected[0] = 1.0

    def loss(point: Vector) -> tuple[float, Vector]:
        logits = columns @ point[:-1] + point[-1]
        error = 1 / (1 + np.exp(-logits)) - truth
        away = point[:-1] - expected
        value = np.mean(np.logaddexp(0, logits) - truth * logits) + _RIDGE * away @ away
        return float(value), np.append(columns.T @ error / len(truth) + 2 * _RIDGE * away, np.mean(error))

    found = minimize(loss, np.append(expected, 0.0), jac=True, method="L-BFGS-B").x
    words = {shown: round(float(found[1 + place]), 3) for shown, place in places.items()}
    return OwnModel(
        version,
        round(float(found[0]), 4),
        round(float(found[-1]), 4),
        {shown: weight for shown, weight in words.items() if weight},
        count,
    )


def _log_loss(truth: Sequence[bool], logits: Sequence[float]) -> float:
    told = np.array(logits)
    return float(np.mean(np.logaddexp(0, told) - np.array(truth, dtype=float) * told))
