"""Takes the deliveries of one source in: land, read, expect, load. What one ingest DAG runs.

Each step can be killed at any moment and simply run again: what it makes stands in
`work/` until `load` renames it into place, and the load record, written last, is what
makes a load real. Folders in `raw/` and `quarantine/` without a load record are the
leftovers of a kill and are swept away.
"""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock

from tolerance import gates, inbox, landing, limits, mapping, recount
from tolerance.files import appearing, sync_folder
from tolerance.framing import ArchiveTooDenseError, Content, FileNotes, content_of
from tolerance.identity import identity_key
from tolerance.parameters import reading_version
from tolerance.readers.bounded import read_within_limits
from tolerance.readers.contract import Outcome, Reader, ReaderContext
from tolerance.record_hashes import record_content, record_hash, record_hashes
from tolerance.records import (
    RAW_COLUMNS,
    SOURCES,
    AcceptedBlock,
    AcceptedRecord,
    FileRefusedError,
    Position,
    QuarantinedRecord,
    QuarantineReason,
    RefusalReason,
    raw_schema,
)
from tolerance.settings import settings

if TYPE_CHECKING:
    import pandas as pd

    from tolerance.state import State

INDEPENDENT_COUNT = "an independent count"
EMPTY_LOAD_ID = "0" * 16
BATCH_ROWS = 20_000
ROW_GROUP_BYTES = 16 << 20
"""Rows go to disk when there are `BATCH_ROWS` of them or this much text in them."""

_POSITIONS_BYTES = 1 << 20

BATCH_FILES = 2_000
BATCH_BYTES = 256 << 20
"""What one child process reads: so many files, or so many bytes."""

DUCKDB_MEMORY = "192MB"

