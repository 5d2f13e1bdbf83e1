"""A date waits for the sources that are due, each until the run that closes it; then it is ready once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from tolerance import readiness
from tolerance.contracts import SOURCES
from tolerance.runs import open_run, record_published
from tolerance.settings import settings
from tolerance.state import State

DAY, NEXT = date(2026, 11, 9), date(2026, 11, 10)  # a Monday; its runs are due on Tuesday


def at(clock: str, day: date = NEXT) -> datetime:
    zone = settings().business_time_zone
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), zone)  # noqa: DTZ007


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


@pytest.fixture
def schedules(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    own: dict[str, str] = {}
    chosen = replace(settings(), ingest_schedules=own)
    monkeypatch.setattr(readiness, "settings", lambda: chosen)
    return own


def ingest(state: State, clock: str, *sources: str, as_of: date = DAY) -> None:
    for source in sources:
        readiness.remember(state, source, as_of, at(clock).astimezone(UTC))


def publish(state: State, as_of: date = DAY) -> None:
    record_published(state, open_run(state, as_of))


def test_a_date_is_ready_when_the_last_of_its_sources_is_ingested_and_once(state: State) -> None:
    ingest(state, "04:00", *SOURCES[1:])
    assert not readiness.is_ready(state, DAY)
    ingest(state, "04:00", SOURCES[0], as_of=date(2026, 11, 8))
    assert not readiness.is_ready(state, DAY)  # of the day before
    ingest(state, "04:00", SOURCES[0])
    assert readiness.is_ready(state, DAY)
    assert not readiness.is_ready(state, NEXT)
    publish(state)
    assert not readiness.is_ready(state, DAY)


@pytest.mark.parametrize(
    ("cron", "closing"),
    [
        ("*/10 * * * *", "04:00"),  # the many runs before close nothing
        ("30 * * * *", "04:30"),
        ("0 1 * * *", "01:00"),
        ("0 6 * * *", "06:00"),
        ("0 7 * * *", "07:00"),
        ("0 8 * * *", None),  # after the deadline
        ("0 4 * * 2", "04:00"),
        ("0 4 * * 3", None),
    ],
)
def test_a_source_closes_a_date_by_its_run_at_that_time_or_the_next_or_its_last(
    schedules: dict[str, str], cron: str, closing: str | None
) -> None:
    schedules["mail"] = cron
    chosen = replace(settings(), ingest_schedules=schedules)
    assert readiness.closing_at("mail", DAY, chosen) == (at(closing) if closing else None)


@pytest.mark.parametrize("cron", ["30 2 * * *", "*/30 * * * *"])
@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24)])
def test_a_night_in_which_the_clock_is_changed_closes_the_date_all_the_same(cron: str, day: date) -> None:
    own = replace(settings(), ingest_schedules={"faq": cron})
    closing = readiness.closing_at("faq", day, own)
    assert closing is not None
    assert closing.astimezone(own.business_time_zone).date() == day + timedelta(days=1)
    assert closing <= datetime.combine(
        day + timedelta(days=1), time.fromisoformat(own.daily_deadline), own.business_time_zone
    )


def test_a_date_waits_for_a_later_source_and_not_for_one_that_is_not_due(
    state: State, schedules: dict[str, str]
) -> None:
    schedules.update({"mail": "0 6 * * *", "customer_merges": "0 4 * * 3"})
    ingest(state, "04:00", *(source for source in SOURCES if source not in schedules))
    ingest(state, "04:00", "mail")  # on arrival
    assert not readiness.is_ready(state, DAY)
    ingest(state, "06:00", "mail")
    assert readiness.is_ready(state, DAY)


def test_what_arrives_belongs_to_the_last_day_until_that_is_closed_and_published(state: State) -> None:
    assert readiness.date_of(state, "mail", at("05:00")) == DAY
    ingest(state, "04:00", "mail")
    assert readiness.date_of(state, "mail", at("05:00")) == DAY
    publish(state)
    assert readiness.date_of(state, "mail", at("07:30")) == NEXT
    assert readiness.date_of(state, "tickets", at("07:30")) == DAY  # it was missing: it makes the date good
    assert readiness.date_of(state, "mail", at("04:00", date(2026, 11, 11))) == NEXT


def test_a_damaged_memory_only_makes_the_date_wait(state: State) -> None:
    ingest(state, "04:00", *SOURCES)
    (state.work / "ingested" / "mail.json").write_text("{", "utf-8")
    assert not readiness.is_ready(state, DAY)
