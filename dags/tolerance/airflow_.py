"""The glue to Airflow: the tasks of all DAGs. The only module that imports airflow.

A task takes its date from the context, holds the lock on STATE, calls one function of the library and
turns the library's errors into a failed task with a one-sentence message.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, BaseHook, Param, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSkipException,
)

from tolerance import audits, progress, storage
from tolerance.calendar import as_of_for_schedule, parse_as_of
from tolerance.contracts import SOURCES
from tolerance.crm import digest
from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.deliver import deliver as deliver_to
from tolerance.crm.delivery.deliver import undelivered
from tolerance.crm.delivery.destinations import destinations
from tolerance.crm.export import export_alerts as write_alert_list
from tolerance.crm.export import finish_interrupted_export
from tolerance.crm.history import ensure_empty_history, refuse_newer_history
from tolerance.crm.list_profile import ListProfile
from tolerance.crm.list_profiles import profiles_named
from tolerance.dbt import dbt
from tolerance.errors import ToleranceError, UsageError
from tolerance.file_modes import keep_private, put_right
from tolerance.former_ids import continue_former_ids
from tolerance.intake.expect import expect as measure_extract
from tolerance.intake.land import land as land_files
from tolerance.intake.load import ensure_empty_sources
from tolerance.intake.load import load as load_files
from tolerance.intake.read import read as read_files
from tolerance.lock import delivery_lock, state_lock
from tolerance.publishing.generations import finish_interrupted_publication
from tolerance.publishing.generations import publish as publish_generation
from tolerance.reread import finish_interrupted_rebuild
from tolerance.runs import current_run, record_checks
from tolerance.runs import open_run as open_record
from tolerance.settings import settings
from tolerance.state import State

RAW = {source: Asset(name=f"raw_{source}", uri=f"tolerance://raw/{source}") for source in SOURCES}
"""What an ingestion DAG updates; `tolerance_daily` starts when all are updated."""

ALERT_LIST = Asset(name="alert_list", uri="tolerance://outbox/crm")
"""What `tolerance_daily` updates last; `deliver_alerts` starts when it is."""

PARAMS = {
    "as_of": Param(
        None,
        type=["null", "string"],
        format="date",
        description="Business date to compute for, YYYY-MM-DD. Empty: the last day that is over.",
    )
}

DAG_DEFAULTS: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    "params": PARAMS,
    "tags": ["tolerance"],
}

_LOCK_PATIENCE_SECONDS = 3600.0


def _state() -> State:
    return State(Path(os.environ["TOLERANCE_STATE"]))


def _list_profiles() -> tuple[ListProfile, ...]:
    """The list profiles in use: the canonical one and those that TOLERANCE_CRM names."""
    return profiles_named(os.environ.get("TOLERANCE_CRM", ""))


def _as_of() -> date:
    """The run's date: its parameter, else that of the loads which triggered it, else the schedule's."""
    context = get_current_context()
    given = context["params"].get("as_of")
    if given:
        return parse_as_of(given)
    events = context.get("triggering_asset_events") or {}
    dates = {event.extra["as_of"] for of_asset in events.values() for event in of_asset}
    if dates:
        # A day ingested late may wait together with the next day: the later date covers both.
        return max(parse_as_of(text) for text in dates)
    return as_of_for_schedule(_run_after(), settings().business_time_zone)


def _run_after() -> datetime:
    return get_current_context()["dag_run"].run_after


@contextmanager
def _step(sentence: str) -> Iterator[State]:
    """Log the step, hold the lock on STATE, and turn the library's errors into a failed task."""
    with _told(sentence) as state, state_lock(state, wait_seconds=_LOCK_PATIENCE_SECONDS):
        finish_interrupted_rebuild(state)
        yield state


@contextmanager
def _told(sentence: str) -> Iterator[State]:
    """Log the step, and turn the library's errors into a failed task."""
    state = _state()
    progress.say(sentence)
    try:
        keep_private()
        with storage.told(state):
            yield state
    except ToleranceError as error:
        progress.fail(str(error))
        # Airflow retries, as often as the DAG allows, only where a retry can help.
        raise (AirflowException if error.can_retry else AirflowFailException)(str(error)) from None


@task
def land(source: str) -> str | None:
    """Copy what is new in the inbox to `landing/` by content hash; None when nothing is new."""
    with _step(f"{source}: looking into the inbox") as state:
        ensure_empty_sources(state)
        extracts = Path(os.environ["TOLERANCE_EXTRACTS"])
        loaded_at = _run_after().replace(tzinfo=None)
        return land_files(source, extracts, _as_of(), state, loaded_at)


