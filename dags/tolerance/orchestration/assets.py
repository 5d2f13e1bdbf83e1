"""What the DAGs hand on to each other, as Airflow shows it."""

from __future__ import annotations

from airflow.sdk import Asset, AssetAlias, AssetWatcher

from tolerance.contracts import SOURCES
from tolerance.orchestration.arrival import InboxTrigger
from tolerance.settings import settings


def _asset(name: str, uri: str, description: str, watchers: list[AssetWatcher] | None = None) -> Asset:
    return Asset(
        name=f"{settings().dag_prefix}{name}",
        uri=uri,
        group="tolerance",
        extra={"description": description},
        watchers=watchers or [],
    )


RAW = {
    source: _asset(
        f"raw_{source}",
        f"tolerance://raw/{source}",
        f"The records of {source} as they were ingested, with the as-of date of the load.",
    )
    for source in SOURCES
}
"""What an ingestion DAG updates."""

INPUTS = _asset("inputs", "tolerance://raw", "All that a date waits for is ingested; with the as-of date.")
"""What the ingestion updates that completes a date; the daily DAG starts when it is."""

INPUTS_IF_READY = AssetAlias(f"{settings().dag_prefix}inputs_if_ready", group="tolerance")
"""Stands for INPUTS in an ingestion, which decides in its last task whether it completes the date."""

INBOX = {
    source: _asset(
        f"inbox_{source}",
        f"tolerance://inbox/{source}",
        f"What is delivered of {source}; the triggerer looks for it.",
        [AssetWatcher(name=f"{settings().dag_prefix}inbox_{source}", trigger=InboxTrigger(source))],
    )
    for source in (SOURCES if settings().ingest_on_arrival else ())
}
"""What starts an ingestion DAG on arrival, where the company wants that."""

ALERT_LIST = _asset(
    "alert_list", "tolerance://outbox/crm", "The alert lists of one date, written for the CRMs."
)
"""What the daily DAG updates last; the deliveries start when it is."""
