"""Instants and business dates worked out for many moments at once are those worked out singly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolerance.instants import ImplausibleTimeError, instant_and_day, stored, stored_and_days
from tolerance.settings import Settings, settings

ZONES = [
    "Europe/Paris",
    "UTC",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
]
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
YEARS = {"min_value": datetime(1995, 1, 1), "max_value": datetime(2040, 1, 1)}


def company(zone: str) -> Settings:
    return replace(settings(), business_time_zone=ZoneInfo(zone))


def without_blocks(moments: list[datetime], company: Settings) -> list[tuple[datetime, date]]:
    made = [instant_and_day(moment, company) for moment in moments]
    return [(stored(instant), day) for instant, day in made]


def together(moments: list[datetime], company: Settings) -> list[tuple[datetime, date]] | None:
    kind = pa.timestamp("us", "UTC" if moments[0].tzinfo else None)
    made = stored_and_days(pa.array(moments, kind), company)
    return None if made is None else list(zip(*(column.to_pylist() for column in made), strict=True))


@given(st.lists(st.datetimes(**YEARS, timezones=OFFSETS), min_size=1), st.sampled_from(ZONES))
def test_moments_with_a_zone_are_the_same_together(moments: list[datetime], zone: str) -> None:
    made = together(moments, company(zone))
    if made is not None:
        assert made == without_blocks(moments, company(zone))


@given(st.lists(st.datetimes(**YEARS), min_size=1), st.sampled_from(ZONES))
def test_moments_without_a_zone_are_the_same_together(moments: list[datetime], zone: str) -> None:
    made = together(moments, company(zone))
    if made is not None:
        assert made == without_blocks(moments, company(zone))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("tz", [None, UTC])
def test_every_quarter_of_an_hour_of_a_year_is_the_same_together(zone: str, tz: timezone | None) -> None:
    first = datetime(2026, 1, 1, tzinfo=tz)
    taken = 0
    for day in range(365):
        moments = [first + timedelta(days=day, minutes=15 * n, seconds=n, microseconds=n) for n in range(96)]
        made = together(moments, company(zone))
        if made is not None:
            assert made == without_blocks(moments, company(zone))
            taken += 1
    assert taken >= 361  # all days but those on which the clocks change


def test_moments_of_the_night_when_the_clocks_change_are_the_same_together() -> None:
    for day in (datetime(2026, 3, 29), datetime(2026, 10, 25)):
        moments = [day + timedelta(minutes=n) for n in range(24 * 60)]
        assert together(moments, company("Europe/Paris")) == without_blocks(moments, company("Europe/Paris"))


@pytest.mark.parametrize("moment", [datetime(2026, 10, 4, 2, 40), datetime(2026, 10, 3, 15, 40, tzinfo=UTC)])
def test_an_hour_that_the_clocks_split_is_left_to_the_reading_one_by_one(moment: datetime) -> None:
    assert together([moment], company("Australia/Lord_Howe")) is None
    assert together([moment - timedelta(hours=2)], company("Australia/Lord_Howe")) is not None


@pytest.mark.parametrize("year", [1, 1969, 2063, 9999])
def test_one_implausible_moment_leaves_all_to_the_reading_one_by_one(year: int) -> None:
    moments = [datetime(2026, 1, 1), datetime(year, 6, 1)]
    assert together(moments[:1], settings()) is not None
    assert together(moments, settings()) is None
    with pytest.raises(ImplausibleTimeError):
        without_blocks(moments, settings())


def test_the_first_and_last_plausible_days_are_taken_whole_and_no_more() -> None:
    zone = settings().business_time_zone
    for day, step in ((settings().earliest_plausible_on, -1), (settings().latest_plausible_on, 1)):
        edge = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
        assert together([edge], settings()) == without_blocks([edge], settings())
        assert together([edge + timedelta(days=step)], settings()) is None
