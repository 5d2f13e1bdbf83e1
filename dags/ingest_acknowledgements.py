"""Ingest the acknowledgements: what the CRM answers to the alerts that it was told of.

When: every day at 04:00 business time; `tolerance_daily` starts once all sources are ingested.
Reads: `EXTRACTS/acknowledgements/` and `STATE/inbox_crm/`, up to the as-of date.
Writes: `landing/`, `raw/acknowledgements/`, `quarantine/acknowledgements/`, and its loads in `raw/loads/`.
If it fails: the sentence in the task's log names the file. Fix it, clear the task.
A load counts once its load record is written, so a retry loads nothing twice.
"""

from airflow.sdk import DAG, CronTriggerTimetable, chain

from tolerance.airflow_ import DAG_DEFAULTS, expect, land, load_into, read
from tolerance.settings import settings

SOURCE = "acknowledgements"

with DAG(
    dag_id="ingest_acknowledgements",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 4 * * *", timezone=str(settings().business_time_zone)),
    **DAG_DEFAULTS,
):
    load_id = land(SOURCE)
    chain(
        load_id,
        read(SOURCE, load_id),
        expect(SOURCE, load_id),
        load_into(SOURCE)(SOURCE, load_id),
    )
