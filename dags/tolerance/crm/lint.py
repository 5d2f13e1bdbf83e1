"""Is a finished list what its CRM takes? Held against its profile, from the bytes, by other readers.

A fault names file, row, column and rule, never what a cell holds.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pandas.util import hash_array
from pyarrow import csv as arrow_csv

from tolerance.crm.list_profile import DATE_PATTERN, Column, Kind, ListProfile
from tolerance.crm.writing import Part

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
_NUMBER = r"-?[0-9]+(\.[0-9]+)?"
_FORMULA = r"^[=+\-@\t\r]"
_SIGNED_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
_CONTROL = r"[\p{Cc}\p{Zl}\p{Zp}]"
_CHUNK = 1 << 21


def faults(profile: ListProfile, parts: Iterable[Part], rows: int) -> list[str]:
    """What is wrong with the files of a list of `rows` rows, each fault once per file and column."""
    found: list[str] = []
    keys: dict[str, list[Any]] = {column.header: [] for column in profile.columns or () if column.is_key}
    seen = 0
    for part in parts:
        name = f"{profile.name}/{part.name}"
        found += [f"{name}: {fault}" for fault in _of_bytes(profile, part.path)]
        told: set[str] = set()
        row = 0
        try:
            for cells in _batches(profile, part.path):
                for column, values in zip(profile.columns or (), cells.columns, strict=True):
                    fault = None if column.header in told else _of_cells(profile, column, values)
                    if fault:
                        told.add(column.header)
                        found.append(f"{name}, row {row + fault[0] + 1}, {column.header}: {fault[1]}")
                    if column.is_key:
                        keys[column.header].append(_hashes(values))
                row += cells.num_rows
        except pa.ArrowInvalid:
            found.append(
                f"{name}: a row after row {row} has not as many cells as the header, or is not UTF-8"
            )
        if profile.most_rows and row > profile.most_rows:
            found.append(
                f"{name}: it has {row:,} rows, and {profile.crm} takes {profile.most_rows:,} in a file"
            )
        seen += row
    if seen != rows:
        found.append(f"{profile.name}: {seen:,} rows are there, and {rows:,} are told")
    for header, values in keys.items():
        # By their hashes, which are few bytes: chance gives two of a million keys one in 37 million lists.
        hashes = np.sort(np.concatenate([np.empty(0, np.uint64), *values]))
        twice = int((hashes[1:] == hashes[:-1]).sum())
        if twice:
            found.append(f"{profile.name}, {header}: {twice:,} rows have the key of another row")
    pa.default_memory_pool().release_unused()  # the next list needs it
    return found


def _hashes(cells: pa.DictionaryArray) -> Any:
    return hash_array(cells.dictionary_decode().to_numpy(zero_copy_only=False), categorize=False)


def _of_bytes(profile: ListProfile, path: Path) -> Iterator[str]:
    """The faults that no reader of cells sees: mark, header, line ends, size."""
    with path.open("rb") as file:
        has_bom = file.read(len(_BOM)) == _BOM
        if has_bom != profile.has_bom:
            yield (
                "it begins without a byte order mark"
                if profile.has_bom
                else "it begins with a byte order mark"
            )
        file.seek(len(_BOM) if has_bom else 0)
        yield from _of_header(profile, file.readline())
        end = profile.line_end.encode()
        while not profile.has_line_ends_in_cells and (lines := file.read(_CHUNK) + file.readline()):
            others = lines.count(b"\r") + lines.count(b"\n") - len(end) * lines.count(end)
            if others or not lines.endswith(end):
                yield f"not every line ends with {_named(profile.line_end)}, and none otherwise"
                break
    size = path.stat().st_size
    if profile.most_bytes and size > profile.most_bytes:
        yield f"it has {size:,} bytes, and {profile.crm} takes {profile.most_bytes:,} in a file"


def _of_header(profile: ListProfile, line: bytes) -> Iterator[str]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        yield "its header is not UTF-8"
        return
    names = text.rstrip("\r\n")
    if text != names + profile.line_end:
        yield f"its header does not end with {_named(profile.line_end)}"
    found = next(csv.reader([names], delimiter=profile.delimiter), [])
    wanted = [column.header for column in profile.columns or ()]
    if found != wanted:
        # One of the two may be shorter.
        places = range(max(len(found), len(wanted)))
        at = next(place for place in places if found[place : place + 1] != wanted[place : place + 1])
        expected = f"is not {wanted[at]}" if at < len(wanted) else "is one too many"
        yield f"column {at + 1} of the header {expected}"


def _named(line_end: str) -> str:
    return {"\n": "LF", "\r\n": "CR LF"}.get(line_end, repr(line_end))


def _batches(profile: ListProfile, path: Path) -> Iterator[pa.RecordBatch]:
    """The cells below the header, as texts."""
    names = [str(place) for place in range(len(profile.columns or ()))]
    with path.open("rb") as file:
        file.readline()
        if not file.read(1):
            return
    with arrow_csv.open_csv(
        path,
        arrow_csv.ReadOptions(use_threads=False, block_size=_CHUNK, column_names=names, skip_rows=1),
        arrow_csv.ParseOptions(
            delimiter=profile.delimiter,
            newlines_in_values=profile.has_line_ends_in_cells,
            ignore_empty_lines=False,
        ),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string())),
            strings_can_be_null=False,
        ),
    ) as reader:
        yield from reader


def _of_cells(profile: ListProfile, column: Column, cells: pa.DictionaryArray) -> tuple[int, str] | None:
    """The first fault of a column in a batch, with its place; each different cell is looked at once."""
    for number, fault in _wrong_cells(profile, column, cells.dictionary):
        return pc.index(cells.indices, number).as_py(), fault
    return None


def _wrong_cells(profile: ListProfile, column: Column, cells: pa.StringArray) -> Iterator[tuple[int, str]]:
    null = profile.null_of(column)
    if column.is_key or null:
        yield from _where(pc.equal(cells, ""), "the cell is empty")
    if column.kind is not Kind.TEXT:
        pattern, wanted = _form(profile, column)
        form = f"^(?:{pattern}|{re.escape(null)})$"
        yield from _where(pc.invert(pc.match_substring_regex(cells, form)), f"it is not {wanted}")
        return
    if column.most_characters:
        too_long = pc.greater(pc.utf8_length(cells), column.most_characters)
        yield from _where(too_long, f"it is longer than {column.most_characters:,} characters")
    if not profile.has_line_ends_in_cells:
        yield from _where(pc.match_substring_regex(cells, _CONTROL), "it holds a control character")
    for place, fault in _where(
        pc.match_substring_regex(cells, _FORMULA), "a spreadsheet runs it as a formula"
    ):
        if not _SIGNED_NUMBER.fullmatch(cells[place].as_py()):
            yield place, fault


def _form(profile: ListProfile, column: Column) -> tuple[str, str]:
    """What a cell that is not null looks like, as a pattern and in words."""
    match column.kind:
        case Kind.DATE:
            return DATE_PATTERN, "a date, YYYY-MM-DD"
        case Kind.INSTANT:
            return profile.instant.pattern, "an instant as the profile writes them"
        case Kind.BOOLEAN:
            words: tuple[str, ...] = profile.booleans
        case Kind.PICKLIST:
            words = tuple(dict.fromkeys((*column.words.values(), *filter(None, [column.other]))))
        case _:
            return _NUMBER, "a number with a decimal point"
    return "|".join(map(re.escape, words)), f"one of {', '.join(words)}"


def _where(mask: pa.Array, fault: str) -> Iterator[tuple[int, str]]:
    for place in pc.indices_nonzero(mask):
        yield place.as_py(), fault
