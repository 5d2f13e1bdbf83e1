"""A desk that tells no change time: the later delivery counts; a log begins at its first row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from tests.properties.pipeline import OF_TREE, Pipeline
from tests.properties.records import Customer
from tolerance import runs
from tolerance.intake.loads import load_records

DAY = date(2025, 3, 3)
CONTACTS = "+int_contacts"
HEADER = "Ticket ID,Customer ID,Created time,Status,Tags"


def deliver(pipeline: Pipeline, name: str, *lines: str) -> None:
    path = pipeline.extracts / "tickets" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")


def ticket(number: int, status: str, clock: str = "09:00:00") -> str:
    return f"{number},A,{DAY}T{clock}Z,{status},delivery_lost"


def run_contacts(pipeline: Pipeline, day: date) -> runs.Run:
    """A cycle as far as contacts, which counts as published."""
    pipeline.take_in(day)
    run = pipeline.open(day)
    pipeline.build(run, CONTACTS)
    runs.record_published(pipeline.state, run)
    return run


def test_the_later_delivery_counts_and_an_event_log_begins_at_its_first_row(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "company", OF_TREE)
    pipeline.deliver("customers.csv", [Customer("A")], DAY)
    days = [DAY + timedelta(days=number) for number in range(4)]
    for day, statuses in zip(days, ("Open", "Closed", "Open", "Pending"), strict=True):
        # Of one day the later name counts, and what an older file said counts again.
        deliver(pipeline, f"{day}/freshdesk/a.csv", ticket(1, statuses), ticket(2, "Closed"))
        deliver(pipeline, f"{day}/freshdesk/b.csv", ticket(2, "Open"))
    log = [ticket(3, "Open", "08:00:00"), ticket(3, "Pending", "11:00:00"), ticket(3, "Closed", "10:00:00")]
    deliver(pipeline, f"{DAY}/freshdesk/log.csv", *log)
    expected = {DAY: "open", days[1]: "closed", days[2]: "open", days[3]: "pending"}
    for day in (DAY, days[2], days[3]):
        run = run_contacts(pipeline, day)
        with pipeline.tables() as warehouse:
            query = (
                "select native_id, status, cast(occurred_at as varchar) from int_contacts order by native_id"
            )
            assert warehouse.execute(query).fetchall() == [
                ("1", expected[day], f"{DAY} 09:00:00"),
                ("2", "open", f"{DAY} 09:00:00"),
                ("3", "pending", f"{DAY} 08:00:00"),
            ]
    records = load_records(pipeline.state, "tickets")
    assert all(
        "no record tells its last change" in (file.message or "") for file in records if file.loaded_records
    )
    assert sum(file.landed_records for file in records) == sum(
        file.loaded_records + file.duplicate_records + file.quarantined_records for file in records
    )
    with pipeline.tables() as warehouse:
        before = warehouse.execute("from int_contacts order by contact_id").fetchall()
    assert not run.is_full_rebuild
    pipeline.state.warehouse.unlink()
    pipeline.build(replace(run, full_rebuild_reason="the test wants one"), CONTACTS)
    with pipeline.tables() as warehouse:
        assert warehouse.execute("from int_contacts order by contact_id").fetchall() == before