QUARANTINE_SCHEMA = pa.schema(
    [
        ("load_id", pa.string()),
        ("file_sha256", pa.string()),
        ("file_name", pa.string()),
        ("record_no", pa.int64()),
        ("byte_start", pa.int64()),
        ("byte_end", pa.int64()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("raw", pa.binary()),
    ]
)
"""One refused record a row, as it lies in `quarantine/<source>/<load_id>/`."""

_LOADED = ("loaded", "loaded_with_quarantine")
"""A content of these states is known: under another name it brings nothing new."""

_DATE_COLUMNS = {
    "customers": (),
    "faq": ("asked_on",),
    "mail": ("sent_on",),
    "tickets": ("created_on", "updated_on"),
}

logger = logging.getLogger(__name__)


class UnbalancedLoadError(Exception):
    """Records of a file were lost or counted twice: nothing of the load is kept."""


class RawLostError(Exception):
    """Loads are missing from `raw/`. The message says what to do."""


@dataclass(slots=True)
class FileRecord:
    """One delivered file as its load record tells of it: the row of `audit_load`."""

    load_id: str
    load_no: int
    source: str
    as_of_on: date
    loaded_at: datetime
    file_name: str
    file_sha256: str
    byte_count: int
    delivered_on: date
    encoding: str = ""
    landed_records: int = 0
    loaded_records: int = 0
    duplicate_records: int = 0
    quarantined_records: int = 0
    status: str = ""
    refusal_reason: str | None = None
    message: str | None = None
    newest_event_on: date | None = None
    new_columns: str = ""
    """Headers outside the contract, separated by commas; their values stay in landing/."""
    profile: str = mapping.DEFAULT
    profile_fingerprint: str = ""
    mappings_sha256: str | None = None  # the company's own mapping file, landed like any other
    reading_version: str = ""
    """Readers and settings that it was read with: what is read again otherwise is another generation."""


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """One load: its files in the order of delivery, and their counts in all."""

    source: str
    load_id: str
    load_no: int
    files: tuple[FileRecord, ...]

    def total(self, counter: str) -> int:
        """The sum over all files of one of the counters, such as `loaded_records`."""
        return sum(int(getattr(file, counter)) for file in self.files)

    @property
    def sentence(self) -> str:
        """The load in one line of counts."""
        return (
            f"{len(self.files):,} files, {self.total('landed_records'):,} records: "
            f"{self.total('loaded_records'):,} loaded, "
            f"{self.total('duplicate_records'):,} duplicates, "
            f"{self.total('quarantined_records'):,} quarantined"
        )


# Step 1: land -------------------------------------------------------------------------


def land(source: str, extracts: Path, as_of: date, state: State, loaded_at: datetime) -> str | None:
    """Copy what is new in the inbox to `landing/` and plan its load.

    `loaded_at` is the run's start. Returns the load's id, which follows from names and
    contents alone, or None when nothing is new. Raises `inbox.InboxError` when there is
    no inbox, `mapping.MappingError` when the company's mapping file has a mistake,
    `RawLostError` when loads of before are missing.
    """
    loaded = load_records(state, source)
    refuse_lost_loads(state, loaded)
    sweep(source, state)
    shutil.rmtree(state.work / source, ignore_errors=True)
    found = inbox.deliveries(extracts, source, as_of)
    company = mapping.company_file(extracts)
    mappings = mapping.mappings(company)
    known = {(file.file_name, file.file_sha256): file for file in loaded}
    new: list[tuple[inbox.DeliveredFile, landing.Landed, mapping.Profile | None]] = []
    for file in found.files:
        landed = landing.land_file(file.path, state.landing, state.work / source / "landing")
        profile = mappings.profile_of(source, file.name)
        if _is_new(known.get((file.name, landed.sha256)), profile):
            new.append((file, landed, profile))
    if not new:
        return None
    mappings_sha256 = None
    if company is not None:
        mappings_sha256 = landing.land_file(company, state.landing, state.work / source / "landing").sha256
    sync_folder(state.landing)
    load_id = _load_id(
        source,
        sorted(
            (file.name, landed.sha256, *((profile.fingerprint,) if profile else ()))
            for file, landed, profile in new
        ),
    )
    plan = [
        FileRecord(
            load_id=load_id,
            load_no=0,  # given by `load`, in the order in which loads end
            source=source,
            as_of_on=as_of,
            loaded_at=loaded_at,
            file_name=file.name,
            file_sha256=landed.sha256,
            byte_count=landed.byte_count,
            delivered_on=file.delivered_on,
            profile=profile.name if profile else mapping.DEFAULT,
            profile_fingerprint=profile.fingerprint if profile else "",
            mappings_sha256=mappings_sha256 if profile else None,
        )
        for file, landed, profile in new
    ]
    _write_records(_Work(state, source, load_id).plan, plan)
    return load_id


def plan_again(load: list[FileRecord], state: State) -> None:
    """Plan a load that was made before: its files, without their counts, are read again by `read`."""
    _write_records(
        _Work(state, load[0].source, load[0].load_id).plan,
        [FileRecord(**{name: getattr(file, name) for name in _PLANNED}) for file in load],
    )


_PLANNED = (
    *("load_id", "load_no", "source", "as_of_on", "loaded_at", "file_name", "file_sha256", "byte_count"),
    *("delivered_on", "profile", "profile_fingerprint", "mappings_sha256"),
)
"""What a load record knows of a file before it is read."""


def _is_new(known: FileRecord | None, profile: mapping.Profile | None) -> bool:
    """A known name and content is no delivery, unless it was refused and is mapped otherwise now."""
    if known is None:
        return True
    return known.status == "refused" and known.profile_fingerprint != (profile.fingerprint if profile else "")


@cache
def _mappings_at(path: Path | None) -> mapping.Mappings:
    return mapping.mappings(path)


def profile_of(record: FileRecord, state: State) -> mapping.Profile | None:
    """The profile that a file was planned with, from the mapping file as it was landed then."""
    landed = state.landing / record.mappings_sha256 if record.mappings_sha256 else None
    return _mappings_at(landed).profile(record.source, record.profile)


def _load_id(source: str, files: list[tuple[str, ...]]) -> str:
    return sha256(orjson.dumps([source, files])).hexdigest()[:16]


def sweep(source: str, state: State) -> None:
    """Remove the folders of loads that were killed before their load record was written."""
    real = {file.load_id for file in load_records(state, source)} | {EMPTY_LOAD_ID}
    for place in (state.raw / source, state.quarantine / source):
        for folder in place.iterdir() if place.is_dir() else ():
            if folder.name not in real:
                shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class _Work:
    """Where the unfinished files of one load lie."""

    state: State
    source: str
    load_id: str

    @property
    def root(self) -> Path:
        return self.state.work / self.source / self.load_id

    @property
    def plan(self) -> Path:
        return self.root / "plan.ndjson"

    @property
    def staged(self) -> Path:
        return self.root / "staged"

    @property
    def quarantined(self) -> Path:
        return self.root / "quarantined"

    @property
    def batches(self) -> Path:
        return self.root / "batches"

    @property
    def counted(self) -> Path:
        return self.root / "counted.ndjson"

    @property
    def loaded(self) -> Path:
        return self.root / "loaded"

    @property
    def evidence(self) -> Path:
        return self.root / "evidence"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"


# Step 2: read -------------------------------------------------------------------------


def read(source: str, load_id: str, state: State) -> None:
    """Read the landed files of a planned load into `work/`: staged rows, quarantine, counts."""
    work = _Work(state, source, load_id)
    if _is_loaded(state, source, load_id):
        return
    for folder in (work.staged, work.quarantined, work.batches):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    context = ReaderContext(settings(), identity_key(state), work.scratch, by_blocks=True)
    contents = _loaded_contents(load_records(state, source))
    files = list(enumerate(_read_records(work.plan)))
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
                    # A customers file counts again, as the latest delivery, by rows marked duplicate.
                    _repeat(record, earlier)
                elif record.status in _LOADED:
                    contents[record.file_sha256] = record
        files = [(file_no, records[file_no]) for file_no, _ in files]
    _write_records(work.counted, records)


_Files = list[tuple[int, FileRecord]]


def _split_known(files: _Files, contents: dict[str, FileRecord], source: str) -> tuple[_Files, _Files]:
    """What is to be read now, and what must wait because its content is read now under another name.

    Known content is counted here and not read again, but for customers.
    """
    now: _Files = []
    later: _Files = []
    coming: set[str] = set()
    for file_no, record in files:
        earlier = contents.get(record.file_sha256)
        if earlier is not None and source != "customers":
            _repeat(record, earlier)
        elif record.file_sha256 in coming:
            later.append((file_no, record))
        else:
            now.append((file_no, record))
            coming.add(record.file_sha256)
    return now, later


def _batches(files: _Files) -> Iterator[_Files]:
    """Runs of files that one child reads: many small ones, or one large one."""
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


def _read_batch(work: _Work, batch: _Files, context: ReaderContext, contents: frozenset[str]) -> _Files:
    """Read files in a child under limits; give them back with their counts.

    `contents` were loaded before: their bad records are not set aside again.
    """
    counted = work.batches / f"{batch[0][0]:06d}.ndjson"
    read_within_limits(
        _read_files,
        {
            "work": work,
            "batch": batch,
            "counted": counted,
            "contents": contents,
            "batch_rows": BATCH_ROWS,
        },
        context,
        names={file_no: f"{work.source}/{record.file_name}" for file_no, record in batch},
    )
    return [(file_no, record) for (file_no, _), record in zip(batch, _read_records(counted), strict=True)]


def _read_files(
    work: _Work,
    batch: _Files,
    context: ReaderContext,
    counted: Path,
    *,
    contents: frozenset[str],
    dropped: frozenset[int],
    batch_rows: int,
) -> None:
    """Stage the records of a batch of files and write their counts. Runs in a child."""
    name = f"{batch[0][0]:06d}"
    for folder in (work.staged, work.quarantined):
        for leftover in folder.glob(f"{name}-*"):  # of a child that was killed
            leftover.unlink()
    with closing(_Staging(work, work.source, name, batch_rows)) as staging:
        for file_no, record in batch:
            limits.begin_file(file_no)
            staging.begin(record, file_no, keeps_bad=record.file_sha256 not in contents)
            if file_no in dropped:
                staging.set_aside(_beyond_limits(record, "reading it ended the reading process"))
                path = work.state.landing / record.file_sha256
                _judge(record, staging, path, context, FileNotes(), is_beyond_limits=True)
            else:
                _read_file(record, staging, context, work.state)
    _write_records(counted, [record for _, record in batch])


def _loaded_contents(records: list[FileRecord]) -> dict[str, FileRecord]:
    """The contents that were loaded before, by hash, each with the record of its first load."""
    contents: dict[str, FileRecord] = {}
    for record in records:
        if record.status in _LOADED:
            contents.setdefault(record.file_sha256, record)
    return contents


def _repeat(record: FileRecord, earlier: FileRecord) -> None:
    """Known content under a new name: every record of it is a duplicate."""
    record.status = "already_loaded"
    record.encoding = earlier.encoding
    record.landed_records = record.duplicate_records = earlier.landed_records
    record.loaded_records = record.quarantined_records = 0
    record.newest_event_on = earlier.newest_event_on


def _read_file(record: FileRecord, staging: _Staging, context: ReaderContext, state: State) -> None:
    """Stage the records of one file, or none of them and the reason why it is refused."""
    reader = reader_of(record.source)
    context = replace(context, profile=profile_of(record, state))
    notes = FileNotes()
    path = state.landing / record.file_sha256
    dates = _DATE_COLUMNS[record.source]
    is_beyond_limits = False
    try:
        for outcome in reader(path, name=record.file_name, context=context, notes=notes):
            if isinstance(outcome, AcceptedBlock):
                staging.accept_block(outcome)
            elif isinstance(outcome, AcceptedRecord):
                staging.accept(outcome)
            else:
                staging.set_aside(outcome)
            record.newest_event_on = _newest(record.newest_event_on, outcome, dates)
    except FileRefusedError as error:
        staging.abandon()
        _refuse(record, error)
        return
    except ArchiveTooDenseError:
        staging.abandon()
        staging.set_aside(_beyond_limits(record, "the archive grows beyond the limit"))
        is_beyond_limits = True
    except (MemoryError, RecursionError):
        staging.abandon()
        staging.set_aside(_beyond_limits(record, "its records cannot be told apart in bounded memory"))
        is_beyond_limits = True
    _judge(record, staging, path, context, notes, is_beyond_limits=is_beyond_limits)
    record.encoding = notes.encoding
    record.new_columns = ",".join(notes.new_columns)
    messages = [record.message] if record.message else []
    record.message = "; ".join(dict.fromkeys([*messages, *notes.messages])) or None


def _newest(newest: date | None, outcome: Outcome, columns: tuple[str, ...]) -> date | None:
    """The newest date so far, with the dates of one more outcome."""
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
    """A whole file as one record that costs too much."""
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
    """Count the file's records by other means; a difference is said aloud and blocks the all-clear."""
    limits.alive()
    try:
        counted = recount.count_records(
            *(path, record.file_name, notes.delimiter, notes.records_at),
            scratch=scratch,
            alive=limits.alive,
        )
    except (MemoryError, RecursionError):  # the count failed, not the file: what was read stands
        record.message = (
            f"{record.file_name}: the reader found {record.landed_records} records, {INDEPENDENT_COUNT} was "
            "not possible in bounded memory: compare the file with what was loaded and report its shape."
        )
        logger.error("%s: %s", record.source, record.message)
        return
    limits.alive()
    if counted != record.landed_records:
        record.message = (
            f"{record.file_name}: the reader found {record.landed_records} records, {INDEPENDENT_COUNT} "
            f"{counted}; compare the file with quarantine/ and report its shape."
        )
        logger.error("%s: %s", record.source, record.message)


def _judge(
    record: FileRecord,
    staging: _Staging,
    path: Path,
    context: ReaderContext,
    notes: FileNotes,
    *,
    is_beyond_limits: bool,
) -> None:
    """Count a file that was read to its end; refuse it when too much of it is bad."""
    company = context.settings
    good, bad = staging.accepted, staging.bad
    record.landed_records = good + bad
    if (
        record.landed_records >= company.max_bad_share_from_records
        and bad > company.max_bad_share * record.landed_records
    ):
        with content_of(path, name=record.file_name, scratch=context.scratch) as content:
            staging.set_all_aside(content)
        record.quarantined_records = record.landed_records
        _refuse(
            record,
            FileRefusedError(
                RefusalReason.TOO_MANY_BAD_RECORDS,
                f"{record.file_name}: {bad} of {record.landed_records} records are bad, so none "
                "was loaded: look at quarantine/ for the reasons, mend the export and deliver it "
                "again under a new name.",
            ),
        )
        return
    staging.commit()
    record.quarantined_records = bad
    if not is_beyond_limits:
        _recount(record, path, notes, context.scratch)
    if not record.landed_records:
        record.status = "empty"
    else:
        record.status = "loaded_with_quarantine" if bad else "loaded"


def reader_of(source: str) -> Reader:
    """The reader of one of the four sources."""
    module: Any = importlib.import_module(f"tolerance.readers.{source}")
    return cast(Reader, module.read)


_KEPT: dict[str, Any] = {"compression": "zstd"}
_FLEETING: dict[str, Any] = {
    "compression": "lz4",
    "write_statistics": False,
    "use_dictionary": ["_file_sha256", "_load_id", "_loaded_at", "_file_no"],
}
"""How Parquet is written that goes to its last place as it is, and that is read once and deleted."""


@dataclass(slots=True)
class _Rows:
    """Rows on their way to Parquet, one by one or by columns, flushed in row groups."""

    path: Path
    schema: pa.Schema
    most_rows: int
    is_kept: bool
    tables: list[pa.Table] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)
    """What came after the tables."""
    writer: pq.ParquetWriter | None = None
    row_count: int = 0
    byte_count: int = 0

    def add(self, row: dict[str, object], byte_count: int) -> None:
        self.rows.append(row)
        self._grow(1, byte_count)

    def add_table(self, table: pa.Table, byte_count: int) -> None:
        self._gather()
        self.tables.append(table)
        self._grow(table.num_rows, byte_count)

    def take(self, other: _Rows) -> None:
        """Take over the rows of another that has none on disk."""
        if other.tables:
            self._gather()
            self.tables.extend(other.tables)
        self.rows.extend(other.rows)
        self._grow(other.row_count, other.byte_count)
        other.forget()

    def _grow(self, row_count: int, byte_count: int) -> None:
        self.row_count += row_count
        self.byte_count += byte_count
        if self.row_count >= self.most_rows or self.byte_count >= ROW_GROUP_BYTES:
            self.flush()

    def _gather(self) -> None:
        """Make a table of the rows that came one by one."""
        if self.rows:
            # By columns: three times as fast as by rows.
            columns = [pa.array([row[field.name] for row in self.rows], field.type) for field in self.schema]
            self.tables.append(pa.Table.from_arrays(columns, schema=self.schema))
            self.rows.clear()

    def flush(self) -> None:
        if not self.row_count:
            return
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.path, self.schema, **(_KEPT if self.is_kept else _FLEETING))
        limits.alive()
        self._gather()
        self.writer.write_table(pa.concat_tables(self.tables))
        limits.alive()
        self.forget()

    def forget(self) -> None:
        """Drop the rows that are not on disk."""
        self.tables.clear()
        self.rows.clear()
        self.row_count = self.byte_count = 0

    def close(self) -> None:
        self.flush()
        if self.writer is not None:
            self.writer.close()
            self.writer = None

    def discard(self) -> None:
        """Forget everything, also what is already on disk."""
        self.forget()
        if self.writer is not None:
            self.writer.close()
            self.writer = None
            self.path.unlink()


