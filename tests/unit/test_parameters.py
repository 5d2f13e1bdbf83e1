"""Which change of the company's numbers rebuilds, and which only touches."""

from __future__ import annotations

import ast
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tolerance import detection, parameters
from tolerance.settings import DBT_PROJECT, PROJECT_ROOT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("dbt_project", "models", "macros"):
        shutil.copytree(PROJECT_ROOT / folder, tmp_path / folder)
    monkeypatch.setattr(parameters, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(parameters, "DBT_PROJECT", tmp_path / DBT_PROJECT.name)
    monkeypatch.setattr(detection, "DBT_PROJECT", tmp_path / DBT_PROJECT.name)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new), "utf-8")


def test_an_entry_of_the_taxonomy_touches_one_type(project: Path) -> None:
    before = parameters.current_parameters()
    edit(project / "dbt_project/seeds/incident_types.csv", "transient,0,120", "cumulative,100,120")
    after = parameters.current_parameters()
    assert after.rebuild_hash == before.rebuild_hash
    assert after.parameters_hash != before.parameters_hash
    changed = {
        name for name in after.incident_types if after.incident_types[name] != before.incident_types[name]
    }
    assert changed == {"delivery_late"}


def test_a_changed_phrase_is_another_detector_and_rebuilds_nothing(project: Path) -> None:
    before = parameters.current_parameters()
    edit(
        project / "dbt_project/seeds/incident_phrases.csv",
        "livraison en retard,0.8",
        "livraison en retard,0.7",
    )
    after = parameters.current_parameters()
    assert after.detector_version != before.detector_version
    assert after.parameters_hash != before.parameters_hash
    assert after.rebuild_hash == before.rebuild_hash
    assert after.code_version == before.code_version


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("dbt_project/dbt_project.yml", "monthly_decay_rate: 0.05", "monthly_decay_rate: 0.04"),
        ("dbt_project/seeds/tolerance_budgets.csv", "150", "160"),
    ],
)
def test_other_numbers_rebuild(project: Path, file: str, old: str, new: str) -> None:
    before = parameters.current_parameters()
    edit(project / file, old, new)
    after = parameters.current_parameters()
    assert after.rebuild_hash != before.rebuild_hash
    assert after.code_version == before.code_version


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("dbt_project/seeds/faq_incident_types.csv", "colis_perdu", "colis_egare"),
        # Of several tags the first in the table's order counts, so another order is another meaning.
        ("dbt_project/seeds/incident_types.csv", "delivery_late,1,", "delivery_late,99,"),
        ("dbt_project/seeds/channels.csv", "faq,,phone", "faq,,hotline"),
        ("dbt_project/seeds/code_stages.csv", "journey_stage\n", "journey_stage\nfaq,colis_perdu,buy\n"),
    ],
)
def test_another_meaning_of_structure_is_another_decision_and_rebuilds_nothing(
    project: Path, file: str, old: str, new: str
) -> None:
    before = parameters.current_parameters()
    edit(project / file, old, new)
    after = parameters.current_parameters()
    assert after.decision_hash != before.decision_hash
    assert after.parameters_hash != before.parameters_hash
    assert (after.rebuild_hash, after.code_version) == (before.rebuild_hash, before.code_version)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("dbt_project/seeds/playbooks.csv", "Call the customer and apologise", "Call and apologise"),
        ("dbt_project/seeds/alert_priorities.csv", "4,is_cumulative", "5,is_cumulative"),
        ("dbt_project/dbt_project.yml", "max_bad_share: 0.5", "max_bad_share: 0.4"),
    ],
)
def test_what_only_the_next_alerts_or_files_meet_is_another_parameter_and_rebuilds_nothing(
    project: Path, file: str, old: str, new: str
) -> None:
    before = parameters.current_parameters()
    edit(project / file, old, new)
    after = parameters.current_parameters()
    assert after == replace(before, parameters_hash=after.parameters_hash)
    assert after.parameters_hash != before.parameters_hash


def test_no_model_reads_a_setting_of_ingestion() -> None:
    sql = "".join(
        path.read_text("utf-8")
        for room in ("models", "macros")
        for path in (PROJECT_ROOT / room).rglob("*.sql")
    )
    read = set(re.findall(r"var\(['\"](\w+)['\"]", sql))
    assert "monthly_decay_rate" in read
    assert not read & parameters.INGEST_SETTINGS


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("models/marts/_tolerance__models.yml", "description: The incident.", "description: Which incident."),
        ("models/marts/dim_customer.sql", "-- One row per customer", "-- Exactly one row per customer"),
        ("macros/account/_account__macros.yml", "description: The", "description: In short, the"),
        ("dbt_project/dbt_project.yml", "# The company's calendar.", "# When the company works."),
    ],
)
def test_what_is_said_of_the_models_changes_nothing(project: Path, file: str, old: str, new: str) -> None:
    before = parameters.current_parameters()
    edit(project / file, old, new)
    assert parameters.current_parameters() == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("models/marts/dim_customer.sql", "select", "select distinct"),
        ("models/marts/_tolerance__models.yml", "enforced: true", "enforced: false"),
        ("macros/account/decay.sql", "1 - ", "1.0 - "),
        ("dbt_project/dbt_project.yml", "+materialized: view", "+materialized: table"),
        ("dbt_project/profiles.yml", "TimeZone: UTC", "TimeZone: Europe/Paris"),
        ("dbt_project/seeds/_seeds.yml", "points", "cents"),
    ],
)
def test_a_changed_model_is_another_code_version_and_no_other_parameter(
    project: Path, file: str, old: str, new: str
) -> None:
    before = parameters.current_parameters()
    edit(project / file, old, new)
    after = parameters.current_parameters()
    assert after.code_version != before.code_version
    assert after.parameters_hash == before.parameters_hash


def test_all_of_the_library_that_models_call_is_part_of_a_version() -> None:
    plugin = ast.parse((PROJECT_ROOT / "macros" / "python" / "tolerance_plugin.py").read_text("utf-8"))
    called = {
        f"{imported.module}.{name.name}"
        for imported in ast.walk(plugin)
        if isinstance(imported, ast.ImportFrom) and str(imported.module).startswith("tolerance")
        for name in imported.names
    }
    assert called
    package = Path(parameters.__file__).parent
    for name in called:
        # Either a module or something in one.
        parts = name.split(".")[1:]
        path = next(
            package.joinpath(*parts[:end]).with_suffix(".py")
            for end in (len(parts), len(parts) - 1)
            if end and package.joinpath(*parts[:end]).with_suffix(".py").is_file()
        )
        module = path.relative_to(package).as_posix()
        assert module in parameters._CALLED_BY_MODELS or module.startswith("detection/"), module
