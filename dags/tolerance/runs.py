"""The record of each run, kept as a file: its as-of date, what it knew, whether it was published.

dbt reads the records as a source, so the as-of date is data and not an argument, which would make dbt
parse the project again; and a lost warehouse is rebuilt with the same history.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from tolerance import files
from tolerance.calendar import as_of_ends_at
from tolerance.contracts import SOURCES
from tolerance.errors import UsageError
from tolerance.intake.loads import load_records
from tolerance.lock import open_read_only
from tolerance.parameters import Parameters, current_parameters
from tolerance.settings import settings
from tolerance.state import State
from tolerance.versions import CURRENT, VERSION, Format, refuse_newer, split_known


class EarlierAsOfError(UsageError):
    """The as-of date lies before the last published one."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `since_*` are those of the last published run: this run processes what came after it.

    `former_detector_versions` are those of that run and of the attempts after it, except the version of
    this run: the tables may hold what they read in a text.
    """

    run_no: int
    as_of_on: date
    as_of_ends_at: datetime
    generation_id: str
    parameters_hash: str
    rebuild_hash: str
    code_version: str
    incident_types: dict[str, str]
    last_load_no: int
    since_as_of_on: date | None
    since_load_no: int
    changed_incident_types: str
    full_rebuild_reason: str | None
    published: bool = False
    checks_passed: int = 0
    detector_version: str = ""
    former_detector_versions: str = ""
    decision_hash: str = ""
    is_redecided: bool = False
    """Whether the decision tables changed, so that all contacts are decided again."""
    is_urgent: bool = False
    """Whether it tells alerts of the day in progress, and publishes nothing."""
    is_told: bool = False
    """Whether what an urgent run found stands on the list of its date."""
    unknown: dict[str, Any] = field(default_factory=dict)
    """Fields that another release wrote; they are written back unchanged."""

    @property
    def is_full_rebuild(self) -> bool:
        """Whether every table is made again from the raw layer."""
        return self.full_rebuild_reason is not None


def _read(path: Path) -> Run:
    """The record of one run. Raises `NewerFormatError` for a record that a newer release wrote."""
    given = json.loads(path.read_text("utf-8"))
    refuse_newer(Format.RUN, given.get(VERSION), path)
    known, unknown = split_known(Run, given, path)
    since = known["since_as_of_on"]
    return Run(
        **known
        | {
            "as_of_on": date.fromisoformat(known["as_of_on"]),
            "as_of_ends_at": datetime.fromisoformat(known["as_of_ends_at"]),
            "since_as_of_on": date.fromisoformat(since) if since else None,
            "unknown": unknown,
        }
    )


def _write(state: State, run: Run) -> None:
    known = asdict(run)
    record = {VERSION: CURRENT[Format.RUN], **known.pop("unknown"), **known}
    line = json.dumps(record, default=lambda value: value.isoformat(), ensure_ascii=False)
    files.write_text(state.runs / f"{run.run_no:06d}.json", line + "\n")


def all_runs(state: State) -> list[Run]:
    """Every run ever opened on this state, oldest first."""
    return [_read(path) for path in sorted(state.runs.glob("*.json"))]


def last_published(state: State) -> Run | None:
    """The newest run whose generation readers see, or None."""
    newest_first = (_read(path) for path in sorted(state.runs.glob("*.json"), reverse=True))
    return next((run for run in newest_first if run.published), None)


def refuse_earlier(as_of: date, published: Run | None) -> None:
    """Raise `EarlierAsOfError` when `as_of` lies before the last published date."""
    if published is not None and as_of < published.as_of_on:
        raise EarlierAsOfError(
            f"AS_OF={as_of} lies before {published.as_of_on}, the last published date",
            "run that date or a later one, or use another STATE to look at the past.",
        )


def _loads(state: State) -> tuple[int, list[str]]:
    """The number of the last load, and the ids of all loads in an order that depends only on the inputs.

    The sources of one date may be loaded in any order, so the ids leave the number out. They include how a
    load was read: the same files read by corrected readers or profiles make another generation.
    """
    loads = {
        (
            *(record.as_of_on, SOURCES.index(record.source), record.load_no),
            f"{record.load_id} {record.reading_version} {record.profile_fingerprint}",
        )
        for record in load_records(state)
    }
    return max((load_no for _, _, load_no, _ in loads), default=0), [
        identity for *_, identity in sorted(loads)
    ]


def warehouse_run_no(state: State) -> int | None:
    """The newest run that the warehouse knows, or None when it is not a database.

    Raises:
        StateBusyError: when another process has the warehouse open.
    """
    remedy = f"close it there (readers open {state.serving} instead) and run again."
    try:
        with open_read_only(state.warehouse, remedy) as warehouse:
            row = warehouse.execute("select max(run_no) from int_run").fetchone()
    except duckdb.CatalogException:
        return 0  # a run was killed before its first table
    except duckdb.Error:
        return None
    return row[0] if row else 0


def _move_unreadable_warehouse(state: State) -> None:
    """Rename an unreadable warehouse to make room for a new one; the old file is kept for inspection."""
    for path in (state.warehouse, state.warehouse.with_name("warehouse.duckdb.wal")):
        if path.exists():
            path.replace(path.with_name(f"{path.name}.unreadable"))


def _rebuild_reason(state: State, as_of: date, parameters: Parameters, since: list[Run]) -> str | None:
    """Why it is not enough to recompute the touched customers, or None when it is.

    `since` are the last published run and all attempts after it: a killed attempt may have written
    any part of the tables.
    """
    if not since or not since[0].published:
        return "nothing was published yet"
    if not state.warehouse.exists():
        return "the warehouse is missing: it is made again from raw/"
    known = warehouse_run_no(state)
    if known is None:
        return "the warehouse cannot be read: it is made again from raw/"
    if known < since[0].run_no:
        return "the warehouse is older than the last published generation: it is made again"
    if any(run.rebuild_hash != parameters.rebuild_hash for run in since):
        return "the parameters changed"
    if any(run.code_version != parameters.code_version for run in since):
        return "the models changed"
    if any(run.is_full_rebuild for run in since[1:]):
        return "a rebuild was started and not finished"
    if any(run.as_of_on > as_of for run in since):
        return "a later date was tried and not published"
    return None


def expected(state: State) -> Run | None:
    """The record that a run of the last published date would have now, if there is one. Writes nothing."""
    published = last_published(state)
    return None if published is None else _next_run(state, published.as_of_on)


def _changed_incident_types(parameters: Parameters, since: list[Run]) -> list[str]:
    return sorted(
        {
            name
            for run in since
            for name in run.incident_types.keys() | parameters.incident_types.keys()
            if run.incident_types.get(name) != parameters.incident_types.get(name)
        }
    )


def _former_detector_versions(parameters: Parameters, since: list[Run]) -> list[str]:
    return sorted({run.detector_version for run in since} - {parameters.detector_version, ""})


def open_run(state: State, as_of: date) -> Run:
    """Write the record of a new run for `as_of` and return it.

    Raises:
        EarlierAsOfError: when `as_of` lies before the last published date.
    """
    return opened(state, planned_run(state, as_of))


def opened(state: State, run: Run) -> Run:
    """Write the record of a planned run: from now on it is the current one."""
    if run.is_full_rebuild and state.warehouse.exists() and warehouse_run_no(state) is None:
        _move_unreadable_warehouse(state)
    _write(state, run)
    return run


def planned_run(state: State, as_of: date) -> Run:
    """What the next run for `as_of` would be; nothing is written.

    The generation id is a hash of as-of date, parameters, ordered loads and code: the same inputs
    publish the same id.

    Raises:
        EarlierAsOfError: when `as_of` lies before the last published date.
    """
    refuse_earlier(as_of, last_published(state))
    return _next_run(state, as_of)


def _next_run(state: State, as_of: date) -> Run:
    earlier = all_runs(state)
    published = last_published(state)
    since = [run for run in earlier if published is None or run.run_no >= published.run_no]
    parameters = current_parameters()
    last_load_no, load_ids = _loads(state)
    identity = json.dumps(
        [
            as_of.isoformat(),
            parameters.parameters_hash,
            parameters.code_version,
            parameters.detector_version,
            load_ids,
        ]
    )
    return Run(
        run_no=earlier[-1].run_no + 1 if earlier else 1,
        as_of_on=as_of,
        as_of_ends_at=as_of_ends_at(as_of, settings().business_time_zone),
        generation_id=hashlib.sha256(identity.encode()).hexdigest()[:16],
        parameters_hash=parameters.parameters_hash,
        rebuild_hash=parameters.rebuild_hash,
        code_version=parameters.code_version,
        incident_types=parameters.incident_types,
        last_load_no=last_load_no,
        since_as_of_on=published.as_of_on if published else None,
        since_load_no=published.last_load_no if published else 0,
        changed_incident_types=",".join(_changed_incident_types(parameters, since)),
        full_rebuild_reason=_rebuild_reason(state, as_of, parameters, since),
        detector_version=parameters.detector_version,
        former_detector_versions=",".join(_former_detector_versions(parameters, since)),
        decision_hash=parameters.decision_hash,
        is_redecided=any(run.decision_hash != parameters.decision_hash for run in since),
    )


def current_run(state: State) -> Run:
    """The current run: the newest record."""
    return all_runs(state)[-1]


def record_checks(state: State, checks_passed: int) -> None:
    """Record how many checks the current run has passed."""
    _write(state, replace(current_run(state), checks_passed=checks_passed))


def record_told(state: State) -> None:
    """Record that what the current run, an urgent one, found stands on the list of its date."""
    _write(state, replace(current_run(state), is_told=True))


def last_load_no(state: State) -> int:
    """The number of the newest load, 0 without any."""
    return _loads(state)[0]


def record_published(state: State, run: Run) -> None:
    """Record that readers see this run's generation."""
    _write(state, replace(run, published=True))