class _Positions:
    """Where the accepted records of the file at hand lie. However many there are, most of it is on disk."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._latest = array("q")  # number, start and end of each
        self._earlier: IO[bytes] | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, numbers: array[int]) -> None:
        """Keep the number, start and end of one record or of many."""
        self._latest.extend(numbers)
        self._count += len(numbers) // 3
        if len(self._latest) * self._latest.itemsize > _POSITIONS_BYTES:
            if self._earlier is None:
                self._scratch.mkdir(parents=True, exist_ok=True)
                self._earlier = tempfile.TemporaryFile(dir=self._scratch)  # noqa: SIM115  (`clear` closes it)
            self._latest.tofile(self._earlier)
            self._latest = array("q")

    def __iter__(self) -> Iterator[Position]:
        if self._earlier is not None:
            self._earlier.seek(0)
            earlier = iter(partial(self._earlier.read, _POSITIONS_BYTES // 24 * 24), b"")
            yield from _positions(array("q", part) for part in earlier)
        yield from _positions([self._latest])

    def clear(self) -> None:
        """Forget them all."""
        self._latest, self._count = array("q"), 0
        if self._earlier is not None:
            self._earlier.close()
            self._earlier = None


def _positions(parts: Iterable[array[int]]) -> Iterator[Position]:
    for part in parts:
        numbers = iter(part)
        for record_no, start, end in zip(numbers, numbers, numbers, strict=True):
            yield Position(record_no, start, end)


class _Staging:
    """The staged rows of one load.

    Small files share Parquet files; a file of more than a batch gets its own, so that a
    refusal at its end can take all of it back.
    """

    def __init__(self, work: _Work, source: str, batch: str, batch_rows: int) -> None:
        self._work = work
        self._batch_rows = batch_rows
        self._batch = batch
        self._columns = [name for name, _ in RAW_COLUMNS[source]]
        self._positions = _Positions(work.scratch)
        self._schema = staged_schema(source)
        self._shared = _Rows(work.staged / f"{batch}-shared.parquet", self._schema, batch_rows, is_kept=False)
        self._shared_bad = _Rows(
            work.quarantined / f"{batch}-shared.parquet", QUARANTINE_SCHEMA, batch_rows, is_kept=True
        )

    def begin(self, record: FileRecord, file_no: int, *, keeps_bad: bool) -> None:
        """Turn to the next file. One read before does not set its bad records aside again."""
        own = f"{self._batch}-file-{file_no:06d}.parquet"
        self._record, self._file_no, self._keeps_bad = record, file_no, keeps_bad
        self._good = _Rows(self._work.staged / own, self._schema, self._batch_rows, is_kept=False)
        self._bad = _Rows(self._work.quarantined / own, QUARANTINE_SCHEMA, self._batch_rows, is_kept=True)
        self._positions.clear()
        self.bad = 0

    @property
    def accepted(self) -> int:
        """Records accepted from the file at hand."""
        return len(self._positions)

    def accept(self, outcome: AcceptedRecord) -> None:
        """Stage one record of the file at hand."""
        values = outcome.values
        position = outcome.position
        content = record_content([values[column] for column in self._columns])
        self._positions.add(array("q", (position.record_no, position.byte_start, position.byte_end)))
        self._good.add(
            {
                **values,
                "_record_hash": record_hash(content),
                "_is_duplicate": False,
                "_file_sha256": self._record.file_sha256,
                "_record_no": position.record_no,
                "_load_id": self._record.load_id,
                "_loaded_at": self._record.loaded_at,
                "_file_no": self._file_no,
            },
            len(content),
        )

    def accept_block(self, block: AcceptedBlock) -> None:
        """Stage many records of the file at hand."""
        numbers = np.arange(block.first_record_no, block.first_record_no + len(block))
        places = np.stack((numbers, block.starts, block.ends), axis=1)
        self._positions.add(array("q", places.tobytes()))
        columns: dict[str, pa.Array | pa.Scalar] = {
            **block.columns,
            "_record_hash": record_hashes(block, self._columns),
            "_is_duplicate": pa.scalar(False),
            "_file_sha256": pa.scalar(self._record.file_sha256),
            "_record_no": pa.array(numbers),
            "_load_id": pa.scalar(self._record.load_id),
            "_loaded_at": pa.scalar(self._record.loaded_at, self._schema.field("_loaded_at").type),
            "_file_no": pa.scalar(self._file_no),
        }
        arrays = [_column(columns[field.name], len(block)).cast(field.type) for field in self._schema]
        byte_count = int(block.ends[-1] - block.starts[0])
        self._good.add_table(pa.Table.from_arrays(arrays, schema=self._schema), byte_count)

    def set_aside(self, outcome: QuarantinedRecord) -> None:
        """Stage one record for quarantine."""
        self.bad += 1
        if not self._keeps_bad:
            return
        self._bad.add(
            {
                "load_id": self._record.load_id,
                "file_sha256": self._record.file_sha256,
                "file_name": self._record.file_name,
                "record_no": outcome.position.record_no,
                "byte_start": outcome.position.byte_start,
                "byte_end": outcome.position.byte_end,
                "reason": outcome.reason.value,
                "detail": outcome.detail,
                "raw": outcome.raw,
            },
            len(outcome.raw),
        )

    def commit(self) -> None:
        """Keep what the file at hand brought."""
        _merge(self._good, self._shared)
        _merge(self._bad, self._shared_bad)

    def abandon(self) -> None:
        """Take back everything of the file at hand."""
        self._good.discard()
        self._bad.discard()
        self._positions.clear()
        self.bad = 0

    def set_all_aside(self, content: Content) -> None:
        """Move the accepted records of the file at hand to quarantine, beside the bad ones."""
        self._good.discard()
        for position in self._positions:
            self.set_aside(
                QuarantinedRecord(
                    position,
                    content[position.byte_start : position.byte_end],
                    QuarantineReason.FILE_REFUSED,
                    "sound, but its file was refused",
                )
            )
        _merge(self._bad, self._shared_bad)

    def close(self) -> None:
        """Write what is left."""
        self._shared.close()
        self._shared_bad.close()
        self._positions.clear()


def _column(values: pa.Array | pa.Scalar, length: int) -> pa.Array:
    """The values of one column; a single one stands for all rows."""
    return pa.repeat(values, length) if isinstance(values, pa.Scalar) else values


def _merge(own: _Rows, shared: _Rows) -> None:
    if own.writer is not None:
        own.close()
        return
    shared.take(own)


def staged_schema(source: str) -> pa.Schema:
    """The rows of `raw/` and, for `load` alone, the place of their file in the load."""
    schema = raw_schema(source)
    return schema.append(pa.field("_file_no", pa.int64()))


# Step 3: expect -----------------------------------------------------------------------


def expect(source: str, load_id: str, state: State) -> None:
    """Hold the staged rows against the source's suite in `expectations/`.

    Raises `gates.GateFailedError` with a sentence in counts. No rows, nothing to expect.
    """
    paths = sorted(_Work(state, source, load_id).staged.glob("*.parquet"))
    if not paths or _is_loaded(state, source, load_id):
        return
    suite = importlib.import_module(f"expectations.{source}").suite()
    result = gates.check_batches(frames(paths), suite, source)
    if not result.is_passed:
        raise gates.GateFailedError(result.sentence)


def frames(paths: list[Path]) -> Iterator[pd.DataFrame]:
    """Rows of Parquet files as data frames of at most a batch; dates are comparable in them."""
    for path in paths:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):  # bounded in rows and bytes
                yield file.read_row_group(group).to_pandas(date_as_object=False)


# Step 4: load -------------------------------------------------------------------------


def load(source: str, load_id: str, state: State, load_no: int | None = None) -> LoadSummary:
    """Move the staged rows that are new into `raw/`, the bad ones to `quarantine/`.

    The load record is written last and makes the load real; its number is the next one, or `load_no`.
    Raises `UnbalancedLoadError`
    when a file's landed records are not its loaded, duplicate and quarantined ones.
    """
    earlier = [file for file in load_records(state, source) if file.load_id == load_id]
    if earlier:  # this very step ended before; only its end was not noticed
        return LoadSummary(source, load_id, earlier[0].load_no, tuple(earlier))
    sweep(source, state)
    work = _Work(state, source, load_id)
    files = _read_records(work.counted)
    for made_before in (work.loaded, work.evidence):
        shutil.rmtree(made_before, ignore_errors=True)
    _write_loaded(work, files)
    for file in files:
        _assert_balanced(file)
    _publish(work.loaded, state.raw / source / load_id)
    # A copy: killed before its load record is written, this step needs them once more.
    shutil.copytree(work.quarantined, work.evidence)
    _publish(work.evidence, state.quarantine / source / load_id)
    summary = _write_load_record(state, source, load_id, files, load_no)
    shutil.rmtree(work.root, ignore_errors=True)
    return summary


def _assert_balanced(file: FileRecord) -> None:
    parts = file.loaded_records + file.duplicate_records + file.quarantined_records
    if file.landed_records != parts:
        raise UnbalancedLoadError(
            f"{file.source}/{file.file_name}: {file.landed_records} records landed, but {parts} "
            "are accounted for; nothing was loaded, please report this file's shape."
        )


_NEW_ROWS = """
create temp table placed as
with known as (
    select distinct _record_hash from read_parquet($known)
),
staged as (
    select _record_hash, _file_no, _record_no,
        row_number() over (partition by _record_hash order by _file_no, _record_no) as nth
    from read_parquet($staged)
)
select staged._file_no, staged._record_no,
    staged.nth > 1 or known._record_hash is not null as is_duplicate
