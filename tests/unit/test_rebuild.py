"""What differs after a rebuild is reported by table, in rows gone and rows new."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tolerance.rebuild import differing_rows


def generation(path: Path, alerts: str, run_no: int) -> Path:
    with duckdb.connect(str(path)) as made:
        made.execute("create schema exports")
        made.execute("create schema engine")
        made.execute(f"create table main.fct_alert as select * from (values {alerts}) as rows (a, b)")
        made.execute(f"create table exports.crm_alert_list as select 1 as a, {run_no} as column_{run_no}")
        made.execute(f"create table engine.accounts as select 'A' as customer_id, {run_no} as customer_no")
        made.execute("create view main.alerts as select * from main.fct_alert")
        made.execute(f"create table engine.int_run as select {run_no} as run_no")
        made.execute(f"create table main.audit_generation as select {run_no} as generation_id")
    return path


def test_rows_are_compared_with_how_often_they_stand_there_and_runs_are_left_out(tmp_path: Path) -> None:
    before = generation(tmp_path / "o'clock.duckdb", "(1, null), (2, 'x'), (2, 'x'), (3, 'y')", 1)
    after = generation(tmp_path / "after.duckdb", "(1, null), (2, 'x'), (3, 'z')", 2)
    assert differing_rows(before, after, tmp_path) == {
        "accounts": (0, 0),
        "crm_alert_list": (0, 0),
        "fct_alert": (2, 1),
    }
