"""The same tables from the landed files alone, also after a kill in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from tests.e2e.command_line import tolerance
from tests.e2e.conftest import Inbox, published_rows, run_cycle, ticket
from tests.properties.pipeline import OF_TREE, Pipeline
from tolerance.lock import state_lock
from tolerance.state import State

DAY = date(2026, 10, 28)


def rebuild(state: Path) -> subprocess.CompletedProcess[str]:
    return tolerance("rebuild", "--state", str(state))


def lists_of(state: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (state / "outbox" / "crm" / DAY.isoformat()).iterdir()}


def test_a_lost_raw_layer_is_made_again_also_after_a_kill_and_the_tables_are_the_same(
    inbox: Inbox, tmp_path: Path
) -> None:
    inbox.customers("A;a@b.fr;;2020-01-01;;fr", "B;;;2020-01-01;;fr")
    inbox.tickets(
        ticket("1", "A", DAY), ticket("2", "A", DAY - timedelta(days=200)), "broken", ticket("3", "B", DAY)
    )
    state = tmp_path / "state"
    Pipeline(tmp_path, OF_TREE).run(DAY)
    rows, lists = published_rows(state), lists_of(state)
    assert rows["fct_alert"]
    shutil.rmtree(state / "raw")
    shutil.rmtree(inbox.root)

    with subprocess.Popen(
        [sys.executable, "-m", "tolerance", "rebuild", "--state", str(state)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as killed:
        assert killed.stdout is not None
        assert any("building intermediate" in line for line in killed.stdout)
        os.killpg(killed.pid, signal.SIGKILL)
    assert published_rows(state) == rows

    finished = rebuild(state)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "tickets: 1 loads, 1 files read again, all with the same counts" in finished.stdout
    assert "The same rows as before in all" in finished.stdout
    assert published_rows(state) == rows
    assert lists_of(state) == lists

    # What cannot be read again changes nothing and is reported; nothing is published.
    next((state / "landing").iterdir()).unlink()
    warehouse = (state / "warehouse.duckdb").read_bytes()
    refused = rebuild(state)
    assert refused.returncode == 1
    assert "Nothing was changed:" in refused.stderr
    assert (state / "warehouse.duckdb").read_bytes() == warehouse

    # A run after a loss says what to do, before anything is ingested.
    shutil.rmtree(state / "raw")
    lost = run_cycle(tmp_path, state, DAY).finished
    assert lost.returncode == 1
    assert "run `tolerance rebuild" in lost.stderr
    assert "Traceback" not in lost.stdout + lost.stderr


def test_nothing_to_rebuild_is_wrong_usage_and_a_busy_state_is_75(tmp_path: Path) -> None:
    for folder, why in ((tmp_path / "nowhere", "is not a folder"), (tmp_path, "holds no record of a load")):
        finished = rebuild(folder)
        assert finished.returncode == 2
        assert why in finished.stderr
        assert "Traceback" not in finished.stderr
    others = dict(os.environ)
    with state_lock(State(tmp_path)):
        busy = tolerance("rebuild", "--state", str(tmp_path), environment=others)
    assert busy.returncode == 75
    assert "is in use by process" in busy.stderr
