"""Dates of other systems: the declared formats, and no other."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from tolerance.readers.date_formats import (
    DateBeyondError,
    NoSuchDateError,
    dated,
    format_in_the_other_order,
    iso_text_of,
    shape,
)

PARIS = ZoneInfo("Europe/Paris")


def iso_text(text: str, formats: tuple[str, ...], zone: ZoneInfo) -> str:
    return iso_text_of(*dated(text, formats), text, zone)


@pytest.mark.parametrize(
    ("text", "declared", "iso"),
    [
        ("2026-07-01 10:00:00", "iso", "2026-07-01T10:00:00+02:00"),
        ("2026-01-01T10:00:00.000+0000", "iso", "2026-01-01T10:00:00+00:00"),
        ("2026-07-01", "iso", "2026-07-01"),
        ("2026-07-01 10:00:00 UTC", "iso", "2026-07-01T10:00:00+00:00"),
        ("2026-07-01 10:00:00.250 +0300", "iso", "2026-07-01T10:00:00.250000+03:00"),
        ("2026-07-01T10:00:00Z", "iso", "2026-07-01T10:00:00+00:00"),
        ("2026-07-01 9:05:07", "iso", "2026-07-01T09:05:07+02:00"),
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
    ("text", "iso"),
    [
        ("Nov 18, 2026, 10:00:00 AM", "2026-11-18T10:00:00+01:00"),
        ("Nov 18, 2026, 12:00:00\u202fAM", "2026-11-18T00:00:00+01:00"),
        ("Nov 18, 2026 12:30 p.m.", "2026-11-18T12:30:00+01:00"),
        ("18 nov. 2026 à 10:05", "2026-11-18T10:05:00+01:00"),
        ("18 de julho de 2026 10:05", "2026-07-18T10:05:00+02:00"),
        ("10/ene/25 4:51 PM", "2025-01-10T16:51:00+01:00"),
        ("05/août/25 2:47 PM", "2025-08-05T14:47:00+02:00"),
        ("3. März 2026 10:00", "2026-03-03T10:00:00+01:00"),
        ("30-Jul-18 23:33", "2018-07-30T23:33:00+02:00"),
        ("01 Oct 1999", "1999-10-01T00:00:00+02:00"),
        ("1st October, 2026", "2026-10-01T00:00:00+02:00"),
        ("Wed, 18 Nov 2026 10:00:00 +0000", "2026-11-18T10:00:00+00:00"),
        ("18 nov 2026, 10:05 p.\u00a0m.", "2026-11-18T22:05:00+01:00"),
        ("sábado, 21 de noviembre de 2026 a las 10:05", "2026-11-21T10:05:00+01:00"),
        ("quarta-feira, 18 de novembro de 2026 às 10:05", "2026-11-18T10:05:00+01:00"),
        ("Donnerstag, 19. November 2026 um 10:05", "2026-11-19T10:05:00+01:00"),
    ],
)
def test_a_date_whose_month_is_a_name_is_read_in_any_usual_form(text: str, iso: str) -> None:
    assert iso_text(text, ("month_name",), PARIS) == iso


@pytest.mark.parametrize(
    "text",
    [
        "18/11/2026",
        "Nov 31, 2026",
        "Nov 18, 2026, 13:00 PM",
        "Nov 18",
        "18 brumaire 2026",
        "Nov 18, 2026 10:00 x",
    ],
)
def test_what_names_no_day_of_the_calendar_is_no_date(text: str) -> None:
    with pytest.raises(NoSuchDateError):
        iso_text(text, ("month_name",), PARIS)


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-01 UTC",
        "2026-07-01Z",
        "2026-07-01 -0500",
        "2026-07-01+02:00",
        "20260701 +02",
        "1712110151030",
    ],
)
def test_a_zone_beside_a_day_is_no_time_of_that_day(text: str) -> None:
    with pytest.raises(NoSuchDateError):
        iso_text(text, ("iso",), PARIS)


def test_a_text_in_the_other_order_of_day_and_month_is_told_apart() -> None:
    formats = ("iso", "%d/%m/%Y %H:%M", "%d %b %Y")
    assert format_in_the_other_order("12/31/2026 10:00", formats) == "%m/%d/%Y %H:%M"
    assert format_in_the_other_order("31.12.2026 10:00", formats) is None
    assert format_in_the_other_order("31/12/2026", ("%m/%d/%Y",)) == "%d/%m/%Y"


def test_a_shape_has_nothing_of_the_text() -> None:
    assert shape("31.12.26 Ana à 9h") == "99.99.99 aaa a 9a"
    assert shape("7" * 40) == "9" * 32 + "…"
    assert shape("1_2\x1b[3m\n") == "9?9??9a?"


@pytest.mark.parametrize(
    "text", ["05/11/2024", "yesterday", "32/Jan/24 1:00 PM", "x" * 1000, "11/Maggio/24 3:26 PM"]
)
def test_a_text_in_no_declared_format_is_no_date(text: str) -> None:
    with pytest.raises(NoSuchDateError):
        iso_text(text, ("iso", "%d/%b/%y %I:%M %p"), PARIS)


def test_the_order_of_formats_decides_and_a_day_forgets_its_time() -> None:
    assert iso_text("03/04/2026", ("%d/%m/%Y",), PARIS).startswith("2026-04-03")
    assert iso_text("03/04/2026", ("%m/%d/%Y",), PARIS).startswith("2026-03-04")
    assert dated("03/04/2026 23:59", ("iso", "%d/%m/%Y %H:%M"))[1] == "%d/%m/%Y %H:%M"


def test_a_count_of_seconds_beyond_all_calendars_is_told_apart() -> None:
    with pytest.raises(DateBeyondError):
        iso_text("9" * 30, ("unix",), PARIS)
