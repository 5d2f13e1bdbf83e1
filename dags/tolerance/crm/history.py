"""What the CRM was told, as known then: the alerts of each as-of date, kept as files that dbt reads back.

The yml of `fct_alert` declares the columns of an alert, and a file keeps all of them. Staging reads columns
by name, so a file of an earlier release may lack some.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tolerance import files, steps
from tolerance.aliases import ensure_aliases
from tolerance.crm.delivery.journal import ensure_tables
from tolerance.run_steps import ensure_run_steps, refuse_newer_steps
from tolerance.state import State
from tolerance.versions import CURRENT, VERSION, Format, refuse_newer


def ensure_empty_history(state: State) -> None:
    """Write an empty history where there is none, so that dbt can read it before the first alert."""
    ensure_aliases(state)
    ensure_tables(state)
    ensure_run_steps(state)
    for kind, folder in ((Format.ALERT_HISTORY, state.history / "alerts"), (Format.TOLD_ALERTS, state.told)):
        path = folder / "0000-00-00.parquet"
        if not path.exists():
            with files.appearing(path) as temporary, duckdb.connect() as memory:
                _write(memory, kind, "select cast(null as varchar) as alert_id limit 0", temporary)


def keep_history(state: State, as_of: str, serving: duckdb.DuckDBPyConnection) -> None:
    """Keep what the published run of `as_of` (YYYY-MM-DD) raised or changed."""
    with files.appearing(state.history / "alerts" / f"{as_of}.parquet") as temporary:
        _write(serving, Format.ALERT_HISTORY, "from exports.alert_history order by alert_id", temporary)
        steps.passed("history")


def keep_told(state: State, as_of: str, serving: duckdb.DuckDBPyConnection) -> None:
    """Keep the rows of that date's list, with all that a destination must hear of an alert.

    What an earlier run of the date has told stays told: it may have been sent.
    """
    path = state.told / f"{as_of}.parquet"
    query = f"select *, date '{as_of}' as told_on from exports.crm_alert_list"
    if path.exists():
        kept = str(path).replace("'", "''")
        query += (
            f" union all by name select * from read_parquet('{kept}') "
            "where alert_id not in (select alert_id from exports.crm_alert_list)"
        )
    with files.appearing(path) as temporary:
        _write(serving, Format.TOLD_ALERTS, f"from ({query}) order by alert_id", temporary)


def refuse_newer_history(state: State) -> None:
    """Raise `NewerFormatError` when a newer release has kept what dbt would read."""
    refuse_newer_steps(state)
    kept = {
        Format.ALERT_HISTORY: max((state.history / "alerts").glob("*.parquet"), default=None),
        Format.TOLD_ALERTS: max(state.told.glob("*.parquet"), default=None),
        Format.DELIVERIES: max(state.deliveries.glob("*.parquet"), default=None),
    }
    for kind, path in kept.items():
        if path is not None:
            refuse_newer(kind, format_version(path), path)


def format_version(path: Path) -> str | None:
    """The version that a Parquet file tells, if it does."""
    with duckdb.connect() as memory:
        found = memory.execute(
            "select decode(value) from parquet_kv_metadata($file) where decode(key) = $name",
            {"file": str(path), "name": VERSION},
        ).fetchone()
    return str(found[0]) if found else None


def _write(connection: duckdb.DuckDBPyConnection, kind: Format, query: str, path: Path) -> None:
    version = f"{{{VERSION}: '{CURRENT[kind]}'}}"
    connection.execute(
        f"copy ({query}) to $path (format parquet, kv_metadata {version})", {"path": str(path)}
    )
