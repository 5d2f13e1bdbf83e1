"""The list as a workbook for people: a sheet of everything and one per role, typed, filtered, links to click.

The customer is told in the customer's language, everything else in the company's (`team_language`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter
import yaml
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from tolerance.crm.list_profile import Kind
from tolerance.crm.told import not_told
from tolerance.settings import settings

FILE = "alerts.xlsx"
MOST_ROWS = 50_000
"""More than that nobody reads, and each cell takes Python's time."""

_LONGEST_TEXT, _LONGEST_LINK, _LONGEST_NAME = 32_767, 2_079, 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class _Shown:
    """A column of the workbook: SQL of its value where it is not a column of `told`, its kind and width."""

    name: str
    width: int
    kind: Kind = Kind.TEXT
    sql: str = ""


_COLUMNS = (
    _Shown("priority", 8, Kind.NUMBER),
    _Shown("respond_by", 19, Kind.INSTANT),
    _Shown("customer_id", 14),
    _Shown("incident_label", 26, sql="label_{language}"),
    _Shown("reason", 70),
    _Shown("first_step", 34, sql="first_step_{language}"),
    _Shown("playbook_title", 30, sql="playbook_title_{language}"),
    _Shown("owner_role", 18),
    _Shown("ticket_link", 14),
    _Shown("incident_status", 13),
    _Shown("resolved_at", 19, Kind.INSTANT),
    _Shown("incident_deadline_at", 19, Kind.INSTANT),
    _Shown("channel", 11),
    _Shown("preferred_language", 10),
    _Shown("tenure_months", 10, Kind.NUMBER),
    _Shown("balance_today_points", 11, Kind.NUMBER, sql="cast(balance_today_points as decimal(18, 2))"),
    _Shown("balance_before_points", 11, Kind.NUMBER, sql="cast(balance_before_points as decimal(18, 2))"),
    _Shown("balance_after_points", 11, Kind.NUMBER, sql="cast(balance_after_points as decimal(18, 2))"),
    _Shown("first_safe_month", 11, Kind.DATE),
    _Shown("cumulative_count", 11, Kind.NUMBER),
    _Shown("last_cumulative", 40),
    _Shown("change", 10),
    _Shown("change_reason", 16),
    _Shown("occurred_on", 11, Kind.DATE),
    _Shown("raised_on", 11, Kind.DATE),
    _Shown("evidence", 30),
    _Shown("alert_id", 34),
)

_ROLES = """
select owner_role, any_value(owner_role_label_{language})
from main.dim_incident_type
group by owner_role
"""


def write(serving: duckdb.DuckDBPyConnection, path: Path, as_of: date, scratch: Path) -> None:
    """Write what `told` tells; sheets pass through `scratch`, so that no list is held in memory."""
    language = settings().team_language
    words = _words(language)
    roles = dict(serving.execute(_ROLES.format(language=language)).fetchall())
    owners = [role for (role,) in serving.execute("select distinct owner_role from told").fetchall() if role]
    rows = _cursor(serving, language)
    scratch.mkdir(parents=True, exist_ok=True)
    options = {"constant_memory": True, "tmpdir": str(scratch)}
    with xlsxwriter.Workbook(str(path), options) as book:
        # Everything that a workbook says of its making; so the same rows are the same bytes.
        book.set_properties({"created": datetime.combine(as_of, time.min, tzinfo=UTC).replace(tzinfo=None)})
        sheets = _Sheets(book, words)
        of_everybody = sheets.add(words["everything"])
        labels = sorted((roles.get(role) or role, role) for role in owners)
        of_role = {role: sheets.add(label) for label, role in labels}
        for row in _rows(rows):
            role = row["owner_role"]
            row["owner_role"] = roles.get(role) or role
            of_everybody.add(row)
            if role:
                of_role[role].add(row)
        sheets.finish()


