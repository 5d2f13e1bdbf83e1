"""Deliver what was told: alerts or finished lists to the company's CRMs, a digest to the team.

When: as soon as `tolerance_daily` has written the lists; apart from it, so a CRM that is out of order
neither fails a published day nor keeps the next one waiting.
Reads: `destinations.yml` in the company's folder, TOLERANCE_DIGEST, the Airflow connections named there,
`history/told/`, `outbox/crm/`. Writes: `history/deliveries/`, `history/digests/`.
Neither task waits for the other.
If it fails: what was published stands, and what the CRM did not accept stays pending. The task's log says
why. Clear the task or wait for the next day; nothing is sent twice, nothing is lost: `docs/deliver.md`.
"""

from airflow.sdk import DAG

from tolerance.airflow_ import ALERT_LIST, DAG_DEFAULTS, deliver, send_digest

with DAG(
    dag_id="deliver_alerts",
    doc_md=__doc__,
    schedule=[ALERT_LIST],
    **DAG_DEFAULTS,
):
    deliver()
    send_digest()
