"""A refresh by hand of some tables would forget whom the last run did not touch: it is refused."""

from __future__ import annotations

from datetime import date

import pytest

from tests.properties.pipeline import OF_TREE, Pipeline
from tests.properties.records import Customer, Ticket, at
from tolerance import dbt as door

FIRST, SECOND = date(2025, 1, 20), date(2025, 1, 21)
TABLES = ("fct_incident", "int_customer_records", "int_tolerance_segments")
NOT_ALL = {"fct_incident": "fct_incident", "+int_tolerance_ledger": "int_customer_records"}
"""What is selected, and which of its models is the first to refuse."""


def _ticket(number: int, customer_id: str, on: date) -> Ticket:
    return Ticket(
        marker=f"m{number}",
        native_id=str(number),
        occurred_at=at(on),
        version_at=at(on),
        customer_id=customer_id,
        email=None,
        kind="incident",
        tags=("billing_error",),
    )


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """Two days: the first touches both customers, the second only one of them."""
    root = tmp_path_factory.mktemp("refresh")
    pipeline = Pipeline(root / "warehouse", OF_TREE)
    customers = [Customer(name, (), date(2019, 5, 17)) for name in ("one", "two")]
    pipeline.deliver(f"{FIRST}/customers.csv", customers, FIRST)
    pipeline.deliver(f"{FIRST}/tickets.csv", [_ticket(1, "one", FIRST), _ticket(2, "two", FIRST)], FIRST)
    pipeline.run(FIRST)
    pipeline.deliver(f"{SECOND}/tickets.csv", [_ticket(3, "two", SECOND)], SECOND)
    pipeline.run(SECOND)
    return pipeline


def _rows(pipeline: Pipeline) -> dict[str, list[tuple[object, ...]]]:
    with pipeline.tables() as warehouse:
        return {name: sorted(warehouse.execute(f"from {name}").fetchall(), key=str) for name in TABLES}


@pytest.mark.parametrize(("selected", "refusing"), NOT_ALL.items())
def test_some_tables_are_not_refreshed_without_the_others(
    lived: Pipeline, selected: str, refusing: str
) -> None:
    before = _rows(lived)
    assert len(before["fct_incident"]) == 3
    with lived.project.used(), pytest.raises(door.DbtFailedError, match=rf"tolerance\.{refusing}"):
        door.dbt("build", selected, lived.state, exclude="resource_type:test", full_refresh=True)
    log = (lived.state.dbt / "logs" / "dbt.log").read_text("utf-8")
    assert f"{refusing} cannot be refreshed without" in log
    assert _rows(lived) == before


def test_all_tables_are_refreshed_together_to_the_same_rows(lived: Pipeline) -> None:
    before = _rows(lived)
    lived.rebuild()
    assert _rows(lived) == before
