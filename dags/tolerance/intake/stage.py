"""The rows of a load's files on their way to disk, until it is decided whether they are kept."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tolerance.contracts import CONTRACTS
from tolerance.formats.content import Content
from tolerance.intake.loads import FileRecord
from tolerance.intake.work import Work
from tolerance.record_hashes import hash_within, hashes_within, record_content, record_hash, record_hashes
from tolerance.records import (
    IS_UNDATED,
    SYSTEM,
    AcceptedBlock,
    AcceptedRecord,
    Position,
    QuarantinedRecord,
    QuarantineReason,
    raw_schema,
)
from tolerance.sandbox import limits
from tolerance.versions import CURRENT, VERSION, Format

BATCH_ROWS = 20_000
ROW_GROUP_BYTES = 16 << 20
"""Rows are written once there are `BATCH_ROWS` of them or this many bytes of text in them."""

_POSITIONS_BYTES = 1 << 20

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
    ],
    {VERSION: str(CURRENT[Format.QUARANTINE])},
)
"""One quarantined record per row, as in `quarantine/<source>/<load_id>/`."""

_KEPT: dict[str, Any] = {"compression": "zstd"}
_FLEETING: dict[str, Any] = {
    "compression": "lz4",
    "write_statistics": False,
    "use_dictionary": ["_file_sha256", "_load_id", "_loaded_at", "_file_no"],
}
"""How Parquet is written that is kept, and how Parquet that is read once and deleted."""


@dataclass(slots=True)
class _Rows:
    """Rows on their way to Parquet, added singly or by columns, flushed in row groups."""

    path: Path
    schema: pa.Schema
    most_rows: int
    is_kept: bool
    tables: list[pa.Table] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)
    """The rows added since the last table."""
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
        """Take over the rows of another instance that has none on disk."""
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
        """Make a table of the rows that were added singly."""
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
        """Drop all rows, including those on disk."""
        self.forget()
        if self.writer is not None:
            self.writer.close()
            self.writer = None
            self.path.unlink()


class _Positions:
    """Where the accepted records of the current file lie; most of it is on disk, so memory stays bounded."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._latest = array("q")  # number, start and end of each record
        self._earlier: IO[bytes] | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, numbers: array[int]) -> None:
        """Add the number, start and end of one or more records."""
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


class Staging:
    """The staged rows of one load.

    Small files share Parquet files; a file of more than a batch gets its own, so that all of
    its rows can be dropped if it is refused at its end.
    """

    def __init__(self, work: Work, source: str, batch: str, batch_rows: int) -> None:
        self._work = work
        self._batch_rows = batch_rows
        self._batch = batch
        self._columns = [column.name for column in CONTRACTS[source].columns]
        self._identity = CONTRACTS[source].identity
        self._positions = _Positions(work.scratch)
        self._schema = staged_schema(source)
        self._shared = _Rows(work.staged / f"{batch}-shared.parquet", self._schema, batch_rows, is_kept=False)
        self._shared_bad = _Rows(
            work.quarantined / f"{batch}-shared.parquet", QUARANTINE_SCHEMA, batch_rows, is_kept=True
        )

    def begin(self, record: FileRecord, file_no: int, *, keeps_bad: bool) -> None:
        """Start the next file. A file read before does not quarantine its bad records again."""
        own = f"{self._batch}-file-{file_no:06d}.parquet"
        self._record, self._file_no, self._keeps_bad = record, file_no, keeps_bad
        self._good = _Rows(self._work.staged / own, self._schema, self._batch_rows, is_kept=False)
        self._bad = _Rows(self._work.quarantined / own, QUARANTINE_SCHEMA, self._batch_rows, is_kept=True)
        self._positions.clear()
        self.bad = 0

    @property
    def accepted(self) -> int:
        """Records accepted from the current file."""
        return len(self._positions)

    def accept(self, outcome: AcceptedRecord) -> None:
        """Stage one record of the current file."""
        values = outcome.values
        position = outcome.position
        self._record.is_undated |= bool(values.get(IS_UNDATED))
        content = record_content([values[column] for column in self._columns])
        identity = [values[column] for column in self._identity]
        has_identity = bool(identity) and None not in identity
        self._positions.add(array("q", (position.record_no, position.byte_start, position.byte_end)))
        self._good.add(
            {
                **values,
                SYSTEM: self._record.system,
                "_record_hash": hash_within(
                    self._record.system, record_hash(record_content(identity) if has_identity else content)
                ),
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
        """Stage many records of the current file."""
        numbers = np.arange(block.first_record_no, block.first_record_no + len(block))
        places = np.stack((numbers, block.starts, block.ends), axis=1)
        self._positions.add(array("q", places.tobytes()))
        if IS_UNDATED in block.columns:
            self._record.is_undated |= bool(pc.any(block.columns[IS_UNDATED].cast(pa.bool_())).as_py())
        columns: dict[str, pa.Array | pa.Scalar] = {
            **block.columns,
            SYSTEM: pa.scalar(self._record.system, pa.string()),
            "_record_hash": hashes_within(self._record.system, record_hashes(block, self._columns)),
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

    def quarantine(self, outcome: QuarantinedRecord) -> None:
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
        """Keep the rows of the current file."""
        _merge(self._good, self._shared)
        _merge(self._bad, self._shared_bad)

    def abandon(self) -> None:
        """Drop the rows of the current file."""
        self._good.discard()
        self._bad.discard()
        self._positions.clear()
        self.bad = 0

    def quarantine_all(self, content: Content) -> None:
        """Move the accepted records of the current file to quarantine, with the bad ones."""
        self._good.discard()
        for position in self._positions:
            self.quarantine(
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
    """The values of one column; a scalar is repeated for all rows."""
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
