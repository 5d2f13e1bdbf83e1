"""The names of the DAGs, for Airflow and for a cycle on request."""

from __future__ import annotations

from tolerance.settings import settings

DAILY = "daily"
DELIVERY = "deliver_alerts"
URGENT = "urgent"
POOL = "state"


def ingestion(source: str) -> str:
    """The name of the DAG that ingests `source`."""
    return f"ingest_{source}"


def dag_id(name: str) -> str:
    """The id of a DAG, or of the pool: its name behind the company's prefix."""
    return f"{settings().dag_prefix}{name}"
