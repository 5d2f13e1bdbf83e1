"""The urgent run: what arrives during a day is on that day's list within minutes, not after the night.

It reads the same files, runs the same models for the touched customers as far as the list needs them, holds
the list to the same gates and keeps what it told. It publishes nothing, so for the daily run it is one more
attempt that did not publish: everything since the last published date is computed again by that one, and
what stands on the list of the date stays there.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from tolerance import audits, files, inbox, progress, run_steps, staging
from tolerance.code_hashes import digest
from tolerance.crm.export import export_urgent, finish_interrupted_export
from tolerance.crm.history import ensure_empty_history, refuse_newer_history
from tolerance.crm.list_profile import ListProfile
from tolerance.crm.list_profiles import canonical
from tolerance.dbt import dbt, environment
from tolerance.gates import great_expectations
from tolerance.intake.expect import expect
from tolerance.intake.land import land
from tolerance.intake.load import ensure_empty_sources, load
from tolerance.intake.read import read
from tolerance.profiles.catalogue import company_file
from tolerance.reread import finish_interrupted_rebuild
from tolerance.runs import (
    Run,
    all_runs,
    last_load_no,
    last_published,
    opened,
    planned_run,
    record_checks,
    record_told,
)
from tolerance.state import State
from tolerance.warm_dbt import warm_dbt

SOURCES = ("faq", "mail", "tickets")
"""What tells of incidents. The other sources come with the daily run."""

_LIST = "+crm_alert_list"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an urgent run did, in a sentence. Nothing is told where nothing is new or it has to wait."""

    sentence: str
    is_told: bool = False


def day_in_progress(state: State) -> date | None:
    """The one date that an urgent run can be for: the day after the last published one, if there is one."""
    published = last_published(state)
    return published.as_of_on + timedelta(days=1) if published else None


def tell(
    state: State,
    extracts: Path,
    as_of: date,
    loaded_at: datetime,
    profiles: tuple[ListProfile, ...] = (canonical.PROFILE,),
) -> Outcome:
    """Ingest what is new and write the list of the day in progress; the caller holds the lock on STATE.

    Killed anywhere, the next urgent run or the daily run ends what it began.

    Raises:
        InboxError: when there is no inbox.
        DbtFailedError: when a model or a test failed.
        GateFailedError: when the list is not fit to leave the house.
    """
    found = _stamps(extracts, as_of)
    seen = state.work / "urgent_seen"
    if seen.exists() and seen.read_text("utf-8") == found:
        return Outcome("Nothing is new in the inbox.")
    finish_interrupted_rebuild(state)
    if why := _why_wait(state, as_of):
        return Outcome(f"The daily run comes first: {why}.")
    if reason := planned_run(state, as_of).full_rebuild_reason:
        return Outcome(f"The daily run comes first: a full rebuild is due, because {reason}.")
    refuse_newer_history(state)
    with ExitStack() as stack:
        if _has_files(extracts):
            warm = stack.enter_context(warm_dbt())
            warm.line(environment(state))  # it imports dbt while files are read
        _ingest(state, extracts, as_of, loaded_at)
        if _is_settled(state):
            files.write_text(seen, found)
            return Outcome("Nothing is new in the inbox.")
        ensure_empty_history(state)
        finish_interrupted_export(state, profiles)
        planned = replace(planned_run(state, as_of), is_urgent=True)
        with run_steps.measured(state, as_of, "tell_urgent", run_no=planned.run_no):
            told = _tell(state, planned, profiles)
    files.write_text(seen, found)
    return told


def _why_wait(state: State, as_of: date) -> str:
    """Why the daily run has to come first; '' where it has."""
    published = last_published(state)
    daily = [run for run in all_runs(state) if not run.is_urgent]
    if published is None:
        return "nothing was published yet"
    if not daily[-1].published:
        return f"a run for {daily[-1].as_of_on} is under way or was not finished"
    if published.as_of_on >= as_of:
        return f"{published.as_of_on} is published already, run that date again or wait for the next one"
    if published.as_of_on < as_of - timedelta(days=1):
        return f"{as_of - timedelta(days=1)} was not published yet"
    begun = sorted({path.parents[1].name for path in state.work.glob("*/*/plan.ndjson")})
    if others := [source for source in begun if not _is_ours(state, source).exists()]:
        return f"an ingestion of {', '.join(others)} is under way or was not finished"
    return ""


def _is_ours(state: State, source: str) -> Path:
    """Where an urgent run says that a load is its own; the next landing removes it with the load."""
    return state.work / source / "urgent"


def _is_settled(state: State) -> bool:
    """Whether a list or a generation tells all that was ever loaded."""
    done = [run for run in all_runs(state) if run.published or run.is_told]
    return bool(done) and last_load_no(state) <= done[-1].last_load_no


def _ingest(state: State, extracts: Path, as_of: date, loaded_at: datetime) -> None:
    ensure_empty_sources(state)
    for source in SOURCES:
        load_id = land(source, extracts, as_of, state, loaded_at)
        if load_id is None:
            continue
        files.write_text(_is_ours(state, source), "")
        with run_steps.measured(state, as_of, "ingest_urgent", source=source):
            read(source, load_id, state)
            expect(source, load_id, state)
            summary = load(source, load_id, state)
            run_steps.count_rows(summary.total("loaded_records"))
        progress.say(f"{source}: {summary.sentence}")


def _tell(state: State, planned: Run, profiles: tuple[ListProfile, ...]) -> Outcome:
    importing = threading.Thread(target=great_expectations, name="importing the gates")
    importing.start()  # it takes as long as the models
    run = opened(state, planned)
    checks = 0
    left_out = "tag:audit tag:staging"
    if not staging.views_stand(state, run):
        staging.forget(state)
        checks = dbt("build", "tag:staging", state, exclude="tag:audit").tests
        staging.remember(state, run, checks)
    checks += dbt("build", _LIST, state, exclude=left_out).tests
    importing.join()
    record_checks(state, checks + audits.audit_list(state))
    written = export_urgent(state, run, profiles)
    run_steps.count_rows(written.rows)
    record_told(state)
    return Outcome(f"{written.path} has {written.rows} alerts of {run.as_of_on} so far.", is_told=True)


def _has_files(extracts: Path) -> bool:
    return any((extracts / source).exists() for source in SOURCES)


def _stamps(extracts: Path, as_of: date) -> str:
    """A hash of what lies in the inbox, and of the mapping file that says how it is read."""
    mapping = company_file(extracts)
    known = [as_of.isoformat(), str(mapping and mapping.stat().st_mtime_ns), *inbox.stamps(extracts, SOURCES)]
    return digest("\n".join(known).encode("utf-8", "surrogateescape"))
