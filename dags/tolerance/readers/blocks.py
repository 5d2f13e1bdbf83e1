"""Takes clean stretches of a CSV file many records at a time: cells by column, and where they lie.

Clean is what nobody could frame otherwise: every line end the same thing to everybody, every quote
closed, as many fields in each record as in the header. Whatever else there is, the whole block is
left to `framing`, which looks at one record after another and says what is wrong with it.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from tolerance import framing
from tolerance.framing import Content

MOST_BYTES = 512 << 10
LEAST_BYTES = 8 << 10
"""A block that is not clean is tried again in pieces down to this size, so that one bad record does not
cost its thousands of neighbours their speed."""

_CLEAN_ENCODINGS = frozenset({"utf-8", "ascii", "cp1252", "latin-1", "iso-8859-15"})
"""Encodings in which a text's lines are decoded alike one by one and together."""


@dataclass(frozen=True, slots=True)
class Block:
    """Records that lie one after another: the columns of their cells, and the bytes [start, end) of each."""

    columns: list[Sequence[str]]
    starts: array[int]
    ends: array[int]
    is_ascii: bool

    def __len__(self) -> int:
        return len(self.starts)


def clean_block(
    content: Content, at: int, byte_count: int, *, delimiter: str, encoding: str, field_count: int
) -> Block | None:
    """The whole records in `byte_count` bytes from the beginning of a line, or None where one is not clean.

    Blanks at the ends of cells are taken off.
    """
    if encoding not in _CLEAN_ENCODINGS or delimiter.isspace() or field_count < 2:  # noqa: PLR2004
        return None
    raw = content[at : at + byte_count]
    if at + len(raw) < len(content):
        raw = raw[: raw.rfind(b"\n") + 1]
    if not raw or b"\0" in raw or raw.count(b"\r") != raw.count(b"\r\n"):
        return None
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    lines = raw.removesuffix(b"\n").split(b"\n")
    starts, ends = _places(lines, at)
    if b'"' in raw:
        rows, last_lines = _rows_with_quotes(text, delimiter)
        first_lines = [0, *last_lines[:-1]] if rows else []
        starts = array("q", [starts[line] for line in first_lines])
        ends = array("q", [ends[line - 1] for line in last_lines])
    else:
        rows = [line.split(delimiter) for line in text.removesuffix("\n").split("\n")]
    if set(map(len, rows)) != {field_count}:
        return None
    columns: list[Sequence[str]] = [list(map(str.strip, column)) for column in zip(*rows, strict=True)]
    return Block(columns, starts, ends, raw[: ends[-1] - at].isascii())


def _places(lines: list[bytes], at: int) -> tuple[array[int], array[int]]:
    """Where each line begins, and where its text ends."""
    starts = array("q", accumulate((len(line) + 1 for line in lines), initial=at))
    starts.pop()
    return starts, array("q", map(_end, starts, lines))


def _end(start: int, line: bytes) -> int:
    return start + len(line) - line.endswith(b"\r")


def _rows_with_quotes(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The records before the first that is not sound or not whole, and how many lines were read by each."""
    rows: list[list[str]] = []
    last_lines: list[int] = []
    csv.field_size_limit(framing.MAX_RECORD_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            rows.append(row)
            last_lines.append(reader.line_num)
    except csv.Error:
        pass  # an open quote: perhaps the record goes on behind this block
    return rows, last_lines


def after_line_end(content: Content, at: int) -> int:
    """Where the next line begins, when `at` is the end of the text of one."""
    if content[at : at + 2] == b"\r\n":
        return at + 2
    return at + 1 if content[at : at + 1] in (b"\n", b"\r") else at
