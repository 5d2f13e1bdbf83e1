"""The tasks of ingestion and of the daily run."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import date
from typing import Any

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from tolerance import arrivals, audits, deadline, progress, readiness, run_steps, staging, urgent
from tolerance.calendar import as_of_ends_at, business_date, parse_as_of
from tolerance.crm.export import export_alerts as write_alert_list
from tolerance.crm.export import finish_interrupted_export
from tolerance.crm.history import ensure_empty_history, refuse_newer_history
from tolerance.crm.list_profile import ListProfile
from tolerance.crm.list_profiles import profiles_named
from tolerance.dag_ids import DAILY, dag_id
from tolerance.dbt import dbt
from tolerance.errors import ToleranceError
from tolerance.file_modes import put_right
from tolerance.former_ids import continue_former_ids
from tolerance.intake.expect import expect as measure_extract
from tolerance.intake.land import land as land_files
from tolerance.intake.load import ensure_empty_sources
from tolerance.intake.load import load as load_files
from tolerance.intake.loads import load_records
from tolerance.intake.pick_up import pick_up_all, sources_picked_up
from tolerance.intake.read import read as read_files
from tolerance.lock import StateBusyError, state_lock
from tolerance.orchestration.assets import INPUTS, INPUTS_IF_READY, RAW
from tolerance.orchestration.delivering import connection
from tolerance.orchestration.failures import send
from tolerance.orchestration.step import date_to_ingest, is_by, run_after, run_date, step, told
from tolerance.places import extracts_of_service
from tolerance.publishing.generations import finish_interrupted_publication
from tolerance.publishing.generations import publish as publish_generation
from tolerance.runs import Run, current_run, record_checks
from tolerance.runs import open_run as open_record
from tolerance.settings import settings
from tolerance.state import State


def _list_profiles() -> tuple[ListProfile, ...]:
    """The list profiles in use: the canonical one and those that TOLERANCE_CRM names."""
    return profiles_named(os.environ.get("TOLERANCE_CRM", ""))


@task
def pick_up(source: str) -> None:
    """Put what is new in TOLERANCE_MAILBOXES and TOLERANCE_SFTP_FOLDERS into the inbox, each once.

    If it fails, what was picked up is ingested all the same; the date waits for the rest until the deadline.
    """
    with step(f"{source}: picking up from the servers", source) as state:
        readiness.begin_pick_up(state, source)
        pick_up_all(extracts_of_service(), state, connection, progress.say, (source,))
        readiness.end_pick_up(state, source)


@task
def land(source: str) -> str | None:
    """Copy what is new in the inbox to `landing/` by content hash; None when nothing is new."""
    with step(f"{source}: looking into the inbox", source) as state:
        ensure_empty_sources(state)
        extracts = extracts_of_service()
        loaded_at = run_after().replace(tzinfo=None)
        as_of = date_to_ingest(source, state)
        before = arrivals.present(state, extracts, source, as_of) if settings().ingest_on_arrival else ""
        load_id = land_files(source, extracts, as_of, state, loaded_at)
        if before:
            arrivals.remember(state, source, before)
        return load_id


@task
def read(source: str, load_id: str | None) -> None:
    """Frame and read the landed files; quarantine bad records with a reason.

    Skipped when nothing is new, and the measuring of the extract with it.
    """
    if load_id is None:
        raise AirflowSkipException("Nothing is new in the inbox.")
    with step(f"{source}: reading", source) as state:
        read_files(source, load_id, state)


@task
def expect(source: str, load_id: str) -> None:
    """Count what only the whole extract shows; the export says what of it is unlike the weeks before."""
    with step(f"{source}: measuring the extract", source) as state:
        measure_extract(source, load_id, state)


@task(trigger_rule=TriggerRule.NONE_FAILED)
def load(source: str, load_id: str | None, *, outlet_events: Any = None) -> None:
    """Move the records to `raw/` with a load record that balances, and report their date.

    Also where nothing was new: the daily run waits for the date of every source that is due.
    """
    with step(f"{source}: loading", source) as state:
        as_of = date_to_ingest(source, state)
        if load_id:
            summary = load_files(source, load_id, state)
            run_steps.count_rows(summary.total("loaded_records"))
            progress.say(f"{source}: {summary.sentence}")
            # A date that was published since the files were landed is still theirs.
            as_of = max(
                record.as_of_on for record in load_records(state, source) if record.load_id == load_id
            )
        outlet_events[RAW[source]].extra = {"as_of": as_of.isoformat()}
        if run_after().replace(tzinfo=None) < as_of_ends_at(as_of, settings().business_time_zone):
            return  # the day is not over
        if source in sources_picked_up() and not readiness.is_picked_up(state, source):
            progress.say(f"{source}: not all was picked up; {as_of} waits for it until the deadline")
            return
        readiness.remember(state, source, as_of, run_after())
        if readiness.is_ready(state, as_of):
            outlet_events[INPUTS_IF_READY].add(INPUTS, extra={"as_of": as_of.isoformat()})


@task
def open_run() -> None:
    """Finish what a killed run left unfinished, then write this run's record.

    It is skipped when all that was loaded is published; at the deadline it says what is missing.
    """
    with step("tolerance: opening the run") as state:
        if is_by("scheduled") or is_by("asset_triggered"):
            _refuse_for_nothing(state)
        put_right(state)
        ensure_empty_sources(state)  # a release may have brought a source before anything of it is ingested
        refuse_newer_history(state)
        ensure_empty_history(state)
        continue_former_ids(state, run_date())
        finish_interrupted_publication(state)
        finish_interrupted_export(state, _list_profiles())
        run = open_record(state, run_date())
        run_steps.belongs_to(run.run_no)
        if run.full_rebuild_reason:
            progress.say(f"tolerance: full rebuild, because {run.full_rebuild_reason}")


def _refuse_for_nothing(state: State) -> None:
    as_of = run_date()
    if deadline.is_published(state, as_of):
        raise AirflowSkipException(f"{as_of} is published, with all that was loaded.")
    missing = deadline.missing_sources(state, as_of) if is_by("scheduled") else ()
    if missing:
        message = deadline.notice(dag_id(DAILY), as_of, missing)
        progress.say(message.text)
        send(message, get_current_context())


@task
def build_staging() -> None:
    """Build the seeds and the views on the raw layer and run their tests, unless all of it still stands."""
    with step("tolerance: building staging") as state:
        run = current_run(state)
        tests = staging.standing_tests(state, run)
        if tests is None:
            staging.forget(state)
            tests = _build("staging", state, run)
            staging.remember(state, run, tests)
        record_checks(state, run.checks_passed + tests)


@task
def build(layer: str) -> None:
    """Build one layer of models and run the tests that guard it."""
    with step(f"tolerance: building {layer}") as state:
        run = current_run(state)
        record_checks(state, run.checks_passed + _build(layer, state, run))


def _build(layer: str, state: State, run: Run) -> int:
    """How many tests the layer passed."""
    return dbt("build", f"tag:{layer}", state, exclude="tag:audit", full_refresh=run.is_full_rebuild).tests


@task
def audit() -> None:
    """Check the whole warehouse before publication: invariants, a sample by direct sum, the alert list."""
    with step("tolerance: auditing") as state:
        run = current_run(state)
        record_checks(state, run.checks_passed + audits.audit(state, run))


@task
def publish() -> None:
    """Give readers the new generation, by rename."""
    with step("tolerance: publishing") as state:
        publish_generation(state)


@task
def export_alerts() -> None:
    """Write the alert list of this date for the CRM."""
    with step("tolerance: writing the alert list") as state:
        run_steps.count_rows(write_alert_list(state, _list_profiles()).rows)


@task
def tell_urgent() -> None:
    """Ingest what has arrived and write the alerts of the day in progress; skipped where that is nothing."""
    given = get_current_context()["params"].get("as_of")
    as_of = parse_as_of(given) if given else business_date(run_after(), settings().business_time_zone)
    with told("tolerance: looking for what is urgent") as state:
        outcome = _urgent(state, as_of)
        progress.say(outcome.sentence)
    if not outcome.is_told:
        raise AirflowSkipException(outcome.sentence)


def _urgent(state: State, as_of: date) -> urgent.Outcome:
    """Whoever holds the state is not waited for: the next urgent run comes in minutes."""
    try:
        with state_lock(state):
            with suppress(ToleranceError):  # said; what other sources bring is no less urgent for it
                pick_up_all(extracts_of_service(), state, connection, progress.say, urgent.SOURCES)
            loaded_at = run_after().replace(tzinfo=None)
            return urgent.tell(state, extracts_of_service(), as_of, loaded_at, _list_profiles())
    except StateBusyError as busy:
        return urgent.Outcome(str(busy))
