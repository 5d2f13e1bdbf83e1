"""The company's own model: from its labels, and kept only when it reads better."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tolerance import detection
from tolerance.detection import own
from tolerance.detection.evaluation import Labelled
from tolerance.detection.training import FEWEST_FOR_WORDS, train
from tolerance.detection.words import detect_incident

JARGON = "le zorglub est vert dossier"


@pytest.fixture(autouse=True)
def _no_model_is_remembered() -> Iterator[None]:
    own.model.cache_clear()
    yield
    own.model.cache_clear()


def _labels(count: int) -> list[Labelled]:
    """A company whose customers say `zorglub` when something is broken."""
    return [
        Labelled(
            place,
            f"{JARGON} {place}" if place % 2 else f"le facteur apporte une lettre {place}",
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
    train(_labels(FEWEST_FOR_WORDS - 2), file)
    assert own.read_models(file)["fr"].words == {}


def test_what_reads_no_better_is_not_kept(tmp_path: Path) -> None:
    """The shipped score is right about all of these, and labels of two words teach nothing else."""
    told = {True: "mon colis n'est jamais arrivé et personne ne répond", False: "merci, tout est parfait"}
    texts = [Labelled(place, told[place % 2 == 0], "fr", place % 2 == 0, None) for place in range(40)]
    file = tmp_path / detection.OWN_MODEL
    file.write_bytes(b'{"version": 4, "languages": {"fr": {"slope": 90, "bias": 0, "words": {}}}}')
    assert [report.is_kept for report in train(texts, file)] == [False]
    assert own.read_models(file)["fr"].version == 4


def test_a_new_model_has_a_new_version_and_other_languages_stay(tmp_path: Path) -> None:
    file = tmp_path / detection.OWN_MODEL
    train(_labels(2 * FEWEST_FOR_WORDS), file)
    first = own.read_models(file)["fr"]
    english = [Labelled(t.line, t.text, "en", t.is_incident, None) for t in _labels(2 * FEWEST_FOR_WORDS)]
    train(english, file)
    models = own.read_models(file)
    assert models["fr"].words == first.words
    assert models["en"].version == first.version + 1


def test_too_few_labels_fit_nothing(tmp_path: Path) -> None:
    file = tmp_path / detection.OWN_MODEL
    assert [report.is_kept for report in train(_labels(10), file)] == [False]
    assert not file.exists()


def test_a_damaged_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / detection.OWN_MODEL
    file.write_text("{}", "utf-8")
    with pytest.raises(Exception, match="cannot be read"):
        own.read_models(file)
