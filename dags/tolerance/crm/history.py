"""What was told, as known then: the alerts of each as-of date, kept as files for dbt to read back."""

from __future__ import annotations

import duckdb

from tolerance import files
from tolerance.aliases import ensure_aliases
from tolerance.state import State

_POINTS = "decimal(18, 6)"

HISTORY_COLUMNS: dict[str, str] = {
    "alert_id": "varchar",
    "incident_id": "varchar",
    "customer_id": "varchar",
    "raised_on": "date",
    "occurred_on": "date",
    "priority": "integer",
    "is_first_cumulative": "boolean",
    "turns_negative": "boolean",
    "was_already_negative": "boolean",
    "is_long_tenure": "boolean",
    "balance_before_points": _POINTS,
    "balance_after_points": _POINTS,
    "playbook_code": "varchar",
    "owner_role": "varchar",
    "respond_by": "timestamp with time zone",
    "reason_fr": "varchar",
    "reason_en": "varchar",
    "incident_type": "varchar",
    "evidence_file_name": "varchar",
    "evidence_record_no": "bigint",
    "status": "varchar",
    "told_on": "date",
    "is_listed": "boolean",
}
"""The columns of `fct_alert`, the as-of date of the run, and whether its list told the CRM."""


def ensure_empty_history(state: State) -> None:
    """Leave a history without alerts and aliases, so that dbt can read one before the first."""
    ensure_aliases(state)
    path = state.history / "alerts" / "0000-00-00.parquet"
    if path.exists():
        return
    columns = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in HISTORY_COLUMNS.items())
    with files.appearing(path) as temporary, duckdb.connect() as memory:
        memory.sql(f"select {columns} limit 0").write_parquet(str(temporary))


def keep_history(state: State, as_of: str, serving: duckdb.DuckDBPyConnection) -> None:
    """Keep what the published run of `as_of` (YYYY-MM-DD) raised or changed."""
    columns = ", ".join(HISTORY_COLUMNS)
    with files.appearing(state.history / "alerts" / f"{as_of}.parquet") as temporary:
        alerts = serving.sql(f"select {columns} from exports.alert_history order by alert_id")
        alerts.write_parquet(str(temporary))
