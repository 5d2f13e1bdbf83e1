"""What a delivered file is made of: accepted records, quarantined records, refused files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tolerance.versions import CURRENT, VERSION, Format


class QuarantineReason(StrEnum):
    """Why one record is set aside. A closed list: reports and tests count on it."""

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
    FILE_REFUSED = "file_refused"  # sound itself, but in a file of too many bad records


class RefusalReason(StrEnum):
    """Why a whole file is refused before anything of it is loaded. A closed list."""

    UNKNOWN_FORM = "unknown_form"
    HEADER_MISMATCH = "header_mismatch"
    BAD_ENCODING = "bad_encoding"
    BAD_ARCHIVE = "bad_archive"
    TOO_MANY_BAD_RECORDS = "too_many_bad_records"


class FileRefusedError(Exception):
    """A whole file cannot be taken. `sentence` says what is wrong and what to do."""

    def __init__(self, reason: RefusalReason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record lies in the decompressed file: number from 1, bytes [start, end)."""

    record_no: int
    byte_start: int
    byte_end: int


@dataclass(frozen=True, slots=True)
class AcceptedRecord:
    """A record that fits its source's contract; `values` has the columns of `RAW_COLUMNS`."""

    position: Position
    values: dict[str, object]


Places = npt.NDArray[np.int64]
"""Positions in bytes, one for each of many records."""


@dataclass(frozen=True, slots=True)
class AcceptedBlock:
    """Records that lie one after another and all fit their contract, by column.

    Their numbers count on from `first_record_no`; of each, `starts` and `ends` hold the bytes [start, end).
    """

    first_record_no: int
    starts: Places
    ends: Places
    columns: dict[str, pa.Array]
    is_plain: bool
    """No quote, backslash or control character stands in any text."""

    def __len__(self) -> int:
        return len(self.starts)

    def records(self) -> Iterator[AcceptedRecord]:
        """The same records one by one."""
        names = list(self.columns)
        places = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        rows = zip(*(column.to_pylist() for column in self.columns.values()), strict=True)
        for record_no, ((start, end), row) in enumerate(
            zip(places, rows, strict=True), start=self.first_record_no
        ):
            yield AcceptedRecord(Position(record_no, start, end), dict(zip(names, row, strict=True)))


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record that is set aside, with its own bytes. `detail` names fields, never values."""

    position: Position
    raw: bytes
    reason: QuarantineReason
    detail: str


_INSTANT = pa.timestamp("us")  # UTC, without a zone: comparable on every engine

RAW_COLUMNS: dict[str, list[tuple[str, pa.DataType]]] = {
    "customers": [
        ("customer_id", pa.string()),
        ("address_hashes", pa.string()),  # keyed hashes, separated by ","
        ("phone_hash", pa.string()),
        ("relationship_started_on", pa.date32()),
        ("relationship_ended_on", pa.date32()),
        ("preferred_language", pa.string()),
    ],
    "faq": [
        ("call_id", pa.string()),
        ("customer_id", pa.string()),
        ("asked_at", _INSTANT),
        ("asked_on", pa.date32()),  # the business date of asked_at
        ("faq_code", pa.string()),
        ("question", pa.string()),
        ("is_answered", pa.bool_()),
        ("agent_team", pa.string()),
        ("language", pa.string()),
    ],
    "mail": [
        ("mail_id", pa.string()),  # the Message-ID without <>, else the content's hash
        ("in_reply_to", pa.string()),
        ("reference_ids", pa.string()),  # separated by one blank, oldest first
        ("sent_at", _INSTANT),
        ("sent_on", pa.date32()),
        ("sender_hash", pa.string()),
        ("subject", pa.string()),
        ("body_text", pa.string()),
        ("mail_kind", pa.string()),  # customer, automatic_reply, bounce, mailing_list, own_company
        ("attachments", pa.string()),  # JSON: name, byte_count and sha256 of each
    ],
    "tickets": [
        ("ticket_id", pa.string()),
        ("customer_id", pa.string()),
        ("requester_hash", pa.string()),
        ("created_at", _INSTANT),
        ("created_on", pa.date32()),
        ("updated_at", _INSTANT),
        ("updated_on", pa.date32()),
        ("solved_at", _INSTANT),
        ("solved_on", pa.date32()),
        ("status", pa.string()),
        ("ticket_type", pa.string()),
        ("priority", pa.string()),
        ("tags", pa.string()),  # separated by ",", as ordered in the source
        ("subject", pa.string()),
        ("description", pa.string()),
        ("satisfaction", pa.string()),
        ("reopens", pa.int32()),
        ("is_deleted", pa.bool_()),
    ],
}
"""The contract columns of each source as they stand in `raw/`, before the lineage columns."""

LINEAGE_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("_record_hash", pa.string()),  # sha256 of the contract columns: equal content, equal hash
    ("_is_duplicate", pa.bool_()),  # only customers keep their duplicates: the latest delivery wins
    ("_file_sha256", pa.string()),
    ("_record_no", pa.int64()),
    ("_load_id", pa.string()),
    ("_loaded_at", _INSTANT),
]


def raw_schema(source: str) -> pa.Schema:
    """The Parquet schema of one source in `raw/`: contract columns, then lineage."""
    return pa.schema(RAW_COLUMNS[source] + LINEAGE_COLUMNS, {VERSION: str(CURRENT[Format.RAW])})
