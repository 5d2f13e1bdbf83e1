"""dbt's own unit tests of the hard steps, run on the tables of an empty company."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from tests.properties.pipeline import OF_TREE, Pipeline
from tolerance.dbt import environment
from tolerance.settings import PROJECT_ROOT
from tolerance.warm_dbt import Command, warm_dbt


def declared() -> set[str]:
    """The names of all unit tests in the yml files of the models."""
    names: set[str] = set()
    for path in (PROJECT_ROOT / "models").rglob("*.yml"):
        _, _, tests = path.read_text("utf-8").partition("\nunit_tests:\n")
        names |= set(re.findall(r"^  - name: (\w+)$", tests, flags=re.MULTILINE))
    return names


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """How each unit test ended, by name."""
    root = tmp_path_factory.mktemp("unit_tests")
    pipeline = Pipeline(root / "warehouse", OF_TREE)
    pipeline.run(date(2025, 1, 20))
    folder = pipeline.project.root / "dbt_project"
    target = root / "target"
    results = target / "run_results.json"
    with pipeline.project.used(), warm_dbt() as warm:
        warm.run(
            Command(
                arguments=("test", "--select", "test_type:unit"),
                results=str(results),
                parse_options=("--warn-error",),
                places=(
                    *("--project-dir", str(folder), "--profiles-dir", str(folder)),
                    *("--target-path", str(target), "--log-path", str(root / "logs")),
                ),
                environment=environment(pipeline.state),
                parsed=f"unit tests of {root}",
            )
        )
    assert results.exists(), (root / "logs" / "dbt.log").read_text("utf-8")
    return {
        outcome["unique_id"].split(".")[-1]: f"{outcome['status']} {outcome['message'] or ''}"
        for outcome in json.loads(results.read_text("utf-8"))["results"]
    }


def test_every_unit_test_of_the_models_runs(outcomes: dict[str, str]) -> None:
    assert declared() == outcomes.keys()
    assert len(outcomes) >= 14


@pytest.mark.parametrize("name", sorted(declared()))
def test_a_unit_test_of_the_models_passes(outcomes: dict[str, str], name: str) -> None:
    assert outcomes[name].startswith("pass"), outcomes[name]
