"""Day after day on one state: killed and made good, repeated, continued, refused.

The same date again and all days at once go without Airflow, which the other runs are for.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.e2e.command_line import tolerance
from tests.e2e.conftest import TABLES, Cycle, published, published_rows, run_cycle
from tests.fixtures.cited_records import CitedRecords, line_records, mistold, told_alerts
from tests.fixtures.receiving import Received, receiving
from tests.fixtures.sample_quality import measured
from tests.properties.pipeline import OF_TREE, Pipeline
from tolerance.crm.digest import VARIABLE
from tolerance.publishing.contents import described_columns
from tolerance.sample import make_sample

DAY_1 = date(2026, 10, 30)
DAYS = 2
LAST_DAY = DAY_1 + timedelta(days=DAYS - 1)


def list_of(state: Path, day: date) -> list[dict[str, str]]:
    text = (state / "outbox" / "crm" / day.isoformat() / "alerts.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def kill_run(inbox: Path, state: Path, day: date) -> None:
    """Kill a run and all its processes in the work of dbt, at no particular place."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "tolerance", "run"),
            *("--extracts", str(inbox), "--state", str(state), "--as-of", day.isoformat()),
        ],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as killed:
        assert killed.stdout is not None
        assert any("building marts" in line for line in killed.stdout)
        time.sleep(3)
        os.killpg(killed.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def digests() -> Iterator[Received]:
    """Servers for the digests of all runs of this module, and the settings that name them."""
    with receiving() as received, pytest.MonkeyPatch.context() as environment:
        web = {"conn_type": "http", "schema": "http", "host": "127.0.0.1", "port": received.http_port}
        slack = {"conn_type": "slackwebhook", "password": f"http://127.0.0.1:{received.http_port}/slack"}
        plain = {"disable_ssl": True, "disable_tls": True, "from_email": "warehouse@company.example"}
        mail = {"conn_type": "smtp", "host": "127.0.0.1", "port": received.smtp_port, "extra": plain}
        for name, connection in {"CRM_HOOK": web, "CRM_SLACK": slack, "SMTP_DEFAULT": mail}.items():
            environment.setenv(f"AIRFLOW_CONN_{name}", json.dumps(connection))
        environment.setenv(VARIABLE, "webhook:crm_hook,slack:crm_slack,mail:crm@company.example")
        yield received


@pytest.fixture(scope="module")
def two_days(
    tmp_path_factory: pytest.TempPathFactory,
    digests: Received,  # noqa: ARG001  (its settings)
) -> tuple[Path, Path, dict[str, list[str]]]:
    """A small sample company of two days, the second killed once. Gives inbox, state, day 1's rows."""
    folder = tmp_path_factory.mktemp("days")
    make_sample(folder / "inbox", customers=120, contacts=2500)
    state = folder / "state"
    published(folder / "inbox", state, DAY_1)
    first = published_rows(state)
    kill_run(folder / "inbox", state, LAST_DAY)
    assert published_rows(state) == first
    published(folder / "inbox", state, LAST_DAY)
    return folder / "inbox", state, first


def test_the_published_file_holds_every_table_and_each_load_balances(
    two_days: tuple[Path, Path, dict[str, list[str]]],
) -> None:
    _, state, first = two_days
    assert all(first[table] for table in TABLES)
    cycle = Cycle(state, subprocess.CompletedProcess([], 0))
    [(files, unbalanced)] = cycle.rows(
        "select count(*), count(*) filter (where landed_records <> "
        "loaded_records + duplicate_records + quarantined_records) from main.audit_load"
    )
    assert files > 50
    assert unbalanced == 0
    quarantined = cycle.rows("select sum(quarantined_records) from main.audit_load")[0][0]
    assert quarantined > 0


def test_each_channel_gets_the_digest_of_a_date_once_and_no_customer_in_it(
    two_days: tuple[Path, Path, dict[str, list[str]]], digests: Received
) -> None:
    _, state, _ = two_days
    hooks = [sent for path, sent in digests.requests if path != "/slack"]
    slacks = [sent["text"] for path, sent in digests.requests if path == "/slack"]
    days = [f"Red alerts of {day:%-d %B %Y}: {len(list_of(state, day))} to call" for day in (DAY_1, LAST_DAY)]
    assert [hook["subject"] for hook in hooks] == days
    assert slacks == [hook["text"] for hook in hooks]
    assert [subject for subject, _ in digests.mails] == days
    customers = {row["customer_id"] for row in list_of(state, DAY_1)}
    assert customers
    told = json.dumps(digests.requests) + str(digests.mails)
    assert not [customer for customer in customers if customer in told]


def test_every_published_table_view_and_column_has_its_description_as_comment(
    two_days: tuple[Path, Path, dict[str, list[str]]],
) -> None:
    _, state, _ = two_days
    cycle = Cycle(state, subprocess.CompletedProcess([], 0))
    comments = cycle.rows(
        "select table_name, column_name, comment from duckdb_columns() where not internal "
        "union all select table_name, null, comment from duckdb_tables() "
        "union all select view_name, null, comment from duckdb_views() where not internal"
    )
    assert len(comments) > 200
    assert [(table, column) for table, column, comment in comments if not comment] == []


def test_every_column_of_the_warehouse_is_described_and_every_described_column_is_there(
    two_days: tuple[Path, Path, dict[str, list[str]]],
) -> None:
    _, state, _ = two_days
    nodes = json.loads((state / "dbt" / "target" / "manifest.json").read_text("utf-8"))["nodes"]
    described = described_columns(nodes)
    # Staging stands before fct_alert, where the columns of an alert are described.
    described["model.tolerance.stg_runs__alert_history"] |= described["model.tolerance.fct_alert"]
    with duckdb.connect(str(state / "warehouse.duckdb"), read_only=True) as warehouse:
        columns = warehouse.execute("select table_name, column_name from duckdb_columns() where not internal")
        there = set(columns.fetchall())
    models = {node["name"]: node_id for node_id, node in nodes.items() if node["resource_type"] == "model"}
    assert {
        (table, column)
        for table, column in there
        if table in models and column not in described[models[table]]
    } == set()
    declared = {(name, column) for name, node_id in models.items() for column in nodes[node_id]["columns"]}
    assert declared - there == set()


def test_the_list_and_its_manifest_agree_with_the_alerts(
    two_days: tuple[Path, Path, dict[str, list[str]]],
) -> None:
    _, state, _ = two_days
    cycle = Cycle(state, subprocess.CompletedProcess([], 0))
    # All days' lists together tell of each open alert once, and of nothing else.
    told = [row for days in range(DAYS) for row in list_of(state, DAY_1 + timedelta(days=days))]
    new = [row["alert_id"] for row in told if row["change"] == "new"]
    assert len(new) == len(set(new)) >= 3
    open_alerts = cycle.rows("select alert_id from main.fct_alert where status = 'open'")
    retracted = {row["alert_id"] for row in told if row["change"] == "retracted"}
    assert {alert_id for (alert_id,) in open_alerts} == set(new) - retracted
    folder = state / "outbox" / "crm" / LAST_DAY.isoformat()
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    content = (folder / "alerts.csv").read_bytes()
    assert manifest["as_of"] == LAST_DAY.isoformat()
    assert manifest["rows"] == len(list_of(state, LAST_DAY))
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert sum(manifest["by_priority"].values()) == manifest["rows"]
    together = manifest["by_change_and_priority"]
    assert {change: sum(counts.values()) for change, counts in together.items()} == manifest["by_change"]
    [(generation,)] = cycle.rows(
        f"select generation_id from main.audit_generation where as_of_on = '{LAST_DAY}'"
    )
    assert manifest["generation_id"] == generation


def test_every_cumulative_incident_of_an_account_has_one_alert(
    two_days: tuple[Path, Path, dict[str, list[str]]],
) -> None:
    _, state, _ = two_days
    cycle = Cycle(state, subprocess.CompletedProcess([], 0))
    [(incidents, alerts, distinct)] = cycle.rows(
        """
        select
            (select count(*) from main.fct_tolerance_ledger),
            count(*) filter (where status in ('open', 'too_old')),
            count(distinct incident_id)
        from main.fct_alert
        """
    )
    assert incidents > 30
    assert alerts == incidents
    assert distinct >= incidents


def test_the_samples_incidents_are_found_and_linked_as_well_as_ever(
    two_days: tuple[Path, Path, dict[str, list[str]]],
) -> None:
    inbox, state, _ = two_days
    quality = measured(state / "warehouse.duckdb", inbox / "truth", LAST_DAY.isoformat())
    print(quality)
    assert quality.contacts["all"].there > 400
    # What these few days reach, rounded down; docs/detection.md has the whole sample.
    assert quality.contacts["all"].precision > 0.975
    assert quality.contacts["all"].recall > 0.9
    assert quality.pairs.precision > 0.99
    assert quality.pairs.recall > 0.91


def test_the_same_day_again_changes_no_row_and_no_byte(
    two_days: tuple[Path, Path, dict[str, list[str]]],
) -> None:
    inbox, state, _ = two_days
    rows = published_rows(state)
    folder = state / "outbox" / "crm" / LAST_DAY.isoformat()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    Pipeline(inbox.parent, OF_TREE).run(LAST_DAY)
    assert published_rows(state) == rows
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.fixture(scope="module")
def at_once(
    two_days: tuple[Path, Path, dict[str, list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The state after one run over all that the company of two days delivered."""
    folder = tmp_path_factory.mktemp("at_once")
    shutil.copytree(two_days[0], folder / "inbox")
    pipeline = Pipeline(folder, OF_TREE)
    pipeline.run(LAST_DAY)
    return pipeline.state.root


def test_every_alert_follows_from_the_records_that_it_cites(
    two_days: tuple[Path, Path, dict[str, list[str]]], at_once: Path
) -> None:
    with duckdb.connect(str(at_once / "serving" / "tolerance.duckdb"), read_only=True) as serving:
        alerts = told_alerts(serving)
        assert len(alerts) > 30
        assert mistold(alerts, CitedRecords(two_days[0]), line_records(serving)) == []


def test_day_by_day_with_a_kill_made_good_equals_one_run_over_all_days(
    two_days: tuple[Path, Path, dict[str, list[str]]], at_once: Path
) -> None:
    _, state, _ = two_days
    rows_at_once, rows_by_day = published_rows(at_once), published_rows(state)
    for table in set(TABLES) - {"fct_alert", "audit_load", "agg_tolerance_monthly"}:
        assert rows_at_once[table] == rows_by_day[table], table


def test_a_failed_gate_publishes_nothing_and_names_what_failed(
    two_days: tuple[Path, Path, dict[str, list[str]]], tmp_path: Path
) -> None:
    inbox, healthy, _ = two_days
    state = tmp_path / "state"
    shutil.copytree(healthy, state)
    before = (state / "serving" / "tolerance.duckdb").read_bytes()
    # Yesterday's alerts come back with a hole in them: the alert list must not leave the house.
    history = state / "history" / "alerts" / f"{LAST_DAY}.parquet"
    with duckdb.connect() as memory:
        memory.execute(f"create table alerts as select * from '{history}'")
        memory.execute("update alerts set owner_role = null")
        memory.execute(f"copy alerts to '{history}' (format parquet)")
    failed = run_cycle(inbox, state, LAST_DAY)
    assert failed.finished.returncode == 1
    assert "crm_alert_list: " in failed.finished.stderr
    assert "owner_role" in failed.finished.stderr
    assert "Traceback" not in failed.finished.stdout + failed.finished.stderr
    assert (state / "serving" / "tolerance.duckdb").read_bytes() == before
    # Who is called looks at the list that was kept back, not at the one that stands.
    shown = tolerance("data-docs", "--state", str(state)).stdout
    assert re.search(r"crm_alert_list: \d+ rows, 1 expectations failed", shown), shown


def test_an_earlier_date_than_the_last_published_is_refused_in_one_sentence(
    two_days: tuple[Path, Path, dict[str, list[str]]],
) -> None:
    inbox, state, _ = two_days
    refused = run_cycle(inbox, state, DAY_1).finished
    assert refused.returncode == 2
    assert "last published date" in refused.stderr
    assert "Traceback" not in refused.stdout + refused.stderr
