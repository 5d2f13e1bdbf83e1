"""Reads files by a mapping profile: from columns or JSON paths to the fields of the contract.

The source's own reader judges what a field must hold, the same for every profile.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tolerance.contracts import CONTRACTS
from tolerance.contracts.base import Contract, Field, Kind
from tolerance.formats.content import Content, FileNotes, Frame, content_of, form_of, text_of
from tolerance.formats.json_records import (
    FIRST_INEXACT,
    THE_DOCUMENT,
    json_arrays,
    ndjson_frames,
    span_frames,
)
from tolerance.profiles.profile import DELIMITERS, Condition, Form, Profile, plain
from tolerance.readers.date_formats import (
    DateBeyondError,
    NoSuchDateError,
    dated,
    format_in_the_other_order,
    in_the_other_order,
    is_numeric,
    iso_text_of,
    shape,
)
from tolerance.readers.html_text import text_of_html
from tolerance.readers.json_text import json_value
from tolerance.readers.merges import MERGED, with_merge_tags
from tolerance.readers.outcomes import MakeRow, Outcome, csv_outcomes, outcome_of, unknown_form
from tolerance.readers.rules import BadFieldError, Rule, Values, values_of_row
from tolerance.records import FileRefusedError, QuarantineReason, RefusalReason

if TYPE_CHECKING:
    from tolerance.readers.outcomes import ReaderContext

Row = dict[str, str]
TextsOf = Callable[[str], list[str]]
"""The texts that a record has under the name of a column, or at a path."""

ANY_VALUE = "*"
"""In a condition: any value that is not empty."""

_MOST_CHARACTERS_BEFORE_AN_ADDRESS = 1_000


def mapped_outcomes(
    path: Path,
    profile: Profile,
    rules: tuple[Rule, ...],
    *,
    name: str,
    context: ReaderContext,
    notes: FileNotes,
) -> Iterator[Outcome]:
    """The records of one landed file, read by `profile`; `rules` check their fields by the contract.

    Raises `FileRefusedError` for a form that the profile does not read, for a header without a
    column for a required field, for a JSON document without the array of records, for dates whose day
    and month are in the other order than the profile says.
    """
    extension = form_of(name)
    form = profile.form(extension)
    if form is None:
        if extension in _NEVER_READ:
            raise FileRefusedError(
                RefusalReason.UNKNOWN_FORM,
                f"{name} is {_NEVER_READ[extension]}, which is not read: export the list as "
                f"{_either(profile)} and deliver that.",
            )
        raise unknown_form(name, f"{profile.extensions}, which its profile {profile.name} reads")
    zone = ZoneInfo(form.time_zone) if form.time_zone else context.settings.business_time_zone
    rows = _Rows(CONTRACTS[profile.source], profile, form, zone)
    with content_of(path, name=name, scratch=context.scratch) as content:
        if extension == "csv":
            yield from csv_outcomes(content, MappedCsv(rows), rules, name=name, notes=notes)
        elif content:
            yield from _json_outcomes(content, rows, rules, name=name, notes=notes, extension=extension)
    rows.orders.judge(form, "csv" if extension == "csv" else "json", profile=profile.name, name=name)
    notes.messages += rows.messages(name)


_NEVER_READ = {"xml": "XML", "xlsx": "a workbook", "xls": "a workbook", "ods": "a workbook"}


def _either(profile: Profile) -> str:
    """The forms that a profile reads, in words."""
    return " or ".join(
        word
        for word, extension in (("CSV", "csv"), ("JSON", "json"))
        if profile.form(extension) or profile.is_contract(extension)
    )


# The fields of one record -------------------------------------------------------------


@dataclass(slots=True)
class _Orders:
    """What a file's dates in figures prove about the order of day and month.

    The order is declared, and a date such as 03/04/2026 cannot contradict it. A thirteenth month can: then
    the file's other dates were read wrongly, and nothing else would show it.
    """

    as_declared: int = 0
    the_other: int = 0
    either: int = 0
    elsewise: int = 0
    """Dates in formats that leave no doubt."""

    other_forms: dict[str, None] = field(default_factory=dict)
    """The other-order formats of dates that may have the other order."""

    def take(self, moment: datetime, date_format: str) -> None:
        """Note a date that was read by `date_format`."""
        if not is_numeric(date_format):
            self.elsewise += 1
        elif moment.day > _MOST_MONTHS:
            self.as_declared += 1
        elif moment.day != moment.month:
            self.either += 1
            self.other_forms[in_the_other_order(date_format)] = None

    def take_unread(self, text: str, formats: tuple[str, ...]) -> None:
        """Note a text that fits none of the declared formats."""
        other = format_in_the_other_order(text, formats)
        if other is not None:
            self.the_other += 1
            self.other_forms[other] = None

    def judge(self, form: Form, key: str, *, profile: str, name: str) -> None:
        """Raises `FileRefusedError` when more dates prove the other order than the declared one.

        A few odd dates in a file whose other dates leave no doubt quarantine only their own records.
        """
        if self.the_other > self.as_declared and (self.either or self.the_other > self.elsewise):
            dates = [known for known in form.dates if not is_numeric(known)] + list(self.other_forms)
            wanted = ", ".join(f'"{text}"' if "%" in text else text for text in dates)
            raise FileRefusedError(
                RefusalReason.HEADER_MISMATCH,
                f"{name}: {self.the_other} dates can only be read {_order(dates)} first, but profile "
                f"{profile} says otherwise: deliver it under a profile that reads them so (those whose names "
                f"end in _us read the month first), or write `{key}: {{dates: [{wanted}]}}` in a profile of "
                "mappings.yml that extends it.",
            )

    def message(self, form: Form, profile: str) -> str | None:
        """What the dates leave open, if anything: no date proves an order, or each order is proven."""
        if not self.either or (self.as_declared and not self.the_other):
            return None
        order = _order(form.dates)
        read = f"read {order} first, as profile {profile} says"
        if not self.the_other:
            return f"no date shows whether day or month comes first; {read}"
        return (
            f"{self.the_other} dates cannot be read {order} first and are quarantined; "
            f"{self.either} that could be read both ways are {read}"
        )


def _order(formats: Iterable[str]) -> str:
    """Which of day and month comes first in the formats that have both in figures."""
    return (
        "day"
        if any(is_numeric(text) and text.index("%d") < text.index("%m") for text in formats)
        else "month"
    )


_MOST_MONTHS = 12


@dataclass(slots=True)
class _Rows:
    """Makes contract fields of a record's texts, and counts the values that the profile does not name."""

    contract: Contract
    profile: Profile
    form: Form
    zone: ZoneInfo
    zones: dict[str, ZoneInfo] = field(default_factory=dict)
    """The time zones that the names of columns give."""

    orders: _Orders = field(default_factory=_Orders)
    shapes: set[str] = field(default_factory=set)
    """The shapes of unreadable dates that were reported."""

    unnamed: Counter[str] = field(default_factory=Counter)
    record_count: int = 0
    has_last_change: bool = False
    """Whether a record of the file tells when it was written."""

    is_status_unnamed: bool = False
    """Of the current record: then its time of resolution decides whether it is settled."""

    def row(self, texts_of: TextsOf, columns: dict[str, tuple[str, ...]]) -> Row:
        """The fields of one record as the contract's CSV would hold them. Raises `BadFieldError`."""
        profile = self.profile
        self.is_status_unnamed = False
        if _holds(profile.skip_when, texts_of, profile.nothing):
            raise BadFieldError(QuarantineReason.NOT_A_RECORD, f"profile {profile.name} says to skip it")
        row = {
            field.name: profile.constants[field.name]
            if field.name in profile.constants
            else self._field(field, columns.get(field.name, ()), texts_of)
            for field in self.contract.fields
        }
        if accounts := self._texts(profile.burdened_account, texts_of):
            row[self.contract.customer[0]] = _first_id(accounts[0])
        if profile.vendor_person and not any(row[name] for name in self.contract.customer):
            numbers = filter(_VENDORS_NUMBER.fullmatch, self._texts(profile.vendor_person, texts_of))
            row[self.contract.customer[0]] = _first_id(next(numbers, ""))
        if self.contract.deletion and _holds(profile.deleted_when, texts_of, profile.nothing):
            row[self.contract.deletion] = "yes"
        if columns.get(_LAST_CHANGE) and columns[_LAST_CHANGE] == columns.get("created_at"):
            row[_LAST_CHANGE] = ""  # an event log: a row per change, with its own time alone
        self.record_count += 1
        self.has_last_change |= bool(row.get(_LAST_CHANGE))
        if profile.merged_when or profile.merged_into:
            self._mark_merged(row, texts_of)
        if self.is_status_unnamed and "tags" in row:
            states = (tag for tag in map(self._state_tag, self._texts(columns["status"], texts_of)) if tag)
            row["tags"] = ",".join(filter(None, [row["tags"], *list(states)[:1]]))
        settled = self.contract.settled
        if settled and self.is_status_unnamed and _is_reached(row[settled.at], row[settled.seen_at]):
            row[settled.field] = settled.word
        return row

    def _state_tag(self, text: str) -> str:
        """A state that the profile does not name, as a tag: what it means is for the company to say."""
        words = "_".join(plain(text).replace(",", " ").split())
        return f"state_{words}" if words else ""

    def _mark_merged(self, row: Row, texts_of: TextsOf) -> None:
        """The tags that say of a merged ticket that it is one, and of which."""
        targets = self._texts(self.profile.merged_into, texts_of)
        if (
            targets
            or MERGED in row["tags"].split(",")
            or _holds(self.profile.merged_when, texts_of, self.profile.nothing)
        ):
            row["tags"] = with_merge_tags(
                row["tags"], target=targets[0] if targets else "", text=row["description"]
            )

    def messages(self, name: str) -> list[str]:
        """Counts of values that the profile does not name, and what the file's dates leave open."""
        of_dates = self.orders.message(self.form, self.profile.name)
        found = [f"{name}: {of_dates}"] if of_dates else []
        if self.record_count and not self.has_last_change and _LAST_CHANGE in self.contract.field_names:
            found.append(
                f"{name}: no record tells its last change ({_LAST_CHANGE}), so the later delivery of a "
                "ticket counts; export that column too, or name it in a profile of mappings.yml"
            )
        return found + [
            f"{name}: {count} records have a {field_name} that profile {self.profile.name} does not name, "
            f"read as {self.profile.otherwise[field_name] or 'none'}" + self._or_as_settled(field_name)
            for field_name, count in sorted(self.unnamed.items())
        ]

    def _or_as_settled(self, name: str) -> str:
        settled = self.contract.settled
        if settled is None or settled.field != name:
            return ""
        return f", or as {settled.word} where it has a time of resolution"

    def _texts(self, columns: tuple[str, ...], texts_of: TextsOf) -> list[str]:
        nothing, not_where = self.profile.nothing, self.profile.not_where
        return [
            text
            for column in columns
            if not (not_where and _holds(not_where.get(plain(column), ()), texts_of, nothing))
            for text in texts_of(column)
            if text and not (nothing and plain(text) in nothing)
        ]

    def _field(self, field: Field, columns: tuple[str, ...], texts_of: TextsOf) -> str:
        name, kind = field.name, field.kind
        if kind in (Kind.INSTANT, Kind.DAY):
            for column in columns:
                for text in self._texts((column,), texts_of):
                    return self._date(field, text, self.zones.get(plain(column), self.zone))
            return ""
        texts = self._texts(columns, texts_of)
        if name in self.profile.html:
            texts = [_without_tags(text) for text in texts]
        if kind is Kind.TAGS:
            tags = (self._tag(name, text) for text in self._split(name, texts))
            return ",".join(dict.fromkeys(filter(None, tags)))
        if name in self.profile.when and (word := self._decided(name, texts, texts_of)) is not None:
            return word
        if not texts:
            return ""
        if name in self.profile.values:
            return self._word(field, texts)
        if kind is Kind.ADDRESSES:
            return ",".join(part.strip() for part in self._split(name, texts) if part.strip())
        if kind is Kind.ADDRESS:
            return _address(texts)
        if name in self.profile.remove_blanks:
            return "".join(texts[0].split())
        if kind is Kind.TEXT and self.profile.separators.get(name):
            return self._split(name, texts[:1])[0].strip()  # the first of several
        number = _NUMBERS.get(kind)
        return number(texts[0], self.profile.decimal_mark) if number else texts[0]

    def _split(self, name: str, texts: list[str]) -> list[str]:
        separator = self.profile.separators.get(name, ",")
        return [part for text in texts for part in (text.split(separator) if separator else [text])]

    def _tag(self, name: str, text: str) -> str:
        """One tag in the form that tags have here: no blanks, no commas, lower case."""
        named = self.profile.values.get(name, {})
        if (known := plain(text)) in named:
            return named[known]
        if known and name in self.profile.otherwise:
            return self.profile.otherwise[name]
        return "_".join(known.replace(",", " ").split())

    def _decided(self, name: str, texts: list[str], texts_of: TextsOf) -> str | None:
        """The word that other columns decide, where the profile names none of the field's own texts."""
        if self._named(name, texts) is not None:
            return None
        decided = self.profile.when[name]
        return next((word for word, when in decided if _holds(when, texts_of, self.profile.nothing)), None)

    def _named(self, name: str, texts: list[str]) -> str | None:
        """The contract's word for the first text that the profile names."""
        named = self.profile.values.get(name, {})
        for text in texts:
            for known in (plain(text), _whole(text, self.profile.decimal_mark)):
                if known in named:
                    return named[known]
        return None

    def _word(self, field: Field, texts: list[str]) -> str:
        """The contract's word for the first text that the profile names, else what any other becomes."""
        name = field.name
        if (word := self._named(name, texts)) is not None:
            return word
        if name not in self.profile.otherwise:
            raise BadFieldError(
                QuarantineReason.BAD_VALUE,
                f"{name} is not among those that profile {self.profile.name} names; add it to `values`",
            )
        self.unnamed[name] += 1
        settled = self.contract.settled
        self.is_status_unnamed |= settled is not None and settled.field == name
        return self.profile.otherwise[name]

    def _date(self, field: Field, text: str, zone: ZoneInfo) -> str:
        formats = self.form.dates
        try:
            moment, fitting = dated(text, formats)
        except NoSuchDateError:
            self.orders.take_unread(text, formats)
            raise BadFieldError(
                QuarantineReason.BAD_VALUE,
                f"{field.name} fits none of the date formats of profile {self.profile.name}"
                f"{self._shape(text)}",
            ) from None
        except DateBeyondError:
            raise BadFieldError(
                QuarantineReason.EVENT_TIME_OUT_OF_RANGE, f"{field.name} is not a date"
            ) from None
        self.orders.take(moment, fitting)
        if field.kind is Kind.DAY:
            return moment.date().isoformat()
        return iso_text_of(moment, fitting, text, zone)

    def _shape(self, text: str) -> str:
        """A hint at a date's shape, for the first few only: reasons are counted by their text."""
        form = shape(text)
        if len(self.shapes) < _MOST_SHAPES:
            self.shapes.add(form)
        return f": its form is {form}; add that to `dates`" if form in self.shapes else ""


