"""The timetable: an ingestion DAG per source, the daily run when all are in, the deliveries behind it.

Every id begins with the setting `dag_prefix`, so that the DAGs stand beside others in one Airflow.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, Param, TriggerRule, chain

from tolerance import readiness
from tolerance.contracts import CONTRACTS, SOURCES, in_a_sentence
from tolerance.dag_ids import DAILY, DELIVERY, POOL, URGENT, dag_id, ingestion
from tolerance.intake.pick_up import sources_picked_up
from tolerance.orchestration.assets import ALERT_LIST, INBOX, INPUTS, INPUTS_IF_READY, RAW
from tolerance.orchestration.delivering import deliver, send_digest
from tolerance.orchestration.failures import tell_of_failure
from tolerance.orchestration.tasks import (
    audit,
    build,
    build_staging,
    expect,
    export_alerts,
    land,
    load,
    open_run,
    pick_up,
    publish,
    read,
    tell_urgent,
)
from tolerance.settings import settings

_PARAMS = {
    "as_of": Param(
        None,
        type=["null", "string"],
        format="date",
        description="Business date to compute for, YYYY-MM-DD. Empty: the last day that is over, "
        "for an urgent run the day in progress.",
    )
}


def airflow_dags() -> dict[str, DAG]:
    """Every DAG by its id, for the module that Airflow looks into."""
    every = (*(_ingestion(source) for source in SOURCES), _daily(), _urgent(), _delivery())
    return {dag.dag_id: dag for dag in every}


_FOR_EVERY_TASK = {
    "owner": "tolerance",
    # What fails with a sentence that no retry can help fails at once.
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "execution_timeout": timedelta(hours=6),
    "on_failure_callback": tell_of_failure,
}
_FOR_WRITERS = _FOR_EVERY_TASK | {"pool": dag_id(POOL)}
"""STATE has one writer: its tasks take turns in a pool of one slot, and hold no slot while they wait."""


_RUN_TYPES = ("scheduled", "manual", "asset_triggered")
"""No backfill of Airflow's: it counts its runs apart, so one would run beside another of the same DAG."""


def _dag(name: str, doc: str, schedule: Any, default_args: dict[str, Any] = _FOR_WRITERS) -> DAG:
    return DAG(
        dag_id=dag_id(name),
        description=doc.partition("\n")[0],
        doc_md=doc,
        schedule=schedule,
        catchup=False,
        max_active_runs=1,
        allowed_run_types=_RUN_TYPES,  # type: ignore[arg-type]  # its names are taken too
        params=_PARAMS,
        tags=["tolerance"],
        default_args=default_args,
    )


def _by(cron: str) -> CronTriggerTimetable:
    return CronTriggerTimetable(cron, timezone=str(settings().business_time_zone))


def _every_day_at(time_of_day: str) -> CronTriggerTimetable:
    hour, minute = time_of_day.split(":")
    return _by(f"{int(minute)} {int(hour)} * * *")


def _ingestion(source: str) -> DAG:
    places = f"`EXTRACTS/{source}/`" + (" and `STATE/inbox_crm/`" if CONTRACTS[source].comes_from_crm else "")
    doc = f"""Ingest {source}. {in_a_sentence(source)}

When: by `{
        readiness.schedule_of(source, settings())
    }` business time (settings `ingest_at`, `ingest_schedules`){
        "; and when something is delivered" if source in INBOX else ""
    }.
The daily run starts once all sources that are due are ingested.
Reads: {places}, up to the as-of date.
Writes: `landing/`, `raw/{source}/`, `quarantine/{source}/` and one record per load in `raw/loads/`.
If it fails: the sentence in the task's log names the file. Fix it, clear the task. A load counts once
its load record is written, so a retry loads nothing twice.
"""
    timetable = _by(readiness.schedule_of(source, settings()))
    on_arrival = source in INBOX
    schedule = AssetOrTimeSchedule(timetable=timetable, assets=[INBOX[source]]) if on_arrival else timetable
    with _dag(ingestion(source), doc, schedule) as dag:
        is_picked_up = source in sources_picked_up()
        # A server that is out of order keeps nothing waiting that lies in the inbox.
        after = TriggerRule.ALL_DONE if is_picked_up else TriggerRule.ALL_SUCCESS
        load_id: Any = land.override(trigger_rule=after)(source)  # of this run, not yet known
        if is_picked_up:
            chain(pick_up(source), load_id)
        chain(
            load_id,
            read(source, load_id),
            expect(source, load_id),
            load.override(outlets=[RAW[source], INPUTS_IF_READY])(source, load_id),
        )
    return dag


def _daily() -> DAG:
    doc = """Compute the tolerance account of every customer as of one date, publish it, tell the CRM.

When: as soon as all sources that are due are ingested, for their as-of date; and at the deadline (setting
`daily_deadline`) without those that are missing, if the last day that is over is not published yet.
Reads: `raw/`, `history/`, the company's numbers in its seeds. Writes: `warehouse.duckdb`, then
`serving/tolerance.duckdb` (what BI opens), then `outbox/crm/<as-of>/`.
If it fails: nothing was published and readers keep yesterday's generation. The task's log names the
model or the check. Fix it and clear the failed task; nothing is sent twice. The deliveries follow.
"""
    at_deadline = _every_day_at(settings().daily_deadline)
    with _dag(DAILY, doc, AssetOrTimeSchedule(timetable=at_deadline, assets=[INPUTS])) as dag:
        chain(
            open_run(),
            build_staging(),
            build.override(task_id="build_intermediate")("intermediate"),
            build.override(task_id="build_marts")("marts"),
            audit(),
            publish(),
            export_alerts.override(outlets=[ALERT_LIST])(),
        )
    return dag


def _urgent() -> DAG:
    doc = """Tell the alerts of the day in progress within minutes, by the models of the daily run.

When: by the setting `urgent_schedule` (such as `*/2 * * * *`; empty for none), and whenever it is triggered.
Skipped at once where nothing is new in the inbox or the daily run has to come first; its log says which.
Reads: `EXTRACTS/faq/`, `mail/` and `tickets/`, the warehouse as of the last published date.
Writes: `landing/`, `raw/`, `history/`, the list of the day in `outbox/crm/`. Publishes nothing: the daily run
of that date computes everything, and tells again only what records have changed.
If it fails: what was told stands. The next one, or the daily run, makes it good.
"""
    schedule = settings().urgent_schedule
    with _dag(URGENT, doc, _by(schedule) if schedule else None) as dag:
        # The next one is the next try, and what stops each of them is no news every two minutes.
        tell_urgent.override(outlets=[ALERT_LIST], retries=0, on_failure_callback=None)()
    return dag


def _delivery() -> DAG:
    doc = """Deliver what was told: alerts or finished lists to the company's CRMs, a digest to the team.

When: as soon as the daily run has written the lists; apart from it, so a CRM that is out of order
neither fails a published day nor keeps the next one waiting.
Reads: `destinations.yml` in the company's folder, TOLERANCE_DIGEST, the Airflow connections named there,
`history/told/`, `outbox/crm/`. Writes: `history/deliveries/`, `history/digests/`.
Neither task waits for the other.
If it fails: what was published stands, and what the CRM did not accept stays pending. The task's log says
why. Clear the task or wait for the next day; nothing is sent twice, nothing is lost: `docs/deliver.md`.
"""
    with _dag(DELIVERY, doc, [ALERT_LIST], _FOR_EVERY_TASK) as dag:
        deliver()
        send_digest()
    return dag