@task
def read(source: str, load_id: str | None) -> None:
    """Frame and read the landed files; quarantine bad records with a reason.

    Skipped when nothing is new, and the measuring of the extract with it.
    """
    if load_id is None:
        raise AirflowSkipException("Nothing is new in the inbox.")
    with _step(f"{source}: reading") as state:
        read_files(source, load_id, state)


@task
def expect(source: str, load_id: str) -> None:
    """Count what only the whole extract shows; the export says what of it is unlike the weeks before."""
    with _step(f"{source}: measuring the extract") as state:
        measure_extract(source, load_id, state)


@task(trigger_rule=TriggerRule.NONE_FAILED)
def load(source: str, load_id: str | None, *, outlet_events: Any = None) -> None:
    """Move the records to `raw/` with a load record that balances, and report their date.

    Also where nothing was new: the daily run waits for the date of every source.
    """
    if load_id:
        with _step(f"{source}: loading") as state:
            summary = load_files(source, load_id, state)
            progress.say(f"{source}: {summary.sentence}")
    outlet_events[RAW[source]].extra = {"as_of": _as_of().isoformat()}


def load_into(source: str) -> Any:
    """The task `load` with its outlet: the raw layer of one source."""
    return load.override(outlets=[RAW[source]])


@task
def open_run() -> None:
    """Finish what a killed run left unfinished, then write this run's record."""
    with _step("tolerance: opening the run") as state:
        put_right(state)
        ensure_empty_sources(state)  # a release may have brought a source before anything of it is ingested
        refuse_newer_history(state)
        ensure_empty_history(state)
        continue_former_ids(state, _as_of())
        finish_interrupted_publication(state)
        finish_interrupted_export(state, _list_profiles())
        run = open_record(state, _as_of())
        if run.full_rebuild_reason:
            progress.say(f"tolerance: full rebuild, because {run.full_rebuild_reason}")


@task
def build(layer: str) -> None:
    """Build one layer of models and run the tests that guard it."""
    with _step(f"tolerance: building {layer}") as state:
        run = current_run(state)
        result = dbt(
            "build",
            f"tag:{layer}",
            state,
            exclude="tag:audit",
            full_refresh=run.is_full_rebuild,
        )
        record_checks(state, run.checks_passed + result.tests)


@task
def audit() -> None:
    """Check the whole warehouse before publication: invariants, a sample by direct sum, the alert list."""
    with _step("tolerance: auditing") as state:
        run = current_run(state)
        record_checks(state, run.checks_passed + audits.audit(state, run))


@task
def publish() -> None:
    """Give readers the new generation, by rename."""
    with _step("tolerance: publishing") as state:
        publish_generation(state)


@task
def export_alerts() -> None:
    """Write the alert list of this date for the CRM."""
    with _step("tolerance: writing the alert list") as state:
        write_alert_list(state, _list_profiles())


@task
def send_digest() -> None:
    """Tell the team in counts what is on the list, on the channels of TOLERANCE_DIGEST, each once."""
    channels = digest.channels()
    if not channels:
        raise AirflowSkipException(f"{digest.VARIABLE} names no channel.")
    with _told("tolerance: sending the digest") as state:
        message = digest.digest(state, language=settings().team_language, list_link=settings().list_link)
        unsent = []
        for channel in channels:
            if digest.is_news(state, message, channel):
                try:
                    _notifier(channel, message).notify(get_current_context())
                except Exception as error:  # whatever a mail server or a hook may raise
                    unsent.append(f"{channel.kind} ({type(error).__name__})")
                else:
                    digest.remember(state, message, channel)
        if unsent:
            raise digest.NotSentError(f"The digest was not sent by {', '.join(unsent)}", _ABOUT_CHANNELS)


_ABOUT_CHANNELS = f"see the task's log, {digest.VARIABLE} and the Airflow connections; the lists are written."


def _notifier(channel: digest.Channel, message: digest.Digest) -> Any:
    """Airflow's own notifier of a channel; imported here, because most runs need none."""
    if channel.kind == "mail":
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        return SmtpNotifier(to=channel.target, subject=message.subject, html_content=message.html)
    if channel.kind == "slack":
        from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier

        return SlackWebhookNotifier(slack_webhook_conn_id=channel.target, text=message.text)
    from airflow.providers.http.notifications.http import HttpNotifier

    return HttpNotifier(http_conn_id=channel.target, json={"subject": message.subject, "text": message.text})


@task
def deliver() -> None:
    """Send every destination of the company what it has not accepted yet."""
    with _told("tolerance: delivering the alerts") as state:
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