from staged left join known using (_record_hash)
"""
"""Of each content the first record counts: in an earlier load, else by file, then number."""


def _write_loaded(work: _Work, files: list[FileRecord]) -> None:
    """Write the rows to be loaded to `work.loaded` and split each file's counts."""
    staged = sorted(str(path) for path in work.staged.glob("*.parquet"))
    if not staged:
        return
    import duckdb  # here: reading processes do without it

    source = work.source
    is_kept = "true" if source == "customers" else "not is_duplicate"
    columns = ", ".join(
        "is_duplicate as _is_duplicate" if name == "_is_duplicate" else name
        for name in raw_schema(source).names
    )
    ensure_empty_sources(work.state)
    work.loaded.mkdir(parents=True)
    target = work.loaded / "part-000.parquet"
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"set memory_limit = '{DUCKDB_MEMORY}'")
        connection.execute("set threads = 1")
        connection.execute("set enable_progress_bar = false")
        connection.execute("set temp_directory = $folder", {"folder": str(work.scratch)})
        known = _parquet_paths(work.state, source)
        connection.execute(_NEW_ROWS, {"known": known, "staged": staged})
        split = connection.execute(
            "select _file_no, count(*), count(*) filter (is_duplicate) from placed group by 1"
        ).fetchall()
        rows = connection.execute(
            f"select {columns} from read_parquet($staged) "
            "join placed using (_file_no, _record_no) "
            f"where {is_kept} order by _file_no, _record_no",
            {"staged": staged},
        ).to_arrow_reader(BATCH_ROWS)
        with pq.ParquetWriter(target, raw_schema(source), compression="zstd") as writer:
            for batch in rows:
                writer.write_batch(batch.cast(raw_schema(source)))
    for file_no, total, duplicates in split:
        file = files[file_no]
        if file.status != "already_loaded":
            file.duplicate_records = duplicates
            file.loaded_records = total - duplicates
    with pq.ParquetFile(target) as written:
        is_empty = written.metadata.num_rows == 0
    if is_empty:
        shutil.rmtree(work.loaded)


