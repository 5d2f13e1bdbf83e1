"""Writes one list: a query that DuckDB carries out, cut at rows where a CRM takes no more in one file.

Nothing is held in memory but DuckDB's own buffers, however long the list is.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from tolerance.crm.list_profile import FILE, Column, Kind, ListError, ListProfile
from tolerance.crm.told import cases, literal
from tolerance.settings import settings

_KINDS = {
    "DATE": Kind.DATE,
    "TIMESTAMP WITH TIME ZONE": Kind.INSTANT,
    "BOOLEAN": Kind.BOOLEAN,
    "INTEGER": Kind.NUMBER,
    "BIGINT": Kind.NUMBER,
}
_BLOCK = 1 << 20
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()


@dataclass(frozen=True, slots=True)
class Part:
    """A finished file under a temporary path, the name that it will have, and its rows."""

    path: Path
    name: str
    rows: int


def with_columns(profile: ListProfile, serving: duckdb.DuckDBPyConnection) -> ListProfile:
    """The profile with the columns of the published list, where it has none of its own."""
    if profile.columns is not None:
        return profile
    described = serving.execute("describe listed").fetchall()
    columns = tuple(
        Column(name, name, _kind(data_type), is_key=name == "alert_id") for name, data_type, *_ in described
    )
    return replace(profile, columns=columns)


def _kind(data_type: str) -> Kind:
    return Kind.NUMBER if data_type.startswith("DECIMAL") else _KINDS.get(data_type, Kind.TEXT)


def write(serving: duckdb.DuckDBPyConnection, profile: ListProfile, folder: Path, rows: int) -> list[Part]:
    """Write the list of a profile with columns, of `rows` rows, into `folder` under temporary names."""
    raw = folder / f".{FILE}.raw"
    options = f"format csv, header, delimiter {literal(profile.delimiter)}, nullstr ''"
    try:
        serving.execute(f"copy ({_query(profile)}) to $path ({options})", {"path": str(raw)})
    except duckdb.BinderException as error:
        raise ListError(
            f"it names a column that no list has ({str(error).splitlines()[0]})",
            f"correct list_profiles/{profile.name}.py.",
        ) from None
    return _cut(raw, profile, rows)


def _query(profile: ListProfile) -> str:
    """The list as texts: what each cell says, then what the CRM makes of a long text or none."""
    columns = [(f"c{place}", column) for place, column in enumerate(profile.columns or ())]
    said = ", ".join(f"{_said(profile, column)} as {name}" for name, column in columns)
    cells = ", ".join(
        f"{_finished(profile, name, column)} as {_identifier(column.header)}" for name, column in columns
    )
    rows = "listed" if profile.has_line_ends_in_cells else "told"
    return f"select {cells} from (select {said} from {rows})"


def _said(profile: ListProfile, column: Column) -> str:
    """SQL of a column's cells as text; null where there is nothing."""
    value = _identifier(column.source)
    match column.kind:
        case Kind.DATE:
            return f"cast({value} as varchar)"
        case Kind.NUMBER:
            number = value if column.digits is None else f"cast({value} as decimal(18, {column.digits}))"
            return f"cast({number} as varchar)"
        case Kind.INSTANT:
            local = f"timezone({literal(settings().business_time_zone.key)}, {value})"
            return profile.instant.sql.format(instant=value, local=local)
        case Kind.BOOLEAN:
            yes, no = map(literal, profile.booleans)
            return f"case {value} when true then {yes} when false then {no} end"
        case Kind.PICKLIST:
            # A value without a word stays, so that the linter sees it.
            other = f"cast({value} as varchar)" if column.other is None else literal(column.other)
            word = f"case cast({value} as varchar) {cases(column.words)} else {other} end"
            return f"case when {value} is not null then {word} end"
        case Kind.TEXT:
            return f"defused(cast({value} as varchar))"


def _finished(profile: ListProfile, name: str, column: Column) -> str:
    text = f"nullif({name}, '')"
    if most := column.most_characters:
        # Bytes are counted already, characters are not.
        text = (
            f"case when strlen({name}) > {most} and length({name}) > {most} "
            f"then left({name}, {most - 1}) || '…' else {text} end"
        )
    null = profile.null_of(column)
    return f"coalesce({text}, {literal(null)})" if null else text


def _cut(raw: Path, profile: ListProfile, rows: int) -> list[Part]:
    """The file as it is, or its lines in files that keep the limits, with the profile's mark and line ends.

    A line is a row: where a profile cuts, its cells have no line ends.
    """
    mark = _BOM if profile.has_bom else b""
    most_rows, most_bytes = profile.most_rows or sys.maxsize, profile.most_bytes or sys.maxsize
    fits = rows <= most_rows and raw.stat().st_size <= most_bytes
    if fits and not mark and profile.line_end == "\n":
        return [Part(raw, FILE, rows)]
    end = profile.line_end.encode()
    paths, counts = [raw.with_name(f".{FILE}.1")], [0]
    with raw.open("rb") as file, ExitStack() as open_part:
        header = mark + file.readline()[:-1] + end
        part = open_part.enter_context(paths[-1].open("wb"))
        size = part.write(header)
        while lines := file.read(_BLOCK) + file.readline():
            pieces = [lines]
            if counts[-1] + lines.count(b"\n") > most_rows or size + len(lines) * len(end) > most_bytes:
                pieces = lines.splitlines(keepends=True)
            for piece in pieces:
                written = piece.replace(b"\n", end)
                rows_of_piece = piece.count(b"\n")
                is_full = counts[-1] + rows_of_piece > most_rows or size + len(written) > most_bytes
                if counts[-1] and is_full:
                    open_part.close()
                    paths.append(raw.with_name(f".{FILE}.{len(paths) + 1}"))
                    part = open_part.enter_context(paths[-1].open("wb"))
                    size = part.write(header)
                    counts.append(0)
                size += part.write(written)
                counts[-1] += rows_of_piece
    raw.unlink()
    stem, _, suffix = FILE.partition(".")
    names = (
        [FILE] if len(paths) == 1 else [f"{stem}-{number}.{suffix}" for number in range(1, len(paths) + 1)]
    )
    return [Part(*part) for part in zip(paths, names, counts, strict=True)]


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
