"""What the CRM was told, as known then: the alerts of each as-of date, kept as files that dbt reads back.

The yml of `fct_alert` declares the columns of an alert, and a file keeps all of them. Staging reads columns
by name, so a file of an earlier release may lack some.
"""

from __future__ import annotations

import duckdb

from tolerance import files
from tolerance.aliases import ensure_aliases
from tolerance.state import State


def ensure_empty_history(state: State) -> None:
    """Write an empty history where there is none, so that dbt can read it before the first alert."""
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
