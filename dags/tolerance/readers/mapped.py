"""Reads files by a mapping profile: columns or JSON paths in, the fields of the contract out.

What a field must hold is judged by the source's own reader, the same for every profile.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tolerance import framing
from tolerance.framing import Content, FileNotes, Frame
from tolerance.mapping import (
    ADDRESS_FIELDS,
    DAY_FIELDS,
    DELIMITERS,
    FIELDS,
    INSTANT_FIELDS,
    REQUIRED,
    Condition,
    Form,
    Profile,
    plain,
)
from tolerance.readers.contract import (
    CsvContract,
    MakeRow,
    Outcome,
    csv_outcomes,
    outcome_of,
    unknown_form,
)
from tolerance.readers.date_formats import DateBeyondError, NoSuchDateError, day_text, iso_text
from tolerance.readers.html_text import text_of_html
from tolerance.readers.json_text import json_value
from tolerance.readers.rules import BadFieldError, Rule, Values, values_of_row
from tolerance.records import FileRefusedError, QuarantineReason, RefusalReason

if TYPE_CHECKING:
    from tolerance.readers.contract import ReaderContext

Row = dict[str, str]
TextsOf = Callable[[str], list[str]]
"""The texts that a record has under the name of a column, or at a path."""

_WHO = ("customer_id", "requester_email")
_MOST_CHARACTERS_BEFORE_AN_ADDRESS = 1_000


def csv_or_mapped_outcomes(
    path: Path,
    contract: CsvContract,
    rules: tuple[Rule, ...],
    *,
    name: str,
    context: ReaderContext,
    notes: FileNotes,
) -> Iterator[Outcome]:
    """The records of one landed file of a source whose own form is CSV alone: by its profile, or by contract.

    Raises `FileRefusedError` for a file that is no CSV of this contract, or that the profile cannot read.
    """
    if context.profile is not None and not context.profile.is_contract("csv"):
        yield from mapped_outcomes(path, context.profile, rules, name=name, context=context, notes=notes)
        return
    if framing.form_of(name) != "csv":
        raise unknown_form(name, ".csv or .csv.gz")
    with framing.content_of(path, name=name, scratch=context.scratch) as content:
        yield from csv_outcomes(content, contract, rules, name=name, notes=notes, by_blocks=context.by_blocks)


def mapped_outcomes(
    path: Path,
    profile: Profile,
    rules: tuple[Rule, ...],
    *,
    name: str,
    context: ReaderContext,
    notes: FileNotes,
) -> Iterator[Outcome]:
    """The records of one landed file, read by `profile`; `rules` hold their fields to the contract.

    Raises `FileRefusedError` for a form that the profile does not read, for a header without a
    column for a required field, for a JSON document without the array of records.
    """
    extension = framing.form_of(name)
    form = profile.form(extension)
    if form is None:
        raise unknown_form(name, f"{profile.extensions}, which its profile {profile.name} reads")
    zone = ZoneInfo(form.time_zone) if form.time_zone else context.settings.business_time_zone
    rows = _Rows(profile, form, zone)
    with framing.content_of(path, name=name, scratch=context.scratch) as content:
        if extension == "csv":
            yield from csv_outcomes(content, MappedCsv(rows), rules, name=name, notes=notes)
        elif content:
            yield from _json_outcomes(content, rows, rules, name=name, notes=notes, extension=extension)
    notes.messages += rows.messages(name)


# The fields of one record -------------------------------------------------------------


@dataclass(slots=True)
class _Rows:
    """Makes contract fields of a record's texts, and counts the values that the profile does not name."""

    profile: Profile
    form: Form
    zone: ZoneInfo
    unnamed: Counter[str] = field(default_factory=Counter)
    is_status_unnamed: bool = False
    """Of the record at hand: then its time of resolution tells whether it is solved."""

    def row(self, texts_of: TextsOf, columns: dict[str, tuple[str, ...]]) -> Row:
        """The fields of one record as the contract's CSV would hold them. Raises `BadFieldError`."""
        profile = self.profile
        self.is_status_unnamed = False
        if _holds(profile.skip_when, texts_of):
            raise BadFieldError(QuarantineReason.NOT_A_RECORD, f"profile {profile.name} says to skip it")
        row = {
            one: profile.constants[one]
            if one in profile.constants
            else self._field(one, self._texts(columns.get(one, ()), texts_of))
            for one in FIELDS[profile.source]
        }
        if profile.vendor_person and not any(row.get(one) for one in _WHO):
            row["customer_id"] = next(iter(self._texts(profile.vendor_person, texts_of)), "")
        if _holds(profile.deleted_when, texts_of):
            row["is_deleted"] = "yes"
        if self.is_status_unnamed and row["solved_at"]:
            row["status"] = "solved"
        return row

    def messages(self, name: str) -> list[str]:
        """What was taken as something else, in counts."""
        return [
            f"{name}: {count} records have a {one} that profile {self.profile.name} does not name, "
            f"taken as {self.profile.otherwise[one] or 'none'}"
            + (", or as solved where it has a time of resolution" if one == "status" else "")
            for one, count in sorted(self.unnamed.items())
        ]

    def _texts(self, columns: tuple[str, ...], texts_of: TextsOf) -> list[str]:
        nothing = self.profile.nothing
        return [
            text
            for column in columns
            for text in texts_of(column)
            if text and not (nothing and plain(text) in nothing)
        ]

    def _field(self, one: str, texts: list[str]) -> str:
        if one in self.profile.html:
            texts = [_without_tags(text) for text in texts]
        if one == "tags":
            return ",".join(dict.fromkeys(filter(None, map(self._tag, self._split(one, texts)))))
        if not texts:
            return ""
        if one in self.profile.values:
            return self._word(one, texts)
        if one in INSTANT_FIELDS or one in DAY_FIELDS:
            return self._date(one, texts[0])
        if one in ADDRESS_FIELDS:
            return self._address(one, texts)
        if one in self.profile.remove_blanks:
            return "".join(texts[0].split())
        return _whole(texts[0], self.profile.decimal_mark) if one == "reopens" else texts[0]

    def _split(self, one: str, texts: list[str]) -> list[str]:
        separator = self.profile.separators.get(one, ",")
        return [part for text in texts for part in (text.split(separator) if separator else [text])]

    def _tag(self, text: str) -> str:
        """One tag in the form that tags have here: no blanks, no commas, lower case."""
        named = self.profile.values.get("tags", {})
        if (known := plain(text)) in named:
            return named[known]
        if known and "tags" in self.profile.otherwise:
            return self.profile.otherwise["tags"]
        return "_".join(known.replace(",", " ").split())

    def _word(self, one: str, texts: list[str]) -> str:
        """The contract's word for the first text that the profile names."""
        named = self.profile.values[one]
        for text in texts:
            if (word := named.get(plain(text))) is not None:
                return word
            if (word := named.get(_whole(text, self.profile.decimal_mark))) is not None:
                return word
        if one not in self.profile.otherwise:
            raise BadFieldError(
                QuarantineReason.BAD_VALUE, f"{one} is none of those that profile {self.profile.name} names"
            )
        self.unnamed[one] += 1
        self.is_status_unnamed = self.is_status_unnamed or one == "status"
        return self.profile.otherwise[one]

    def _date(self, one: str, text: str) -> str:
        formats = self.form.dates
        try:
            return day_text(text, formats) if one in DAY_FIELDS else iso_text(text, formats, self.zone)
        except NoSuchDateError:
            raise BadFieldError(
                QuarantineReason.BAD_VALUE,
                f"{one} is in none of the date formats of profile {self.profile.name}",
            ) from None
        except DateBeyondError:
            raise BadFieldError(QuarantineReason.EVENT_TIME_OUT_OF_RANGE, f"{one} is no date") from None

    def _address(self, one: str, texts: list[str]) -> str:
        """The address in a cell that may hold a name beside it; of a customer, all of them."""
        if one == "email":
            return ",".join(part.strip() for part in self._split(one, texts) if part.strip())
        found = (_ADDRESS.search(text[:_MOST_CHARACTERS_BEFORE_AN_ADDRESS]) for text in texts)
        return next((match.group() for match in found if match), "")


