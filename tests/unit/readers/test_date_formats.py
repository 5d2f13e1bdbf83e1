"""Dates of other systems: the declared formats, and no other."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from tolerance.readers.date_formats import DateBeyondError, NoSuchDateError, day_text, iso_text

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "declared", "iso"),
    [
        ("2026-07-01 10:00:00", "iso", "2026-07-01T10:00:00+02:00"),
        ("2026-01-01T10:00:00.000+0000", "iso", "2026-01-01T10:00:00+00:00"),
        ("2026-07-01", "iso", "2026-07-01"),
        ("11/May/24 3:26 PM", "%d/%b/%y %I:%M %p", "2024-05-11T15:26:00+02:00"),
        ("11/févr./24 12:05 AM", "%d/%b/%y %I:%M %p", "2024-02-11T00:05:00+01:00"),
        ("1 décembre 2025 08:09", "%d %b %Y %H:%M", "2025-12-01T08:09:00+01:00"),
        ("01-12-2025 08:09", "%d-%m-%Y %H:%M", "2025-12-01T08:09:00+01:00"),
        ("1603929577", "unix", "2020-10-28T23:59:37+00:00"),
        ("1603929577000", "unix_ms", "2020-10-28T23:59:37+00:00"),
        ("2026-03-29 02:30", "iso", "2026-03-29T02:30:00+01:00"),  # skipped by the clocks
        ("2026-10-25 02:30", "iso", "2026-10-25T02:30:00+02:00"),  # the first of two
    ],
)
def test_a_text_in_a_declared_format_becomes_an_instant_with_its_zone(
    text: str, declared: str, iso: str
) -> None:
    assert iso_text(text, (declared,), PARIS) == iso


@pytest.mark.parametrize(
    "text", ["05/11/2024", "yesterday", "32/Jan/24 1:00 PM", "x" * 1000, "11/Mayo/24 3:26 PM"]
)
def test_a_text_in_no_declared_format_is_no_date(text: str) -> None:
    with pytest.raises(NoSuchDateError):
        iso_text(text, ("iso", "%d/%b/%y %I:%M %p"), PARIS)


def test_the_order_of_formats_decides_and_a_day_forgets_its_time() -> None:
    assert iso_text("03/04/2026", ("%d/%m/%Y",), PARIS).startswith("2026-04-03")
    assert iso_text("03/04/2026", ("%m/%d/%Y",), PARIS).startswith("2026-03-04")
    assert day_text("03/04/2026 23:59", ("iso", "%d/%m/%Y %H:%M")) == "2026-04-03"


def test_a_count_of_seconds_beyond_all_calendars_is_told_apart() -> None:
    with pytest.raises(DateBeyondError):
        iso_text("9" * 30, ("unix",), PARIS)
