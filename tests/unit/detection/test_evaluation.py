"""What is measured on labelled texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tolerance.detection.evaluation import Labelled, by_language, judged, labelled_texts, quality
from tolerance.detection.evaluation import macro_f1 as macro_f1_of
from tolerance.detection.words import read
from tolerance.errors import UsageError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "detection"
HELD_OUT = "held_out.csv"
REVIEWS = "held_out_fr_reviews.csv"


def _written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_macro_f1_is_the_mean_over_both_labels() -> None:
    assert macro_f1_of([True, True, False, False], [True, True, False, False]) == 1
    assert macro_f1_of([True, True, False], [True, True, True]) == pytest.approx(0.4)


def test_what_waits_for_review_is_missed_and_not_covered(tmp_path: Path) -> None:
    file = _written(
        tmp_path / "texts.csv",
        "text,language,label,type\ncolis perdu,fr,incident,delivery_lost\n"
        "horrible service,en,incident,\nmerci beaucoup,fr,none,\n",
    )
    measured = quality(judged([*labelled_texts(file)]))
    assert (measured.precision, measured.recall) == (1, 0.5)
    assert measured.coverage == pytest.approx(2 / 3)
    assert (measured.typed, measured.type_accuracy) == (1, 1)


@pytest.mark.parametrize(
    "content",
    [
        "text;label\nperdu, encore;incident\n",
        'text;label;"note, free"\nperdu, encore;incident;a\n',
        "\ufeffText;LABEL\r\nperdu, encore;Incident\r\n",
        "text\tlabel\nperdu, encore\tincident\n",
        'label,text\nincident,"perdu, encore"\n',
    ],
)
def test_columns_are_found_as_a_spreadsheet_writes_them(tmp_path: Path, content: str) -> None:
    file = _written(tmp_path / "texts.csv", content)
    assert [(one.text, one.is_incident) for one in labelled_texts(file)] == [("perdu, encore", True)]


def test_a_country_behind_the_language_and_a_long_mail_are_taken(tmp_path: Path) -> None:
    file = _written(
        tmp_path / "texts.csv", f"text,language,label\n{'a' * 2_000_000},en-GB,none\nb,FR_fr,none\n"
    )
    assert [(one.line, one.language) for one in labelled_texts(file)] == [(2, "en"), (3, "fr")]


def test_a_mark_that_is_never_closed_is_told_with_the_line_before(tmp_path: Path) -> None:
    file = _written(tmp_path / "texts.csv", 'text,label\na,none\n"b,none\n' + "c,none\n" * 3_000_000)
    with pytest.raises(UsageError, match=r"behind line 2: cannot be read as CSV \(field larger"):
        [*labelled_texts(file)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text,language\na,fr\n", "no column label"),
        ("text,label\na,perhaps\n", "line 2: the label is not incident or none"),
        ("text,label,language\na,none,de\n", "line 2: the language is not fr or en"),
        ("text,label,type\na,incident,billing\n", "line 2: billing is no type of incident_types.csv"),
        ("\xff", "no column text"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        [*labelled_texts(_written(tmp_path / "texts.csv", content))]


@pytest.mark.parametrize(
    ("file", "language", "macro_f1", "at_80", "precision"),
    [
        (HELD_OUT, "fr", 0.8, 0.88, 0.9),
        (HELD_OUT, "en", 0.83, 0.9, 0.93),
        (REVIEWS, "fr", 0.85, 0.9, 0.88),
    ],
)
def test_the_held_out_texts_are_read_as_well_as_told(
    file: str, language: str, macro_f1: float, at_80: float, precision: float
) -> None:
    measured = quality(by_language(judged([*labelled_texts(FIXTURES / file)]))[language])
    assert measured.macro_f1 >= macro_f1
    assert measured.macro_f1_at_80 >= at_80
    assert measured.precision >= precision


def test_the_language_of_the_file_groups_the_report_and_decides_no_reading() -> None:
    text = "the postman came to our house"
    (called_french,) = judged([Labelled(1, text, "fr", False, None)])
    assert called_french.reading == read(text)
    assert called_french.reading.language == "en"
    assert by_language([called_french]).keys() == {"fr"}