def _parquet_paths(state: State, source: str) -> list[str]:
    """All Parquet files of a source in `raw/`, listed here: no path is ever used as a pattern."""
    return [str(path) for path in sorted((state.raw / source).glob("*/*.parquet"))]


def _publish(made: Path, place: Path) -> None:
    """Give a finished folder its final name, if there is anything in it."""
    files = list(made.iterdir()) if made.is_dir() else []
    if not files:
        return
    for file in files:
        sync_folder(file)  # a file's descriptor syncs the same way
    place.parent.mkdir(parents=True, exist_ok=True)
    made.rename(place)
    sync_folder(place.parent)


# Load records -------------------------------------------------------------------------


def load_records(state: State, source: str | None = None) -> list[FileRecord]:
    """The delivered files of all loads, or of one source's, in the order of the loads."""
    pattern = f"*-{source}-*.ndjson" if source else _LOAD_RECORDS
    return [record for path in sorted(state.loads.glob(pattern)) for record in _read_records(path)]


def known_loads(state: State) -> list[list[FileRecord]]:
    """The files of each load that `raw/loads/` or its copy tells of, in the order of the loads."""
    paths = {
        path.name: path for place in (state.load_copies, state.loads) for path in place.glob(_LOAD_RECORDS)
    }
    return [_read_records(paths[name]) for name in sorted(paths)]


