"""A company's own budgets, penalties and settings change its numbers, and nothing in the tree."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.properties.pipeline import Pipeline, Project
from tests.properties.records import Customer, Ticket, at

DAY = date(2025, 1, 20)
OLDER = at(date(2024, 12, 10))
"""A month before the day: what it cost has decayed once."""


def _pipeline(root: Path, project: Project) -> Pipeline:
    pipeline = Pipeline(root, project)
    pipeline.deliver(f"{DAY}/customers.csv", [Customer("a customer", (), date(2019, 5, 17))], DAY)
    ticket = Ticket("a ticket", "1", OLDER, OLDER, customer_id="a customer", tags=("product_defect",))
    pipeline.deliver(f"{DAY}/tickets.csv", [ticket], DAY)
    return pipeline


def _account(pipeline: Pipeline) -> tuple[float, ...]:
    with pipeline.tables() as warehouse:
        rows = warehouse.execute(
            "select budget_points, remembered_points, margin_points from fct_tolerance_current"
        ).fetchall()
    return tuple(float(value) for value in rows[0])


def test_a_company_has_numbers_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.copied_to(tmp_path / "project")
    of_tree = _pipeline(tmp_path / "tree", project)
    run_of_tree = of_tree.run(DAY)
    assert _account(of_tree) == (150, 95, -45)

    company = tmp_path / "a company's folder"
    (company / "seeds").mkdir(parents=True)
    budgets = (project.seeds / "tolerance_budgets.csv").read_text("utf-8")
    (company / "seeds" / "tolerance_budgets.csv").write_text(
        budgets.replace("flat,0,,150,", "flat,0,,500,"), "utf-8"
    )
    types = (project.seeds / "incident_types.csv").read_text("utf-8")
    (company / "seeds" / "incident_types.csv").write_text(
        types.replace("product,cumulative,100,", "product,cumulative,200,"), "utf-8"
    )
    (company / "settings.yml").write_text(
        "monthly_decay_rate: 0.1\nstandard_penalty_points: 20\nown_addresses: ['{{ 1 / 0 }}']\n", "utf-8"
    )
    before = {path: path.read_bytes() for path in project.seeds.iterdir()}
    monkeypatch.setenv("TOLERANCE_COMPANY", str(company))
    of_company = _pipeline(tmp_path / "of a company", project)
    run_of_company = of_company.run(DAY)
    assert _account(of_company) == (500, 180, 300)
    assert run_of_company.parameters_hash != run_of_tree.parameters_hash
    assert run_of_company.code_version == run_of_tree.code_version
    assert {path: path.read_bytes() for path in project.seeds.iterdir()} == before

    # The same company with the numbers of the tree again: everything is computed by them.
    monkeypatch.delenv("TOLERANCE_COMPANY")
    assert of_company.run(DAY).parameters_hash == run_of_tree.parameters_hash
    assert _account(of_company) == _account(of_tree)
