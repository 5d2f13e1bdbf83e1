"""What the DAGs hand on to each other, as Airflow shows it."""

from __future__ import annotations

from airflow.sdk import Asset

from tolerance.contracts import SOURCES
from tolerance.settings import settings


def _asset(name: str, uri: str, description: str) -> Asset:
    return Asset(
        name=f"{settings().dag_prefix}{name}",
        uri=uri,
        group="tolerance",
        extra={"description": description},
    )


RAW = {
    source: _asset(
        f"raw_{source}",
        f"tolerance://raw/{source}",
        f"The records of {source} as they were ingested, with the as-of date of the load.",
    )
    for source in SOURCES
}
"""What an ingestion DAG updates; the daily DAG starts when all are updated."""

ALERT_LIST = _asset(
    "alert_list", "tolerance://outbox/crm", "The alert lists of one date, written for the CRMs."
)
"""What the daily DAG updates last; the deliveries start when it is."""
