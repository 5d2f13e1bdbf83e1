"""The project's dbt-duckdb plugin: makes the Python macros callable from SQL.

Every function that a model may call stands in FUNCTIONS, with its name and types in SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import incident_detection
import incident_links
import tolerance_account
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection
from duckdb.sqltypes import DuckDBPyType


class SqlFunction(NamedTuple):
    """A Python function under the name and with the types that SQL sees."""

    name: str
    function: Callable[..., Any]
    parameter_types: tuple[str, ...]
    return_type: str


FUNCTIONS = (
    SqlFunction(
        "detect_incident",
        incident_detection.detect_incident,
        ("VARCHAR",),
        "STRUCT(incident_type VARCHAR, confidence DOUBLE, rule VARCHAR)",
    ),
    SqlFunction(
        "ticket_reference",
        incident_detection.ticket_reference,
        ("VARCHAR",),
        "VARCHAR",
    ),
    SqlFunction(
        "link_by_window",
        incident_links.link_by_window,
        ("BIGINT[]", "BOOLEAN[]", "INTEGER"),
        "INTEGER[]",
    ),
    SqlFunction(
        "tolerance_direct_sum",
        tolerance_account.tolerance_direct_sum,
        ("DATE[]", "DECIMAL(18, 6)[]", "DATE", "VARCHAR"),
        "DECIMAL(18, 6)",
    ),
)


class Plugin(BasePlugin):
    """Registers FUNCTIONS on the connection that dbt opens."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Make every function of FUNCTIONS callable from SQL by its name."""
        for entry in FUNCTIONS:
            conn.create_function(
                entry.name,
                entry.function,
                [DuckDBPyType(name) for name in entry.parameter_types],
                DuckDBPyType(entry.return_type),
                null_handling="special",  # a function sees NULL as None and may answer it
            )