def copy_load_records(state: State) -> None:
    """Copy the load records that have no copy yet; after a kill the next load makes up for it."""
    for path in state.loads.glob(_LOAD_RECORDS):
        copy = state.load_copies / path.name
        if not copy.exists():
            with appearing(copy) as temporary:
                shutil.copyfile(path, temporary)


def refuse_lost_loads(state: State, loaded: list[FileRecord]) -> None:
    """Raise `RawLostError` when a load left `raw/`: its record, or the rows of `loaded` files."""
    lost = {_source_and_id(path) for path in state.load_copies.glob(_LOAD_RECORDS)}
    lost -= {_source_and_id(path) for path in state.loads.glob(_LOAD_RECORDS)}
    lost |= {
        f"{file.source}-{file.load_id}"
        for file in loaded
        if file.loaded_records and not (state.raw / file.source / file.load_id).is_dir()
    }
    if lost:
        raise RawLostError(
            f"{state.raw} lacks {len(lost)} loads that were there: run `tolerance rebuild --state "
            f"{state.root}`, which reads the landed files again."
        )


_LOAD_RECORDS = "*-*-*.ndjson"


def _source_and_id(load_record: Path) -> str:
    return load_record.stem.partition("-")[2]


def _is_loaded(state: State, source: str, load_id: str) -> bool:
    return any(state.loads.glob(f"*-{source}-{load_id}.ndjson"))


