"""What every task does around its work: its places and its date, the lock on STATE, a fault as a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from tolerance import progress, readiness, run_steps, storage
from tolerance.calendar import as_of_for_schedule, parse_as_of
from tolerance.errors import ToleranceError
from tolerance.file_modes import keep_private
from tolerance.lock import state_lock
from tolerance.places import state_of_service
from tolerance.reread import finish_interrupted_rebuild
from tolerance.settings import settings
from tolerance.state import State

OPENS_A_RUN = "open_run"
"""The task before which a run has no record."""

_LOCK_PATIENCE_SECONDS = 300.0
"""How long a task waits for a run outside of Airflow; those inside take turns in the pool."""


def run_date() -> date:
    """The run's date: its parameter, else that of the loads which triggered it, else the schedule's."""
    context = get_current_context()
    given = context["params"].get("as_of")
    if given:
        return parse_as_of(given)
    events = context.get("triggering_asset_events") or {}
    extras = [event.extra for of_asset in events.values() for event in of_asset]
    dates = {extra["as_of"] for extra in extras if "as_of" in extra}
    if dates:
        # A day ingested late may wait together with the next day: the later date covers both.
        return max(parse_as_of(text) for text in dates)
    return as_of_for_schedule(run_after(), settings().business_time_zone)


def run_after() -> datetime:
    """When the run was due."""
    return get_current_context()["dag_run"].run_after


def is_by(run_type: str) -> bool:
    """Whether the run was started so: `scheduled`, `asset_triggered` or `manual`."""
    return str(get_current_context()["dag_run"].run_type) == run_type


def date_to_ingest(source: str, state: State) -> date:
    """The date for which this run ingests a source."""
    if get_current_context()["params"].get("as_of") or is_by("manual"):
        return run_date()
    return readiness.date_of(state, source, run_after())


@contextmanager
def step(sentence: str, source: str | None = None) -> Iterator[State]:
    """Log the step, hold the lock on STATE, measure, and turn the library's errors into a failed task.

    `source` is that of an ingestion; other steps belong to the run that is open.
    """
    with told(sentence) as state, state_lock(state, wait_seconds=_LOCK_PATIENCE_SECONDS):
        finish_interrupted_rebuild(state)
        with _measured(state, source):
            yield state


@contextmanager
def _measured(state: State, source: str | None) -> Iterator[None]:
    name = get_current_context()["ti"].task_id
    is_of_open_run = source is None and name != OPENS_A_RUN
    run_no = run_steps.newest_run_no(state) if is_of_open_run else None
    as_of = date_to_ingest(source, state) if source else run_date()
    with run_steps.measured(state, as_of, name, source=source, run_no=run_no) as measured:
        try:
            yield
        except AirflowSkipException:
            measured.outcome = "skipped"
            raise


@contextmanager
def told(sentence: str) -> Iterator[State]:
    """Log the step, and turn the library's errors into a failed task."""
    progress.say(sentence)
    try:
        keep_private()
        state = state_of_service()
        with storage.told(state):
            yield state
    except ToleranceError as error:
        progress.fail(str(error))
        # Airflow retries, as often as the DAG allows, only where a retry can help.
        failed = (AirflowException if error.can_retry else AirflowFailException)(str(error))
        failed.__dict__["fault"] = error  # for the notice
        raise failed from None
