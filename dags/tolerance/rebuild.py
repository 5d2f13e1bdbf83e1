"""A rebuild on request: from landed files to the same tables, with a list of what differs."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tolerance import local_run, run_steps, storage
from tolerance.contracts import SOURCES
from tolerance.crm.export import written_profiles
from tolerance.errors import NotPublishedError, ToleranceError, UsageError
from tolerance.file_modes import put_right
from tolerance.intake.loads import FileRecord
from tolerance.lock import state_lock
from tolerance.publishing.generations import finish_interrupted_publication
from tolerance.publishing.write import quoted
from tolerance.reread import (
    as_of_to_rebuild,
    finish_interrupted_rebuild,
    read_again,
)
from tolerance.state import State

_ABOUT_RUNS = {"audit_generation", "audit_run", "int_run"}
_INSIDE = {"customer_no"}  # assigned in the order of arrival, and assigned again by a rebuild
_COUNTERS = ("loaded_records", "duplicate_records", "quarantined_records")


@dataclass(slots=True)
class _Tally:
    """The result of reading one source again."""

    loads: int = 0
    files: int = 0
    otherwise: int = 0
    differences: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTERS, 0))

    def add(self, before: tuple[FileRecord, ...], after: tuple[FileRecord, ...]) -> None:
        self.loads += 1
        self.files += len(after)
        for old, new in zip(before, after, strict=True):
            by = {counter: getattr(new, counter) - getattr(old, counter) for counter in _COUNTERS}
            self.otherwise += any(by.values()) or old.status != new.status
            for counter in _COUNTERS:
                self.differences[counter] += by[counter]


def rebuild(state: State, extracts: Path | None, console: Console) -> None:
    """Read all landed files again, compute and publish the last published date again, compare.

    `extracts` is an inbox whose mapping file is to be used for the past too.

    Raises:
        UsageError: when there is nothing to rebuild.
        StateBusyError: when another run holds the state.
        NotPublishedError: when a file cannot be read again, so that nothing was changed, or a step failed.
    """
    if extracts is not None and not extracts.is_dir():
        raise UsageError(
            f"EXTRACTS={extracts} is not a folder", "give the inbox whose mappings.yml is to be used."
        )
    if not state.root.is_dir():
        raise UsageError(f"STATE={state.root} is not a folder", "give the folder of a warehouse.")
    with storage.told(state), state_lock(state):
        put_right(state)
        _rebuild(state, extracts, console)


def _rebuild(state: State, extracts: Path | None, console: Console) -> None:
    finish_interrupted_rebuild(state)
    finish_interrupted_publication(state)
    as_of = as_of_to_rebuild(state)
    console.print(
        f"Reading the landed files of {state.root} again, as of {as_of}", markup=False, soft_wrap=True
    )
    try:
        with run_steps.measured(state, as_of, "read_again"):
            tallies = _read_again(state, extracts, console)
        _print_tallies(console, tallies)
    except ToleranceError as error:
        raise NotPublishedError("Nothing was changed", str(error)) from None
    before = _kept_generation(state)
    try:
        failures = local_run.run_dags(state, None, as_of, crm=",".join(written_profiles(state, as_of)))
        if failures:
            raise NotPublishedError("Not published", failures[0])
        if before is not None:
            _print_differences(console, differing_rows(before, state.serving, state.work))
    finally:
        if before is not None:
            before.unlink()
    console.print(f"Published again: {state.serving}", markup=False, highlight=False, soft_wrap=True)


def _read_again(state: State, extracts: Path | None, console: Console) -> dict[str, _Tally]:
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Reading", total=None)
        for load in read_again(state, extracts):
            first = load.after[0]
            what = f"Reading {first.source} of {first.as_of_on}"
            progress.update(task, total=load.of, completed=load.number, description=what)
            tallies[first.source].add(load.before, load.after)
    return tallies


def _print_tallies(console: Console, tallies: dict[str, _Tally]) -> None:
    for source in (source for source in SOURCES if source in tallies):
        tally = tallies[source]
        what = f"  {source}: {tally.loads:,} loads, {tally.files:,} files read again, "
        if not tally.otherwise:
            console.print(f"{what}all with the same counts", markup=False, highlight=False, soft_wrap=True)
            continue
        by = ", ".join(f"{tally.differences[name]:+,} {name.removesuffix('_records')}" for name in _COUNTERS)
        console.print(
            f"{what}{tally.otherwise:,} of them with other counts than before ({by})",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _kept_generation(state: State) -> Path | None:
    """A hard link to the published file, which publication replaces by rename; None without such a file."""
    if not state.serving.exists():
        return None
    kept = state.work / "before.duckdb"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.unlink(missing_ok=True)
    os.link(state.serving, kept)
    return kept


def differing_rows(before: Path, after: Path, scratch: Path) -> dict[str, tuple[int, int]]:
    """For each published table, how many rows only `before` has and how many only `after` has.

    Compares the columns that both have, so that a generation of other models can be compared. Tables about
    the runs themselves are left out, and views, which differ as their tables do.
    """
    with (
        duckdb.connect(str(before), read_only=True) as old,
        duckdb.connect(str(after), read_only=True) as new,
    ):
        columns, new_columns = _columns(old), _columns(new)
    with duckdb.connect() as both:
        both.execute("set temp_directory = $folder", {"folder": str(scratch)})
        for name, path in (("old", before), ("new", after)):
            both.execute(f"attach '{quoted(path)}' as {name}_generation (read_only)")
        found = {}
        for schema, table in sorted(columns.keys() & new_columns.keys()):
            shared = [name for name in columns[schema, table] if name in new_columns[schema, table]]
            selected = ", ".join(f'"{name}"' for name in shared)
            old_rows, new_rows = (
                f'select {selected} from {name}_generation.{schema}."{table}"' for name in ("old", "new")
            )
            found[table] = (_rows_only_in(both, old_rows, new_rows), _rows_only_in(both, new_rows, old_rows))
        return found


def _columns(generation: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[str]]:
    """The columns of each table, by schema and name, without numbers that have no meaning outside."""
    columns: dict[tuple[str, str], list[str]] = defaultdict(list)
    for schema, table, column in generation.execute(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "semi join duckdb_tables() using (schema_name, table_name) order by column_index"
    ).fetchall():
        if table not in _ABOUT_RUNS and column not in _INSIDE:
            columns[schema, table].append(column)
    return columns


def _rows_only_in(both: duckdb.DuckDBPyConnection, selected: str, other: str) -> int:
    return int(both.execute(f"select count(*) from ({selected} except all {other})").fetchall()[0][0])


def _print_differences(console: Console, differences: dict[str, tuple[int, int]]) -> None:
    differing = {table: counts for table, counts in differences.items() if any(counts)}
    if not differing:
        console.print(f"The same rows as before in all {len(differences)} tables.")
        return
    table = Table("table", "rows gone", "rows new")
    for name, (gone, new) in differing.items():
        table.add_row(name, f"{gone:,}", f"{new:,}")
    console.print(table)
    console.print(f"The other {len(differences) - len(differing)} tables have the same rows as before.")
