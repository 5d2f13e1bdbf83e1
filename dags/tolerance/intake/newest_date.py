"""The newest date of the inbox, for a run that was given none."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from tolerance import inbox
from tolerance.contracts import CONTRACTS
from tolerance.formats.content import ArchiveTooDenseError, FileNotes
from tolerance.intake.landed import hashed
from tolerance.intake.loads import LOADED, load_records
from tolerance.intake.read import newer
from tolerance.profiles.catalogue import company_file, mappings
from tolerance.profiles.profile import Profile
from tolerance.readers.outcomes import ReaderContext, reader_of
from tolerance.records import FileRefusedError
from tolerance.sandbox import limits
from tolerance.sandbox.bounded import read_within_limits
from tolerance.settings import settings

if TYPE_CHECKING:
    from tolerance.state import State

logger = logging.getLogger(__name__)


def newest_business_date(extracts: Path, state: State) -> date | None:
    """The newest plausible business date in the deliveries of the sources that a date may be taken from.

    For loaded contents the load records hold it; other files are read where they lie. None
    when there is no such date.
    """
    known = {
        record.file_sha256: record.newest_event_on
        for record in load_records(state)
        if record.status in (*LOADED, "already_loaded")
    }
    known_mappings = mappings(company_file(extracts))
    newest: list[date | None] = []
    unread: _Undated = []
    for source in (name for name, contract in CONTRACTS.items() if contract.tells_newest_date):
        for file in inbox.deliveries(extracts, source, date.max).files:
            with inbox.opened(file.path, extracts) as delivered:
                content = hashed(delivered).sha256
            if content in known:
                newest.append(known[content])
            else:
                unread.append((file, known_mappings.profile_of(source, file.name)))
    newest += _newest_dates(unread, state)
    return max((day for day in newest if day is not None), default=None)


_Undated = list[tuple[inbox.DeliveredFile, Profile]]


def _newest_dates(files: _Undated, state: State) -> list[date | None]:
    """The newest date of each file, read in a child process; None for a file that exceeds the limits."""
    if not files:
        return []
    context = ReaderContext(settings(), b"dates only", state.work / "dates", by_blocks=True)
    answer = context.scratch / "newest.json"
    names = {file_no: f"{file.source}/{file.name}" for file_no, (file, _) in enumerate(files)}
    read_within_limits(_look_for_dates, {"files": files, "answer": answer}, context, names)
    newest: list[date | None] = []
    for file_no, (day, is_beyond_limits) in enumerate(orjson.loads(answer.read_bytes())):
        newest.append(date.fromisoformat(day) if day else None)
        if is_beyond_limits:
            logger.warning(
                "%s takes more time or memory than a file may: the search for the newest date skips "
                "it; give AS_OF= if the newest date is in this file.",
                names[file_no],
            )
    return newest


def _look_for_dates(
    files: _Undated, answer: Path, context: ReaderContext, *, dropped: frozenset[int]
) -> None:
    """Write each file's newest date, and whether it exceeded the limits. Runs in a child process."""
    found: list[tuple[date | None, bool]] = []
    for file_no, (file, profile) in enumerate(files):
        limits.begin_file(file_no)
        try:
            day = None if file_no in dropped else _newest_in(file, replace(context, profile=profile))
            found.append((day, file_no in dropped))
        except (ArchiveTooDenseError, MemoryError, RecursionError):
            found.append((None, True))
    answer.write_bytes(orjson.dumps(found))


def _newest_in(file: inbox.DeliveredFile, context: ReaderContext) -> date | None:
    """The newest date of one file; None for a file that would be refused."""
    newest: date | None = None
    try:
        for outcome in reader_of(file.source)(file.path, name=file.name, context=context, notes=FileNotes()):
            newest = newer(newest, outcome, CONTRACTS[file.source].business_dates)
    except FileRefusedError:
        return None
    return newest