_ADDRESS = re.compile(r"[^\s<>;,()\"]{1,254}@[^\s<>;,()\"]{1,254}")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.0{1,15})?")


def _holds(conditions: tuple[Condition, ...], texts_of: TextsOf) -> bool:
    return any(
        plain(text) in condition.values
        for condition in conditions
        for column in condition.columns
        for text in texts_of(column)
    )


def _whole(text: str, decimal_mark: str) -> str:
    """`4,0` as `4` where the mark is a comma; what is no whole number stays."""
    number = text.replace(decimal_mark, ".") if decimal_mark != "." else text
    return number.partition(".")[0] if _NUMBER.fullmatch(number) else text


def _without_tags(text: str) -> str:
    if "&lt;" in text:
        text = html.unescape(text)
    return text_of_html(text).strip() if "<" in text or "&" in text else text


# CSV ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MappedCsv:
    """The dialect of a profile's CSV files: names as declared there, also repeated, in any order."""

    rows: _Rows

    @property
    def delimiter(self) -> str:
        """What parts the fields."""
        return self.rows.form.delimiter

    @property
    def encodings(self) -> tuple[str, ...]:
        """The encodings to try, in this order."""
        return self.rows.profile.encodings

    @property
    def takes_cells_as_fields(self) -> bool:
        """A profile looks at whole records."""
        return False

    def bind(self, header: list[str], *, name: str, notes: FileNotes) -> MakeRow:
        """Find each field's columns; a required field without one refuses the file."""
        profile, form = self.rows.profile, self.rows.form
        places: dict[str, tuple[int, ...]] = {}
        for place, column in enumerate(map(plain, header)):
            places[column] = (*places.get(column, ()), place)
        columns = present_columns(form, header)
        missing = [one for one in REQUIRED[profile.source] if not columns.get(one)]
        missing = [one for one in missing if one not in profile.constants]
        if missing:
            raise FileRefusedError(
                RefusalReason.HEADER_MISMATCH, _missing_sentence(name, missing[0], header, profile, form)
            )
        if not (
            tells_the_customer(profile, columns) or any(plain(one) in places for one in profile.vendor_person)
        ):
            notes.messages.append(f"{name}: no column tells the customer, so no record will find one")

        def make_row(cells: list[str]) -> Row:
            return self.rows.row(
                lambda column: [cells[place] for place in places.get(plain(column), ())], columns
            )

        return make_row


