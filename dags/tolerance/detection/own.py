"""The company's own model: the shipped score, set right by the company's labels.

It stands in the company's folder as `detector.json`, a part per language. `tolerance train` writes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson

from tolerance.company import CompanyError
from tolerance.detection import own_model_file
from tolerance.detection.linear import LANGUAGES, Evidence, knows_a_word


@dataclass(frozen=True, slots=True)
class OwnModel:
    """slope times shipped logit + bias + the company's own words."""

    version: int
    slope: float
    bias: float
    words: Mapping[str, float]
    label_count: int = 0
    """How many labels it was fitted on."""

    def logit(self, told: Evidence) -> float:
        """ln(p / (1 - p)) of a text being an incident of this company."""
        weight = self.words.get
        values = [value for shown in told.shown for value in map(weight, shown) if value is not None]
        own_words = sum(values) / math.sqrt(len(values)) if values else 0.0
        return self.slope * told.logit + self.bias + own_words

    def has_known_words(self, told: Evidence) -> bool:
        """Whether the shipped model or the company's own knows a word of the text."""
        return told.has_known_words or knows_a_word(told.shown, self.words)


@cache
def model(language: str) -> OwnModel | None:
    """The company's own model of a language; None where the shipped score stands alone.

    Raises:
        CompanyError: when the file cannot be read.
    """
    path = own_model_file()
    return None if path is None else read_models(path).get(language)


def read_models(path: Path) -> dict[str, OwnModel]:
    """The models of a file, by language.

    Raises:
        CompanyError: when it cannot be read.
    """
    try:
        models = {
            language: OwnModel(
                int(part["version"]),
                float(part["slope"]),
                float(part["bias"]),
                {str(word): float(weight) for word, weight in part["words"].items()},
                int(part["label_count"]),
            )
            for language, part in orjson.loads(path.read_bytes())["languages"].items()
        }
        if not models.keys() <= set(LANGUAGES):
            raise ValueError
        return models
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise CompanyError(f"{path} cannot be read", "write it by `tolerance train`, or remove it.") from None