def _cursor(serving: duckdb.DuckDBPyConnection, language: str) -> duckdb.DuckDBPyConnection:
    """The rows, still to be fetched."""
    zone = settings().business_time_zone.key
    shown = [
        f"timezone('{zone}', {column.name}) as {column.name}"
        if column.kind is Kind.INSTANT
        else f"{column.sql.format(language=language) or column.name} as {column.name}"
        for column in _COLUMNS
    ]
    try:
        return serving.execute(f"select {', '.join(shown)}, ticket_number from told")
    except duckdb.BinderException:
        raise not_told() from None


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    names = [name for name, *_ in cursor.description or ()]
    while batch := cursor.fetchmany(_BATCH):
        for values in batch:
            yield dict(zip(names, values, strict=True))


class _Sheets:
    """The sheets of a workbook, all with the same columns."""

    def __init__(self, book: xlsxwriter.Workbook, words: dict[str, Any]) -> None:
        self._book = book
        self._words = words
        self._names: set[str] = set()
        self._sheets: list[_Sheet] = []
        self._formats = _formats(book)

    def add(self, label: str) -> _Sheet:
        """A sheet with its header; two labels that a workbook takes for one get a number."""
        plain = _NOT_IN_NAMES.sub(" ", label).strip() or "?"
        name, number = plain[:_LONGEST_NAME], 1
        while name.casefold() in self._names:
            number += 1
            name = f"{plain[: _LONGEST_NAME - 4]} {number}"
        self._names.add(name.casefold())
        self._sheets.append(_Sheet(self._book.add_worksheet(name), self._formats, self._words))
        return self._sheets[-1]

    def finish(self) -> None:
        """Give every sheet its filter, which wants to know the last row."""
        for sheet in self._sheets:
            sheet.finish()


class _Sheet:
    """One sheet, written from top to bottom."""

    def __init__(self, sheet: Worksheet, formats: dict[str, Format], words: dict[str, Any]) -> None:
        self._sheet = sheet
        self._formats = formats
        self._values: dict[str, dict[str, str]] = words["values"]
        self._row = 0
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        for place, column in enumerate(_COLUMNS):
            sheet.set_column(place, place, column.width)
            header = words["columns"][column.name]
            if column.kind is Kind.INSTANT:
                header = f"{header} ({settings().business_time_zone.key})"
            sheet.write_string(0, place, header, formats["header"])

    def add(self, row: dict[str, Any]) -> None:
        """Write a row: never by a method that guesses what a text may be."""
        self._row += 1
        for place, column in enumerate(_COLUMNS):
            value = row[column.name]
            if column.name == "ticket_link":
                self._link(place, value, row["ticket_number"])
            elif value is None:
                continue
            elif column.kind is Kind.TEXT:
                text = self._values.get(column.name, {}).get(value, value)
                self._sheet.write_string(self._row, place, text[:_LONGEST_TEXT], self._formats["text"])
            elif column.kind is Kind.NUMBER:
                self._sheet.write_number(self._row, place, value, self._formats[_form_of(value)])
            else:
                self._sheet.write_datetime(self._row, place, value, self._formats[column.kind])

    def _link(self, place: int, link: str | None, number: str | None) -> None:
        if link and link.startswith(("https://", "http://")) and len(link) <= _LONGEST_LINK:
            self._sheet.write_url(self._row, place, link, self._formats["link"], (number or link)[:255])
        elif number:
            self._sheet.write_string(self._row, place, number, self._formats["text"])

    def finish(self) -> None:
        self._sheet.autofilter(0, 0, self._row, len(_COLUMNS) - 1)


def _form_of(number: Any) -> str:
    return "whole" if isinstance(number, int) else "points"


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    """Dates by the forms that every office program writes as its user's country does."""
    top = {"valign": "top"}
    return {
        "header": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
        "text": book.add_format(top | {"text_wrap": True}),
        "link": book.add_format(top | {"font_color": "blue", "underline": 1}),
        "whole": book.add_format(top | {"num_format": "0"}),
        "points": book.add_format(top | {"num_format": "0.00"}),
        Kind.DATE: book.add_format(top | {"num_format": 14}),
        Kind.INSTANT: book.add_format(top | {"num_format": 22}),
    }


def _words(language: str) -> dict[str, Any]:
    path = Path(__file__).with_name("words") / f"workbook_{language}.yml"
    words: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return words
