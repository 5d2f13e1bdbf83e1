"""What a user gets wrong ends in one sentence and the right exit code, before anything is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Inbox, run_cycle, ticket
from tolerance.lock import state_lock
from tolerance.state import State


def one_sentence(finished: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in finished.stdout + finished.stderr
    lines = [line for line in (finished.stdout + finished.stderr).splitlines() if line.strip()]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("as_of", ["yesterday", "2026-02-30", "31/10/2026", "2026-13-01"])
def test_an_as_of_that_is_no_date_is_refused(tmp_path: Path, inbox: Inbox, as_of: str) -> None:
    inbox.customers("A;;;2020-01-01;;fr")
    finished = run_cycle(inbox.root, tmp_path / "state", as_of).finished
    assert finished.returncode == 2
    assert "YYYY-MM-DD" in one_sentence(finished)
    assert not (tmp_path / "state" / "raw").exists()


def test_a_missing_inbox_is_named(tmp_path: Path) -> None:
    finished = run_cycle(tmp_path / "nowhere", tmp_path / "state", "2026-10-31").finished
    assert finished.returncode == 2
    sentence = one_sentence(finished)
    assert "nowhere" in sentence
    assert "customers/" in sentence


def test_an_inbox_without_any_plausible_date_asks_for_one(tmp_path: Path, inbox: Inbox) -> None:
    inbox.customers("A;;;2020-01-01;;fr")
    finished = run_cycle(inbox.root, tmp_path / "state").finished
    assert finished.returncode == 2
    assert "give AS_OF=" in one_sentence(finished)


def test_a_second_run_leaves_with_75_and_tells_who_holds_the_state(tmp_path: Path, inbox: Inbox) -> None:
    inbox.tickets(ticket("1", "A", "2026-10-01"))
    state = State((tmp_path / "state").resolve())
    with state_lock(state):
        environment_free = subprocess.run(
            [
                *(sys.executable, "-m", "tolerance", "run", "--extracts", str(inbox.root)),
                *("--state", str(state.root), "--as-of", "2026-10-31"),
            ],
            env={"PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
    assert environment_free.returncode == 75
    sentence = one_sentence(environment_free)
    assert "in use by process" in sentence
    assert "since" in sentence


def test_an_unknown_option_is_wrong_usage() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tolerance", "run", "--nonsense"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    assert "Usage" in finished.stderr
