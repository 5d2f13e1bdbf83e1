"""Which tags of tickets and codes of calls say what an incident is, and which nobody has decided yet.

A help desk's categories arrive as tags. Until somebody says which of them stand for which incident type, only
the words of a ticket can tell, and most tickets wait for a person.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tolerance import company, files
from tolerance.errors import UsageError
from tolerance.intake.loads import load_records
from tolerance.settings import DBT_PROJECT

if TYPE_CHECKING:
    from tolerance.state import State

TABLE = "tag_incident_types.csv"
"""The company's decisions: which tag stands for which incident type."""

COLUMNS = ("tag", "incident_type", "note")
SAYS_NOTHING = "none"
"""In place of a type: the tag is known and says nothing of an incident."""

EXAMPLES = 3

Seeds = dict[str, Path]
"""The decision tables in use, by file name."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """A value without an incident type: how many tickets or calls have it, and where the first ones are."""

    source: str
    value: str
    count: int
    examples: tuple[str, ...]


def seeds_in_use() -> Seeds:
    """The company's own decision tables, else those of the tree."""
    return company.seeds(DBT_PROJECT / "seeds")


def incident_types(seeds: Seeds) -> tuple[str, ...]:
    """The codes of the taxonomy, in its order."""
    return tuple(dict.fromkeys(row["incident_type"] for row in _rows(seeds["incident_types.csv"])))


def decided_tags(seeds: Seeds) -> dict[str, str]:
    """Each tag on which somebody decided, with its incident type or `none`; a type is a tag by itself.

    Raises:
        UsageError: for a row that names no type of the taxonomy, or takes a type for another.
    """
    types = incident_types(seeds)
    decided = {}
    path = seeds[TABLE]
    for number, row in enumerate(_rows(path), start=2):
        tag, named = (row["tag"] or "").strip(), (row["incident_type"] or "").strip()
        if named and named not in {*types, SAYS_NOTHING}:
            raise UsageError(
                f"{path}, line {number}: {named} is not an incident type",
                f"write one of {', '.join(types)}, or {SAYS_NOTHING} for a tag that says nothing.",
            )
        if tag in types and named not in {"", tag}:
            raise UsageError(
                f"{path}, line {number}: the tag {tag} is an incident type itself",
                "remove the line, or let the tag become another one in mappings.yml.",
            )
        if tag and named:
            decided[tag] = named
    return decided | {name: name for name in types}


def decided_codes(seeds: Seeds) -> set[str]:
    """The FAQ codes on which somebody decided."""
    return {row["faq_code"] for row in _rows(seeds["faq_incident_types.csv"])} | {*incident_types(seeds)}


def undecided(state: State) -> list[Undecided]:
    """What the loaded tickets and calls have that has no incident type, the most frequent first."""
    seeds = seeds_in_use()
    return [
        *_undecided(state, "tickets", "tags", "ticket_id", {*decided_tags(seeds)}),
        *_undecided(state, "faq", "faq_code", "call_id", decided_codes(seeds)),
    ]


def _undecided(state: State, source: str, column: str, key: str, decided: set[str]) -> list[Undecided]:
    paths = sorted(str(path) for path in (state.raw / source).glob("*/*.parquet"))
    if not paths:
        return []
    names = {record.file_sha256: record.file_name for record in load_records(state, source)}
    with duckdb.connect() as memory:
        counted = memory.execute(
            f"""
            with named as (
                select
                    unnest(string_split({column}, ',')) as value,
                    {key} as native_id,
                    _file_sha256,
                    _record_no
                from read_parquet($paths, union_by_name = true)
            )
            select
                value,
                count(distinct native_id),
                list((_file_sha256, _record_no) order by _file_sha256, _record_no)[:{EXAMPLES}]
            from named
            where value <> ''
            group by value
            order by 2 desc, value
            """,
            {"paths": paths},
        ).fetchall()
    return [
        Undecided(source, value, count, tuple(f"{names[file]}, record {number}" for file, number in places))
        for value, count, places in counted
        if value not in decided
    ]


def write_table(path: Path, values: Iterable[Undecided]) -> int:
    """Add tags to the table at `path`, to be filled in; what stands there stays. How many were added.

    Raises:
        UsageError: when there is a file of another kind.
    """
    there = _rows(path) if path.exists() else []
    if any({*row} != {*COLUMNS} for row in there):
        raise UsageError(f"{path} has other columns", f"name a file with {','.join(COLUMNS)}, or a new one.")
    known = {row["tag"] for row in there}
    added = [
        {
            "tag": each.value,
            "incident_type": "",
            "note": f"{each.count} tickets, such as {'; '.join(each.examples)}",
        }
        for each in values
        if each.source == "tickets" and each.value not in known
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows([*there, *added])
    files.write_text(path, text.getvalue())
    return len(added)


def company_table() -> Path | None:
    """Where the company's own table is, or would be; None without a company's folder."""
    folder = company.folder()
    return None if folder is None else folder / "seeds" / TABLE


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
