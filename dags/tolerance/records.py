"""What a delivered file is made of: accepted records, quarantined records, refused files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tolerance.contracts import CONTRACTS
from tolerance.versions import CURRENT, VERSION, Format


class QuarantineReason(StrEnum):
    """Why a record is quarantined. A closed list: reports and tests rely on it."""

    NOT_A_RECORD = "not_a_record"
    WRONG_FIELD_COUNT = "wrong_field_count"
    MISSING_REQUIRED = "missing_required"
    BAD_VALUE = "bad_value"
    BAD_ENCODING = "bad_encoding"
    UNBALANCED_QUOTE = "unbalanced_quote"
    NOT_JSON = "not_json"
    NOT_A_MESSAGE = "not_a_message"
    EVENT_TIME_OUT_OF_RANGE = "event_time_out_of_range"
    RESOURCE_LIMIT = "resource_limit"
    FILE_REFUSED = "file_refused"  # the record is good, but its file has too many bad ones


class RefusalReason(StrEnum):
    """Why a whole file is refused before anything of it is loaded. A closed list."""

    UNKNOWN_FORM = "unknown_form"
    HEADER_MISMATCH = "header_mismatch"
    BAD_ENCODING = "bad_encoding"
    BAD_ARCHIVE = "bad_archive"
    TOO_MANY_BAD_RECORDS = "too_many_bad_records"


class FileRefusedError(Exception):
    """A whole file is refused. `sentence` says what is wrong and what to do."""

    def __init__(self, reason: RefusalReason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record is in the decompressed file: number from 1, bytes [start, end)."""

    record_no: int
    byte_start: int
    byte_end: int


@dataclass(frozen=True, slots=True)
class AcceptedRecord:
    """A record that fits its source's contract; `values` has the contract's columns."""

    position: Position
    values: dict[str, object]


Places = npt.NDArray[np.int64]
"""Positions in bytes, one per record."""


@dataclass(frozen=True, slots=True)
class AcceptedBlock:
    """Consecutive records that all fit their contract, by column.

    They are numbered from `first_record_no`; `starts` and `ends` hold the bytes [start, end) of each.
    """

    first_record_no: int
    starts: Places
    ends: Places
    columns: dict[str, pa.Array]
    is_plain: bool
    """No text has a quote, a backslash or a control character."""

    def __len__(self) -> int:
        return len(self.starts)

    def records(self) -> Iterator[AcceptedRecord]:
        """The same records, each by itself."""
        names = list(self.columns)
        places = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        rows = zip(*(column.to_pylist() for column in self.columns.values()), strict=True)
        for record_no, ((start, end), row) in enumerate(
            zip(places, rows, strict=True), start=self.first_record_no
        ):
            yield AcceptedRecord(Position(record_no, start, end), dict(zip(names, row, strict=True)))


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A quarantined record, with its own bytes. `detail` names fields, never values."""

    position: Position
    raw: bytes
    reason: QuarantineReason
    detail: str


_ARROW = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "date32": pa.date32(),
    "timestamp": pa.timestamp("us"),  # UTC, without a zone: comparable on every engine
}

SYSTEM = "system"
"""The system that gave a record its id, where the contract knows systems; null for the default one."""

IS_UNDATED = "is_undated"
"""True for a version that does not say when it was written: of several the later delivery counts."""

LINEAGE_COLUMNS: list[tuple[str, pa.DataType]] = [
    (
        "_record_hash",
        pa.string(),
    ),  # sha256 of the columns of its identity, mostly all: a duplicate has the same
    ("_is_duplicate", pa.bool_()),  # true only where the contract keeps duplicates
    ("_file_sha256", pa.string()),
    ("_record_no", pa.int64()),
    ("_load_id", pa.string()),
    ("_loaded_at", _ARROW["timestamp"]),
]


def raw_schema(source: str) -> pa.Schema:
    """The Parquet schema of one source in `raw/`: contract columns, then lineage."""
    contract = CONTRACTS[source]
    columns = [(column.name, _ARROW[column.type]) for column in contract.columns]
    if contract.default_system:
        columns.append((SYSTEM, pa.string()))
    if contract.has_versions:
        columns.append((IS_UNDATED, pa.bool_()))
    return pa.schema(columns + LINEAGE_COLUMNS, {VERSION: str(CURRENT[Format.RAW])})
