"""The project's dbt-duckdb plugin: registers functions of the library for SQL and computes nothing.

Every function that a model may call stands in FUNCTIONS, with its name and types in SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection
from duckdb.func import SPECIAL
from duckdb.sqltypes import DuckDBPyType

from tolerance.crm.reasons import alert_reason
from tolerance.customer_merges import connected_customers, current_customers
from tolerance.detection.linking import link_by_window, link_threads
from tolerance.detection.references import ticket_number_keys, ticket_references
from tolerance.detection.words import detect_incident, is_reminder
from tolerance.direct_sum import tolerance_direct_sum


class SqlFunction(NamedTuple):
    """A Python function under the name and with the types that SQL sees."""

    name: str
    function: Callable[..., Any]
    parameter_types: tuple[str, ...]
    return_type: str


FUNCTIONS = (
    SqlFunction(
        "detect_incident",
        detect_incident,
        ("VARCHAR",),
        "STRUCT(incident_type VARCHAR, likely_types VARCHAR, confidence DOUBLE, rule VARCHAR)",
    ),
    SqlFunction(
        "is_reminder",
        is_reminder,
        ("VARCHAR",),
        "BOOLEAN",
    ),
    SqlFunction(
        "ticket_references",
        ticket_references,
        ("VARCHAR",),
        "VARCHAR",
    ),
    SqlFunction(
        "ticket_number_keys",
        ticket_number_keys,
        ("VARCHAR",),
        "VARCHAR",
    ),
    SqlFunction(
        "link_by_window",
        link_by_window,
        (
            "STRUCT(first_contact_us BIGINT, is_ticket BOOLEAN, types VARCHAR, certainty INTEGER, "
            "likely_types VARCHAR, is_reminder BOOLEAN, is_report BOOLEAN)[]",
            *("VARCHAR", "VARCHAR", "INTEGER"),
        ),
        "STRUCT(home INTEGER, rule VARCHAR)[]",
    ),
    SqlFunction(
        "link_threads",
        link_threads,
        (
            "STRUCT(thread_ids VARCHAR, sent_us BIGINT, incident_type VARCHAR, likely_types VARCHAR, "
            "is_reminder BOOLEAN)[]",
            *("VARCHAR", "INTEGER"),
        ),
        "INTEGER[]",
    ),
    SqlFunction(
        "alert_reason",
        alert_reason,
        (
            *("VARCHAR", "VARCHAR", "DATE", "BIGINT", "VARCHAR"),
            *("DECIMAL(18, 6)", "DECIMAL(18, 6)", "VARCHAR", "INTEGER", "VARCHAR"),
        ),
        "VARCHAR",
    ),
    SqlFunction(
        "current_customers",
        current_customers,
        ("VARCHAR[]", "VARCHAR[]", "VARCHAR[]"),
        "VARCHAR[]",
    ),
    SqlFunction(
        "connected_customers",
        connected_customers,
        ("VARCHAR[]", "VARCHAR[]"),
        "INTEGER[]",
    ),
    SqlFunction(
        "tolerance_direct_sum",
        tolerance_direct_sum,
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
                null_handling=SPECIAL,  # a function sees NULL as None and may answer it
            )
