"""Four days of a service, each with a fault of its own, end as four days without any."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.fixtures.receiving import Received, receiving
from tests.properties.comparing import KEYS, MORE_KEYS, differences, rows_of
from tests.properties.records import Customer, Ticket, at, write_file
from tests.service import services
from tests.service.services import Service, waited_for
from tolerance.contracts import SOURCES

pytestmark = pytest.mark.service

DAYS = [date(2026, 3, 10) + timedelta(days=number) for number in range(4)]
DAILY = "tolerance_daily"
_BIN = Path(sys.executable).parent
_MANY = 40


def ingestion(source: str) -> str:
    return f"tolerance_ingest_{source}"


def deliver(extracts: Path, day: date) -> None:
    """What the company's systems deliver on one day: all customers, and what befell some of them."""
    number = DAYS.index(day)
    customers = [Customer(f"C{one}", (f"c{one}@example.org",)) for one in range(_MANY)]
    write_file(extracts, f"{day}/customers.csv", day, customers)
    tickets = [
        Ticket(f"m{ticket_id}", ticket_id, at(day), at(day), customer_id=f"C{one}", tags=("product_defect",))
        for one in range(number, _MANY, 3)
        if (ticket_id := f"{number}{one:03d}")
    ]
    write_file(extracts, f"{day}/tickets.csv", day, tickets)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company") / "own"
    subprocess.run([str(_BIN / "tolerance"), "init", str(folder)], check=True)
    return folder


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own, which can be filled without harm to another; root alone can make one."""
    folder.mkdir()
    if os.geteuid() != 0:
        yield
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def on_call() -> Iterator[Received]:
    """Whoever hears of failures."""
    with receiving() as received:
        yield received


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, company: Path, on_call: Received) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    quick = {
        "TOLERANCE_ON_FAILURE": "webhook:on_call",
        "AIRFLOW_CONN_ON_CALL": f"http://127.0.0.1:{on_call.http_port}",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
    }
    with (
        small_disk(folder / "state"),
        services.running(folder, company, TOLERANCE_IDENTITY_KEY="of the tests", **quick) as running,
    ):
        waited_for(lambda: True if DAILY in running.dag_ids() else None, "the DAGs")
        yield running


def ingest(service: Service, day: date, *sources: str) -> dict[str, str]:
    """Trigger ingestions for `day`, of all sources where none are named; give how each ended."""
    runs = {ingestion(each): service.trigger(ingestion(each), day) for each in sources or SOURCES}
    return {dag_id: service.ended(dag_id, run_id) for dag_id, run_id in runs.items()}


def new_run(service: Service, before: set[str]) -> str:
    """The daily run that begins by itself."""
    return waited_for(lambda: next(iter(service.runs(DAILY).keys() - before), None), "the daily run")


def holder(service: Service) -> int | None:
    """The process that holds STATE."""
    try:
        return int((service.state / "run.lock.holder").read_text())
    except (OSError, ValueError):
        return None


def wait_for_task(service: Service, run_id: str, task_id: str) -> int:
    """The process of a task that has begun its work."""
    waited_for(lambda: True if service.tasks(DAILY, run_id)[task_id]["state"] == "running" else None, task_id)
    return waited_for(lambda: holder(service), f"the lock of {task_id}")


def published_on(service: Service) -> set[date]:
    with duckdb.connect(str(service.state / "serving" / "tolerance.duckdb"), read_only=True) as serving:
        return {as_of for (as_of,) in serving.execute("select as_of_on from audit_generation").fetchall()}


def unlike_quiet_days(service: Service, company: Path, days: list[date], folder: Path) -> list[str]:
    """Where tables and lists differ from those of `tolerance run` on the same extracts, day by day."""
    environment = os.environ | {"TOLERANCE_COMPANY": str(company), "TOLERANCE_IDENTITY_KEY": "of the tests"}
    state, extracts = folder / "state", folder / "inbox"
    wrong: list[str] = []
    for day in days:
        deliver(extracts, day)
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
        if (service.state / alerts).read_bytes() != (state / alerts).read_bytes():
            wrong.append(str(alerts))
    with (
        duckdb.connect(str(state / "serving" / "tolerance.duckdb"), read_only=True) as quiet,
        duckdb.connect(str(service.state / "serving" / "tolerance.duckdb"), read_only=True) as serving,
    ):
        assert len(rows_of(serving, "fct_alert")) > len(days) * _MANY // len(DAYS)
        for table in (*KEYS, *MORE_KEYS):
            wrong += differences(table, rows_of(quiet, table), rows_of(serving, table))
    return wrong


def test_a_missing_source_holds_the_day_back_until_it_comes(service: Service) -> None:
    deliver(service.extracts, DAYS[0])
    late = "tickets"
    ended = ingest(service, DAYS[0], *(source for source in SOURCES if source != late))
    assert set(ended.values()) == {"success"}
    assert service.runs(DAILY) == {}
    assert ingest(service, DAYS[0], late) == {ingestion(late): "success"}
    assert service.ended(DAILY, new_run(service, set())) == "success"
    assert published_on(service) == {DAYS[0]}


def test_a_killed_task_is_tried_again(service: Service) -> None:
    before = {*service.runs(DAILY)}
    deliver(service.extracts, DAYS[1])
    ingest(service, DAYS[1])
    run_id = new_run(service, before)
    os.kill(wait_for_task(service, run_id, "build_intermediate"), signal.SIGKILL)
    assert service.ended(DAILY, run_id) == "success"
    assert service.tasks(DAILY, run_id)["build_intermediate"]["try_number"] > 1
    assert DAYS[1] in published_on(service)


def test_a_killed_scheduler_goes_on_where_it_was(service: Service) -> None:
    before = {*service.runs(DAILY)}
    deliver(service.extracts, DAYS[2])
    ingest(service, DAYS[2])
    run_id = new_run(service, before)
    working = wait_for_task(service, run_id, "build_marts")
    service.kill("scheduler")
    with suppress(ProcessLookupError):  # a machine that goes down takes the task with it
        os.kill(working, signal.SIGKILL)
    service.start("scheduler")
    assert service.ended(DAILY, run_id) == "success"
    assert DAYS[2] in published_on(service)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
def test_a_full_disk_fails_with_a_sentence_is_told_once_and_goes_on_when_there_is_room(
    service: Service, on_call: Received
) -> None:
    assert on_call.requests == []  # what another try has mended is nobody's night
    before = {*service.runs(DAILY)}
    deliver(service.extracts, DAYS[3])
    filler = service.state / "filler"
    disk = os.statvfs(service.state)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize)
    runs = {source: service.trigger(ingestion(source), DAYS[3]) for source in SOURCES}
    ended = {source: service.ended(ingestion(source), run_id) for source, run_id in runs.items()}
    assert ended["tickets"] == "failed"
    assert "is full" in service.log(ingestion("tickets"), runs["tickets"], "land")
    told = [asked["text"] for _, asked in on_call.requests if ingestion("tickets") in asked["subject"]]
    assert len(told) == 1
    assert "3 times" in told[0]
    assert "is full" in told[0]
    assert told[0].endswith("docs/runbook.md#storage")
    filler.unlink()
    for source, how in ended.items():
        if how == "failed":
            service.clear(ingestion(source), runs[source])
    for source, run_id in runs.items():
        assert service.ended(ingestion(source), run_id) == "success"
    assert service.ended(DAILY, new_run(service, before)) == "success"


def test_after_all_of_it_tables_and_lists_are_those_of_quiet_days(
    service: Service, company: Path, tmp_path: Path
) -> None:
    days = sorted(published_on(service))
    assert days == (DAYS if os.geteuid() == 0 else DAYS[:3])
    assert unlike_quiet_days(service, company, days, tmp_path) == []


def test_the_login_is_in_no_log_and_its_file_is_private(service: Service) -> None:
    passwords = service.folder / "airflow" / "passwords.json"
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
    for log in service.folder.glob("*.log"):
        text = log.read_text("utf-8", "replace")
        assert services.LOGIN not in text, log.name
        assert services.PASSWORD not in text, log.name


def test_nothing_listens_but_on_this_machine(service: Service) -> None:
    assert service.listening_on() == {"127.0.0.1"}


def test_the_service_stops_cleanly(service: Service) -> None:
    assert service.stop() == []
    assert holder(service) is None
