"""Delivery as people start it: by the command, and by Airflow; logins are Airflow's connections."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.crm import delivering
from tests.fixtures.crm.rest_server import TOKEN, Crm, running
from tests.fixtures.crm.told import DAY, NEXT, published, tell
from tolerance.state import State

_DAGS = f"""
import sys
from datetime import date
from pathlib import Path
from tolerance import local_run
from tolerance.state import State
state = State(Path(sys.argv[1]))
local_run._configure_airflow(state, None, "")
print("FAILURES", local_run.deliver(state, date.fromisoformat("{DAY}")))
"""


@pytest.fixture
def crm() -> Iterator[Crm]:
    with running(Crm()) as crm:
        yield crm


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = published(tmp_path / "state")
    tell(state, [("a", "open"), ("b", "open")])
    (tmp_path / "company").mkdir()
    (tmp_path / "company" / "destinations.yml").write_text(delivering.SETTINGS, "utf-8")
    return state


def started(state: State, crm: Crm, *command: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(state.root),
            "TOLERANCE_COMPANY": str(state.root.parent / "company"),
            "AIRFLOW_CONN_CRM_API": f"http://:{token}@127.0.0.1:{crm.port}/http",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def deliver(state: State, crm: Crm, *options: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    return started(
        state, crm, "-m", "tolerance", "deliver", "--state", str(state.root), *options, token=token
    )


def files_with(text: str, state: State) -> list[Path]:
    files = [path for path in state.root.rglob("*") if path.is_file()]
    assert len(files) > 5
    return [path for path in files if text.encode() in path.read_bytes()]


def test_the_command_delivers_once_and_logs_in_by_an_airflow_connection(state: State, crm: Crm) -> None:
    dry = deliver(state, crm, "--dry-run")
    assert dry.stdout.splitlines() == [
        "crm: 0 of 2 alerts accepted, 2 pending.",
        f"  would send a (new on {DAY}, priority 1)",
        f"  would send b (new on {DAY}, priority 1)",
    ]
    assert not crm.requests
    first = deliver(state, crm)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "crm: 2 accepted now, 2 of 2 alerts accepted, 0 pending.\n"
    tell(state, [("c", "open")], NEXT)
    refused = deliver(state, crm, token="another-canary")
    assert refused.returncode == 1
    assert "refuses the login of the connection crm_api" in refused.stderr
    assert "What was published stands" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not files_with("another-canary", state)
    assert "another-canary" not in refused.stdout + refused.stderr
    assert [record["cf_alert_id"] for record in crm.records] == ["a", "b"]


def test_wrong_usage_is_a_sentence(state: State, crm: Crm) -> None:
    unknown = deliver(state, crm, "--destination", "crn")
    assert unknown.returncode == 2
    assert unknown.stderr == (
        "There is no destination crn (crm looks like it): destinations.yml in the company's folder has crm.\n"
    )
    (state.root.parent / "company" / "destinations.yml").unlink()
    none = deliver(state, crm)
    assert none.returncode == 0
    assert none.stdout == (
        "No destination is set: destinations.yml in the company's folder has none. Nothing was sent.\n"
    )


def test_airflow_delivers_and_tells_why_a_delivery_failed(state: State, crm: Crm) -> None:
    done = started(state, crm, "-c", _DAGS, str(state.root))
    assert "FAILURES []" in done.stdout, done.stdout + done.stderr
    assert "crm: 2 accepted now, 2 of 2 alerts accepted, 0 pending." in done.stdout
    assert len(crm.records) == 2
    tell(state, [("c", "open")], NEXT)
    failed = started(state, crm, "-c", _DAGS, str(state.root), token="another-canary")
    assert "FAILURES []" not in failed.stdout
    assert "refuses the login of the connection crm_api" in failed.stdout
    assert not files_with("another-canary", state)
    assert not files_with(TOKEN, state)
