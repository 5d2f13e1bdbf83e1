"""The last step: the alert list of one as-of date, as files that the CRM imports.

The list is read from the published file, so only what was checked and published is sent, and the next run
completes a run that was killed before this step.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from tolerance import all_clear, files, progress, steps
from tolerance.contracts import CONTRACTS
from tolerance.crm import lint, workbook, writing
from tolerance.crm.history import keep_history, keep_told
from tolerance.crm.list_profile import FILE, ListError, ListProfile
from tolerance.crm.list_profiles import canonical, list_profiles
from tolerance.crm.told import give_back_memory, listing, literal, tell
from tolerance.errors import NotPublishedError, ToleranceError
from tolerance.file_modes import shared
from tolerance.publishing.generations import published_generation
from tolerance.runs import Run
from tolerance.state import State

ACKNOWLEDGEMENT_COLUMNS = CONTRACTS["acknowledgements"].field_names


@dataclass(frozen=True, slots=True)
class AlertList:
    """One written list: where it is, and how many rows it has."""

    path: Path
    rows: int


def export_alerts(state: State, profiles: tuple[ListProfile, ...] = (canonical.PROFILE,)) -> AlertList:
    """Write the lists, manifest and acknowledgement template of the published generation.

    Returns the canonical list, which the manifest's counts are about. A second call writes the same bytes.
    The manifest is written last: a list without a manifest is unfinished. A list that its CRM would not take
    is not written, and told as a warning; the others are.

    Raises:
        NotPublishedError: when nothing was published yet.
        ListError: when the canonical list itself cannot be written.
    """
    generation = published_generation(state)
    if generation is None:
        raise NotPublishedError(f"{state.serving} is missing", "run a date first.")
    generation_id, as_of = generation
    (state.outbox / as_of / "manifest.json").unlink(missing_ok=True)
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        warnings = all_clear.of_loads(state, date.fromisoformat(as_of))
        warnings += all_clear.of_tables(serving, warnings)
    return _export(
        state, as_of, state.serving, profiles, {"generation_id": generation_id, "warnings": warnings}
    )


def export_urgent(state: State, run: Run, profiles: tuple[ListProfile, ...]) -> AlertList:
    """Write the list of the day in progress from the warehouse, and keep what it tells.

    The daily run of that date writes the list again, from what it publishes.
    """
    tables = state.work / "urgent.duckdb"
    tables.unlink(missing_ok=True)
    tables.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(tables)) as copy:
        copy.execute("create schema exports")
        copy.execute(f"attach {literal(str(state.warehouse))} as warehouse (read_only)")
        for schema, name in _TOLD_TABLES:
            copy.execute(f"create table {schema}.{name} as from warehouse.main.{name}")
    sentence = f"{run.as_of_on} is in progress: these are its alerts so far, and nothing else was looked at."
    about = {"generation_id": run.generation_id, "in_progress": True, "warnings": [sentence]}
    try:
        return _export(state, run.as_of_on.isoformat(), tables, profiles, about)
    finally:
        tables.unlink(missing_ok=True)


_TOLD_TABLES = (("exports", "crm_alert_list"), ("exports", "alert_history"), ("main", "dim_incident_type"))
"""What the list of a day in progress is written from."""


def _export(
    state: State,
    as_of: str,
    tables: Path,
    profiles: tuple[ListProfile, ...],
    about: dict[str, Any],
) -> AlertList:
    """`about` is what the manifest says beside the lists, with the warnings."""
    folder = state.outbox / as_of
    # A list older than these tables is outdated: remove its manifest first.
    (folder / "manifest.json").unlink(missing_ok=True)
    with duckdb.connect(str(tables), read_only=True) as told:
        told.execute("set TimeZone = 'UTC'")
        keep_history(state, as_of, told)
        keep_told(state, as_of, told)
    with listing(tables, state.work) as told, shared(folder):
        lists = _Lists(told, folder)
        for profile in profiles:
            lists.write(profile)
        lists.write_workbook(date.fromisoformat(as_of), state.work)
        # What an earlier run was asked for and this one is not: it is no longer true.
        for name in list_profiles().keys() - {profile.name for profile in profiles}:
            _remove(folder / name)
        template = ";".join(ACKNOWLEDGEMENT_COLUMNS) + "\n"
        files.write_text(folder / "acknowledgement_template.csv", template)
    warnings = about.pop("warnings") + lists.refused
    manifest = {"as_of": as_of} | about | lists.written[FILE]
    manifest["lists"] = lists.written
    manifest["refused_lists"] = lists.refused
    manifest["warnings"] = warnings
    manifest["all_clear"] = not warnings
    steps.passed("exporting")
    with shared(folder):
        files.write_text(folder / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    return AlertList(path=folder / FILE, rows=lists.rows)


def refused_lists(state: State, as_of: date) -> list[str]:
    """Why lists of a date were not written, a sentence each."""
    manifest = json.loads((state.outbox / as_of.isoformat() / "manifest.json").read_text("utf-8"))
    return list(manifest["refused_lists"])


def written_profiles(state: State, as_of: date) -> list[str]:
    """The list profiles that a date was written for, beside the canonical one."""
    manifest = state.outbox / as_of.isoformat() / "manifest.json"
    lists = json.loads(manifest.read_text("utf-8")).get("lists", {}) if manifest.exists() else {}
    return sorted({name.partition("/")[0] for name in lists if "/" in name})


class _Lists:
    """The lists of one date in its folder: what is written, and what is not and why."""

    def __init__(self, serving: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._serving = serving
        self._folder = folder
        self.rows: int = serving.execute("select count(*) from listed").fetchall()[0][0]
        self.written: dict[str, Any] = {}
        self.refused: list[str] = []

    def write(self, profile: ListProfile) -> None:
        """Write the list of a profile; if it cannot be, keep the sentence that says why."""
        is_canonical = profile.name == canonical.PROFILE.name
        folder = self._folder if is_canonical else self._folder / profile.name
        try:
            folder.mkdir(exist_ok=True)
            parts = checked_parts(self._serving, profile, folder, self.rows)
        except ToleranceError as error:
            if is_canonical:
                raise
            _remove(folder)
            self._refuse(f"The list for {profile.crm} was not written: {error}")
            return
        for part in parts:
            files.put_in_place(part.path, folder / part.name)
        _remove_others(folder, {part.name for part in parts})
        first = 0
        for part in parts:
            path = folder / part.name
            self.written[str(path.relative_to(self._folder))] = self._told(path, part.rows, first)
            first += part.rows

    def write_workbook(self, as_of: date, scratch: Path) -> None:
        """Write the workbook for people."""
        path = self._folder / workbook.FILE
        try:
            if self.rows > workbook.MOST_ROWS:
                raise ListError(
                    f"{self.rows:,} alerts are more than the {workbook.MOST_ROWS:,} that people read in one",
                    f"import {FILE}.",
                )
            tell(self._serving)
            with files.appearing(path) as temporary:
                workbook.write(self._serving, temporary, as_of, scratch)
        except ToleranceError as error:
            path.unlink(missing_ok=True)
            self._refuse(f"{workbook.FILE} was not written: {error}")
            return
        self.written[workbook.FILE] = self._told(path, self.rows, 0)

    def _refuse(self, sentence: str) -> None:
        self.refused.append(sentence)
        progress.say(sentence)

    def _told(self, path: Path, rows: int, first: int) -> dict[str, Any]:
        """What the manifest says of a file with rows from `first` on."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return {"rows": rows, "sha256": sha256} | self._counts(first, rows)

    def _counts(self, first: int, rows: int) -> dict[str, Any]:
        """How many rows there are of each priority, of each change, and of both together."""
        found = self._serving.execute(
            "select change, coalesce(cast(priority as varchar), 'None') as priority, count(*) "
            "from (select change, priority from listed limit $rows offset $first) group by all order by all",
            {"rows": rows, "first": first},
        ).fetchall()
        by_priority: Counter[str] = Counter()
        by_change: dict[str, dict[str, int]] = {}
        for change, priority, count in found:
            by_priority[priority] += count
            by_change.setdefault(change, {})[priority] = count
        return {
            "by_priority": dict(sorted(by_priority.items())),
            "by_change": {change: sum(counts.values()) for change, counts in by_change.items()},
            "by_change_and_priority": by_change,
        }


