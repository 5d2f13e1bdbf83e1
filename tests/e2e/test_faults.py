"""What goes wrong in the middle: a kill, a gate that fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.e2e.conftest import TABLES, Inbox, published, published_rows, run_cycle, ticket

DAY = date(2026, 10, 28)


def small_company(inbox: Inbox) -> None:
    inbox.customers("A;;;2020-01-01;;fr", "B;;;2020-01-01;;fr", "C;;;2020-01-01;2026-10-20;fr")
    inbox.tickets(
        ticket("1", "A", DAY),
        ticket("2", "A", DAY - timedelta(days=200)),
        ticket("3", "B", DAY - timedelta(days=60)),
        ticket("4", "C", DAY - timedelta(days=60)),
    )


@pytest.fixture(scope="module")
def killed_and_resumed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Inbox, Path, Path]:
    """A company whose second run is killed and made good. Gives inbox, state and one run undisturbed."""
    folder = tmp_path_factory.mktemp("faults")
    inbox = Inbox(folder / "inbox")
    small_company(inbox)
    published(inbox.root, folder / "undisturbed", DAY)
    state = folder / "state"
    published(inbox.root, state, DAY - timedelta(days=40))
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "tolerance", "run"),
            *("--extracts", str(inbox.root), "--state", str(state), "--as-of", DAY.isoformat()),
        ],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as killed:
        assert killed.stdout is not None
        for line in killed.stdout:
            if "building marts" in line:
                time.sleep(3)  # into the work of dbt, at no particular place
                break
        os.killpg(killed.pid, signal.SIGKILL)
    earlier = published_rows(state)["fct_tolerance_current"]
    assert all(str(DAY.month) not in row.split(",")[1] for row in earlier)
    published(inbox.root, state, DAY)
    return inbox, state, folder / "undisturbed"


def test_a_killed_run_is_made_good_by_the_next_one(killed_and_resumed: tuple[Inbox, Path, Path]) -> None:
    _, state, undisturbed_state = killed_and_resumed
    resumed, undisturbed = published_rows(state), published_rows(undisturbed_state)
    for table in set(TABLES) - {"fct_alert", "audit_load", "agg_tolerance_monthly"}:
        assert resumed[table] == undisturbed[table], table


def test_a_failed_gate_publishes_nothing_and_names_what_failed(
    killed_and_resumed: tuple[Inbox, Path, Path],
) -> None:
    inbox, state, _ = killed_and_resumed
    before = (state / "serving" / "tolerance.duckdb").read_bytes()
    # Yesterday's alerts come back with a hole in them: the alert list must not leave the house.
    history = state / "history" / "alerts" / f"{DAY}.parquet"
    with duckdb.connect() as memory:
        memory.execute(f"create table alerts as select * from '{history}'")
        memory.execute("update alerts set owner_role = null")
        memory.execute(f"copy alerts to '{history}' (format parquet)")
    failed = run_cycle(inbox.root, state, DAY)
    assert failed.finished.returncode == 1
    assert "crm_alert_list: 1 of" in failed.finished.stderr
    assert "owner_role" in failed.finished.stderr
    assert "Traceback" not in failed.finished.stdout + failed.finished.stderr
    assert (state / "serving" / "tolerance.duckdb").read_bytes() == before
