"""What would the CRMs be sent of the published generation, and why? Nothing is written below STATE."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tolerance.crm.export import checked_parts
from tolerance.crm.list_profile import ListProfile
from tolerance.crm.told import listing
from tolerance.errors import NotPublishedError, ToleranceError
from tolerance.publishing.generations import published_generation
from tolerance.state import State

_WHY = """
select change, coalesce(change_reason, '') as change_reason, priority, count(*)
from listed
group by all
order by all
"""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What one profile's list would be: its files with their sizes and rows, its first rows, or a refusal."""

    profile: ListProfile
    files: tuple[tuple[str, int, int], ...] = ()
    first_rows: tuple[dict[str, str], ...] = ()
    refusal: str = ""


def dry_run(state: State, profiles: tuple[ListProfile, ...], rows: int, console: Console) -> bool:
    """Print what each profile's list would be, with its first rows; return whether all would be written.

    Raises:
        NotPublishedError: when nothing was published yet.
    """
    generation = published_generation(state)
    if generation is None:
        raise NotPublishedError(f"{state.serving} is missing", "run a date first.")
    _, as_of = generation
    with _scratch() as folder, listing(state.serving, folder) as serving:
        count = serving.execute("select count(*) from listed").fetchall()[0][0]
        _print_why(console, as_of, count, serving.execute(_WHY).fetchall())
        tried = [_tried(serving, profile, folder, count, rows) for profile in profiles]
    for each in tried:
        _print_list(console, each)
    return not any(each.refusal for each in tried)


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tolerance-dry-run-") as folder:
        yield Path(folder)


def _tried(
    serving: duckdb.DuckDBPyConnection, profile: ListProfile, folder: Path, count: int, rows: int
) -> DryRun:
    try:
        parts = checked_parts(serving, profile, folder, count)
    except ToleranceError as error:
        return DryRun(profile, refusal=str(error))
    found = tuple((part.name, part.path.stat().st_size, part.rows) for part in parts)
    with parts[0].path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter=profile.delimiter)
        first_rows = tuple(row for row, _ in zip(reader, range(rows), strict=False))
    for part in parts:
        part.path.unlink()
    return DryRun(profile, found, first_rows)


def _print_why(console: Console, as_of: str, count: int, reasons: list[tuple[str, str, int, int]]) -> None:
    console.print(f"The list of {as_of} tells {count:,} alerts:", highlight=False)
    table = Table("change", "why", "priority", "alerts")
    table.columns[-1].justify = "right"
    for change, reason, priority, alerts in reasons:
        table.add_row(change, reason, str(priority), f"{alerts:,}")
    console.print(table)


def _print_list(console: Console, tried: DryRun) -> None:
    console.rule(f"{tried.profile.name}, for {tried.profile.crm}", align="left")
    if tried.refusal:
        console.print(f"[red]It would not be written:[/] {escape(tried.refusal)}", highlight=False)
        return
    for name, size, rows in tried.files:
        console.print(f"{name}: {rows:,} rows, {size:,} bytes", highlight=False)
    console.print("The linter finds no fault.", highlight=False)
    for number, row in enumerate(tried.first_rows, start=1):
        table = Table(
            box=None, show_header=False, pad_edge=False, title=f"row {number}", title_justify="left"
        )
        table.add_column(style="dim", no_wrap=True, max_width=28)
        table.add_column(overflow="fold")
        for header, cell in row.items():
            if cell:
                table.add_row(escape(header), escape(cell))
        console.print(table)
