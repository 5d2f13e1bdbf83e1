"""The tasks that send what was written: alerts to the CRMs, a digest to the team."""

from __future__ import annotations

from airflow.sdk import BaseHook, get_current_context, task
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowSkipException

from tolerance import progress
from tolerance.channels import channels
from tolerance.crm import digest
from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.deliver import deliver as deliver_to
from tolerance.crm.delivery.deliver import undelivered
from tolerance.crm.delivery.destinations import destinations
from tolerance.errors import UsageError
from tolerance.lock import delivery_lock
from tolerance.orchestration.notifiers import notifier
from tolerance.orchestration.step import told
from tolerance.settings import settings

_LOCK_PATIENCE_SECONDS = 3600.0
"""Another delivery may be a long one."""


@task
def send_digest() -> None:
    """Tell the team in counts what is on the list, on the channels of TOLERANCE_DIGEST, each once."""
    found = channels(digest.VARIABLE)
    if not found:
        raise AirflowSkipException(f"{digest.VARIABLE} names no channel.")
    with told("tolerance: sending the digest") as state:
        message = digest.digest(state, language=settings().team_language, list_link=settings().list_link)
        unsent = []
        for channel in found:
            if digest.is_news(state, message, channel):
                try:
                    notifier(channel, message).notify(get_current_context())
                except Exception as error:  # whatever a mail server or a hook may raise
                    unsent.append(f"{channel.kind} ({type(error).__name__})")
                else:
                    digest.remember(state, message, channel)
        if unsent:
            raise digest.NotSentError(f"The digest was not sent by {', '.join(unsent)}", _ABOUT_CHANNELS)


_ABOUT_CHANNELS = f"see the task's log, {digest.VARIABLE} and the Airflow connections; the lists are written."


@task
def deliver() -> None:
    """Send every destination of the company what it has not accepted yet."""
    with told("tolerance: delivering the alerts") as state:
        every = destinations()
        if not every:
            progress.say("tolerance: no destination is set, nothing was sent")
            return
        with delivery_lock(state, wait_seconds=_LOCK_PATIENCE_SECONDS, say=progress.say):
            reports = deliver_to(state, every, connection, Clock(), progress.say)
        if error := undelivered(reports):
            raise error


def connection(conn_id: str) -> Connection:
    """An Airflow connection, wherever Airflow finds it: environment, secrets backend or its own store.

    Raises:
        UsageError: when there is none of that id.
    """
    try:
        found = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise UsageError(
            f"There is no Airflow connection {conn_id}",
            f"make it in Airflow, or set AIRFLOW_CONN_{conn_id.upper()}.",
        ) from None
    return Connection(
        conn_id=conn_id,
        host=found.host or "",
        port=found.port,
        login=found.login or "",
        password=found.password or "",
        schema=found.schema or "",
        extra=found.extra_dejson,
    )
