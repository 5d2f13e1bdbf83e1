"""Ingest the customers' mails (.eml, .mbox, Maildir): who wrote what, with the address as a keyed hash.

When: every day at 04:00 business time; `tolerance_daily` starts once all sources are ingested.
Reads: `EXTRACTS/mail/`, up to the as-of date.
Writes: `landing/`, `raw/mail/`, `quarantine/mail/` and one record per load in `raw/loads/`.
If it fails: the sentence in the task's log names the file. Fix it, clear the task.
A load counts once its load record is written, so a retry loads nothing twice.
"""

from airflow.sdk import DAG, CronTriggerTimetable, chain

from tolerance.airflow_ import DAG_DEFAULTS, expect, land, load_into, read
from tolerance.settings import settings

SOURCE = "mail"

with DAG(
    dag_id="ingest_mail",
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
