"""What a generation holds, read from dbt's manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tolerance.publishing.contents import contents
from tolerance.state import State


def node(path: str, *parents: str, is_view: bool = False, **columns: str) -> dict[str, Any]:
    folder, name = path.split("/")
    return {
        "name": name,
        "resource_type": "model",
        "package_name": "tolerance",
        "fqn": ["tolerance", folder, name],
        "relation_name": f'"warehouse"."main"."{name}"',
        "original_file_path": f"../models/{path}.sql",
        "description": f"What {name} is.\n",
        "columns": {name: {"name": name, "description": text} for name, text in columns.items()},
        "depends_on": {"nodes": list(parents)},
        "config": {"meta": {"is_published_as_view": True} if is_view else {}},
    }


@pytest.fixture
def state(tmp_path: Path) -> State:
    nodes = {
        "run": node("intermediate/int_run", "source.runs", as_of_on="The date.", inside="Inside."),
        "inside": node("intermediate/int_inside"),
        "alerts": node("marts/fct_alert", "inside", alert_id="The alert.", status="Its status."),
        "list": node("exports/crm_alert_list", "alerts", "run", status="As told."),
        "a_view": node("marts/agg_of_b", "b_view", is_view=True),
        "b_view": node("marts/fct_b", "run", "alerts", is_view=True),
        "test": node("marts/a_test") | {"resource_type": "test"},
    }
    audit = {
        "description": "One row.\n",
        "columns": {
            "as_of_on": {
                "name": "as_of_on",
                "data_type": "date",
                "description": "The date.",
                "constraints": [{"type": "not_null"}],
            }
        },
    }
    state = State(tmp_path)
    target = state.dbt / "target"
    marts = target / "compiled" / "models" / "marts"
    marts.mkdir(parents=True)
    (marts / "agg_of_b.sql").write_text("select a")
    (marts / "fct_b.sql").write_text("select b")
    (target / "manifest.json").write_text(
        json.dumps({"nodes": nodes, "sources": {"source.tolerance.publication.audit_generation": audit}})
    )
    return state


def test_marts_and_exports_are_published_and_what_a_view_reads_below_them(state: State) -> None:
    found = contents(state)
    assert [(table.schema, table.name) for table in found.tables] == [
        ("main", "fct_alert"),
        ("exports", "crm_alert_list"),
        ("engine", "int_run"),
    ]


def test_a_view_carries_its_compiled_query_and_comes_after_those_it_reads(state: State) -> None:
    assert [(view.schema, view.name, view.query) for view in contents(state).views] == [
        ("main", "fct_b", "select b"),
        ("main", "agg_of_b", "select a"),
    ]


def test_a_column_that_is_handed_on_is_described_where_it_comes_from(state: State) -> None:
    listed = contents(state).tables[1]
    assert listed.description == "What crm_alert_list is."
    assert listed.columns["alert_id"] == "The alert."
    assert listed.columns["status"] == "As told."


def test_the_columns_of_audit_generation_come_from_the_yml(state: State) -> None:
    (column,) = contents(state).audit_generation.columns
    assert (column.name, column.data_type, column.is_required) == ("as_of_on", "date", True)