_LAST_CHANGE = "updated_at"
"""The field that orders the versions of a record."""

_MOST_SHAPES = 20


def _address(texts: list[str]) -> str:
    """The first address in cells that may hold a name beside it."""
    found = (_ADDRESS.search(text[:_MOST_CHARACTERS_BEFORE_AN_ADDRESS]) for text in texts)
    return next((match.group() for match in found if match), "")


_ADDRESS = re.compile(r"[^\s<>;,()\"]{1,254}@[^\s<>;,()\"]{1,254}")
_VENDORS_NUMBER = re.compile(r"(?=\D*\d)[^\s@]{1,300}")
"""An id has a figure and no blank: a display name or an address in its place is not an id."""


def _first_id(text: str) -> str:
    """The first of the ids that a desk puts into one cell: `501;502`."""
    return text.partition(";")[0].strip()


_NUMBER = re.compile(r"-?\d{1,15}(?:\.0{1,15})?")


def _is_reached(day: str, seen_on: str) -> bool:
    """Whether an ISO date is given and not later than another: some exports give a solution too early."""
    length = len("2026-11-20")
    return bool(day) and not (seen_on and day[:length] > seen_on[:length])


def _holds(conditions: tuple[Condition, ...], texts_of: TextsOf, nothing: frozenset[str]) -> bool:
    return any(
        value in condition.values or (ANY_VALUE in condition.values and value != "" and value not in nothing)
        for condition in conditions
        for column in condition.columns
        for value in map(plain, texts_of(column))
    )


