"""Which incident types may be told of one incident: the company's table of compatible types, checked."""

from __future__ import annotations

import csv
from pathlib import Path

from tolerance.company import CompanyError
from tolerance.settings import DBT_PROJECT

TABLE = "incident_type_compatibility.csv"
_OF_TREE = DBT_PROJECT / "seeds" / TABLE


def compatible_pairs(table: Path, incident_types: tuple[str, ...]) -> list[tuple[str, str]]:
    """The pairs of a table, each in alphabetical order, sorted.

    Raises:
        CompanyError: for a pair of the company's own table with a type that the taxonomy does not have. The
            tree's table may name types that a company has struck out: those pairs say nothing.
    """
    with table.open(encoding="utf-8", newline="") as file:
        rows = [(row["incident_type"] or "", row["compatible_type"] or "") for row in csv.DictReader(file)]
    for number, pair in enumerate(rows, start=1):
        unknown = [name for name in pair if name not in incident_types]
        if unknown and table != _OF_TREE:
            raise CompanyError(
                f"{table}, record {number}: {unknown[0]!r} is no incident type",
                f"name two of {', '.join(incident_types)}.",
            )
    return sorted({(min(pair), max(pair)) for pair in rows})
