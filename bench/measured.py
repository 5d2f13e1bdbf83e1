"""One step in a process of its own: what it costs in CPU, wall time and memory.

`python -m bench.measured < step.json` runs the step and prints its costs as one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import psutil

Runner = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Step:
    """What a child process does. SQL writes into the warehouse, or beside it into `output`."""

    name: str
    warehouse: str
    statements: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    """To which part of the step each statement belongs, where that is asked."""
    output: str = ""
    function: str = ""
    memory_limit: str = ""
    prepared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """What the step took. CPU is user and system time of its process and its children, in seconds."""

    name: str
    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float
    others_cpu_share: float
    memory_limit: str = ""
    failure: str = ""
    result: list[Any] = field(default_factory=list)
    parts: dict[str, float] = field(default_factory=dict)
    """CPU seconds of each part; closing the warehouse belongs to none."""


def measure(step: Step) -> Cost:
    """Run `step` in a child and return its costs, with the share of the machine others used meanwhile."""
    before, began = _busy_seconds(), time.monotonic()
    finished = subprocess.run(
        [sys.executable, "-m", "bench.measured"],
        input=json.dumps(asdict(step)),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    elapsed = time.monotonic() - began
    busy = _busy_seconds() - before
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines()
        sentence = next((line for line in reversed(lines) if "Error: " in line or "Exception: " in line), "")
        return Cost(step.name, 0, 0, 0, 0, step.memory_limit, failure=sentence[:200] or "killed")
    line = json.loads(finished.stdout.strip().splitlines()[-1])
    others = max(0.0, busy - line.pop("process_cpu_seconds")) / (elapsed * (os.cpu_count() or 1))
    return Cost(step.name, others_cpu_share=round(others, 3), memory_limit=step.memory_limit, **line)


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def cpu_seconds() -> float:
    """User and system time of this process and of its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def peak_megabytes() -> float:
    """The highest resident memory of this process; getrusage would count the parent's before exec."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    [peak] = [line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM")]
    return int(peak.split()[1]) / 1024


def _sql(step: Step, parts: dict[str, float]) -> tuple[Callable[[], list[Any]], Runner]:
    """The step's work on DuckDB, and what ends it; connecting and preparing are not measured."""
    import duckdb

    connection = duckdb.connect(step.output or step.warehouse)
    connection.execute(
        "set TimeZone = 'UTC'; set preserve_insertion_order = false; set enable_progress_bar = false"
    )
    folder = str(Path(step.output or step.warehouse).parent / "spill").replace("'", "''")
    connection.execute(f"set temp_directory = '{folder}'")
    if step.memory_limit:
        connection.execute(f"set memory_limit = '{step.memory_limit}'")
    if step.output:
        connection.execute("attach '{}' as warehouse (read_only)".format(step.warehouse.replace("'", "''")))
    for statement in step.prepared:
        connection.execute(statement)

    def work() -> list[Any]:
        rows: list[Any] = []
        for statement, part in zip_longest(step.statements, step.parts):
            cpu = cpu_seconds()
            rows = connection.execute(statement).fetchall()
            if part:
                parts[part] = round(parts.get(part, 0) + cpu_seconds() - cpu, 3)
        return rows

    # Closing writes what is not on disk yet, so it belongs to the step.
    return work, connection.close


def _nothing() -> None:
    pass


def main() -> None:
    """Run the step given on standard input."""
    step = Step(**json.load(sys.stdin))
    parts: dict[str, float] = {}
    if step.function:
        module, name = step.function.split(":")
        function: Callable[[str, str], list[Any]] = getattr(importlib.import_module(module), name)
        work: Callable[[], list[Any]] = partial(function, step.warehouse, step.output)
        end: Runner = _nothing
    else:
        work, end = _sql(step, parts)
    cpu, wall = cpu_seconds(), time.monotonic()
    result = work()
    end()
    print(
        json.dumps(
            {
                "cpu_seconds": round(cpu_seconds() - cpu, 3),
                "wall_seconds": round(time.monotonic() - wall, 3),
                "peak_megabytes": round(peak_megabytes(), 1),
                "process_cpu_seconds": cpu_seconds(),
                "result": result,
                "parts": parts,
            },
            default=str,
        )
    )


if __name__ == "__main__":
    main()
