"""Second step: read the landed files of a planned load into staged rows, quarantine and counts."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pyarrow.compute as pc

from tolerance import recount, steps
from tolerance.contracts import CONTRACTS
from tolerance.formats.content import ArchiveTooDenseError, FileNotes, content_of
from tolerance.identity import identity_key
from tolerance.intake import stage
from tolerance.intake.loads import (
    LOADED,
    FileRecord,
    is_loaded,
    load_records,
    profile_of,
    read_records,
    system_of,
    write_records,
)
from tolerance.intake.stage import Staging
from tolerance.intake.work import Work
from tolerance.parameters import reading_version
from tolerance.readers.outcomes import Outcome, ReaderContext, reader_of
from tolerance.records import (
    AcceptedBlock,
    AcceptedRecord,
    FileRefusedError,
    Position,
    QuarantinedRecord,
    QuarantineReason,
    RefusalReason,
)
from tolerance.sandbox import limits
from tolerance.sandbox.bounded import read_within_limits
from tolerance.settings import settings

if TYPE_CHECKING:
    from tolerance.state import State

BATCH_FILES = 2_000
BATCH_BYTES = 256 << 20
"""One child process reads at most this many files, or this many bytes."""

logger = logging.getLogger(__name__)


def read(source: str, load_id: str, state: State) -> None:
    """Read the landed files of a planned load into `work/`: staged rows, quarantine, counts."""
    work = Work(state, source, load_id)
    if is_loaded(state, source, load_id):
        return
    for folder in (work.staged, work.quarantined, work.batches):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    context = ReaderContext(settings(), identity_key(state), work.scratch, by_blocks=True)
    contents = _loaded_contents(load_records(state, source))
    files = list(enumerate(read_records(work.plan)))
    records = [record for _, record in files]
    for record in records:
        record.reading_version = reading_version()
    while files:
        to_read, files = _split_known(files, contents, source)
        for batch in _batches(to_read):
            for file_no, record in _read_batch(work, batch, context, frozenset(contents)):
                records[file_no] = record
                earlier = contents.get(record.file_sha256)
                if earlier is not None:
                    # Where duplicates are kept, the file is loaded again with its rows marked as duplicates.
                    _repeat(record, earlier)
                elif record.status in LOADED:
                    contents[record.file_sha256] = record
        files = [(file_no, records[file_no]) for file_no, _ in files]
    steps.passed("reading")
    write_records(work.counted, records)


_Files = list[tuple[int, FileRecord]]


def _split_known(files: _Files, contents: dict[str, FileRecord], source: str) -> tuple[_Files, _Files]:
    """The files to read now, and those that wait because their content is being read under another name.

    Known content is counted here and not read again, except for sources that keep duplicates.
    """
    now: _Files = []
    later: _Files = []
    coming: set[str] = set()
    for file_no, record in files:
        earlier = contents.get(record.file_sha256)
        if earlier is not None and not (CONTRACTS[source].keeps_duplicates or earlier.is_undated):
            _repeat(record, earlier)
        elif record.file_sha256 in coming:
            later.append((file_no, record))
        else:
            now.append((file_no, record))
            coming.add(record.file_sha256)
    return now, later


def _batches(files: _Files) -> Iterator[_Files]:
    """The files in batches, one per child process: many small files, or a single large one."""
    batch: _Files = []
    size = 0
    for file in files:
        if batch and (len(batch) >= BATCH_FILES or size + file[1].byte_count > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file[1].byte_count
    if batch:
        yield batch


def _read_batch(work: Work, batch: _Files, context: ReaderContext, contents: frozenset[str]) -> _Files:
    """Read files in a child process under limits; return them with their counts.

    `contents` were loaded before: their bad records are not quarantined again.
    """
    counted = work.batches / f"{batch[0][0]:06d}.ndjson"
    read_within_limits(
        _read_files,
        {
            "work": work,
            "batch": batch,
            "counted": counted,
            "contents": contents,
            "batch_rows": stage.BATCH_ROWS,
        },
        context,
        names={file_no: f"{work.source}/{record.file_name}" for file_no, record in batch},
    )
    return [(file_no, record) for (file_no, _), record in zip(batch, read_records(counted), strict=True)]


def _read_files(
    work: Work,
    batch: _Files,
    context: ReaderContext,
    counted: Path,
    *,
    contents: frozenset[str],
    dropped: frozenset[int],
    batch_rows: int,
) -> None:
    """Stage the records of a batch of files and write their counts. Runs in a child process."""
    name = f"{batch[0][0]:06d}"
    for folder in (work.staged, work.quarantined):
        for leftover in folder.glob(f"{name}-*"):  # left by a child that was killed
            leftover.unlink()
    with closing(Staging(work, work.source, name, batch_rows)) as staging:
        for file_no, record in batch:
            limits.begin_file(file_no)
            record.system = system_of(record, work.state)
            staging.begin(record, file_no, keeps_bad=record.file_sha256 not in contents)
            if file_no in dropped:
                why_unread = "reading it ended the reading process"
                staging.quarantine(_beyond_limits(record, why_unread))
                path = work.state.landing / record.file_sha256
                _judge(record, staging, path, context, FileNotes(), why_unread=why_unread)
            else:
                _read_file(record, staging, context, work.state)
    write_records(counted, [record for _, record in batch])


def _loaded_contents(records: list[FileRecord]) -> dict[str, FileRecord]:
    """The contents loaded before, by hash, each with the record of its first load."""
    contents: dict[str, FileRecord] = {}
    for record in records:
        if record.status in LOADED:
            contents.setdefault(record.file_sha256, record)
    return contents


def _repeat(record: FileRecord, earlier: FileRecord) -> None:
    """Count known content under a new name: every record is a duplicate."""
    record.status = "already_loaded"
    record.encoding, record.system = earlier.encoding, earlier.system
    record.landed_records = record.duplicate_records = earlier.landed_records
    record.loaded_records = record.quarantined_records = 0
    record.newest_event_on = earlier.newest_event_on


def _read_file(record: FileRecord, staging: Staging, context: ReaderContext, state: State) -> None:
    """Stage the records of one file, or note why the file is refused."""
    reader = reader_of(record.source)
    context = replace(
        context, profile=profile_of(record, state), mails_have_identities=record.mails_have_identities
    )
    notes = FileNotes()
    path = state.landing / record.file_sha256
    dates = CONTRACTS[record.source].business_dates
    why_unread = ""
    try:
        for outcome in reader(path, name=record.file_name, context=context, notes=notes):
            if isinstance(outcome, AcceptedBlock):
                staging.accept_block(outcome)
            elif isinstance(outcome, AcceptedRecord):
                staging.accept(outcome)
            else:
                staging.quarantine(outcome)
            record.newest_event_on = newer(record.newest_event_on, outcome, dates)
    except FileRefusedError as error:
        staging.abandon()
        _refuse(record, error)
        return
    except ArchiveTooDenseError:
        why_unread = "the archive grows beyond the limit"
    except (MemoryError, RecursionError):
        why_unread = "its records cannot be separated in bounded memory"
    if why_unread:
        staging.abandon()
        staging.quarantine(_beyond_limits(record, why_unread))
    _judge(record, staging, path, context, notes, why_unread=why_unread)
    record.is_doubtful |= notes.may_hold_more
    record.encoding = notes.encoding
    record.new_columns = ",".join(notes.new_columns)
    messages = [record.message] if record.message else []
    record.message = "; ".join(dict.fromkeys([*messages, *notes.messages])) or None


def newer(newest: date | None, outcome: Outcome, columns: tuple[str, ...]) -> date | None:
    """The newest date so far, including the dates of one more outcome."""
    if isinstance(outcome, QuarantinedRecord):
        return newest
    for column in columns:
        if isinstance(outcome, AcceptedBlock):
            day = pc.max(outcome.columns[column]).as_py()
        else:
            day = cast(date, outcome.values[column])
        newest = day if newest is None or day > newest else newest
    return newest


def _beyond_limits(record: FileRecord, why: str) -> QuarantinedRecord:
    """A whole file as one quarantined record, because reading it costs too much."""
    return QuarantinedRecord(
        Position(1, 0, record.byte_count),
        b"",
        QuarantineReason.RESOURCE_LIMIT,
        f"{why}; its bytes are in landing/",
    )


def _refuse(record: FileRecord, error: FileRefusedError) -> None:
    record.status = "refused"
    record.refusal_reason = error.reason.value
    record.message = error.sentence
    record.newest_event_on = None


def _recount(record: FileRecord, path: Path, notes: FileNotes, scratch: Path) -> None:
    """Count the file's records by other means; a difference is logged and withholds the all-clear."""
    limits.alive()
    try:
        counted = recount.count_records(
            *(path, record.file_name, notes.delimiter, notes.records_at),
            scratch=scratch,
            alive=limits.alive,
        )
    except (MemoryError, RecursionError):  # the count failed, not the file: what was read counts
        record.is_doubtful = True
        record.message = (
            f"{record.file_name}: the reader found {record.landed_records} records, an independent count was "
            "not possible in bounded memory: compare the file with what was loaded and report its shape."
        )
        logger.error("%s: %s", record.source, record.message)
        return
    limits.alive()
    if counted != record.landed_records:
        record.is_doubtful = True
        record.message = (
            f"{record.file_name}: the reader found {record.landed_records} records, an independent count "
            f"{counted}; compare the file with quarantine/ and report its shape."
        )
        logger.error("%s: %s", record.source, record.message)


