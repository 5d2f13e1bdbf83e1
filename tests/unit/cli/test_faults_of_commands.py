"""A fault ends a command with one sentence and its exit code; a mistake of ours keeps its traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tolerance import runs
from tolerance.cli import main
from tolerance.errors import NotPublishedError, ToleranceError, UsageError
from tolerance.lock import StateBusyError
from tolerance.state import State


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (ToleranceError("it is bad", "mend it."), 1),
        (NotPublishedError("it is bad", "mend it."), 1),
        (UsageError("it is bad", "mend it."), 2),
        (runs.EarlierAsOfError("it is bad", "mend it."), 2),
        (StateBusyError("it is bad", "mend it."), 75),
    ],
)
def test_a_fault_is_one_sentence_on_stderr_and_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: ToleranceError, exit_code: int
) -> None:
    def fail(_: State) -> None:
        raise error

    monkeypatch.setattr(runs, "all_runs", fail)
    result = CliRunner().invoke(main, ["generations", "--state", str(tmp_path)])
    assert (result.exit_code, result.stdout, result.stderr) == (exit_code, "", "it is bad: mend it.\n")


def test_a_mistake_of_the_program_is_not_swallowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: State) -> None:
        raise ValueError("ours")

    monkeypatch.setattr(runs, "all_runs", fail)
    result = CliRunner().invoke(main, ["generations", "--state", str(tmp_path)])
    assert isinstance(result.exception, ValueError)


def test_listing_generations_starts_no_engine_of_arrays(tmp_path: Path) -> None:
    listing = (
        "import sys\n"
        "from tolerance.cli import main\n"
        "main(['generations', '--state', sys.argv[1]], standalone_mode=False)\n"
        "print({'numpy', 'pandas', 'pyarrow'} & {*sys.modules})"
    )
    told = subprocess.run(
        [sys.executable, "-c", listing, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout == "set()\n"
