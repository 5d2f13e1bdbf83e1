"""What all readers share: their context, and the check of fields by the contract."""

from __future__ import annotations

import csv
import difflib
import importlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from traceback import extract_tb
from typing import Protocol, cast

import pyarrow as pa
import pyarrow.compute as pc

from tolerance.contracts import CONTRACTS
from tolerance.contracts.base import Contract
from tolerance.formats.content import (
    CONTRACT_ENCODINGS,
    MAX_RECORD_BYTES,
    Content,
    FileNotes,
    Frame,
    UndecodableError,
    release,
    start_of_text,
    text_of,
    undecodable,
)
from tolerance.formats.csv_records import csv_frames
from tolerance.profiles.profile import BY_CONTRACT, DELIMITERS, Profile
from tolerance.readers import blocks
from tolerance.readers.rules import BadFieldError, Rule, Values, values_of_columns, values_of_row
from tolerance.records import (
    AcceptedBlock,
    AcceptedRecord,
    FileRefusedError,
    QuarantinedRecord,
    QuarantineReason,
    RefusalReason,
)
from tolerance.sandbox import limits
from tolerance.settings import Settings

Outcome = AcceptedRecord | AcceptedBlock | QuarantinedRecord

UNFORESEEN = "the reader failed on it"

logger = logging.getLogger(__name__)

_MAX_FIELD_CHARACTERS = MAX_RECORD_BYTES


@dataclass(frozen=True, slots=True)
class ReaderContext:
    """What a reader needs besides the file. `scratch` holds what a `.gz` unpacks to."""

    settings: Settings
    identity_key: bytes
    scratch: Path
    profile: Profile = BY_CONTRACT
    """The mapping profile of the current file."""

    mails_have_identities: bool = True
    """Whether mails are told apart by sender and text; before release 0.2.0 by Message-ID alone."""

    by_blocks: bool = False
    """Whether clean records may come many at a time; it does not change the result."""


class Reader(Protocol):
    """A source's reader: yields the records of one landed file."""

    def __call__(
        self, path: Path, *, name: str, context: ReaderContext, notes: FileNotes
    ) -> Iterator[Outcome]:
        """Yield each record as accepted or quarantined; raise `FileRefusedError` for the file."""
        ...


def reader_of(source: str) -> Reader:
    """The reader of a source: the module that its contract names."""
    contract = CONTRACTS[source]
    module = importlib.import_module(f"tolerance.readers.{contract.reader}")
    return cast(Reader, partial(module.read, contract))


MakeRow = Callable[[list[str]], dict[str, str]]
"""Makes the contract's fields of the cells of one record."""


class CsvDialect(Protocol):
    """What is declared of a CSV file: its delimiter, its encodings, the meaning of its columns."""

    @property
    def delimiter(self) -> str:
        """The character between two fields."""
        ...

    @property
    def encodings(self) -> tuple[str, ...]:
        """The encodings to try, in this order."""
        ...

    def bind(self, header: list[str], *, name: str, notes: FileNotes) -> MakeRow:
        """How the fields are made of the cells under this header; raises `FileRefusedError`."""
        ...

    @property
    def takes_cells_as_fields(self) -> bool:
        """Whether each field is just the cell in the column of its name."""
        ...

    @property
    def may_be_absent(self) -> tuple[str, ...]:
        """The columns that are empty where the header lacks them."""
        ...


