"""The one door to dbt: every dbt command is composed here and runs in a process of its own.

A process of its own, because an in-process dbt keeps the warehouse open until its host ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from tolerance.errors import ToleranceError
from tolerance.parameters import current_parameters
from tolerance.settings import DBT_PROJECT, PROJECT_ROOT
from tolerance.state import State


class DbtFailedError(ToleranceError):
    """A dbt command failed. It names the nodes, never a customer's values."""


@dataclass(frozen=True, slots=True)
class DbtResult:
    """What one dbt command did, counted from its run results."""

    nodes: int
    tests: int
    seconds: float


def dbt(
    command: str, select: str, state: State, *, exclude: str = "", full_refresh: bool = False
) -> DbtResult:
    """Run `dbt COMMAND --select SELECT [--exclude EXCLUDE]` on the warehouse of `state`.

    Raises:
        DbtFailedError: when a model or a test failed, or dbt itself did.
    """
    arguments = [
        command,
        "--select",
        select,
        *(("--exclude", exclude) if exclude else ()),
        # A test runs with the last layer it looks at; unit tests are `make test`'s business.
        "--indirect-selection=buildable",
        "--exclude-resource-type=unit_test",
        "--warn-error",
    ]
    if full_refresh:
        arguments.append("--full-refresh")
    target = state.dbt / "target"
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    code_version = current_parameters().code_version
    parsed = target / "parsed_code_version"
    if not parsed.exists() or parsed.read_text("utf-8") != code_version:
        # Changed macros leave stale dependencies in what was parsed before.
        arguments.append("--no-partial-parse")
        parsed.unlink(missing_ok=True)
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--quiet"),
            *("--log-path", str(state.dbt / "logs")),
            *arguments,
            *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
            *("--target-path", str(target)),
        ],
        env=os.environ | environment(state),
        cwd=PROJECT_ROOT,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if results.exists():  # dbt got beyond parsing
        parsed.write_text(code_version, "utf-8")
    outcomes = json.loads(results.read_text("utf-8"))["results"] if results.exists() else []
    if finished.returncode != 0:
        failed = [
            outcome["unique_id"].split(".", 1)[1]
            for outcome in outcomes
            if outcome["status"] in {"error", "fail", "runtime error"}
        ]
        what = ", ".join(failed) or "dbt did not start its nodes"
        raise DbtFailedError(
            f"dbt {command} of {select} failed ({what})",
            f"nothing was published. The reason stands in {state.dbt / 'logs' / 'dbt.log'}; mend it and run "
            "the same date again.",
        )
    return DbtResult(
        nodes=len(outcomes),
        tests=sum(outcome["unique_id"].startswith("test.") for outcome in outcomes),
        seconds=sum(outcome["execution_time"] for outcome in outcomes),
    )


def environment(state: State) -> dict[str, str]:
    """What `profiles.yml` and the sources need to find the files of `state`."""
    return {
        "TOLERANCE_STATE": str(state.root),
        "TOLERANCE_PROJECT": str(PROJECT_ROOT),
        "DO_NOT_TRACK": "1",
    }