def checked_parts(
    serving: duckdb.DuckDBPyConnection, profile: ListProfile, folder: Path, rows: int
) -> list[writing.Part]:
    """The files of a list under temporary names in `folder`, after the linter has looked at them.

    Raises:
        ToleranceError: when the list cannot be made, or the linter finds a fault; then no file is left.
    """
    if profile.columns is not None:
        tell(serving)
    profile = writing.with_columns(profile, serving)
    parts = writing.write(serving, profile, folder, rows)
    give_back_memory(serving)
    faults = lint.faults(profile, parts, rows)
    if faults:
        for part in parts:
            part.path.unlink()
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise ListError(
            f"{faults[0]}{more}", f"correct list_profiles/{profile.name}.py and run the date again."
        )
    return parts


def _remove(folder: Path) -> None:
    """Remove the lists in a profile's folder, and the folder unless somebody keeps something else there."""
    _remove_others(folder, set())
    with suppress(OSError):
        folder.rmdir()


def _remove_others(folder: Path, names: set[str]) -> None:
    stem, _, suffix = FILE.partition(".")
    for path in (*folder.glob(f"{stem}-*.{suffix}"), *folder.glob(FILE), *folder.glob(f".{FILE}.*")):
        if path.name not in names:
            path.unlink()


def finish_interrupted_export(
    state: State, profiles: tuple[ListProfile, ...] = (canonical.PROFILE,)
) -> AlertList | None:
    """Write the lists of a generation whose run was killed after publication, before its last step."""
    generation = published_generation(state)
    if generation is None:
        return None
    generation_id, as_of = generation
    manifest = state.outbox / as_of / "manifest.json"
    if manifest.exists() and json.loads(manifest.read_text("utf-8"))["generation_id"] == generation_id:
        return None
    return export_alerts(state, profiles)
