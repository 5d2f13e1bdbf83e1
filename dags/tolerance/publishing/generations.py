"""Generations: put a new one in place, record it, say which one readers see."""

from __future__ import annotations

import duckdb

from tolerance import files, progress, run_steps, steps
from tolerance.file_modes import shared
from tolerance.lock import open_read_only
from tolerance.publishing.contents import contents
from tolerance.publishing.write import write_generation
from tolerance.runs import Run, all_runs, current_run, record_published
from tolerance.state import State
from tolerance.versions import VERSION, Format, refuse_newer


def publish(state: State) -> Run:
    """Publish the current run's generation, and return the run's record."""
    run = current_run(state)
    with shared(state.serving.parent), files.appearing(state.serving) as temporary:
        found = contents(state)
        rows = write_generation(temporary, state.warehouse, found, [*_published_before(state), run])
        run_steps.count_rows(rows)
        steps.passed("publishing")
    steps.passed("recording")
    record_published(state, run)
    return run


def finish_interrupted_publication(state: State) -> None:
    """Record the publication of a run that was killed between the rename and the record.

    Readers see its generation, so later runs build upon it. A published file that cannot be read is
    renamed: the next run publishes again.
    """
    _move_unreadable_generation(state)
    generation = published_generation(state)
    runs = [
        run
        for run in all_runs(state)
        if generation and run.generation_id == generation[0] and not run.is_urgent
    ]
    if runs and not any(run.published for run in runs):
        record_published(state, runs[-1])


def _move_unreadable_generation(state: State) -> None:
    try:
        published_generation(state)
    except duckdb.Error:
        state.serving.replace(state.serving.with_name(f"{state.serving.name}.unreadable"))
        progress.LOGGER.warning(
            "tolerance: %s cannot be read: kept as .unreadable, the run makes it again", state.serving
        )


def published_generation(state: State) -> tuple[str, str] | None:
    """Generation id and as-of date (ISO) of the published file, or None when there is none.

    Raises `NewerFormatError` for a file that a newer release published, `StateBusyError` for one that
    another program writes to.
    """
    if not state.serving.exists():
        return None
    remedy = "close it there, readers open it read-only, and run again."
    with open_read_only(state.serving, remedy) as serving:
        cursor = serving.execute(
            "select * from main.audit_generation where rowid = (select max(rowid) from main.audit_generation)"
        )
        row = cursor.fetchone()
        if row is None:
            return None
        newest = dict(zip((column[0] for column in cursor.description or ()), row, strict=True))
    refuse_newer(Format.GENERATION, newest.get(VERSION), state.serving)
    return newest["generation_id"], newest["as_of_on"].isoformat()


def _published_before(state: State) -> list[Run]:
    """One run per earlier generation; a generation that was published again counts once."""
    run = current_run(state)
    newest = {earlier.generation_id: earlier for earlier in all_runs(state) if earlier.published}
    newest.pop(run.generation_id, None)
    return list(newest.values())
