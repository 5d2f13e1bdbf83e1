"""Writes one list: a query that DuckDB carries out, cut at rows where a CRM takes no more in one file.

Nothing is held in memory but DuckDB's own buffers, however long the list is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from tolerance.crm.list_profile import FILE, Column, Kind, ListError, ListProfile
from tolerance.crm.told import LIST
from tolerance.settings import settings

_KINDS = {
    "DATE": Kind.DATE,
    "TIMESTAMP WITH TIME ZONE": Kind.INSTANT,
    "BOOLEAN": Kind.BOOLEAN,
    "INTEGER": Kind.NUMBER,
    "BIGINT": Kind.NUMBER,
}
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
    described = serving.execute(f"describe {LIST}").fetchall()
    columns = tuple(
        Column(name, name, _kind(data_type), is_key=name == "alert_id") for name, data_type, *_ in described
    )
    return replace(profile, columns=columns)


def _kind(data_type: str) -> Kind:
    return Kind.NUMBER if data_type.startswith("DECIMAL") else _KINDS.get(data_type, Kind.TEXT)


def sort_keys(serving: duckdb.DuckDBPyConnection) -> list[str]:
    """What a list is sorted by: the solved below the open of their priority. An earlier release's is silent."""
    names = {name for name, *_ in serving.execute(f"describe {LIST}").fetchall()}
    solved = ["coalesce(is_solved, false)"] if "is_solved" in names else []
    return ["priority", *solved, "respond_by", "alert_id"]


def write(
    serving: duckdb.DuckDBPyConnection, profile: ListProfile, folder: Path, rows: int
) -> list[Part]:
    """Write the list of a profile with columns, of `rows` rows, into files in `folder` under temporary names."""
    raw = folder / f".{FILE}.raw"
    options = f"format csv, header, delimiter {_literal(profile.delimiter)}, nullstr ''"
    try:
        serving.execute(f"copy ({_query(serving, profile)}) to $path ({options})", {"path": str(raw)})
    except duckdb.BinderException as error:
        raise ListError(
            f"it names a column that no list has ({str(error).splitlines()[0]})",
            f"correct list_profiles/{profile.name}.py.",
        ) from None
    return _cut(raw, profile, rows)


def _query(serving: duckdb.DuckDBPyConnection, profile: ListProfile) -> str:
    """The list as texts, in steps: a macro that names its argument more than once must not hold another one."""
    columns = [(f"c{place}", column) for place, column in enumerate(profile.columns or ())]
    # Under names of their own: a header may be called priority too, and hold words.
    keys = {f"k{place}": key for place, key in enumerate(sort_keys(serving))}
    raw = [f"{_raw(profile, column)} as {name}" for name, column in columns]
    raw += [f"{key} as {name}" for name, key in keys.items()]
    safe = [_safe(name, column) for name, column in columns]
    cells = [
        f"{_finished(profile, name, column)} as {_identifier(column.header)}" for name, column in columns
    ]
    return (
        f"with raw as (select {', '.join(raw)} from {LIST if profile.has_line_ends_in_cells else 'told'}), "
        f"safe as (select {', '.join([*safe, *keys])} from raw) "
        f"select {', '.join(cells)} from safe order by {', '.join(f'safe.{key}' for key in keys)}"
    )


def _raw(profile: ListProfile, column: Column) -> str:
    """SQL of a column's cells as text; null where there is nothing."""
    value = _identifier(column.source)
    match column.kind:
        case Kind.DATE:
            return f"cast({value} as varchar)"
        case Kind.NUMBER:
            number = value if column.digits is None else f"cast({value} as decimal(18, {column.digits}))"
            return f"cast({number} as varchar)"
        case Kind.INSTANT:
            local = f"timezone({_literal(settings().business_time_zone.key)}, {value})"
            return profile.instant.sql.format(instant=value, local=local)
        case Kind.BOOLEAN:
            yes, no = map(_literal, profile.booleans)
            return f"case {value} when true then {yes} when false then {no} end"
        case Kind.PICKLIST:
            cases = " ".join(
                f"when {_literal(told)} then {_literal(word)}" for told, word in column.words.items()
            )
            # A value without a word stays, so that the linter sees it.
            other = f"cast({value} as varchar)" if column.other is None else _literal(column.other)
            return f"case when {value} is not null then case cast({value} as varchar) {cases} else {other} end end"
        case Kind.TEXT:
            text = f"cast({value} as varchar)"
            return text if profile.has_line_ends_in_cells else f"one_line({text})"


def _safe(name: str, column: Column) -> str:
    return f"nullif(defused({name}), '') as {name}" if column.kind is Kind.TEXT else name


def _finished(profile: ListProfile, name: str, column: Column) -> str:
    text = f"shortened({name}, {column.most_characters})" if column.most_characters else name
    null = profile.null_of(column)
    return f"coalesce({text}, {_literal(null)})" if null else text


def _cut(raw: Path, profile: ListProfile, rows: int) -> list[Part]:
    """The file as it is, or its lines in files that keep the limits, with the profile's mark and line ends.

    A line is a row: where a profile cuts, its cells have no line ends.
    """
    mark = _BOM if profile.has_bom else b""
    size = len(mark) + raw.stat().st_size
    most_rows, most_bytes = profile.most_rows or rows, profile.most_bytes or size
    fits = rows <= most_rows and size <= most_bytes
    if fits and not mark and profile.line_end == "\n":
        return [Part(raw, FILE, rows)]
    end = profile.line_end.encode()
    paths, counts = [raw.with_name(f".{FILE}.1")], [0]
    with raw.open("rb") as lines:
        header = mark + next(lines)[:-1] + end
        part = paths[-1].open("wb")
        try:
            size = part.write(header)
            for line in lines:
                row = line[:-1] + end
                is_full = counts[-1] == most_rows or size + len(row) > most_bytes
                if not fits and counts[-1] and is_full:
                    part.close()
                    paths.append(raw.with_name(f".{FILE}.{len(paths) + 1}"))
                    part, size = paths[-1].open("wb"), 0
                    counts.append(0)
                    size = part.write(header)
                size += part.write(row)
                counts[-1] += 1
        finally:
            part.close()
    raw.unlink()
    stem, _, suffix = FILE.partition(".")
    names = [FILE] if len(paths) == 1 else [f"{stem}-{number}.{suffix}" for number in range(1, len(paths) + 1)]
    return [Part(*part) for part in zip(paths, names, counts, strict=True)]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
