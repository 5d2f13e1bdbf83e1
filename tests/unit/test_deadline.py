"""At the deadline a date is computed without what is missing, once, and it is told what that is."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.fixtures.ingesting import AS_OF
from tolerance import deadline
from tolerance.contracts import NEEDED
from tolerance.intake.loads import FileRecord, write_load_record
from tolerance.runs import open_run, record_published
from tolerance.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def load(state: State, source: str, load_no: int) -> None:
    record = FileRecord(
        load_id=f"load{load_no}",
        load_no=load_no,
        source=source,
        as_of_on=AS_OF,
        file_name=f"{source}.csv",
        file_sha256=f"{load_no}",
        byte_count=1,
        loaded_at=datetime(2026, 11, 21),
        delivered_on=AS_OF,
    )
    write_load_record(state, source, record.load_id, [record])


def test_what_was_not_loaded_for_the_date_is_missing(state: State) -> None:
    assert deadline.missing_sources(state, AS_OF) == NEEDED
    for number, source in enumerate(NEEDED[1:], start=1):
        load(state, source, number)
    assert deadline.missing_sources(state, AS_OF) == NEEDED[:1]
    assert deadline.missing_sources(state, AS_OF + timedelta(days=1)) == NEEDED


def test_a_date_is_done_when_it_is_published_with_all_that_was_loaded(state: State) -> None:
    assert not deadline.is_published(state, AS_OF)
    load(state, "tickets", 1)
    record_published(state, open_run(state, AS_OF))
    assert deadline.is_published(state, AS_OF)
    assert deadline.is_published(state, AS_OF - timedelta(days=1))
    assert not deadline.is_published(state, AS_OF + timedelta(days=1))
    load(state, "mail", 2)
    assert not deadline.is_published(state, AS_OF)


def test_the_notice_names_what_is_missing_and_where_to_read_on() -> None:
    message = deadline.notice("tolerance_daily", AS_OF, ("mail", "tickets"))
    assert message.subject == "tolerance_daily: the deadline of 2026-11-20 has passed without mail, tickets"
    assert message.lines[-1].endswith("runbook.md#missing-source")
