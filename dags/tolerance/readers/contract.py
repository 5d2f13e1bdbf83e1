"""What all readers share: their surroundings, and fields held against the contract."""

from __future__ import annotations

import csv
import difflib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from tolerance import framing, limits
from tolerance.framing import Content, FileNotes, Frame
from tolerance.instants import ImplausibleTimeError, instant_and_day, plausible_day
from tolerance.mapping import Profile
from tolerance.records import (
    AcceptedRecord,
    FileRefusedError,
    QuarantinedRecord,
    QuarantineReason,
    RefusalReason,
)
from tolerance.settings import Settings

Values = dict[str, object]
Outcome = AcceptedRecord | QuarantinedRecord
_T = TypeVar("_T")

UNFORESEEN = "the reader failed on it"

logger = logging.getLogger(__name__)

_MAX_FIELD_CHARACTERS = framing.MAX_RECORD_BYTES


@dataclass(frozen=True, slots=True)
class ReaderContext:
    """What a reader needs beside the file. `scratch` takes what a `.gz` unpacks to."""

    settings: Settings
    identity_key: bytes
    scratch: Path
    profile: Profile | None = None
    """The mapping profile of the file at hand; None: the contract as it is."""


class Reader(Protocol):
    """A source's reader: the records of one landed file, one by one."""

    def __call__(
        self, path: Path, *, name: str, context: ReaderContext, notes: FileNotes
    ) -> Iterator[Outcome]:
        """Yield each record as accepted or quarantined; raise `FileRefusedError` for the file."""
        ...


