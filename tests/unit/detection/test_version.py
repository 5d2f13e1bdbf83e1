"""What makes another version of the detector."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tolerance import detection
from tolerance.settings import DBT_PROJECT


def test_changed_phrases_are_another_version_and_the_same_phrases_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DBT_PROJECT, tmp_path / "dbt_project")
    before = detection.detector_version()
    monkeypatch.setattr(detection, "DBT_PROJECT", tmp_path / "dbt_project")
    assert detection.detector_version() == before
    with (tmp_path / "dbt_project" / "seeds" / detection.PHRASES).open("a", encoding="utf-8") as phrases:
        phrases.write("no_answer,en,hello,0.1\n")
    assert detection.detector_version() != before
