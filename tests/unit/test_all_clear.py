"""A day that brought less than it should is no all-clear, although its balances stand."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tolerance import all_clear, inbox, readiness, recount
from tolerance.contracts import SOURCES
from tolerance.formats.content import FileNotes
from tolerance.intake.loads import FileRecord, load_records, write_load_record
from tolerance.intake.read import _recount
from tolerance.state import State

AS_OF = date(2026, 11, 20)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def loaded(
    state: State,
    day: date,
    records: int,
    *,
    status: str = "loaded",
    columns: str = "",
    message: str | None = None,
    is_doubtful: bool = False,
    source: str = "faq",
) -> None:
    record = FileRecord(
        load_id=f"{day:%Y%m%d}{records:08d}",
        load_no=0,
        source=source,
        as_of_on=day,
        loaded_at=datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None),
        file_name=f"{day}/{records}.csv",
        file_sha256=f"{day}{records}",
        byte_count=1,
        delivered_on=day,
        landed_records=records,
        loaded_records=records,
        status=status,
        new_columns=columns,
        message=message,
        is_doubtful=is_doubtful,
    )
    write_load_record(state, source, record.load_id, [record])


def usual_weeks(state: State, weeks: int = 8) -> None:
    for week in range(weeks, 0, -1):
        loaded(state, AS_OF - timedelta(weeks=week), 90 + week)


def test_an_extract_far_below_the_same_weekdays_median_is_told(state: State) -> None:
    usual_weeks(state)
    loaded(state, AS_OF, 10)
    (warning,) = all_clear.of_loads(state, AS_OF)
    assert "only 10 records were delivered for 2026-11-20" in warning
    assert "94 (median" in warning


def test_no_extract_where_the_weekday_always_had_one_is_told(state: State) -> None:
    usual_weeks(state)
    loaded(state, AS_OF, 5, source="tickets")
    (warning,) = all_clear.of_loads(state, AS_OF)
    assert "nothing was delivered" in warning


def test_a_usual_day_a_new_source_and_another_weekday_are_all_clear(state: State) -> None:
    for day in (AS_OF, AS_OF + timedelta(days=1)):
        loaded(state, day, 5, source="tickets")
    assert all_clear.of_loads(state, AS_OF) == []
    usual_weeks(state, weeks=3)
    assert all_clear.of_loads(state, AS_OF) == []
    usual_weeks(state)
    assert all_clear.of_loads(state, AS_OF + timedelta(days=1)) == []
    loaded(state, AS_OF, 60)
    assert all_clear.of_loads(state, AS_OF) == []


def test_a_refused_file_is_told_on_its_day_also_when_the_run_is_repeated(state: State) -> None:
    loaded(state, AS_OF, 0, status="refused")
    assert (
        all_clear.of_loads(state, AS_OF)
        == all_clear.of_loads(state, AS_OF)
        == [f"faq/{AS_OF}/0.csv is refused."]
    )
    loaded(state, AS_OF + timedelta(days=1), 5)
    assert all_clear.of_loads(state, AS_OF + timedelta(days=1)) == []


def test_a_loaded_file_that_may_hold_more_is_no_all_clear(state: State) -> None:
    loaded(state, AS_OF, 5, message=f"{AS_OF}/5.csv: look at it", is_doubtful=True)
    assert all_clear.of_loads(state, AS_OF) == [f"faq/{AS_OF}/5.csv: look at it"]
    loaded(state, AS_OF + timedelta(days=1), 5, message="a.csv: 2 records have another status")
    assert all_clear.of_loads(state, AS_OF + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("message", "is_doubtful"),
    [
        ("a.csv: the reader found 2 records, an independent count 3; compare", True),
        ("a.mbox: no envelope; ask whether it holds more", True),
        ("a.csv: 2 records have another status", False),
        (None, False),
    ],
)
def test_a_load_record_of_release_0_1_0_tells_of_doubt_in_its_message(
    state: State, message: str | None, is_doubtful: bool
) -> None:
    loaded(state, AS_OF, 5, message=message)
    (path,) = state.loads.glob("*-faq-*.ndjson")
    line = json.loads(path.read_bytes())
    del line["is_doubtful"]
    path.write_text(json.dumps(line) + "\n")
    assert [record.is_doubtful for record in load_records(state)] == [is_doubtful]


def test_a_new_column_is_warned_of_once(state: State) -> None:
    loaded(state, AS_OF - timedelta(days=1), 5, columns="mood")
    loaded(state, AS_OF, 5, columns="mood,weather")
    (before,) = all_clear.of_loads(state, AS_OF - timedelta(days=1))
    assert "new column mood;" in before
    (now,) = all_clear.of_loads(state, AS_OF)
    assert "new column weather;" in now


def lying_in(extracts: Path) -> dict[str, inbox.Deliveries]:
    return {source: inbox.deliveries(extracts, source, AS_OF) for source in SOURCES}


def test_a_file_that_waits_past_its_day_is_a_warning(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox._first_looks.clear()
    monkeypatch.setattr(inbox, "LOOK_INTERVAL_SECONDS", 0.0)
    (tmp_path / "in" / "faq").mkdir(parents=True)
    for name in ("old.csv", "old.csv.part"):
        (tmp_path / "in" / "faq" / name).write_text("x")
    os.utime(tmp_path / "in" / "faq" / "old.csv", (1_700_000_000, 1_700_000_000))
    told = all_clear.of_inbox(state, lying_in(tmp_path / "in"), AS_OF)
    assert any("old.csv waits" in one and "since 2023-11-14: ask its sender" in one for one in told)


def test_a_file_that_cannot_be_counted_again_is_told(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(*_: object, **__: object) -> int:
        raise MemoryError

    monkeypatch.setattr(recount, "count_records", too_much)
    loaded(state, AS_OF, 100)
    (record,) = load_records(state)
    _recount(record, tmp_path, FileNotes(), tmp_path)
    write_load_record(state, "faq", record.load_id, [record])
    (warning,) = [one for one in all_clear.of_loads(state, AS_OF) if "100.csv" in one]
    assert "was not possible in bounded memory" in warning


def test_a_date_for_which_no_source_delivered_anything_is_no_all_clear(state: State) -> None:
    usual_weeks(state, weeks=1)
    assert all_clear.of_loads(state, AS_OF) == [all_clear.NOTHING_CAME.format(as_of=AS_OF)]
    loaded(state, AS_OF, 90)
    assert all_clear.of_loads(state, AS_OF) == []


def test_silent_services_are_told_in_one_line_but_for_a_source_that_is_told_already() -> None:
    with duckdb.connect() as serving:
        assert all_clear.of_tables(serving, []) == []  # of a release without the table
        serving.execute("create table audit_generation as select date '2026-11-20' as as_of_on")
        serving.execute(
            "create table audit_service_completeness as from (values "
            "('faq', 'call_log', 'returns', date '2026-11-20', date '2026-11-16', 45.0, 'silent'), "
            "('faq', 'call_log', 'sales', date '2026-11-20', date '2026-11-20', 45.0, 'usual'), "
            "('mail', '', '', date '2026-11-20', date '2026-11-12', 9.0, 'silent'), "
            "('tickets', 'jira', '', date '2026-11-19', date '2026-11-12', 9.0, 'silent')"
            ") as t (source, system, team, sent_on, last_sent_on, usual_week_records, status)"
        )
        (warning,) = all_clear.of_tables(serving, [])
        assert "faq/call_log/returns since 2026-11-16 (usually 45 records a week), mail since" in warning
        assert "sales" not in warning
        assert "jira" not in warning
        (warning,) = all_clear.of_tables(serving, ["mail: nothing was delivered for 2026-11-20; on this …"])
        assert "mail" not in warning
        serving.execute("delete from audit_service_completeness where status = 'silent'")
        assert all_clear.of_tables(serving, []) == []


def test_an_optional_source_is_missed_by_nobody_and_stands_for_no_other(state: State, tmp_path: Path) -> None:
    for week in range(8, 0, -1):
        loaded(state, AS_OF - timedelta(weeks=week), 90, source="reviews")
    loaded(state, AS_OF, 1, source="tickets")
    assert all_clear.of_loads(state, AS_OF) == []
    told = all_clear.of_inbox(state, lying_in(tmp_path), AS_OF)
    assert {warning.partition(":")[0] for warning in told} == {"customers", "faq", "mail", "tickets"}
    day = AS_OF + timedelta(days=1)
    loaded(state, day, 1, source="reviews")
    assert all_clear.of_loads(state, day) == [all_clear.NOTHING_CAME.format(as_of=day)]


def test_what_a_failed_pick_up_has_left_on_its_server_withholds_the_all_clear(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded(state, AS_OF, 1, source="tickets")
    readiness.begin_pick_up(state, "tickets")
    assert all_clear.of_loads(state, AS_OF) == []  # nothing is picked up here any more
    monkeypatch.setenv("TOLERANCE_SFTP_FOLDERS", "tickets=desk_sftp:/out")
    (told,) = all_clear.of_loads(state, AS_OF)
    assert told.startswith("tickets: not all was picked up")
    readiness.end_pick_up(state, "tickets")
    assert all_clear.of_loads(state, AS_OF) == []