@dataclass(frozen=True, slots=True)
class OwnCsv:
    """The dialect of a source's own CSV form: its columns and delimiter."""

    columns: tuple[str, ...]
    delimiter: str = ";"
    encodings: tuple[str, ...] = CONTRACT_ENCODINGS
    takes_cells_as_fields: bool = True
    may_be_absent: tuple[str, ...] = ()

    @classmethod
    def of(cls, contract: Contract) -> OwnCsv:
        """The own CSV form of a source."""
        return cls(contract.field_names, may_be_absent=contract.absent_columns)

    def bind(self, header: list[str], *, name: str, notes: FileNotes) -> MakeRow:
        """Every column of the contract that must be there is in the header, once; others are not read."""
        absent = dict.fromkeys(set(self.may_be_absent) - set(header), "")
        missing = [column for column in self.columns if column not in header and column not in absent]
        if missing:
            raise FileRefusedError(
                RefusalReason.HEADER_MISMATCH, _header_sentence(name, missing[0], header, self)
            )
        repeated = sorted({column for column in header if header.count(column) > 1})
        if repeated:
            raise FileRefusedError(
                RefusalReason.HEADER_MISMATCH,
                f"{name}, line 1: the column {repeated[0]} is there more than once; leave all but one out.",
            )
        notes.new_columns = [column.replace(",", " ") for column in header if column not in self.columns]
        return lambda cells: dict(zip(header, cells, strict=True)) | absent


def csv_outcomes(
    content: Content,
    dialect: CsvDialect,
    rules: tuple[Rule, ...],
    *,
    name: str,
    notes: FileNotes,
    by_blocks: bool = False,
) -> Iterator[Outcome]:
    """Each CSV record as accepted or quarantined, clean ones many at a time where `by_blocks` allows it.

    Raises `FileRefusedError` when the header lacks a column of the contract. An empty
    file has no header and no records.
    """
    delimiter = dialect.delimiter.encode()
    notes.delimiter = dialect.delimiter
    begin = _after_sep_line(content, delimiter)
    header_frame = next(csv_frames(content, delimiter, begin), None)
    if header_frame is None:
        return
    try:
        header = _header(header_frame, dialect, name=name, notes=notes)
    except UndecodableError as error:
        raise undecodable(name, content, begin, error) from None
    make_row = dialect.bind(header, name=name, notes=notes)
    first = header_frame.position.byte_end
    ends_empty = _ends_empty(next(csv_frames(content, delimiter, first), None), header, dialect)
    file = _CsvFile(content, name, dialect, header, ends_empty, make_row, rules, notes)
    if by_blocks and dialect.takes_cells_as_fields:
        yield from file.outcomes_by_blocks(first)
    else:
        yield from file.outcomes(first)


