"""How well the detector reads labelled texts: `tolerance score`."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tolerance import company
from tolerance.detection.linear import LANGUAGES
from tolerance.detection.words import INCIDENT, NO_INCIDENT, NO_TYPE, REVIEW, Reading, read
from tolerance.errors import UsageError
from tolerance.settings import DBT_PROJECT

_LABELS = (INCIDENT, NO_INCIDENT)
_COLUMNS = ("text", "label")
_HALF = 0.5
_BANDS = 10
_LONGEST_FIELD = 20_000_000
"""Only a quotation mark that is never closed makes a longer one."""

_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what a person says of it; `line` is its place in the file."""

    line: int
    text: str
    language: str | None
    is_incident: bool
    incident_type: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled text and what the detector makes of it."""

    labelled: Labelled
    reading: Reading

    @property
    def score(self) -> float:
        """The score, or the phrases' confidence where they decide."""
        if self.reading.phrase_type is not None:
            return max(self.reading.score, self.reading.phrase_confidence)
        return self.reading.score

    @property
    def error(self) -> float:
        """How far the score is from the label, in [0, 1]."""
        return 1 - self.score if self.labelled.is_incident else self.score


@dataclass(frozen=True, slots=True)
class Band:
    """The texts whose scores lie close together: how many, their mean score, and the share of incidents."""

    count: int
    mean_score: float
    incident_share: float


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured on the texts of one language.

    `precision` and `recall` are of the incidents that the product makes, so what waits for review is missed;
    `macro_f1` decides every text at one half, `macro_f1_at_80` the 80 % that are decided most clearly;
    `coverage` is the share that does not wait for review. `type_accuracy` is the share of the named types
    that are right, `typed` how many of the typed incidents got one.
    """

    n: int
    macro_f1: float
    macro_f1_at_80: float
    precision: float
    recall: float
    coverage: float
    typed: float | None
    type_accuracy: float | None
    confusions: Counter[tuple[str, str]]
    reliability: list[Band]

    def as_json(self) -> dict[str, Any]:
        """The numbers of all that is printed, as a file has them."""
        names = ("macro_f1", "macro_f1_at_80", "precision", "recall", "coverage", "typed", "type_accuracy")
        numbers = {name: getattr(self, name) for name in names}
        return (
            {"n": self.n}
            | {name: round(value, 4) for name, value in numbers.items() if value is not None}
            | {
                "reliability": [
                    {
                        "n": band.count,
                        "mean_score": round(band.mean_score, 4),
                        "incident_share": round(band.incident_share, 4),
                    }
                    for band in self.reliability
                ],
                "types_mistaken": [
                    {"type": truth, "read_as": told, "n": count}
                    for (truth, told), count in self.confusions.most_common()
                ],
            }
        )


def labelled_texts(path: Path) -> Iterator[Labelled]:
    """The rows of a file with the columns text and label, and perhaps language and type.

    Raises:
        UsageError: when it cannot be read, or a row has an unknown label or language.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    types = _known_types()
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, delimiter = _header(path, file.readline())
            rows = csv.DictReader(file, header, delimiter=delimiter)
            for row in rows:
                line = rows.line_num + 1
                yield _labelled(path, line, row, types)
    except csv.Error as error:
        raise UsageError(
            f"{path}, behind line {line}: cannot be read as CSV ({error})", "close its quotation marks."
        ) from None
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"{path} cannot be read as CSV", "save it as CSV UTF-8 with commas or semicolons."
        ) from None


def _known_types() -> set[str]:
    path = company.seeds(DBT_PROJECT / "seeds")["incident_types.csv"]
    with path.open(encoding="utf-8", newline="") as file:
        return {row["incident_type"] for row in csv.DictReader(file)} | {NO_TYPE}


def _header(path: Path, first_line: str) -> tuple[list[str], str]:
    """The columns in small letters, and what parts them: spreadsheets in a French office write semicolons."""
    headers = [
        ([name.strip().casefold() for name in next(csv.reader([first_line], delimiter=mark), [])], mark)
        for mark in _DELIMITERS
    ]
    header, delimiter = max(headers, key=lambda found: sum(name in found[0] for name in _COLUMNS))
    missing = [name for name in _COLUMNS if name not in header]
    if missing:
        raise UsageError(
            f"{path} has no column {' and no column '.join(missing)}",
            "its first line must name text and label, and may name language and type.",
        )
    return header, delimiter


