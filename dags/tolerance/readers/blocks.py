"""Reads clean stretches of a CSV file many records at a time: cells by column, and their positions.

A block is clean when it can be framed in one way only: every line end is unambiguous, every quote is
closed, every record has as many fields as the header. Any other block is left to `formats`, which reads
record by record and says what is wrong with each.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from tolerance.formats.content import MAX_RECORD_BYTES, Content
from tolerance.records import Places

MOST_BYTES = 512 << 10
LEAST_BYTES = 8 << 10
"""A block that is not clean is tried again in pieces down to this size, so that one bad record does not slow
down its thousands of neighbours."""

_CLEAN_ENCODINGS = frozenset({"utf-8", "ascii", "cp1252", "latin-1", "iso-8859-15"})
"""Encodings in which lines decode the same separately and together."""

_BOM = b"\xef\xbb\xbf"
_LF, _CR, _SPACE = b"\n\r "


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive records: the columns of their cells, and the bytes [start, end) of each record."""

    columns: list[pa.StringArray]
    starts: Places
    ends: Places
    is_ascii: bool
    is_plain: bool
    """No cell has a quote, a backslash or a control character."""


def clean_block(
    content: Content, at: int, byte_count: int, *, delimiter: str, encoding: str, field_count: int
) -> Block | None:
    """The whole records in `byte_count` bytes from the beginning of a line, or None where one is not clean.

    Blanks at the ends of cells are removed.
    """
    if encoding not in _CLEAN_ENCODINGS or delimiter.isspace() or not delimiter.isascii() or field_count < 2:  # noqa: PLR2004
        return None
    raw = content[at : at + byte_count]
    if at + len(raw) < len(content):
        raw = raw[: raw.rfind(b"\n") + 1]
    if not raw or b"\0" in raw or raw.startswith(_BOM) or b"\n" + _BOM in raw:
        return None
    returns = raw.count(b"\r") if b"\r" in raw else 0
    if returns and returns != raw.count(b"\r\n"):
        return None
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    has_quotes = b'"' in raw
    octets = np.frombuffer(raw, np.uint8)
    starts, ends = _lines(octets)
    if has_quotes:
        columns, last_lines = _columns_with_quotes(text, delimiter, field_count)
        ends = ends[last_lines - 1]
        starts = starts[np.append(0, last_lines[:-1])] if columns else starts
    else:
        columns = _columns(raw if encoding == "utf-8" else text.encode(), delimiter, field_count)
    if not columns or len(columns[0]) != len(ends):
        return None
    controls = int((octets < _SPACE).sum()) - raw.count(b"\n") - returns
    is_plain = not (has_quotes or controls or b"\\" in raw)
    return Block(columns, starts + at, ends + at, raw[: ends[-1]].isascii(), is_plain)


def _lines(octets: npt.NDArray[np.uint8]) -> tuple[Places, Places]:
    """Where each line begins, and where its text ends."""
    ends = np.flatnonzero(octets == _LF)
    if octets[-1] != _LF:
        ends = np.append(ends, len(octets))
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1] + 1
    return starts, ends - (octets[ends - 1] == _CR)


def _columns(text: bytes, delimiter: str, field_count: int) -> list[pa.StringArray]:
    """The columns of lines without quotes; none unless every line has all its fields."""
    names = [str(place) for place in range(field_count)]
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text),
            pa.csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
            pa.csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            pa.csv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid:
        return []
    # Arrow's blanks are those of `str.strip`, in all of Unicode; a test checks it.
    return [pc.utf8_trim_whitespace(column.combine_chunks()) for column in table.columns]


def _columns_with_quotes(text: str, delimiter: str, field_count: int) -> tuple[list[pa.StringArray], Places]:
    """The columns of the records before the first bad or unfinished one, and the last line of each.

    None unless every record has all its fields.
    """
    rows: list[list[str]] = []
    last_lines: list[int] = []
    csv.field_size_limit(MAX_RECORD_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            rows.append(row)
            last_lines.append(reader.line_num)
    except csv.Error:
        pass  # an open quote: the record may go on after this block
    columns = zip(*rows, strict=True) if set(map(len, rows)) == {field_count} else ()
    return [pa.array(map(str.strip, column), pa.string()) for column in columns], np.array(
        last_lines, np.int64
    )


def after_line_end(content: Content, at: int) -> int:
    """Where the next line begins, when `at` is the end of a line's text."""
    if content[at : at + 2] == b"\r\n":
        return at + 2
    return at + 1 if content[at : at + 1] in (b"\n", b"\r") else at