class BadFieldError(Exception):
    """One field does not fit the contract. `detail` names the field, never its value."""

    def __init__(self, reason: QuarantineReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def required(text: str | None, field: str) -> str:
    """The text of a field that must be there."""
    if not text:
        raise BadFieldError(QuarantineReason.MISSING_REQUIRED, f"{field} is missing")
    return text


def one_of(text: str | None, allowed: frozenset[str], field: str) -> str | None:
    """A word of a closed list in lower case, or None where there is none."""
    if not text:
        return None
    if (word := text.lower()) not in allowed:
        raise BadFieldError(QuarantineReason.BAD_VALUE, f"{field} is none of {', '.join(sorted(allowed))}")
    return word


def moment(text: str | None, field: str, settings: Settings) -> tuple[datetime, date]:
    """A required instant, as stored, and its business date. A missing one is implausible."""
    if not text:
        raise BadFieldError(QuarantineReason.EVENT_TIME_OUT_OF_RANGE, f"{field} is missing")
    in_utc, day = _checked(field, lambda: instant_and_day(datetime.fromisoformat(text), settings), settings)
    return in_utc.replace(tzinfo=None), day


def optional_moment(
    text: str | None, field: str, settings: Settings
) -> tuple[datetime, date] | tuple[None, None]:
    """An instant and its business date, or two Nones where there is none."""
    return moment(text, field, settings) if text else (None, None)


def optional_day(text: str | None, field: str, settings: Settings) -> date | None:
    """An ISO date without a time, or None where there is none."""
    if not text:
        return None
    return _checked(field, lambda: plausible_day(date.fromisoformat(text), settings), settings)


def _checked(field: str, read: Callable[[], _T], settings: Settings) -> _T:
    try:
        return read()
    except ImplausibleTimeError:
        raise BadFieldError(
            QuarantineReason.EVENT_TIME_OUT_OF_RANGE,
            f"{field} lies outside {settings.earliest_plausible_on} to {settings.latest_plausible_on}",
        ) from None
    except ValueError:
        raise BadFieldError(QuarantineReason.BAD_VALUE, f"{field} is no ISO date") from None


MakeRow = Callable[[list[str]], dict[str, str]]
"""Makes the contract's fields of the cells of one record."""


class CsvDialect(Protocol):
    """What is declared of a CSV file: what parts its fields, its encodings, what its columns mean."""

    @property
    def delimiter(self) -> str:
        """The character between two fields."""
        ...

    @property
    def encodings(self) -> tuple[str, ...]:
        """The encodings to try, in this order."""
        ...

    def bind(self, header: list[str], *, name: str, notes: FileNotes) -> MakeRow:
        """How the fields are made of cells under this header; raises `FileRefusedError`."""
        ...


@dataclass(frozen=True, slots=True)
class CsvContract:
    """The dialect of a source's own contract: its columns and what parts them."""

    columns: tuple[str, ...]
    delimiter: str = ";"
    encodings: tuple[str, ...] = framing.CONTRACT_ENCODINGS

    def bind(self, header: list[str], *, name: str, notes: FileNotes) -> MakeRow:
        """Every column of the contract must stand in the header, once; others are not read."""
        missing = [column for column in self.columns if column not in header]
        if missing:
            raise FileRefusedError(
                RefusalReason.HEADER_MISMATCH, _header_sentence(name, missing[0], header, self)
            )
        repeated = sorted({column for column in header if header.count(column) > 1})
        if repeated:
            raise FileRefusedError(
                RefusalReason.HEADER_MISMATCH,
                f"{name}, line 1: the column {repeated[0]} stands there more than once; "
                "leave one of them out.",
            )
        notes.new_columns = [column.replace(",", " ") for column in header if column not in self.columns]
        return lambda cells: dict(zip(header, cells, strict=True))


def csv_outcomes(
    content: Content,
    dialect: CsvDialect,
    values_of: Callable[[dict[str, str]], Values],
    *,
    name: str,
    notes: FileNotes,
) -> Iterator[Outcome]:
    """Each CSV record as accepted or quarantined. `values_of` raises `BadFieldError`.

    Raises `FileRefusedError` when the header lacks a column of the contract. An empty
    file has no header and no records.
    """
    delimiter = dialect.delimiter.encode()
    notes.delimiter = dialect.delimiter
    begin = _after_sep_line(content, delimiter)
    header_frame = next(framing.csv_frames(content, delimiter, begin), None)
    if header_frame is None:
        return
    try:
        header = _header(header_frame, dialect, name=name, notes=notes)
    except framing.UndecodableError as error:
        raise framing.undecodable(name, content, begin, error) from None
    make_row = dialect.bind(header, name=name, notes=notes)
    for frame in framing.csv_frames(content, delimiter, header_frame.position.byte_end):
        yield outcome_of(
            frame,
            lambda frame: values_of(make_row(_row(frame, header, dialect, notes))),
            name=name,
            content=content,
        )


def csv_header(content: Content, dialect: CsvDialect, *, name: str) -> list[str]:
    """The names in the header of a CSV file; none in an empty one. Raises `FileRefusedError`."""
    delimiter = dialect.delimiter.encode()
    frame = next(framing.csv_frames(content, delimiter, _after_sep_line(content, delimiter)), None)
    try:
        return _header(frame, dialect, name=name, notes=FileNotes()) if frame else []
    except framing.UndecodableError as error:
        raise framing.undecodable(name, content, 0, error) from None


def outcome_of(frame: Frame, values_of: Callable[[Frame], Values], *, name: str, content: Content) -> Outcome:
    """What one frame becomes: accepted, or quarantined with a reason, also when it costs too much.

    Raises `FileRefusedError` when its text is in no encoding that is read.
    """
    try:
        with limits.one_record(frame.position.record_no):
            if frame.problem is not None:
                raise BadFieldError(frame.problem, frame.detail)
            return AcceptedRecord(frame.position, values_of(frame))
    except BadFieldError as error:
        return frame.quarantined(error.reason, error.detail)
    except limits.TooCostlyError:
        return frame.quarantined(QuarantineReason.RESOURCE_LIMIT, "reading it took too long")
    except MemoryError:
        return frame.quarantined(QuarantineReason.RESOURCE_LIMIT, "reading it took too much memory")
    except RecursionError:
        return frame.quarantined(QuarantineReason.RESOURCE_LIMIT, "its parts are nested too deeply")
    except framing.UndecodableError as error:
        raise framing.undecodable(name, content, frame.position.byte_start, error) from None
    except Exception as error:  # our mistake, not the record's: it must not cost the night
        kind = type(error).__name__
        logger.exception("%s, record %d: %s", name, frame.position.record_no, kind)
        return frame.quarantined(
            QuarantineReason.BAD_VALUE, f"{UNFORESEEN} ({kind}): please report its shape"
        )


def _after_sep_line(content: Content, delimiter: bytes) -> int:
    """Where the header begins: a first line `sep=;` of a spreadsheet repeats the contract."""
    begin = framing.start_of_text(content)
    declaration = b"sep=" + delimiter
    line = content[begin : begin + len(declaration) + 1]
    return begin + len(declaration) if line.rstrip(b"\r\n") == declaration else begin


def _header(frame: Frame, dialect: CsvDialect, *, name: str, notes: FileNotes) -> list[str]:
    try:
        if frame.problem is not None:
            raise BadFieldError(frame.problem, frame.detail)
        text = framing.text_of(frame.raw, notes, dialect.encodings)
        return [column.strip() for column in _cells(text, dialect.delimiter)]
    except BadFieldError as error:
        raise FileRefusedError(
            RefusalReason.HEADER_MISMATCH, f"{name}, line 1: the header cannot be read: {error}"
        ) from None


def _header_sentence(name: str, missing: str, header: list[str], contract: CsvContract) -> str:
    """Names the missing column and the nearest one there, unless line 1 is data and no header."""
    expected = contract.delimiter.join(contract.columns)
    if not set(header) & set(contract.columns):
        return f"{name}, line 1: this is not the header; it must be {expected}"
    unknown = [column for column in header if column not in contract.columns]
    nearest = difflib.get_close_matches(missing, unknown, n=1, cutoff=0.5)
    hint = f" ({nearest[0]} looks like it)" if nearest else ""
    return f"{name}, line 1: the column {missing} is missing{hint}; the header must be {expected}"


def _row(frame: Frame, header: list[str], dialect: CsvDialect, notes: FileNotes) -> list[str]:
    """One record's fields, as many as the header's, blanks at their ends taken off."""
    if b"\0" in frame.raw:
        is_filler = not frame.raw.strip(b"\0 \t\r\n")
        raise BadFieldError(
            QuarantineReason.NOT_A_RECORD if is_filler else QuarantineReason.BAD_VALUE,
            "the line is made of NULs" if is_filler else "a NUL stands in the line",
        )
    text = framing.text_of(frame.raw, notes, dialect.encodings)
    cells = [cell.strip() for cell in _cells(text, dialect.delimiter)]
    if len(cells) != len(header):
        raise BadFieldError(
            QuarantineReason.WRONG_FIELD_COUNT, f"{len(cells)} fields instead of {len(header)}"
        )
    if cells == header:
        raise BadFieldError(QuarantineReason.NOT_A_RECORD, "the header once more")
    return cells


def _cells(text: str, delimiter: str) -> list[str]:
    """The fields of one framed record."""
    if '"' not in text:
        return text.split(delimiter)
    csv.field_size_limit(_MAX_FIELD_CHARACTERS)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        raise BadFieldError(
            QuarantineReason.UNBALANCED_QUOTE, "a quote does not close where its field ends"
        ) from None


def unknown_form(name: str, forms: str) -> FileRefusedError:
    """The refusal of a file whose extension no form of its source has."""
    return FileRefusedError(RefusalReason.UNKNOWN_FORM, f"{name} is of no known form: deliver it as {forms}.")
