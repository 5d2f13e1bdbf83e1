"""A dry run tells what would be sent and why, and writes nothing."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from tests.unit.crm.published import alerts, number, published_state
from tolerance.cli import main
from tolerance.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return published_state(tmp_path / "state", alerts())


def dry_run(state: State, *options: str) -> Result:
    return CliRunner().invoke(
        main,
        ["crm-dry-run", "--state", str(state.root), *options],
        env={"COLUMNS": "80", "TOLERANCE_CRM": ""},
    )


def test_it_counts_why_each_alert_is_told(state: State) -> None:
    result = dry_run(state, "--crm", "zoho")
    assert result.exit_code == 0
    assert "The list of 2026-11-20 tells 7 alerts:" in result.output
    counted = [line.replace("│", " ").split() for line in result.output.splitlines() if "│" in line]
    assert counted == [
        ["changed", "1", "1"],
        ["changed", "reopened", "1", "1"],
        ["changed", "resolved", "2", "1"],
        ["new", "new", "1", "2"],
        ["new", "new", "3", "1"],
        ["retracted", "deleted", "4", "1"],
    ]


def test_it_shows_the_first_rows_at_eighty_columns(state: State) -> None:
    result = dry_run(state, "--crm", "salesforce", "--rows", "2")
    assert "salesforce, for Salesforce" in result.output
    assert max(len(line) for line in result.output.splitlines()) <= 80
    shown = " ".join(result.output.split())
    assert f"Alert_Id__c {number(6)}" in shown
    assert f"Alert_Id__c {number(1)}" in shown
    assert f"Alert_Id__c {number(5)}" not in shown
    assert "Priority High" in shown


def test_it_tries_every_profile_unless_some_are_named(state: State) -> None:
    result = dry_run(state, "--rows", "0")
    names = [line.split(",")[0] for line in result.output.splitlines() if ", for " in line]
    assert names == [
        *("canonical", "dynamics", "hubspot", "odoo", "pipedrive", "salesforce", "suitecrm", "zoho"),
    ]
    assert result.output.count("The linter finds no fault.") == len(names)


def test_it_writes_nothing(state: State) -> None:
    before = {path: path.stat().st_mtime_ns for path in state.root.rglob("*")}
    dry_run(state)
    assert {path: path.stat().st_mtime_ns for path in state.root.rglob("*")} == before


def test_a_list_that_would_be_refused_is_told_and_ends_with_one(state: State) -> None:
    with duckdb.connect(str(state.serving)) as serving:
        serving.execute("update exports.crm_alert_list set priority = 9 where priority = 1")
    result = dry_run(state, "--crm", "salesforce")
    assert result.exit_code == 1
    shown = " ".join(result.output.split())
    assert "It would not be written: salesforce/alerts.csv, row 4, Priority: it is not one of High" in shown
    assert "canonical, for the warehouse" in shown


def test_before_the_first_run_there_is_nothing_to_try(tmp_path: Path) -> None:
    result = dry_run(State(tmp_path / "state"))
    assert result.exit_code == 1
    assert "run a date first." in result.output
