"""Which incident types may be told of one incident: the company's table of compatible types, checked."""

from __future__ import annotations

import csv
from pathlib import Path

from tolerance.company import CompanyError
from tolerance.settings import DBT_PROJECT

TABLE = "incident_type_compatibility.csv"
_OF_TREE = DBT_PROJECT / "seeds" / TABLE


Pair = tuple[str, str, str]
"""Two types in alphabetical order, and what they hold together."""

HOLDS_IN = ("window", "thread")
"""Both are held together in a mail thread; `window` joins contacts that are close in time, too."""


def compatible_pairs(table: Path, incident_types: tuple[str, ...]) -> list[Pair]:
    """The pairs of a table, sorted.

    Raises:
        CompanyError: for a pair that holds in neither, or one of the company's own table with a type that the
            taxonomy does not have. The tree's table may name types that a company has struck out: those pairs
            say nothing.
    """
    with table.open(encoding="utf-8", newline="") as file:
        rows = [
            (row["incident_type"] or "", row["compatible_type"] or "", row["holds_in"] or "")
            for row in csv.DictReader(file)
        ]
    for number, (one, other, holds_in) in enumerate(rows, start=1):
        if holds_in not in HOLDS_IN:
            raise CompanyError(
                f"{table}, record {number}: holds_in cannot be {holds_in!r}",
                f"write {' or '.join(HOLDS_IN)}.",
            )
        unknown = [name for name in (one, other) if name not in incident_types]
        if unknown and table != _OF_TREE:
            raise CompanyError(
                f"{table}, record {number}: {unknown[0]!r} is no incident type",
                f"name two of {', '.join(incident_types)}.",
            )
    return sorted({(min(one, other), max(one, other), holds_in) for one, other, holds_in in rows})