def _whole(text: str, decimal_mark: str) -> str:
    """`4,0` as `4` where the mark is a comma; any other text stays."""
    number = text.replace(decimal_mark, ".") if decimal_mark != "." else text
    return number.partition(".")[0] if _NUMBER.fullmatch(number) else text


def _with_point(text: str, decimal_mark: str) -> str:
    """`1.234,5` as `1234.5` where the mark is a comma; the contract judges what is left."""
    thousands = "." if decimal_mark == "," else ","
    return _GROUPED[thousands].sub("", text).replace(decimal_mark, ".")


_GROUPED = {mark: re.compile(rf"(?<=[0-9])[{mark}](?=[0-9]{{3}}(?![0-9]))") for mark in ".,"}
"""A mark between thousands."""


_NUMBERS = {Kind.COUNT: _whole, Kind.AMOUNT: _with_point}
"""How the numbers of another system become those of the contract."""


def _without_tags(text: str) -> str:
    if "&lt;" in text:
        text = html.unescape(text)
    return text_of_html(text).strip() if "<" in text or "&" in text else text


# CSV ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MappedCsv:
    """The dialect of a profile's CSV files: the declared column names, also repeated, in any order."""

    rows: _Rows

    @property
    def delimiter(self) -> str:
        """What separates the fields."""
        return self.rows.form.delimiter

    @property
    def encodings(self) -> tuple[str, ...]:
        """The encodings to try, in this order."""
        return self.rows.profile.encodings

    @property
    def takes_cells_as_fields(self) -> bool:
        """A profile looks at whole records."""
        return False

    @property
    def may_be_absent(self) -> tuple[str, ...]:
        """A profile knows by itself what a header lacks."""
        return ()

    def bind(self, header: list[str], *, name: str, notes: FileNotes) -> MakeRow:
        """Find each field's columns; a required field without one refuses the file."""
        rows = self.rows
        profile, form = rows.profile, rows.form
        places = places_of(header)
        rows.zones = {column: first.zone for column, (first, *_) in places.items() if first.zone is not None}
        columns = present_columns(form, header)
        filled = {name for name, found in columns.items() if found} | set(profile.constants)
        missing = [name for name in rows.contract.required if name not in filled]
        if missing:
            raise FileRefusedError(
                RefusalReason.HEADER_MISMATCH, _missing_sentence(name, missing[0], header, profile, form)
            )
        others = profile.burdened_account + profile.vendor_person
        if not (
            identifies_customers(profile, columns) or any(is_there(column, form, places) for column in others)
        ):
            notes.messages.append(f"{name}: no column identifies the customer, so no record will have one")
        found = {
            column: tuple(place.place for place in places.get(plain(column), ()))
            for field_columns in (*form.columns.values(), *_other_columns(profile))
            for column in field_columns
        }
        of_json = {column for column in found if plain(column) in form.json_cells}
        paths = {column: path_of(column) for column in found if not found[column] and begins_in(column, form)}

        def make_row(cells: list[str]) -> Row:
            trees: dict[str, object] = {}

            def tree(cell: str) -> object:
                if cell not in trees:
                    trees[cell] = _tree_in(cell)
                return trees[cell]

            def texts_of(column: str) -> list[str]:
                if column not in paths:
                    texts = [cells[place] for place in found[column]]
                    if column not in of_json:
                        return texts
                    return [text for cell in texts for text in _texts_in(tree(cell))]
                first, *others = paths[column]
                trees_there = [tree(cells[place.place]) for place in places.get(plain(first.key), ())]
                return [
                    text
                    for value in trees_there
                    for text in texts_at({first.key: value}, column, (first, *others))
                ]

            return rows.row(texts_of, columns)

        return make_row


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a column's cell in a record, and the time zone that the column's name gives."""

    place: int
    zone: ZoneInfo | None = None


def places_of(header: list[str]) -> dict[str, list[Place]]:
    """The places of the columns of each name.

    `Created at (Europe/Paris)` is also found as `Created at` unless another column has that name.
    """
    places: dict[str, list[Place]] = {}
    by_name_alone: dict[str, list[Place]] = {}
    for place, column in enumerate(header):
        match = _NAME_WITH_A_ZONE.fullmatch(column[:_LONGEST_NAME])
        zone = _zone_called(match["zone"]) if match else None
        places.setdefault(plain(column), []).append(Place(place, zone))
        if match and zone is not None:
            by_name_alone.setdefault(plain(match["name"]), [Place(place, zone)])
    return by_name_alone | places


_NAME_WITH_A_ZONE = re.compile(r"(?P<name>.*\S)\s*\((?P<zone>UTC|GMT|[A-Za-z_]+/[A-Za-z0-9_+/-]+)\)")
_LONGEST_NAME = 200


def _zone_called(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def _tree_in(cell: str) -> object:
    """The value of a cell of JSON; any other text stays."""
    if cell[:1] not in ("{", "["):
        return cell
    try:
        return json_value(cell)
    except BadFieldError:
        return cell


def begins_in(column: str, form: Form) -> bool:
    """Whether a column is a path into a column whose cells hold JSON."""
    return plain(path_of(column)[0].key) in form.json_cells


def is_there(column: str, form: Form, places: dict[str, list[Place]]) -> bool:
    """Whether a file has a column, or the column that its path begins in."""
    return plain(column) in places or (begins_in(column, form) and plain(path_of(column)[0].key) in places)


def present_columns(form: Form, header: list[str]) -> dict[str, tuple[str, ...]]:
    """For each field those of its columns that the header has."""
    places = places_of(header)
    return {
        field_name: tuple(name for name in names if is_there(name, form, places))
        for field_name, names in form.columns.items()
    }


def identifies_customers(profile: Profile, columns: dict[str, tuple[str, ...]]) -> bool:
    """Whether a field that can identify the customer has a column or a constant."""
    customer = CONTRACTS[profile.source].customer
    return not customer or any(columns.get(name) or name in profile.constants for name in customer)


def _missing_sentence(name: str, missing: str, header: list[str], profile: Profile, form: Form) -> str:
    """The message for a field without a column: what was looked for, and the most similar column."""
    if len(header) == 1:
        other = next((mark for mark in DELIMITERS if mark != form.delimiter and mark in header[0]), None)
        if other is not None:
            return (
                f"{name}, line 1: profile {profile.name} separates columns by {form.delimiter!r}, "
                f"this file by {other!r}: write `csv: {{delimiter: {other!r}}}` in a profile of mappings.yml "
                "that extends it."
            )
    wanted = form.columns.get(missing, ())
    there = [plain(column) for column in header[:_MOST_COMPARED]]
    near = [get_close_matches(plain(column), there, n=1, cutoff=0.6) for column in wanted]
    hint = next((f" ({match[0]} looks like it)" for match in near if match), "")
    return (
        f"{name}, line 1: profile {profile.name} finds no column for {missing} among "
        f"{', '.join(wanted)}{hint}; export it too, or name its column "
        f"(`csv: {{columns: {{{missing}: ...}}}}`) in a profile of mappings.yml that extends this one."
    )


_MOST_COMPARED = 1_000
"""How many columns are compared to find the one most similar to a missing column."""

# JSON ---------------------------------------------------------------------------------


def _json_outcomes(
    content: Content,
    rows: _Rows,
    rules: tuple[Rule, ...],
    *,
    name: str,
    notes: FileNotes,
    extension: str,
) -> Iterator[Outcome]:
    paths = {
        column: path_of(column)
        for columns in (*rows.form.columns.values(), *_other_columns(rows.profile))
        for column in columns
    }

    def values(frame: Frame) -> Values:
        record = json_record(frame.raw, rows.profile, rows.form, notes)
        row = rows.row(lambda column: texts_at(record, column, paths[column]), rows.form.columns)
        return values_of_row(rules, row)

    if extension == "json":
        frames = document_frames(content, rows.form, rows.profile, name=name, notes=notes)
    else:
        frames = ndjson_frames(content)
    for frame in frames:
        yield outcome_of(frame, values, name=name, content=content)


def _other_columns(profile: Profile) -> Iterator[tuple[str, ...]]:
    yield profile.vendor_person
    yield profile.merged_into
    for conditions in (
        profile.deleted_when,
        profile.skip_when,
        profile.merged_when,
        *profile.not_where.values(),
    ):
        for condition in conditions:
            yield condition.columns
    yield profile.account
    for decided in profile.when.values():
        for _, conditions in decided:
            for condition in conditions:
                yield condition.columns


def document_frames(
    content: Content, form: Form, profile: Profile, *, name: str, notes: FileNotes
) -> Iterator[Frame]:
    """The records of a JSON document; raises `FileRefusedError` when it has none of the named arrays."""
    arrays = json_arrays(content, form.records)
    there = [key for key in form.records if key in arrays.elements]
    if not there:
        wanted = ", ".join("the document itself" if key == "$" else key for key in form.records)
        raise FileRefusedError(
            RefusalReason.HEADER_MISMATCH,
            f"{name} holds no array of records (profile {profile.name} looks for {wanted}): deliver the "
            "export as it is, or one record per line as .ndjson.",
        )
    notes.records_at = "" if there[0] == THE_DOCUMENT else there[0]
    return span_frames(content, arrays, there[0])


def json_record(raw: bytes, profile: Profile, form: Form, notes: FileNotes) -> dict[str, Any]:
    """One framed record as an object, unwrapped where the profile says so. Raises `BadFieldError`."""
    value = json_value(text_of(raw, notes, profile.encodings))
    if not isinstance(value, dict):
        raise BadFieldError(QuarantineReason.NOT_A_RECORD, "this is not a JSON object")
    inner = value.get(form.inside) if form.inside else None
    return inner if isinstance(inner, dict) else value


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: the key, and which element of the array there (None: all)."""

    key: str
    index: int | None = None


