"""A range of days is run in its order, goes on where it stopped, and stops at the first day that fails."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from tolerance.cli.cycle import backfill
from tolerance.runs import open_run, record_published
from tolerance.state import State


def ask(state: State, first: str, last: str) -> int:
    given = ["--from", first, "--to", last, "--extracts", str(state.root), "--state", str(state.root)]
    return CliRunner().invoke(backfill, given).exit_code


def test_the_days_after_the_published_one_are_run_in_order_up_to_the_first_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(tmp_path)
    record_published(state, open_run(state, date(2026, 3, 10)))
    ran: list[str] = []

    def run(command: list[str], **_: object) -> int:
        day = command[command.index("--as-of") + 1]
        ran.append(day)
        if day == "2026-03-13":
            return 1
        record_published(state, open_run(state, date.fromisoformat(day)))
        return 0

    monkeypatch.setattr(subprocess, "call", run)
    assert ask(state, "2026-03-09", "2026-03-12") == 0
    assert ran == ["2026-03-11", "2026-03-12"]
    assert ask(state, "2026-03-09", "2026-03-14") == 1
    assert ran == ["2026-03-11", "2026-03-12", "2026-03-13"]


def test_what_a_range_has_started_ends_with_it() -> None:
    # A parent that starts a child as the command does, says who it is, and is killed.
    starts = (
        "import subprocess, sys; from tolerance import stopping; "
        "child = subprocess.Popen(['sleep', '600'], preexec_fn=stopping.with_its_parent); "
        "print(child.pid, flush=True); child.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", starts], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    gone, alive = psutil.wait_procs([child], timeout=30)
    assert (len(gone), alive) == (1, [])


def test_a_range_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    assert ask(State(tmp_path), "2026-03-12", "2026-03-11") != 0
