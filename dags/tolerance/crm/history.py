"""What was told, as known then: the alerts of each as-of date, kept as files for dbt to read back.

Which columns an alert has is declared in the yml of `fct_alert`, and a file keeps all of them. Staging reads
the files by name, so that one of an earlier release may lack some.
"""

from __future__ import annotations

import duckdb

from tolerance import files
from tolerance.aliases import ensure_aliases
from tolerance.state import State


def ensure_empty_history(state: State) -> None:
    """Leave a history without alerts and aliases, so that dbt can read one before the first."""
    ensure_aliases(state)
    path = state.history / "alerts" / "0000-00-00.parquet"
    if path.exists():
        return
    with files.appearing(path) as temporary, duckdb.connect() as memory:
        memory.sql("select cast(null as varchar) as alert_id limit 0").write_parquet(str(temporary))


def keep_history(state: State, as_of: str, serving: duckdb.DuckDBPyConnection) -> None:
    """Keep what the published run of `as_of` (YYYY-MM-DD) raised or changed."""
    with files.appearing(state.history / "alerts" / f"{as_of}.parquet") as temporary:
        serving.sql("from exports.alert_history order by alert_id").write_parquet(str(temporary))