def _judge(
    record: FileRecord,
    staging: Staging,
    path: Path,
    context: ReaderContext,
    notes: FileNotes,
    *,
    why_unread: str,
) -> None:
    """Count a file that was read to its end, or set aside whole; refuse it when too much of it is bad."""
    company = context.settings
    good, bad = staging.accepted, staging.bad
    record.landed_records = good + bad
    if (
        record.landed_records >= company.max_bad_share_from_records
        and bad > company.max_bad_share * record.landed_records
    ):
        with content_of(path, name=record.file_name, scratch=context.scratch) as content:
            staging.quarantine_all(content)
        record.quarantined_records = record.landed_records
        _refuse(
            record,
            FileRefusedError(
                RefusalReason.TOO_MANY_BAD_RECORDS,
                f"{record.file_name}: {bad} of {record.landed_records} records are bad, so none "
                "was loaded: look at quarantine/ for the reasons, fix the export and deliver it "
                "again under a new name.",
            ),
        )
        return
    staging.commit()
    record.quarantined_records = bad
    if why_unread:
        record.is_doubtful = True
        record.message = (
            f"{record.file_name} was not read, {why_unread}: all of it is quarantined as one record, and may "
            "hold many. Deliver its content in smaller files, not packed; if memory was short, `tolerance "
            "rebuild` reads it again."
        )
    else:
        _recount(record, path, notes, context.scratch)
    if not record.landed_records:
        record.status = "empty"
    else:
        record.status = "loaded_with_quarantine" if bad else "loaded"
