"""The last step: the alert list of one as-of date, as files that the CRM imports.

The list is read from the published file, so nothing leaves that was not checked and published, and a
run that was killed before this step is completed by the next one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tolerance import alarms, files
from tolerance.crm.history import keep_history
from tolerance.publish import published_generation
from tolerance.state import State

ACKNOWLEDGEMENT_COLUMNS = (
    "alert_id",
    "status",
    "crm_record_id",
    "handled_by_role",
    "closed_at",
    "outcome",
)

# Spreadsheets run a cell that begins so; a plain signed number is none of their business.
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


@dataclass(frozen=True, slots=True)
class AlertList:
    """One list as it was written: where, and how many rows."""

    path: Path
    rows: int


def cell(value: object) -> str:
    """One value as text of the list: ISO dates, UTC instants with zone, true/false, defused text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, Decimal)):
        return str(value)
    text = str(value)
    if text.startswith(_FORMULA_START) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def export_alerts(state: State) -> AlertList:
    """Write list, manifest and acknowledgement template of the published generation.

    A second call writes the same bytes. The manifest comes last: a list without one is not finished.

    Raises:
        FileNotFoundError: when nothing was published yet.
    """
    generation = published_generation(state)
    if generation is None:
        raise FileNotFoundError(f"{state.serving} is missing: run a date first.")
    generation_id, as_of = generation
    folder = state.outbox / as_of
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        serving.execute("set TimeZone = 'UTC'")
        # A list that is older than the published file is no longer true: take its seal off first.
        (folder / "manifest.json").unlink(missing_ok=True)
        keep_history(state, as_of, serving)
        cursor = serving.execute(
            "select * from exports.crm_alert_list order by priority, respond_by, alert_id"
        )
        columns = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchall()
    text = _csv(columns, rows)
    files.write_text(folder / "alerts.csv", text)
    files.write_text(folder / "acknowledgement_template.csv", ";".join(ACKNOWLEDGEMENT_COLUMNS) + "\n")
    written = {
        "rows": len(rows),
        "sha256": hashlib.sha256(text.encode("utf-8")).hexdigest(),
        "by_priority": _counts(columns, rows, "priority"),
        "by_change": _counts(columns, rows, "change"),
    }
    manifest = {"as_of": as_of, "generation_id": generation_id} | written
    manifest["lists"] = {"alerts.csv": written}
    manifest["warnings"] = alarms.of_loads(state, date.fromisoformat(as_of))
    manifest["all_clear"] = not manifest["warnings"]
    files.write_text(folder / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    return AlertList(path=folder / "alerts.csv", rows=len(rows))


def finish_interrupted_export(state: State) -> AlertList | None:
    """Write the list of a generation that was published by a run which died before its last step."""
    generation = published_generation(state)
    if generation is None:
        return None
    generation_id, as_of = generation
    manifest = state.outbox / as_of / "manifest.json"
    if manifest.exists() and json.loads(manifest.read_text("utf-8"))["generation_id"] == generation_id:
        return None
    return export_alerts(state)


def _csv(columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def _counts(columns: list[str], rows: list[tuple[Any, ...]], column: str) -> dict[str, int]:
    position = columns.index(column)
    return dict(sorted(Counter(str(row[position]) for row in rows).items()))
