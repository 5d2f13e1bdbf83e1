"""When the inputs of a date are there: which sources it waits for, and which were ingested for it.

A date waits for the sources that are due between its end and the deadline, each until the run that is due at
`ingest_at` or, where it has none at that time, the next one, else its last before. So a source of every ten
minutes does not close a date at midnight, and one of every Monday keeps no Tuesday waiting.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from croniter import croniter  # type: ignore[import-untyped]

from tolerance import deadline, files
from tolerance.calendar import as_of_for_schedule
from tolerance.contracts import SOURCES
from tolerance.runs import last_published
from tolerance.settings import Settings, settings
from tolerance.state import State


@dataclass(frozen=True, slots=True)
class _Mark:
    """The latest date for which a source was ingested, and when that run was due."""

    as_of: date
    due_at: datetime


def schedule_of(source: str, settings: Settings) -> str:
    """When a source is ingested, in five fields of cron and business time."""
    hour, minute = settings.ingest_at.split(":")
    return settings.ingest_schedules.get(source, f"{int(minute)} {int(hour)} * * *")


def closing_at(source: str, as_of: date, settings: Settings) -> datetime | None:
    """When the run of a source is due that closes a date; None where none is due before the deadline."""
    begin, until = (_at(as_of, clock, settings) for clock in ("00:00", settings.daily_deadline))
    due = croniter(schedule_of(source, settings), begin - timedelta(seconds=1))
    last = None
    while (moment := due.get_next(datetime)) <= until:
        last = moment
        if moment >= _at(as_of, settings.ingest_at, settings):
            break
    return last


def _at(as_of: date, clock: str, settings: Settings) -> datetime:
    """A time of the day after `as_of`."""
    return datetime.combine(as_of + timedelta(days=1), time.fromisoformat(clock), settings.business_time_zone)


def date_of(state: State, source: str, run_after: datetime) -> date:
    """The date for which a run that is due now ingests a source.

    It is the last day that is over; once that is published and was closed for this source, what arrives
    belongs to the day in progress.
    """
    as_of = as_of_for_schedule(run_after, settings().business_time_zone)
    if not _is_closed(state, source, as_of):
        return as_of
    published = last_published(state)
    is_over = published is not None and published.as_of_on == as_of
    return as_of + timedelta(days=1) if is_over else as_of


def remember(state: State, source: str, as_of: date, due_at: datetime) -> None:
    """Remember that a source was ingested for a date by a run that was due then."""
    former = _mark(state, source)
    mark = _Mark(as_of, due_at.astimezone(UTC))
    if former is None or (former.as_of, former.due_at) < (mark.as_of, mark.due_at):
        written = {"as_of": mark.as_of.isoformat(), "due_at": mark.due_at.isoformat()}
        files.write_text(_place(state, source), json.dumps(written) + "\n")


def begin_pick_up(state: State, source: str) -> None:
    """Remember that a pick-up has begun: until it ends well, something may be missing."""
    files.write_text(_under_way(state, source), "")


def end_pick_up(state: State, source: str) -> None:
    """Remember that all that was on the servers of a source is in the inbox."""
    _under_way(state, source).unlink(missing_ok=True)


def is_picked_up(state: State, source: str) -> bool:
    """Whether the last pick-up of a source ended well; True for one of which nothing is picked up."""
    return not _under_way(state, source).exists()


def is_ready(state: State, as_of: date) -> bool:
    """Whether all inputs of a date are there, and not all of them are published."""
    return all(_is_closed(state, source, as_of) for source in SOURCES) and not deadline.is_published(
        state, as_of
    )


def _is_closed(state: State, source: str, as_of: date) -> bool:
    closing = closing_at(source, as_of, settings())
    if closing is None:
        return True
    mark = _mark(state, source)
    return mark is not None and mark.as_of >= as_of and mark.due_at >= closing


def _mark(state: State, source: str) -> _Mark | None:
    try:
        found = json.loads(_place(state, source).read_text("utf-8"))
        return _Mark(date.fromisoformat(found["as_of"]), datetime.fromisoformat(found["due_at"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # then the date waits for the next run of the source, or for its deadline


def _under_way(state: State, source: str) -> Path:
    return state.work / "ingested" / f"{source}.pick_up"


def _place(state: State, source: str) -> Path:
    return state.work / "ingested" / f"{source}.json"