_STEP = re.compile(r"(.*?)\[(-?\d+|)\]")


def path_of(column: str) -> tuple[Step, ...]:
    """`contacts.contacts[0].email` as steps; `[-1]` is the last element, `[]`, also left out, every."""
    steps: list[Step] = []
    for part in column.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            steps.append(Step(part))
        else:
            steps.append(Step(match.group(1), int(match.group(2)) if match.group(2) else None))
    return tuple(steps)


def texts_at(record: dict[str, Any], column: str, path: tuple[Step, ...]) -> list[str]:
    """The texts at a path of a JSON record; a key spelt like the whole path takes precedence."""
    if column in record:
        return _texts_in(record[column])
    nodes: list[object] = [record]
    for step in path:
        found = [node[step.key] for node in nodes if isinstance(node, dict) and step.key in node]
        nodes = []
        for value in found:
            if not isinstance(value, list):
                nodes.append(value)
            elif step.index is None:
                nodes.extend(value)
            else:
                nodes.extend(value[step.index :][:1])
    return [text for node in nodes for text in _texts_in(node)]


def _texts_in(value: object) -> list[str]:
    if isinstance(value, list):
        return [text for element in value if not isinstance(element, list) for text in _texts_in(element)]
    if isinstance(value, dict):
        return [_document_text(value)] if value.get("type") == "doc" else []
    if isinstance(value, str):
        return [value.strip()]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int):
        return [str(value)]
    if isinstance(value, float):
        if abs(value) >= FIRST_INEXACT:
            return []
        return [str(int(value)) if value.is_integer() else str(value)]
    return []


def _document_text(document: dict[str, Any]) -> str:
    """The words of a rich text in the form of a tree of nodes (Atlassian's document format)."""
    words: list[str] = []
    nodes: list[object] = [document]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes.extend(reversed(node))
        elif isinstance(node, dict):
            if isinstance(node.get("text"), str):
                words.append(node["text"])
            nodes.append(node.get("content"))
    return " ".join(words)
