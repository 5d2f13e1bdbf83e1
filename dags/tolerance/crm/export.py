"""The last step: the alert list of one as-of date, as files that the CRM imports.

The list is read from the published file, so only what was checked and published is sent, and the next run
completes a run that was killed before this step.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from tolerance import all_clear, files, steps
from tolerance.crm.history import keep_history, keep_told
from tolerance.crm.list_profile import ListProfile
from tolerance.crm.list_profiles import canonical, list_profiles
from tolerance.errors import NotPublishedError
from tolerance.file_modes import shared
from tolerance.publishing.generations import published_generation
from tolerance.state import State

ACKNOWLEDGEMENT_COLUMNS = (
    "alert_id",
    "status",
    "crm_record_id",
    "handled_by_role",
    "closed_at",
    "outcome",
)


@dataclass(frozen=True, slots=True)
class AlertList:
    """One written list: where it is, and how many rows it has."""

    path: Path
    rows: int


def export_alerts(state: State, profiles: tuple[ListProfile, ...] = (canonical.PROFILE,)) -> AlertList:
    """Write the lists, manifest and acknowledgement template of the published generation.

    Returns the first profile's list, which the manifest's counts are about. A second call writes the same
    bytes. The manifest is written last: a list without a manifest is unfinished.

    Raises:
        NotPublishedError: when nothing was published yet.
    """
    generation = published_generation(state)
    if generation is None:
        raise NotPublishedError(f"{state.serving} is missing", "run a date first.")
    generation_id, as_of = generation
    folder = state.outbox / as_of
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        serving.execute("set TimeZone = 'UTC'")
        # A list older than the published file is outdated: remove its manifest first.
        (folder / "manifest.json").unlink(missing_ok=True)
        keep_history(state, as_of, serving)
        keep_told(state, as_of, serving)
        cursor = serving.execute(
            "select * from exports.crm_alert_list order by priority, respond_by, alert_id"
        )
        columns = [column[0] for column in cursor.description or ()]
        rows = _solved_last(columns, cursor.fetchall())
        warnings = all_clear.of_loads(state, date.fromisoformat(as_of))
        warnings += all_clear.of_tables(serving, warnings)
    lists = {profile.file_name: profile.written(columns, rows) for profile in profiles}
    with shared(folder):
        for file_name, content in lists.items():
            files.write_bytes(folder / file_name, content)
        for profile in list_profiles().values():
            if profile.file_name not in lists:  # of an earlier run that asked for it: it is no longer true
                (folder / profile.file_name).unlink(missing_ok=True)
        files.write_text(folder / "acknowledgement_template.csv", ";".join(ACKNOWLEDGEMENT_COLUMNS) + "\n")
        counts = {
            "by_priority": _counts(columns, rows, "priority"),
            "by_change": _counts(columns, rows, "change"),
        }
        written = {
            file_name: {"rows": len(rows), "sha256": hashlib.sha256(content).hexdigest()} | counts
            for file_name, content in lists.items()
        }
        first = profiles[0].file_name
        manifest = {"as_of": as_of, "generation_id": generation_id} | written[first]
        manifest["lists"] = written
        manifest["warnings"] = warnings
        manifest["all_clear"] = not warnings
        steps.passed("exporting")
        files.write_text(folder / "manifest.json", json.dumps(manifest, indent=2) + "\n")
        return AlertList(path=folder / first, rows=len(rows))


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


def _solved_last(columns: list[str], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows with what is solved below the open ones of its priority; an earlier release's as it is."""
    if "is_solved" not in columns:
        return rows
    priority, solved = columns.index("priority"), columns.index("is_solved")
    return sorted(rows, key=lambda row: (row[priority], bool(row[solved])))


def _counts(columns: list[str], rows: list[tuple[Any, ...]], column: str) -> dict[str, int]:
    position = columns.index(column)
    return dict(sorted(Counter(str(row[position]) for row in rows).items()))
