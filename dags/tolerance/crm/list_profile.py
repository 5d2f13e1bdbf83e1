"""A list profile says how the alert list is written for one CRM: as data, nothing of it is code.

The writer makes one SQL query of it, the linter holds the finished bytes against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tolerance.errors import ToleranceError

FILE = "alerts.csv"
"""A list's name, in the folder of its profile; cut into parts they are alerts-1.csv, alerts-2.csv, …"""


class ListError(ToleranceError):
    """A list is not what its CRM takes, or cannot be made; nothing of it is written."""


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    DATE = "date"
    INSTANT = "instant"
    NUMBER = "number"
    BOOLEAN = "boolean"
    PICKLIST = "picklist"


@dataclass(frozen=True, slots=True)
class InstantForm:
    """How an instant is written: SQL of the text, where `{instant}` and `{local}` (without a zone, in the
    business time zone) stand for it, and a pattern of what comes out.
    """

    sql: str
    pattern: str


DATE_PATTERN = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_MINUTE = "([01][0-9]|2[0-3]):[0-5][0-9]"
_SECOND = f"{_MINUTE}:[0-5][0-9]"

UTC_ISO = InstantForm("strftime({instant}, '%Y-%m-%dT%H:%M:%SZ')", f"{DATE_PATTERN}T{_SECOND}Z")
UTC_ISO_OFFSET = InstantForm(
    "strftime({instant}, '%Y-%m-%dT%H:%M:%S+00:00')", rf"{DATE_PATTERN}T{_SECOND}\+00:00"
)
UTC_MINUTE = InstantForm("strftime({instant}, '%Y-%m-%d %H:%M')", f"{DATE_PATTERN} {_MINUTE}")
LOCAL_MINUTE = InstantForm("strftime({local}, '%Y-%m-%d %H:%M')", UTC_MINUTE.pattern)
LOCAL_SECOND = InstantForm("strftime({local}, '%Y-%m-%d %H:%M:%S')", f"{DATE_PATTERN} {_SECOND}")
MILLISECONDS = InstantForm("cast(epoch_ms({instant}) as varchar)", "-?[0-9]{1,14}")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list.

    Attributes:
        header: what the CRM calls the field.
        source: the column of `told` (see `tolerance.crm.told`) that it shows.
        kind: what its cells are.
        words: of a picklist, the CRM's word for each value; it knows no others.
        other: of a picklist, the word for a value without one.
        most_characters: what the CRM's field holds; longer texts are cut. 0: no limit.
        digits: of a number, its decimals; None as it is published.
        null: the text of a null; None: that of the profile.
        is_key: by it the CRM finds the record again, so it is there and there once.
    """

    header: str
    source: str
    kind: Kind = Kind.TEXT
    words: dict[str, str] = field(default_factory=dict)
    other: str | None = None
    most_characters: int = 0
    digits: int | None = None
    null: str | None = None
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class ListProfile:
    """How one CRM wants the list.

    Attributes:
        name: what a user calls it by, the name of its module and of the folder of its lists.
        crm: what people call the CRM.
        columns: in the CRM's order; None for all columns of the list under their own names.
        null: the text of a null.
        delimiter: between two cells.
        line_end: after each line.
        has_bom: whether a file begins with the mark by which spreadsheets recognise UTF-8.
        instant: how an instant is written.
        booleans: the words for true and false.
        has_line_ends_in_cells: whether texts keep their control characters, line ends among them.
        most_rows: rows of one file, without its header; 0: no limit.
        most_bytes: size of one file; 0: no limit.
    """

    name: str
    crm: str
    columns: tuple[Column, ...] | None
    null: str = ""
    delimiter: str = ","
    line_end: str = "\n"
    has_bom: bool = False
    instant: InstantForm = UTC_ISO
    booleans: tuple[str, str] = ("true", "false")
    has_line_ends_in_cells: bool = False
    most_rows: int = 0
    most_bytes: int = 0

    def null_of(self, column: Column) -> str:
        """The text of a null in a column."""
        return self.null if column.null is None else column.null
