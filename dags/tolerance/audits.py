"""The gate before publication: what the tables and the alert list must hold, or nobody sees them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tolerance import gates, run_steps
from tolerance.dbt import dbt
from tolerance.expectations import crm_alert_list
from tolerance.lock import open_read_only
from tolerance.runs import Run
from tolerance.state import State

if TYPE_CHECKING:
    import pandas as pd


def audit(state: State, run: Run) -> int:
    """Run dbt's audit tests and the expectations on the alert list; return how many checks passed.

    Raises:
        DbtFailedError: when a test of the tables failed.
        GateFailedError: when the alert list is not fit to leave the house.
    """
    tables = dbt("build", "tag:audit", state, full_refresh=run.is_full_rebuild)
    with run_steps.measured(state, run.as_of_on, "check_list", run_no=run.run_no):
        return tables.tests + audit_list(state)


def audit_list(state: State) -> int:
    """Hold the alert list against its expectations; return how many there are.

    Raises:
        GateFailedError: when it is not fit to leave the house.
    """
    alerts = _next_list(state)
    run_steps.count_rows(len(alerts))
    if alerts.empty:  # nothing to judge: a date without alerts does without Great Expectations
        _finding(state).unlink(missing_ok=True)
        return 0
    alert_list = gates.remembered(
        _finding(state),
        alerts.to_csv().encode(),
        lambda: gates.check(alerts, crm_alert_list.suite(), "crm_alert_list"),
    )
    if not alert_list.is_passed:
        raise gates.GateFailedError(alert_list.sentence)
    return alert_list.expectations


def list_kept_back(state: State) -> tuple[date, pd.DataFrame] | None:
    """The alert list that the gate kept from leaving the house, and its date; None where the last was fit.

    Raises:
        StateBusyError: while a run writes the warehouse.
    """
    if gates.has_passed(_finding(state)) or not state.warehouse.exists():
        return None
    with open_read_only(state.warehouse, "look again when the run has ended.") as warehouse:
        row = warehouse.execute("select as_of_on from main.int_run").fetchone()
    return None if row is None else (row[0], _next_list(state))


def _finding(state: State) -> Path:
    return state.gates / "crm_alert_list.json"


def _next_list(state: State) -> pd.DataFrame:
    with duckdb.connect(str(state.warehouse), read_only=True) as warehouse:
        return warehouse.execute("select * from main.crm_alert_list").df()
