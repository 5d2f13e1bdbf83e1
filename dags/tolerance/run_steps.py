"""What ran, for how long and at what cost: one line per step, in a file per as-of date that dbt reads back.

A step is written down when it begins and again when it ends, so one that was killed is known as well. No
number of the tables depends on these records, and a record that cannot be written fails no step.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import orjson

from tolerance import files, warm_dbt
from tolerance.state import State
from tolerance.versions import CURRENT, VERSION, Format, refuse_newer

_NONE_YET = "0000-00-00.ndjson"
_KB_PER_MB = 1024


@dataclass(slots=True)
class Step:
    """One step, as its line tells it. Of an ingestion it has a source, of a run the number of its record."""

    as_of_on: date
    step: str
    source: str | None = None
    run_no: int | None = None
    step_no: int = 0
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
    outcome: str | None = None
    row_count: int | None = None
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_mb: float | None = None


@dataclass(slots=True)
class _UnderWay:
    step: Step
    cpu_of_inner_seconds: float = 0.0
    peak_of_commands_kb: int = 0


_under_way: list[_UnderWay] = []
"""The steps of this process that have begun, the innermost last."""


@contextmanager
def measured(
    state: State, as_of: date, name: str, *, source: str | None = None, run_no: int | None = None
) -> Iterator[Step]:
    """Record a step: when it began, how it ended, its wall time, processor time and memory.

    What a step within it takes is counted there alone. The caller holds the lock on STATE.

    Raises:
        NewerFormatError: when a newer release has recorded steps of that date.
    """
    step = Step(as_of, name, source, run_no)
    _write(state, step)
    under_way = _UnderWay(step)
    _under_way.append(under_way)
    began, used = time.monotonic(), _cpu_seconds()
    try:
        yield step
        step.outcome = step.outcome or "done"
    except BaseException:
        step.outcome = step.outcome or "failed"
        raise
    finally:
        taken = max(_cpu_seconds() - used, 0.0)
        step.wall_seconds = round(time.monotonic() - began, 3)
        step.cpu_seconds = round(max(taken - under_way.cpu_of_inner_seconds, 0.0), 3)
        step.peak_mb = round(_peak_kb(under_way) / _KB_PER_MB, 1)
        _under_way.remove(under_way)
        if _under_way:
            _under_way[-1].cpu_of_inner_seconds += taken
        _write(state, step)


def count_rows(rows: int) -> None:
    """Say how many rows the innermost step was about; nothing where none is measured."""
    if _under_way:
        _under_way[-1].step.row_count = rows


def belongs_to(run_no: int) -> None:
    """Say which run the innermost step opened."""
    if _under_way:
        _under_way[-1].step.run_no = run_no


def count_command(peak_kb: int) -> None:
    """Say how much memory a command of the innermost step has held, which is no child of this process."""
    if _under_way:
        _under_way[-1].peak_of_commands_kb = max(_under_way[-1].peak_of_commands_kb, peak_kb)


def newest_run_no(state: State) -> int | None:
    """The number of the newest run's record, by its name alone."""
    newest = max(state.runs.glob("*.json"), default=None)
    return int(newest.stem) if newest else None


def ensure_run_steps(state: State) -> None:
    """Write an empty file where there is none, so that dbt can read the folder before the first step."""
    path = state.run_steps / _NONE_YET
    if not path.exists():
        files.write_text(path, "")


def refuse_newer_steps(state: State) -> None:
    """Raise `NewerFormatError` when a newer release has recorded steps."""
    newest = max(state.run_steps.glob("*.ndjson"), default=None)
    if newest is not None:
        _lines(newest)


def _cpu_seconds() -> float:
    """Of this process, of its children that have ended, and of a warm dbt that still lives."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used) + warm_dbt.cpu_seconds()


def _peak_kb(under_way: _UnderWay) -> int:
    """The system keeps the marks of a process and of its children, not those of a step."""
    marks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(*marks, under_way.peak_of_commands_kb)


def _write(state: State, step: Step) -> None:
    """Put the line of a step in its place. Where that fails the step goes on, or tells why it cannot."""
    path = state.run_steps / f"{step.as_of_on}.ndjson"
    with suppress(OSError, ValueError):
        lines = _lines(path) if path.exists() else []
        step_no = step.step_no or len(lines) + 1
        record = {VERSION: CURRENT[Format.RUN_STEPS], **asdict(step), "step_no": step_no}
        lines[step_no - 1 : step_no] = [orjson.dumps(record)]
        files.write_bytes(path, b"".join(line + b"\n" for line in lines))
        step.step_no = step_no


def _lines(path: Path) -> list[bytes]:
    """The lines of a date; one that a full disk cut off tells nothing and is left out."""
    lines = []
    for line in path.read_bytes().splitlines():
        with suppress(orjson.JSONDecodeError):
            refuse_newer(Format.RUN_STEPS, orjson.loads(line).get(VERSION), path)
            lines.append(line)
    return lines
