"""A company's own budgets, penalties and settings change its numbers, and nothing in the tree."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.properties.pipeline import OF_TREE, WITHOUT_LEAVES, Pipeline
from tests.properties.records import Customer, Ticket, at
from tolerance.parameters import current_parameters

DAY = date(2025, 1, 20)
OLDER = at(date(2024, 12, 10))
"""A month before the day: what it cost has decayed once."""


def _account(pipeline: Pipeline) -> tuple[float, ...]:
    with pipeline.tables() as warehouse:
        rows = warehouse.execute(
            "select budget_points, remembered_points, margin_points from fct_tolerance_current"
        ).fetchall()
    return tuple(float(value) for value in rows[0])


def test_a_company_has_numbers_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_tree = current_parameters()
    seeds = OF_TREE.seeds
    company = tmp_path / "a company's folder"
    (company / "seeds").mkdir(parents=True)
    budgets = (seeds / "tolerance_budgets.csv").read_text("utf-8")
    (company / "seeds" / "tolerance_budgets.csv").write_text(
        budgets.replace("flat,0,,150,", "flat,0,,500,"), "utf-8"
    )
    types = (seeds / "incident_types.csv").read_text("utf-8")
    (company / "seeds" / "incident_types.csv").write_text(
        types.replace("product,cumulative,100,", "product,cumulative,200,"), "utf-8"
    )
    (company / "settings.yml").write_text(
        "monthly_decay_rate: 0.1\nstandard_penalty_points: 20\nown_addresses: ['{{ 1 / 0 }}']\n", "utf-8"
    )
    before = {path: path.read_bytes() for path in seeds.iterdir()}
    pipeline = Pipeline(tmp_path / "warehouse", OF_TREE)
    pipeline.deliver(f"{DAY}/customers.csv", [Customer("a customer", (), date(2019, 5, 17))], DAY)
    ticket = Ticket("a ticket", "1", OLDER, OLDER, customer_id="a customer", tags=("product_defect",))
    pipeline.deliver(f"{DAY}/tickets.csv", [ticket], DAY)

    monkeypatch.setenv("TOLERANCE_COMPANY", str(company))
    of_company = pipeline.run(DAY)
    assert _account(pipeline) == (500, 180, 300)
    assert of_company.parameters_hash != of_tree.parameters_hash
    assert of_company.code_version == of_tree.code_version
    assert {path: path.read_bytes() for path in seeds.iterdir()} == before

    # The same company with the numbers of the tree: everything is computed by them.
    monkeypatch.delenv("TOLERANCE_COMPANY")
    assert pipeline.run(DAY, exclude=WITHOUT_LEAVES).parameters_hash == of_tree.parameters_hash
    assert _account(pipeline) == (150, 95, -45)
