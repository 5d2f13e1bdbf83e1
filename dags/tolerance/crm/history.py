"""What the CRM was told, as known then: the alerts of each as-of date, kept as files that dbt reads back.

The yml of `fct_alert` declares the columns of an alert, and a file keeps all of them. Staging reads columns
by name, so a file of an earlier release may lack some.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tolerance import files, steps
from tolerance.aliases import ensure_aliases
from tolerance.state import State
from tolerance.versions import CURRENT, VERSION, Format, refuse_newer


def ensure_empty_history(state: State) -> None:
    """Write an empty history where there is none, so that dbt can read it before the first alert."""
    ensure_aliases(state)
    path = state.history / "alerts" / "0000-00-00.parquet"
    if not path.exists():
        with files.appearing(path) as temporary, duckdb.connect() as memory:
            _write(memory, "select cast(null as varchar) as alert_id limit 0", temporary)


def keep_history(state: State, as_of: str, serving: duckdb.DuckDBPyConnection) -> None:
    """Keep what the published run of `as_of` (YYYY-MM-DD) raised or changed."""
    with files.appearing(state.history / "alerts" / f"{as_of}.parquet") as temporary:
        _write(serving, "from exports.alert_history order by alert_id", temporary)
        steps.passed("history")


def refuse_newer_history(state: State) -> None:
    """Raise `NewerFormatError` when a newer release has kept the latest alerts."""
    kept = max((state.history / "alerts").glob("*.parquet"), default=None)
    if kept is None:
        return
    with duckdb.connect() as memory:
        found = memory.execute(
            "select decode(value) from parquet_kv_metadata($file) where decode(key) = $name",
            {"file": str(kept), "name": VERSION},
        ).fetchone()
    refuse_newer(Format.ALERT_HISTORY, found and found[0], kept)


def _write(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    version = f"{{{VERSION}: '{CURRENT[Format.ALERT_HISTORY]}'}}"
    connection.execute(
        f"copy ({query}) to $path (format parquet, kv_metadata {version})", {"path": str(path)}
    )