def _write_load_record(
    state: State, source: str, load_id: str, files: list[FileRecord], load_no: int | None = None
) -> LoadSummary:
    """Number the load and write its record; the lock keeps two sources from one number."""
    state.loads.mkdir(parents=True, exist_ok=True)
    with FileLock(state.raw / ".loads.lock"):
        numbers = [int(path.name.partition("-")[0]) for path in state.loads.glob("*-*-*.ndjson")]
        load_no = load_no or max(numbers, default=0) + 1
        for file in files:
            file.load_no = load_no
        _write_records(state.loads / f"{load_no:06d}-{source}-{load_id}.ndjson", files)
    copy_load_records(state)
    return LoadSummary(source, load_id, load_no, tuple(files))


def _write_records(path: Path, records: list[FileRecord]) -> None:
    """Write one JSON line per file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = b"".join(orjson.dumps(asdict(record)) + b"\n" for record in records)
    descriptor, staged = tempfile.mkstemp(dir=path.parent, prefix=".record-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    Path(staged).replace(path)
    sync_folder(path.parent)


def _read_records(path: Path) -> list[FileRecord]:
    return [_record(orjson.loads(line)) for line in path.read_bytes().splitlines()]


def _record(line: dict[str, Any]) -> FileRecord:
    """One line of a load record, its dates made dates again."""
    newest = line["newest_event_on"]
    return FileRecord(
        **{
            **line,
            "as_of_on": date.fromisoformat(line["as_of_on"]),
            "loaded_at": datetime.fromisoformat(line["loaded_at"]),
            "delivered_on": date.fromisoformat(line["delivered_on"]),
            "newest_event_on": date.fromisoformat(newest) if newest else None,
        }
    )


def ensure_empty_sources(state: State) -> None:
    """Give every source one Parquet file without rows, so that a reader's glob always matches."""
    for source in SOURCES:
        path = state.raw / source / EMPTY_LOAD_ID / "empty.parquet"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            staged = path.with_suffix(".staged")
            pq.write_table(raw_schema(source).empty_table(), staged)
            staged.replace(path)
    state.loads.mkdir(parents=True, exist_ok=True)
    (state.loads / "000000-empty.ndjson").touch()


