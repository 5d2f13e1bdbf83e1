"""The company's files are found by one setting, file by file; a mistake in them is reported in a sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tolerance import company, detection, parameters
from tolerance.profiles import catalogue
from tolerance.settings import DBT_PROJECT, settings

PROJECT_FILE = DBT_PROJECT / "dbt_project.yml"
SEEDS = DBT_PROJECT / "seeds"
BUDGETS = "tolerance_budgets.csv"
BUDGETS_HEADER = (SEEDS / BUDGETS).read_text("utf-8").splitlines()[0]


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TOLERANCE_COMPANY", str(tmp_path))
    (tmp_path / "seeds").mkdir()
    return tmp_path


def test_without_the_setting_the_files_of_the_tree_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOLERANCE_COMPANY", raising=False)
    assert company.folder() is None
    assert company.seeds(SEEDS) == {path.name: path for path in SEEDS.glob("*.csv")}
    assert company.own_variables(PROJECT_FILE) == {}
    assert company.own_file("mappings.yml") is None


@pytest.mark.usefixtures("folder")
def test_an_empty_folder_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with_folder = parameters.current_parameters()
    monkeypatch.delenv("TOLERANCE_COMPANY")
    assert parameters.current_parameters() == with_folder


def test_each_seed_is_the_companys_or_else_that_of_the_tree(folder: Path) -> None:
    before = parameters.current_parameters()
    (folder / "seeds" / BUDGETS).write_text(f"{BUDGETS_HEADER}\nflat,0,,90,1900-01-01,\n", "utf-8")
    found = company.seeds(SEEDS)
    assert found.pop(BUDGETS) == folder / "seeds" / BUDGETS
    assert {path.parent for path in found.values()} == {SEEDS}
    after = parameters.current_parameters()
    assert after.parameters_hash != before.parameters_hash
    assert after.rebuild_hash != before.rebuild_hash
    assert after.code_version == before.code_version


def test_the_detector_reads_by_the_companys_phrases(folder: Path) -> None:
    before = detection.detector_version()
    header = (SEEDS / detection.PHRASES).read_text("utf-8").splitlines()[0]
    (folder / "seeds" / detection.PHRASES).write_text(f"{header}\nproduct_defect,fr,casse,0.9\n", "utf-8")
    assert detection.phrases_file() == folder / "seeds" / detection.PHRASES
    assert detection.detector_version() != before


def test_settings_of_the_company_stand_in_place_of_the_trees(folder: Path) -> None:
    before = parameters.current_parameters()
    (folder / "settings.yml").write_text(
        "business_time_zone: America/Montreal\nlatest_plausible_on: 2039-12-31\n"
        "own_addresses: ['@example.com']\nmonthly_decay_rate: 0\n",
        "utf-8",
    )
    settings.cache_clear()
    try:
        assert str(settings().business_time_zone) == "America/Montreal"
        assert settings().latest_plausible_on == date(2039, 12, 31)
        assert settings().own_addresses == ("@example.com",)
        assert settings().earliest_plausible_on == date(1990, 1, 1)
    finally:
        settings.cache_clear()
    assert parameters.current_parameters().rebuild_hash != before.rebuild_hash


def test_the_companys_mapping_file_counts_where_the_inbox_has_none(folder: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (folder / "mappings.yml").touch()
    assert catalogue.company_file(inbox) == folder / "mappings.yml"
    (inbox / "mappings.yml").touch()
    assert catalogue.company_file(inbox) == inbox / "mappings.yml"


def test_a_folder_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOLERANCE_COMPANY", str(tmp_path / "nowhere"))
    with pytest.raises(
        company.CompanyError, match=r"TOLERANCE_COMPANY names .*nowhere, which is not a folder"
    ):
        company.seeds(SEEDS)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tolerance_budget.csv", BUDGETS_HEADER, "is not a seed: name it one of .*tolerance_budgets.csv"),
        (BUDGETS, "preset;budget_points", f"has other columns: its first line must be {BUDGETS_HEADER}"),
    ],
)
def test_a_seed_that_would_not_count_is_refused(folder: Path, name: str, content: str, message: str) -> None:
    (folder / "seeds" / name).write_text(f"{content}\n", "utf-8")
    with pytest.raises(company.CompanyError, match=message):
        company.seeds(SEEDS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "cannot be read"),
        ("- budget_preset", "holds no settings"),
        ("budgets: flat", "names budgets, which is not a setting: known are business_time_zone, "),
        ("business_time_zone: Paris", "business_time_zone cannot be 'Paris': give a time zone"),
        ("business_time_zone: [UTC]", "business_time_zone cannot be"),
        ("latest_plausible_on: soon", "give a date, YYYY-MM-DD"),
        ("monthly_decay_rate: 5", "give a number from 0 to 0.99"),
        ("monthly_decay_rate: '0.05'", "give a number from 0 to 0.99"),
        ("standard_penalty_points: -1", "give a whole number, 0 or more"),
        ("standard_penalty_points: true", "give a whole number, 0 or more"),
        ("own_addresses: me@example.com", "give a list of texts"),
        ("team_language: de", "give en or fr"),
        ("ingest_on_arrival: 1", "give true or false"),
        ("ingest_at: '07:01'", "move one of them: ingest_at comes first"),
        ("daily_deadline: '03:30'", r"ingest_at \(04:00\) is after daily_deadline \(03:30\)"),
        ("latest_plausible_on: 1900-01-01", "earliest_plausible_on comes first"),
        ("ingest_schedules: {calls: '0 * * * *'}", "give a table of sources"),
        ("ingest_schedules: {mail: '61 * * * *'}", "give a table of sources"),
        ("ingest_schedules: {mail: hourly}", "their five fields of cron"),
        ("budget_preset: \"{{ env_var('HOME') }}\"", "give a name"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_in_one_sentence(folder: Path, text: str, message: str) -> None:
    (folder / "settings.yml").write_text(f"{text}\n", "utf-8")
    with pytest.raises(company.CompanyError, match=message) as refused:
        company.variables(PROJECT_FILE)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 2
