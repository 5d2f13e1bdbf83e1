"""Compute the tolerance account of every customer as of one date, publish it, tell the CRM.

When: as soon as all sources are ingested (see the `ingest_*` DAGs), for the as-of date of those
loads.
Reads: `raw/`, `history/`, the company's numbers in `dbt_project/seeds/`. Writes: `warehouse.duckdb`,
then `serving/tolerance.duckdb` (what BI opens), then `outbox/crm/<as-of>/`.
If it fails: nothing was published and readers keep yesterday's generation. The task's log names the
model or the check. Fix it and clear the failed task; nothing is sent twice. `deliver_alerts` follows.
"""

from airflow.sdk import DAG, AssetAll, chain

from tolerance.airflow_ import ALERT_LIST, DAG_DEFAULTS, RAW, audit, build, export_alerts, open_run, publish

with DAG(
    dag_id="tolerance_daily",
    doc_md=__doc__,
    schedule=AssetAll(*RAW.values()),
    **DAG_DEFAULTS,
):
    chain(
        open_run(),
        build.override(task_id="build_staging")("staging"),
        build.override(task_id="build_intermediate")("intermediate"),
        build.override(task_id="build_marts")("marts"),
        audit(),
        publish(),
        export_alerts.override(outlets=[ALERT_LIST])(),
    )
