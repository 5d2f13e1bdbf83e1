"""Which change of the company's numbers rebuilds, and which only touches."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tolerance import parameters
from tolerance.settings import DBT_PROJECT, PROJECT_ROOT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("dbt_project", "models", "macros"):
        shutil.copytree(PROJECT_ROOT / folder, tmp_path / folder)
    monkeypatch.setattr(parameters, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(parameters, "DBT_PROJECT", tmp_path / DBT_PROJECT.name)
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


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("dbt_project/dbt_project.yml", "monthly_decay_rate: 0.05", "monthly_decay_rate: 0.04"),
        ("dbt_project/seeds/tolerance_budgets.csv", "150", "160"),
        ("dbt_project/seeds/faq_incident_types.csv", "colis_perdu", "colis_egare"),
        # Of several tags the first in the table's order counts, so another order is another meaning.
        ("dbt_project/seeds/incident_types.csv", "delivery_late,1,", "delivery_late,99,"),
    ],
)
def test_other_numbers_rebuild(project: Path, file: str, old: str, new: str) -> None:
    before = parameters.current_parameters()
    edit(project / file, old, new)
    after = parameters.current_parameters()
    assert after.rebuild_hash != before.rebuild_hash
    assert after.code_version == before.code_version


def test_a_changed_model_is_another_code_version_and_no_other_parameter(project: Path) -> None:
    before = parameters.current_parameters()
    edit(project / "models/marts/dim_customer.sql", "select", "select ")
    after = parameters.current_parameters()
    assert after.code_version != before.code_version
    assert after.parameters_hash == before.parameters_hash
