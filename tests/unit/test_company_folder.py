"""The company's own part, laid into a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import REPOSITORY
from tolerance import company
from tolerance.company_folder import lay
from tolerance.crm.delivery.destinations import destinations
from tolerance.errors import UsageError
from tolerance.parameters import current_parameters
from tolerance.profiles.catalogue import company_file, mappings
from tolerance.settings import DBT_PROJECT, settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lay(tmp_path / "company")
    monkeypatch.setenv(company.VARIABLE, str(tmp_path / "company"))
    return tmp_path / "company"


def test_a_folder_as_it_was_laid_changes_no_number(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laid = current_parameters()
    assert destinations() == ()
    assert mappings(company_file(folder)) == mappings(None)
    monkeypatch.delenv(company.VARIABLE)
    assert laid == current_parameters()


def test_each_setting_is_laid_as_a_line_that_may_be_taken_into_use(folder: Path) -> None:
    path = folder / company.SETTINGS
    text = path.read_text("utf-8")
    known = company.variables(DBT_PROJECT / "dbt_project.yml")
    assert all(f"# {name}: " in text for name in known)
    path.write_text(text.replace("# dag_prefix: tolerance_", "dag_prefix: loyalty_"), "utf-8")
    settings.cache_clear()
    try:
        assert settings().dag_prefix == "loyalty_"
    finally:
        settings.cache_clear()


def test_what_a_company_has_already_is_kept(folder: Path) -> None:
    (folder / "mappings.yml").write_text("files: {}\n", "utf-8")
    (folder / "seeds" / "roles.csv").unlink()
    written, kept = lay(folder)
    assert written == ["seeds/roles.csv"]
    assert "mappings.yml" in kept
    assert (folder / "mappings.yml").read_text("utf-8") == "files: {}\n"


def test_the_dag_file_is_the_one_of_the_repository(folder: Path) -> None:
    laid = (folder / "dags" / "tolerance_dags.py").read_text("utf-8")
    assert laid == (REPOSITORY / "dags" / "tolerance_dags.py").read_text("utf-8")
    assert len([line for line in laid.splitlines() if line]) == 3


def test_a_folder_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "company").write_text("")
    with pytest.raises(UsageError, match=r"cannot be written .*: name a folder that you may write\."):
        lay(tmp_path / "company")
