"""How an alert list is written for one CRM: its columns, headers, cells and line ends."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

# Spreadsheets run a cell that begins with these as a formula; a plain signed number is harmless.
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def cell(value: object) -> str:
    """One value as text: ISO dates, UTC instants with a zone, true/false, text that no spreadsheet runs."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, Decimal)):
        return str(value)
    text = str(value)
    if text.startswith(_FORMULA_START) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


@dataclass(frozen=True, slots=True)
class ListProfile:
    """How one CRM wants the list.

    Attributes:
        name: what a user calls it by, and the name of its module.
        file_name: the list's name in the folder of its date.
        headers: the columns of the list and their headers, in the CRM's order; None for all columns under
            their own names.
        cell: makes text of a value that is not null.
        null: the text of a null.
        delimiter: between two cells.
        line_end: after each line.
        has_bom: whether the file begins with the mark by which spreadsheets recognise UTF-8.
    """

    name: str
    file_name: str
    headers: Mapping[str, str] | None = None
    cell: Callable[[object], str] = cell
    null: str = ""
    delimiter: str = ","
    line_end: str = "\n"
    has_bom: bool = False

    def written(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
        """The list as the bytes of a file."""
        headers = self.headers or {column: column for column in columns}
        positions = [columns.index(column) for column in headers]
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=self.delimiter, lineterminator=self.line_end)
        writer.writerow(headers.values())
        writer.writerows(
            [self.null if row[at] is None else self.cell(row[at]) for at in positions] for row in rows
        )
        return buffer.getvalue().encode("utf-8-sig" if self.has_bom else "utf-8")