# The newest date of the inbox ---------------------------------------------------------


def newest_business_date(extracts: Path, state: State) -> date | None:
    """The newest plausible business date among all delivered tickets and calls.

    Contents that were loaded are known from their load records; others are read where
    they lie. None when there is no ticket and no call.
    """
    known = {
        record.file_sha256: record.newest_event_on
        for record in load_records(state)
        if record.status in (*_LOADED, "already_loaded")
    }
    mappings = mapping.mappings(mapping.company_file(extracts))
    newest: list[date | None] = []
    unread: _Undated = []
    for source in ("tickets", "faq"):
        for file in inbox.deliveries(extracts, source, date.max).files:
            content = landing.content_of(file.path).sha256
            if content in known:
                newest.append(known[content])
            else:
                unread.append((file, mappings.profile_of(source, file.name)))
    newest += _newest_dates(unread, state)
    return max((day for day in newest if day is not None), default=None)


_Undated = list[tuple[inbox.DeliveredFile, mapping.Profile | None]]


def _newest_dates(files: _Undated, state: State) -> list[date | None]:
    """The newest date of each file, read in a child; of one that breaks its limits there is none."""
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
                "%s takes more time or memory than a file may: the search for the newest date goes on "
                "without it; give AS_OF= if its date is the one that counts.",
                names[file_no],
            )
    return newest


def _look_for_dates(
    files: _Undated, answer: Path, context: ReaderContext, *, dropped: frozenset[int]
) -> None:
    """Write down each file's newest date, and whether it broke the limits. Runs in a child."""
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
    """The newest date of one file; a file that would be refused has none."""
    newest: date | None = None
    try:
        for outcome in reader_of(file.source)(file.path, name=file.name, context=context, notes=FileNotes()):
            newest = _newest(newest, outcome, _DATE_COLUMNS[file.source])
    except FileRefusedError:
        return None
    return newest
