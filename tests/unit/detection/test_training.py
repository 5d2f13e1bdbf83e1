"""The company's own model: from its labels, and kept only when it reads better."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tolerance import detection
from tolerance.company import CompanyError
from tolerance.detection import own
from tolerance.detection.evaluation import Labelled
from tolerance.detection.training import FEWEST_FOR_WORDS, train
from tolerance.detection.words import detect_incident

JARGON = "le zorglub est vert dossier"
COLOURS = ("rouge", "bleue", "jaune", "noire", "blanche", "grise", "brune", "mauve", "rose", "beige", "dorée")
CARRIED = ("lettre", "valise", "chaise", "lampe", "montre", "pomme", "plante", "tasse", "fleur", "carte")


@pytest.fixture(autouse=True)
def _no_model_is_remembered() -> Iterator[None]:
    own.model.cache_clear()
    yield
    own.model.cache_clear()


def _carried(place: int) -> str:
    """Another thing for each of a hundred places."""
    number = place // 2
    return f"une {CARRIED[number % len(CARRIED)]} {COLOURS[number // len(CARRIED) % len(COLOURS)]}"


def _labels(count: int) -> list[Labelled]:
    """A company whose customers say `zorglub` when something is broken."""
    return [
        Labelled(
            place,
            f"{JARGON}, {_carried(place)}" if place % 2 else f"le facteur apporte {_carried(place)}",
            "fr",
            place % 2 == 1,
            None,
        )
        for place in range(count)
    ]


def test_a_company_teaches_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / detection.OWN_MODEL
    assert detect_incident(JARGON)["incident_type"] is None
    before = detection.detector_version()
    assert [report.is_kept for report in train(_labels(2 * FEWEST_FOR_WORDS), file)] == [True]
    monkeypatch.setenv("TOLERANCE_COMPANY", str(tmp_path))
    own.model.cache_clear()
    found = detect_incident(JARGON)
    assert found["incident_type"] is not None
    assert found["rule"] == "own_v1"
    assert detection.detector_version() != before


def test_few_labels_move_slope_and_bias_alone(tmp_path: Path) -> None:
    file = tmp_path / detection.OWN_MODEL
    scored = [
        replace(
            text, text=("pas reçu, honteux, " if text.is_incident else "merci pour ") + _carried(text.line)
        )
        for text in _labels(FEWEST_FOR_WORDS - 2)
    ]
    train(scored, file)
    assert own.read_models(file)["fr"].words == {}


def test_a_model_of_fewer_labels_replaces_none_of_more(tmp_path: Path) -> None:
    file = tmp_path / detection.OWN_MODEL
    train(_labels(2 * FEWEST_FOR_WORDS), file)
    first = own.read_models(file)["fr"]
    assert [(report.is_kept, report.has_fewer) for report in train(_labels(50), file)] == [(False, True)]
    assert own.read_models(file)["fr"] == first


def test_more_labels_make_the_next_version_and_leave_other_languages_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / detection.OWN_MODEL
    labels = _labels(2 * FEWEST_FOR_WORDS)
    english = [
        Labelled(
            text.line,
            f"the zorglub is green, {_carried(text.line)}, of all the things that we have"
            if text.is_incident
            else f"the postman has {_carried(text.line)} for you and for all of us",
            None,
            text.is_incident,
            None,
        )
        for text in labels
    ]
    train([*labels, *english], file)
    first = own.read_models(file)
    assert [report.is_kept for report in train([*labels, *labels], file)] == [True]
    again = own.read_models(file)
    assert (first["fr"].version, again["fr"].version) == (1, 2)
    assert again["en"] == first["en"]


def test_too_few_labels_fit_nothing(tmp_path: Path) -> None:
    file = tmp_path / detection.OWN_MODEL
    assert [report.is_kept for report in train(_labels(10), file)] == [False]
    assert not file.exists()


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "no JSON",
        '{"languages": {"fr": {"version": 1, "slope": "steep", "bias": 0, "words": {}, "label_count": 20}}}',
        '{"languages": {"fr": {"version": 1, "slope": 1, "bias": 0, "words": [], "label_count": 20}}}',
        '{"languages": {"FR": {"version": 1, "slope": 1, "bias": 0, "words": {}, "label_count": 20}}}',
    ],
)
def test_a_damaged_file_is_told_in_a_sentence_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    (tmp_path / detection.OWN_MODEL).write_text(content, "utf-8")
    monkeypatch.setenv("TOLERANCE_COMPANY", str(tmp_path))
    with pytest.raises(CompanyError, match="cannot be read"):
        detection.detector_version()


def test_the_words_choose_the_model_that_labels_teach_whatever_their_column_says(tmp_path: Path) -> None:
    file = tmp_path / detection.OWN_MODEL
    called_english = [
        Labelled(text.line, text.text, "en", text.is_incident, None) for text in _labels(2 * FEWEST_FOR_WORDS)
    ]
    train(called_english, file)
    assert own.read_models(file).keys() == {"fr"}


@pytest.mark.parametrize("copies", [1, 3, 5])
def test_what_is_learned_of_chance_is_not_believed_however_often_a_text_comes(
    tmp_path: Path, copies: int
) -> None:
    chance = random.Random(5)
    texts = [
        f"{_carried(chance.randrange(200))} et {_carried(chance.randrange(200))} pour le {place}"
        for place in range(150)
    ]
    drawn = [(text, chance.random() < 0.5) for text in texts]
    labels = [
        Labelled(line, f"{text}{copy}", "fr", is_incident, None)
        for copy in range(copies)
        for line, (text, is_incident) in enumerate(drawn)
    ]
    (report,) = train(labels, tmp_path / detection.OWN_MODEL)
    assert report.macro_f1_after < 0.65


def test_texts_without_a_word_teach_nothing(tmp_path: Path) -> None:
    blank = [Labelled(place, "" if place % 2 else "?! 12", "fr", True, None) for place in range(200)]
    (report,) = train([*_labels(50), *blank], tmp_path / detection.OWN_MODEL)
    assert report.labels == 50


def test_a_name_in_one_text_is_not_kept_however_often_it_is_delivered(tmp_path: Path) -> None:
    file = tmp_path / detection.OWN_MODEL
    labels = _labels(2 * FEWEST_FOR_WORDS)
    named = replace(labels[1], text=f"{labels[1].text}, signé Durandeau")
    train([*labels, *[named] * 5], file)
    words = own.read_models(file)["fr"].words
    assert "zorglub" in words
    assert "durandeau" not in words
