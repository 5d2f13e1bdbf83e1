"""A running service ingests what is delivered as it arrives, and computes past days in their order."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import httpx
import pytest

from tests.properties.comparing import KEYS, MORE_KEYS, differences, rows_of
from tests.properties.records import Customer, Ticket, at, write_file
from tests.service import services
from tests.service.services import Service, waited_for

pytestmark = pytest.mark.service

DAYS = [date(2026, 3, 10) + timedelta(days=number) for number in range(3)]
DAILY = "tolerance_daily"
SOURCES = ("customers", "tickets")
_BIN = Path(sys.executable).parent
_MANY = 20


def deliver(extracts: Path, source: str, *days: date) -> None:
    for day in days:
        number = DAYS.index(day)
        if source == "customers":
            records = [Customer(f"C{one}", (f"c{one}@example.org",)) for one in range(_MANY)]
            write_file(extracts, f"{day}/customers.csv", day, records)
        else:
            tickets = [
                Ticket(f"m{name}", name, at(day), at(day), customer_id=f"C{one}", tags=("product_defect",))
                for one in range(number, _MANY, 3)
                if (name := f"{number}{one:03d}")
            ]
            write_file(extracts, f"{day}/tickets.csv", day, tickets)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company") / "own"
    subprocess.run([str(_BIN / "tolerance"), "init", str(folder)], check=True)
    with (folder / "settings.yml").open("a", encoding="utf-8") as settings:
        settings.write('ingest_on_arrival: true\ningest_schedules: {faq: "*/30 * * * *"}\n')
    return folder


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, company: Path) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with services.running(folder, company, TOLERANCE_IDENTITY_KEY="of the tests") as running:
        waited_for(lambda: True if DAILY in running.dag_ids() else None, "the DAGs")
        yield running


def by_arrival(service: Service, source: str) -> dict[str, str]:
    runs = service.runs(f"tolerance_ingest_{source}")
    return {run_id: state for run_id, state in runs.items() if run_id.startswith("asset_triggered")}


def test_a_delivered_file_starts_the_ingestion_of_its_source_once(service: Service) -> None:
    for source in SOURCES:
        deliver(service.extracts, source, *DAYS)
    for source in SOURCES:
        run_id = waited_for(lambda: next(iter(by_arrival(service, source)), None), "the arrival", 180)  # noqa: B023
        assert service.ended(f"tolerance_ingest_{source}", run_id) == "success"
        assert [*(service.state / "raw" / source).rglob("*.parquet")]
    time.sleep(70)  # three more looks of the trigger
    assert all(len(by_arrival(service, source)) == 1 for source in SOURCES)
    assert by_arrival(service, "mail") == {}
    assert service.runs(DAILY) == {}  # no date is complete


def test_a_backfill_that_would_run_beside_other_runs_is_refused(service: Service) -> None:
    body = {
        "dag_id": DAILY,
        "from_date": "2026-03-11T00:00:00Z",
        "to_date": "2026-03-13T00:00:00Z",
        "max_active_runs": 1,
    }
    with pytest.raises(httpx.HTTPStatusError) as refused:
        service.ask("POST", "/api/v2/backfills", json=body)
    assert refused.value.response.is_client_error


def test_a_range_of_days_asked_for_at_once_runs_one_by_one_and_ends_as_days_in_order(
    service: Service, company: Path, tmp_path: Path
) -> None:
    asked = [service.trigger(DAILY, day) for day in DAYS]
    most = 0
    while any(service.runs(DAILY)[run_id] in {"queued", "running"} for run_id in asked):
        most = max(most, [*service.runs(DAILY).values()].count("running"))
        time.sleep(1)
    assert most == 1
    assert [service.runs(DAILY)[run_id] for run_id in asked] == ["success"] * len(DAYS)
    environment = os.environ | {"TOLERANCE_COMPANY": str(company), "TOLERANCE_IDENTITY_KEY": "of the tests"}
    state, extracts = tmp_path / "state", tmp_path / "inbox"
    for day in DAYS:
        for source in SOURCES:
            deliver(extracts, source, day)
        subprocess.run(
            [
                *(str(_BIN / "tolerance"), "run", "--extracts", str(extracts)),
                *("--as-of", day.isoformat(), "--state", str(state)),
            ],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        alerts = Path("outbox") / "crm" / day.isoformat() / "alerts.csv"
        assert (service.state / alerts).read_bytes() == (state / alerts).read_bytes()
    wrong: list[str] = []
    with (
        duckdb.connect(str(state / "serving" / "tolerance.duckdb"), read_only=True) as quiet,
        duckdb.connect(str(service.state / "serving" / "tolerance.duckdb"), read_only=True) as serving,
    ):
        assert len(rows_of(serving, "fct_alert")) > 0
        for table in (*KEYS, *MORE_KEYS):
            wrong += differences(table, rows_of(quiet, table), rows_of(serving, table))
    # Here all days' files came at once, by arrival.
    assert [line for line in wrong if "last_loaded_as_of_on" not in line] == []
