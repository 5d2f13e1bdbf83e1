"""Commands for programs: one JSON document on standard output, what is for people on standard error."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.fixtures.ingesting import AS_OF
from tolerance.cli import main
from tolerance.local_run import _Listener
from tolerance.runs import open_run, record_published
from tolerance.state import State


def told(*arguments: object) -> tuple[int, object, str]:
    finished = subprocess.run(
        [sys.executable, "-m", "tolerance", *map(str, arguments), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode, json.loads(finished.stdout), finished.stderr


def test_the_doctor_tells_findings_and_keeps_its_exit_code(tmp_path: Path) -> None:
    code, findings, for_people = told("doctor", "--state", tmp_path / "none")
    assert isinstance(findings, list)
    assert {*findings[0]} == {"check", "verdict", "what"}
    assert code == int(any(finding["verdict"] == "problem" for finding in findings))
    assert "python" in for_people


def test_generations_are_told_one_by_one(tmp_path: Path) -> None:
    state = State(tmp_path)
    run = open_run(state, AS_OF)
    record_published(state, run)
    code, published, for_people = told("generations", "--state", tmp_path)
    assert code == 0
    assert published == [
        {
            "as_of_on": AS_OF.isoformat(),
            "generation_id": run.generation_id,
            "run_no": 1,
            "checks_passed": 0,
            "full_rebuild_reason": "nothing was published yet",
        }
    ]
    assert run.generation_id in for_people


_TALK = """
import subprocess
from tolerance.cli.options import for_a_program
with for_a_program(is_json=True) as write:
    print("for people")
    subprocess.run(["echo", "of a program"], check=True)
    write({"a": 1})
"""


def test_what_other_code_writes_does_not_get_into_the_document() -> None:
    said = subprocess.run([sys.executable, "-c", _TALK], capture_output=True, text=True, check=True)
    assert json.loads(said.stdout) == {"a": 1}
    assert sorted(said.stderr.splitlines()) == ["for people", "of a program"]


def test_a_step_is_an_object_where_logs_are_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    record = logging.LogRecord("tolerance.progress", logging.INFO, "", 0, "mail: reading", None, None)
    assert _Listener.line(record) == "  mail: reading"
    monkeypatch.setenv("TOLERANCE_LOG", "json")
    step = json.loads(_Listener.line(record))
    assert {*step} == {"at", "level", "message"}
    assert step["message"] == "mail: reading"


def test_the_version_names_the_engines_too() -> None:
    said = CliRunner().invoke(main, ["--version"]).output
    assert said.startswith(f"tolerance {version('tolerance-warehouse')}\n")
    assert f"duckdb {version('duckdb')}" in said