@dataclass(frozen=True, slots=True)
class _CsvFile:
    """A CSV file after its header."""

    content: Content
    name: str
    dialect: CsvDialect
    header: list[str]
    ends_empty: bool
    """Each row ends with one more delimiter than the header."""
    make_row: MakeRow
    rules: tuple[Rule, ...]
    notes: FileNotes

    def outcomes(self, start: int, record_no: int = 0) -> Iterator[AcceptedRecord | QuarantinedRecord]:
        """The records from byte `start` on, one at a time, numbered on from `record_no`."""
        for frame in csv_frames(self.content, self.dialect.delimiter.encode(), start, record_no):
            yield outcome_of(frame, self._values, name=self.name, content=self.content)

    def _values(self, frame: Frame) -> Values:
        row = self.make_row(_row(frame, self.header, self.dialect, self.notes, ends_empty=self.ends_empty))
        return values_of_row(self.rules, row)

    def outcomes_by_blocks(self, start: int) -> Iterator[Outcome]:
        """The same, clean records many at a time. Where one is not clean, ever smaller blocks are tried."""
        at, record_no, byte_count = start, 0, blocks.MOST_BYTES
        while True:
            at = blocks.after_line_end(self.content, at)
            block = self._block(at, byte_count, record_no + 1)
            if block is not None:
                yield block
                at, record_no = int(block.ends[-1]), record_no + len(block)
                byte_count = min(byte_count * 2, blocks.MOST_BYTES)
            elif byte_count > blocks.LEAST_BYTES:
                byte_count = max(byte_count // 8, blocks.LEAST_BYTES)
            else:
                upto = at + byte_count
                for outcome in self.outcomes(at, record_no):
                    yield outcome
                    at, record_no = outcome.position.byte_end, outcome.position.record_no
                    if at >= upto:
                        break
                else:
                    return

    def _block(self, at: int, byte_count: int, record_no: int) -> AcceptedBlock | None:
        """The next records, or None if anything is wrong with one of them."""
        encoding = self.dialect.encodings[0]
        release(self.content, at)
        try:
            with limits.one_record(limits.A_BLOCK):
                block = blocks.clean_block(
                    self.content,
                    at,
                    byte_count,
                    delimiter=self.dialect.delimiter,
                    encoding=encoding,
                    field_count=len(self.header) + self.ends_empty,
                )
                if block is None or pc.any(pc.equal(block.columns[0], self.header[0])).as_py():
                    return None
                *named, last = block.columns
                if self.ends_empty and pc.any(pc.not_equal(last, "")).as_py():
                    return None
                cells = dict(zip(self.header, named if self.ends_empty else block.columns, strict=True))
                for column in self.dialect.may_be_absent:
                    cells.setdefault(column, pa.repeat("", len(block.starts)))
                columns = values_of_columns(self.rules, cells.__getitem__)
        except Exception:  # it is one record's fault, and reading record by record shows which
            return None
        if not block.is_ascii:
            self.notes.encodings.add(encoding)
        return AcceptedBlock(record_no, block.starts, block.ends, columns, block.is_plain)


def without_blocks(outcomes: Iterable[Outcome]) -> Iterator[AcceptedRecord | QuarantinedRecord]:
    """The same outcomes without blocks."""
    for outcome in outcomes:
        if isinstance(outcome, AcceptedBlock):
            yield from outcome.records()
        else:
            yield outcome


def csv_header(content: Content, dialect: CsvDialect, *, name: str) -> list[str]:
    """The names in the header of a CSV file; none in an empty one. Raises `FileRefusedError`."""
    delimiter = dialect.delimiter.encode()
    frame = next(csv_frames(content, delimiter, _after_sep_line(content, delimiter)), None)
    try:
        return _header(frame, dialect, name=name, notes=FileNotes()) if frame else []
    except UndecodableError as error:
        raise undecodable(name, content, 0, error) from None


def own_csv(contract: Contract, content: Content, *, name: str) -> OwnCsv:
    """The dialect of a source's own CSV file: of the delimiters that it may have, the one of its header."""
    own, *others = (replace(OwnCsv.of(contract), delimiter=each) for each in contract.delimiters)
    return max(own, *others, key=partial(_columns_under, content, name)) if others else own


def _columns_under(content: Content, name: str, own: OwnCsv) -> int:
    """How many columns of the contract line 1 names, read so."""
    try:
        return len({*own.columns} & {*csv_header(content, own, name=name)})
    except FileRefusedError:
        return 0


def outcome_of(
    frame: Frame, values_of: Callable[[Frame], Values], *, name: str, content: Content
) -> AcceptedRecord | QuarantinedRecord:
    """One frame as an accepted record, or quarantined with a reason, also when it costs too much.

    Raises `FileRefusedError` when its text is in none of the encodings.
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
    except UndecodableError as error:
        raise undecodable(name, content, frame.position.byte_start, error) from None
    except Exception as error:  # a bug of ours, not the record's fault: it must not stop the run
        kind = type(error).__name__
        places = [f"{Path(at.filename).name}:{at.lineno}" for at in extract_tb(error.__traceback__)]
        # Neither the error's message nor a traceback: both may quote the record.
        logger.error("%s, record %d: %s at %s", name, frame.position.record_no, kind, ", ".join(places))
        return frame.quarantined(QuarantineReason.BAD_VALUE, f"{UNFORESEEN} ({kind}): report its shape")


def _after_sep_line(content: Content, delimiter: bytes) -> int:
    """Where the header begins: a spreadsheet's first line `sep=;` is skipped."""
    begin = start_of_text(content)
    declaration = b"sep=" + delimiter
    line = content[begin : begin + len(declaration) + 1]
    return begin + len(declaration) if line.rstrip(b"\r\n") == declaration else begin


def _header(frame: Frame, dialect: CsvDialect, *, name: str, notes: FileNotes) -> list[str]:
    try:
        if frame.problem is not None:
            raise BadFieldError(frame.problem, frame.detail)
        text = text_of(frame.raw, notes, dialect.encodings)
        return [column.strip() for column in _cells(text, dialect.delimiter)]
    except BadFieldError as error:
        raise FileRefusedError(
            RefusalReason.HEADER_MISMATCH, f"{name}, line 1: the header cannot be read: {error}"
        ) from None


def _other_delimiter(header: list[str], contract: OwnCsv) -> str | None:
    """Another delimiter under which line 1 is a header of the contract, if there is one."""
    if len(header) > 1 or not header:
        return None
    found = {
        delimiter: {cell.strip(' "').lower() for cell in header[0].split(delimiter)} & set(contract.columns)
        for delimiter in DELIMITERS
        if delimiter != contract.delimiter
    }
    best = max(found, key=lambda delimiter: len(found[delimiter]))
    return best if len(found[best]) > 1 else None


def _header_sentence(name: str, missing: str, header: list[str], contract: OwnCsv) -> str:
    """The message for a missing column with the most similar one, or for a line 1 that is not a header."""
    other = _other_delimiter(header, contract)
    if other is not None:
        return (
            f"{name}, line 1: the columns are separated by {other!r} instead of {contract.delimiter!r}: "
            f"export the file with {contract.delimiter!r}, or write a profile in mappings.yml with "
            f"`csv: {{delimiter: {other!r}, columns: ...}}` (docs/mappings.md)."
        )
    expected = contract.delimiter.join(contract.columns)
    if not set(header) & set(contract.columns):
        return f"{name}, line 1: this is not the header; it must be {expected}"
    unknown = [column for column in header if column not in contract.columns]
    nearest = difflib.get_close_matches(missing, unknown, n=1, cutoff=0.5)
    hint = f" ({nearest[0]} looks like it)" if nearest else ""
    return f"{name}, line 1: the column {missing} is missing{hint}; the header must be {expected}"


def _ends_empty(frame: Frame | None, header: list[str], dialect: CsvDialect) -> bool:
    """Whether the first row has one field more than the header, with nothing in it.

    Some exports end each row with a delimiter, but not the header. Then every row must end so: one with a
    delimiter too many in its text could not be told from the others otherwise.
    """
    if frame is None or frame.problem is not None:
        return False
    try:
        _row(frame, header, dialect, FileNotes(), ends_empty=True)
    except (BadFieldError, UndecodableError):
        return False
    return True


def _row(
    frame: Frame, header: list[str], dialect: CsvDialect, notes: FileNotes, *, ends_empty: bool = False
) -> list[str]:
    """One record's fields, as many as the header has, without blanks at their ends."""
    if b"\0" in frame.raw:
        is_filler = not frame.raw.strip(b"\0 \t\r\n")
        raise BadFieldError(
            QuarantineReason.NOT_A_RECORD if is_filler else QuarantineReason.BAD_VALUE,
            "the line is made of NULs" if is_filler else "the line has a NUL",
        )
    text = text_of(frame.raw, notes, dialect.encodings)
    text = text.removeprefix("\ufeff")  # the mark of a file that was appended to another
    cells = [cell.strip() for cell in _cells(text, dialect.delimiter)]
    if ends_empty and len(cells) == len(header) + 1 and not cells[-1]:
        cells.pop()
    elif ends_empty:
        raise BadFieldError(
            QuarantineReason.WRONG_FIELD_COUNT,
            f"{len(cells)} fields instead of {len(header)} and the empty one that ends the rows before",
        )
    if len(cells) != len(header):
        raise BadFieldError(
            QuarantineReason.WRONG_FIELD_COUNT, f"{len(cells)} fields instead of {len(header)}"
        )
    if cells == header:
        raise BadFieldError(QuarantineReason.NOT_A_RECORD, "the header again")
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
    """The refusal of a file whose extension is not a form of its source."""
    return FileRefusedError(
        RefusalReason.UNKNOWN_FORM, f"{name} is not of a known form: deliver it as {forms}."
    )