def present_columns(form: Form, header: list[str]) -> dict[str, tuple[str, ...]]:
    """For each field those of its columns that the header has."""
    there = set(map(plain, header))
    return {one: tuple(name for name in names if plain(name) in there) for one, names in form.columns.items()}


def tells_the_customer(profile: Profile, columns: dict[str, tuple[str, ...]]) -> bool:
    """Whether a field that can tell whose record it is has a column or a constant."""
    return any(columns.get(one) or one in profile.constants for one in _WHO)


def _missing_sentence(name: str, missing: str, header: list[str], profile: Profile, form: Form) -> str:
    """Names the field without a column, what was looked for and the nearest column there."""
    if len(header) == 1:
        other = next((mark for mark in DELIMITERS if mark != form.delimiter and mark in header[0]), None)
        if other is not None:
            return (
                f"{name}, line 1: profile {profile.name} parts its columns by {form.delimiter!r}, "
                f"this file by {other!r}; say so in a profile that extends it."
            )
    wanted = form.columns.get(missing, ())
    near = [get_close_matches(plain(one), list(map(plain, header)), n=1, cutoff=0.6) for one in wanted]
    hint = next((f" ({match[0]} looks like it)" for match in near if match), "")
    return (
        f"{name}, line 1: profile {profile.name} finds no column for {missing} among "
        f"{', '.join(wanted)}{hint}; export it too, or name its column in a profile that extends this one."
    )


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
        frames = framing.ndjson_frames(content)
    for frame in frames:
        yield outcome_of(frame, values, name=name, content=content)


def _other_columns(profile: Profile) -> Iterator[tuple[str, ...]]:
    yield profile.vendor_person
    for condition in (*profile.deleted_when, *profile.skip_when):
        yield condition.columns


def document_frames(
    content: Content, form: Form, profile: Profile, *, name: str, notes: FileNotes
) -> Iterator[Frame]:
    """The records of a JSON document; raises `FileRefusedError` when no array that is named holds them."""
    arrays = framing.json_arrays(content, form.records)
    there = [key for key in form.records if key in arrays.elements]
    if not there:
        wanted = ", ".join("the document itself" if key == "$" else key for key in form.records)
        raise FileRefusedError(
            RefusalReason.HEADER_MISMATCH,
            f"{name} holds no array of records (profile {profile.name} looks for {wanted}): deliver the "
            "export as it is, or one record a line as .ndjson.",
        )
    notes.records_at = "" if there[0] == framing.THE_DOCUMENT else there[0]
    return framing.span_frames(content, arrays, there[0])


def json_record(raw: bytes, profile: Profile, form: Form, notes: FileNotes) -> dict[str, Any]:
    """One framed record as an object, unwrapped where the profile says so. Raises `BadFieldError`."""
    value = json_value(framing.text_of(raw, notes, profile.encodings))
    if not isinstance(value, dict):
        raise BadFieldError(QuarantineReason.NOT_A_RECORD, "this is no JSON object")
    inner = value.get(form.inside) if form.inside else None
    return inner if isinstance(inner, dict) else value


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: the key, and which element of the array there (None: all)."""

    key: str
    index: int | None = None


_STEP = re.compile(r"(.*?)\[(\d*)\]")


def path_of(column: str) -> tuple[Step, ...]:
    """`contacts.contacts[0].email` as steps; `[]` stands for every element, and may be left out."""
    steps: list[Step] = []
    for part in column.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            steps.append(Step(part))
        else:
            steps.append(Step(match.group(1), int(match.group(2)) if match.group(2) else None))
    return tuple(steps)


def texts_at(record: dict[str, Any], column: str, path: tuple[Step, ...]) -> list[str]:
    """The texts at a path of a JSON record; a key that is spelt like the whole path goes first."""
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
                nodes.extend(value[step.index : step.index + 1])
    return [text for node in nodes for text in _texts_in(node)]


def _texts_in(value: object) -> list[str]:
    if isinstance(value, list):
        return [text for one in value if not isinstance(one, list) for text in _texts_in(one)]
    if isinstance(value, dict):
        return [_document_text(value)] if value.get("type") == "doc" else []
    if isinstance(value, str):
        return [value.strip()]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int):
        return [str(value)]
    if isinstance(value, float):
        if abs(value) >= framing.FIRST_INEXACT:
            return []
        return [str(int(value)) if value.is_integer() else str(value)]
    return []


def _document_text(document: dict[str, Any]) -> str:
    """The words of a rich text that is told as a tree of nodes (Atlassian's document format)."""
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