def _labelled(path: Path, line: int, row: dict[str, str | None], types: set[str]) -> Labelled:
    label = (row["label"] or "").strip().casefold()
    language = re.split("[-_]", (row.get("language") or "").strip().casefold())[0] or None  # en-GB is English
    if label not in _LABELS:
        raise UsageError(f"{path}, line {line}: the label is not {' or '.join(_LABELS)}", "correct it.")
    if language is not None and language not in LANGUAGES:
        raise UsageError(
            f"{path}, line {line}: the language is not {' or '.join(LANGUAGES)}",
            "correct it or leave it empty.",
        )
    incident_type = (row.get("type") or "").strip() or None
    if incident_type is not None and incident_type not in types:
        raise UsageError(
            f"{path}, line {line}: {incident_type} is no type of incident_types.csv",
            f"leave it empty, or write one of {', '.join(sorted(types))}.",
        )
    return Labelled(line, row["text"] or "", language, label == INCIDENT, incident_type)


def judged(texts: Sequence[Labelled]) -> list[Judged]:
    """What the detector makes of the texts."""
    return [Judged(labelled, read(labelled.text)) for labelled in texts]


def by_language(texts: Sequence[Judged]) -> dict[str, list[Judged]]:
    """The texts of each language that occurs, the largest first; what the file says of it comes first."""
    found: dict[str, list[Judged]] = {}
    for text in texts:
        found.setdefault(text.labelled.language or text.reading.language, []).append(text)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def quality(texts: Sequence[Judged]) -> Quality:
    """What is measured on the texts."""
    clearest = sorted(texts, key=lambda text: -abs(text.score - _HALF))[: max(1, len(texts) * 4 // 5)]
    made = [text for text in texts if text.reading.outcome == INCIDENT]
    right = sum(text.labelled.is_incident for text in made)
    incidents = sum(text.labelled.is_incident for text in texts)
    typed = [text for text in texts if text.labelled.is_incident and text.labelled.incident_type]
    named = [text for text in typed if text.reading.incident_type != NO_TYPE]
    hits = sum(text.reading.incident_type == text.labelled.incident_type for text in named)
    return Quality(
        n=len(texts),
        macro_f1=_macro_f1(texts),
        macro_f1_at_80=_macro_f1(clearest),
        precision=_share(right, len(made)),
        recall=_share(right, incidents),
        coverage=_share(sum(text.reading.outcome != REVIEW for text in texts), len(texts)),
        typed=_share(len(named), len(typed)) if typed else None,
        type_accuracy=_share(hits, len(named)) if typed else None,
        confusions=Counter(
            (str(text.labelled.incident_type), text.reading.incident_type)
            for text in named
            if text.reading.incident_type != text.labelled.incident_type
        ),
        reliability=_reliability(texts),
    )


def worst_errors(texts: Sequence[Judged], most: int) -> list[Judged]:
    """The texts whose scores are furthest from their labels."""
    return sorted(
        (text for text in texts if text.error > _HALF), key=lambda text: (-text.error, text.labelled.line)
    )[:most]


def _macro_f1(texts: Sequence[Judged]) -> float:
    return macro_f1([text.labelled.is_incident for text in texts], [text.score >= _HALF for text in texts])


def macro_f1(truth: Sequence[bool], told: Sequence[bool]) -> float:
    """The mean of the F1 of incidents and of no incidents."""
    pairs = Counter(zip(truth, told, strict=True))
    wrong = pairs[True, False] + pairs[False, True]
    of_each = [2 * pairs[same, same] / (2 * pairs[same, same] + wrong or 1) for same in (True, False)]
    return sum(of_each) / 2


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _reliability(texts: Sequence[Judged]) -> list[Band]:
    bands: dict[int, list[Judged]] = {}
    for text in texts:
        bands.setdefault(min(int(text.score * _BANDS), _BANDS - 1), []).append(text)
    return [
        Band(
            len(band),
            sum(text.score for text in band) / len(band),
            sum(text.labelled.is_incident for text in band) / len(band),
        )
        for _, band in sorted(bands.items())
    ]
