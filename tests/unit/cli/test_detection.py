"""A company measures the detector on its own labels, and teaches it."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tolerance.cli import main
from tolerance.detection import own

TEXTS = (
    "text,language,label,type\n"
    "Votre agent m'a raccroché au nez,fr,incident,staff_behaviour\n"
    "merci beaucoup,fr,none,\n"
    "My parcel is lost,en,incident,delivery_late\n"
    "How do I change my address?,,none,\n"
    "thank you,en,incident,\n"
)


@pytest.fixture(autouse=True)
def _no_model_is_remembered() -> Iterator[None]:
    own.model.cache_clear()
    yield
    own.model.cache_clear()


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.csv"
    path.write_text(TEXTS, "utf-8")
    return path


def test_the_score_is_shown_and_written_per_language(labelled: Path, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    told = CliRunner().invoke(main, ["score", str(labelled), "--json", str(numbers)])
    assert told.exit_code == 0, told.output
    assert "Reliability, fr" in told.output
    assert stat.S_IMODE(numbers.stat().st_mode) == 0o600
    whole = json.loads(numbers.read_text("utf-8"))
    read = whole["languages"]
    assert {name: part["n"] for name, part in read.items()} == {"en": 3, "fr": 2}
    assert read["fr"] | {"macro_f1": 1.0, "precision": 1.0, "recall": 1.0, "coverage": 1.0} == read["fr"]
    assert read["en"]["recall"] == 0.5
    assert sum(band["n"] for band in read["en"]["reliability"]) == 3
    assert read["en"]["types_mistaken"] == [{"type": "delivery_late", "read_as": "delivery_lost", "n": 1}]
    assert [(error["line"], error["label"]) for error in whole["worst_errors"]] == [(6, "incident")]
    assert "thank you" not in numbers.read_text("utf-8")


def test_what_customers_write_moves_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "labelled.csv"
    path.write_text("text,language,label,type\n\x1b[31mthank you\x1b]0;x\x07,en,incident,\n", "utf-8")
    told = CliRunner().invoke(main, ["score", str(path)]).output
    assert "thank you" in told
    assert "\x1b" not in told


def test_a_target_that_cannot_be_written_is_told(labelled: Path) -> None:
    told = CliRunner().invoke(main, ["score", str(labelled), "--json", str(labelled / "below" / "x.json")])
    assert (told.exit_code, "cannot be written" in told.output) == (2, True)


def test_mistaken_types_and_the_worst_errors_are_shown(labelled: Path) -> None:
    told = CliRunner().invoke(main, ["score", str(labelled)]).output
    assert "delivery_late" in told
    assert "thank you" in told


def test_a_missing_or_empty_file_is_told(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["score", str(tmp_path / "none.csv")])
    assert (told.exit_code, "is not a file" in told.output) == (2, True)
    empty = tmp_path / "empty.csv"
    empty.write_text("text,label\n", "utf-8")
    told = CliRunner().invoke(main, ["train", str(empty)], env={"TOLERANCE_COMPANY": str(tmp_path)})
    assert (told.exit_code, "holds no texts" in told.output) == (2, True)


def test_training_needs_a_companys_folder(labelled: Path) -> None:
    told = CliRunner().invoke(main, ["train", str(labelled)], env={"TOLERANCE_COMPANY": ""})
    assert (told.exit_code, "TOLERANCE_COMPANY" in told.output) == (2, True)


def test_too_few_labels_are_told_and_leave_no_file(labelled: Path, tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["train", str(labelled)], env={"TOLERANCE_COMPANY": str(tmp_path)})
    assert told.exit_code == 0, told.output
    assert "it takes 20 labels" in told.output
    assert not (tmp_path / "detector.json").exists()
