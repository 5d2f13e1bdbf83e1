"""A date is read as programs of any language write it, or it is Received's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.readers.mail.conftest import ReadMail
from tolerance.readers.mail.dates import date_of


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("Fri, 19 May 2026 00:19:00 (EDT) -0400", "2026-05-19 04:19:00"),
        ("jeu., 05 nov. 2026 09:00:00 +0100", "2026-11-05 08:00:00"),
        ("jeudi 5 novembre 2026 à 09:00", "2026-11-05 08:00:00"),
        ("lun. 1er août 2026 09:00:00 +0200", "2026-08-01 07:00:00"),
        ("Do, 5 Dez 2026 09:00:00 +0100", "2026-12-05 08:00:00"),
        ("5 de febrero de 2026 09:00:00 +0100", "2026-02-05 08:00:00"),
        ("Thu, 5 Nov 2026 24:00:00 +0100", "2026-11-05 23:00:00"),
        ("05/11/2026", "2026-11-04 23:00:00"),
        ("05/11/2026 09:00:00", "2026-11-05 08:00:00"),
        ("25/12/2026 09:00", "2026-12-25 08:00:00"),
        ("12/25/2026 09:00:00 +0100", "2026-12-25 08:00:00"),
        ("05.11.2026 09:00 UTC", "2026-11-05 09:00:00"),
        ("=?utf-8?Q?jeu.=2C_05_nov=2E_2026_09=3A00=3A00_+0100?=", "2026-11-05 08:00:00"),
        ("=?utf-8?B?0fAsIDQg4OLjIDIwMjYgMTM6MDE6NDAgKzAzMDA=?=", "2026-08-04 10:01:40"),
        ("Thu, 6 Oct 2026 12:27:13 +0200 (GMT+02:00)", "2026-10-06 10:27:13"),
        ("Tue, 5 May 2026 08:30:00 GMT+2", "2026-05-05 06:30:00"),
        ("Tue, 5 May 2026 08:30:00 UTC-3", "2026-05-05 11:30:00"),
        ("Tue, 5 May 2026 08:30:00 (GMT+2)", "2026-05-05 06:30:00"),
        ("Tue, 5 May 2026 08:30:00 GMT+5:30", "2026-05-05 03:00:00"),
        ("2026-05-05 08:30:00+02", "2026-05-05 06:30:00"),
        ("6/5/2026 8:30:00 PM", "2026-06-05 18:30:00"),
        ("25/12/2026 12:30 AM", "2026-12-24 23:30:00"),
        ("2026/06/05 08:30:00", "2026-06-05 06:30:00"),
        ("2026/6/5", "2026-06-04 22:00:00"),
        ("Friday, June 5, 2026 8:30 AM", "2026-06-05 06:30:00"),
        ("June 5th, 2026 12:30 p.m. +0000", "2026-06-05 12:30:00"),
        ("Fri, 5 Jun 2026 8:30:00 PM GMT+1", "2026-06-05 19:30:00"),
        ("Fri, 5 Jun 2026 8:30 PM CEST", "2026-06-05 18:30:00"),
        ("Wed, 31 Dec 2025 23:59:60 +0000", "2026-01-01 00:00:00"),
        ("2026-06-05T08:30:60Z", "2026-06-05 08:31:00"),
    ],
)
def test_a_date_of_another_language_or_form_is_read(read_mail: ReadMail, written: str, instant: str) -> None:
    assert str(read_mail("x", {"Date": written})["sent_at"]) == instant


@pytest.mark.parametrize(
    "written", ["Thu, 01 Jan 1970 00:00:00 +0000", "5 brumaire 2026", "", "01 Jan 2062 00:00 +0000"]
)
def test_a_date_that_cannot_be_is_that_of_received(read_mail: ReadMail, written: str) -> None:
    mail = read_mail("x", {"Date": written, "Received": "by x; Thu, 5 Nov 2026 09:00:00 +0100"})
    assert str(mail["sent_at"]) == "2026-11-05 08:00:00"


def test_received_tells_the_day_from_the_month() -> None:
    assert date_of("05/11/2026", datetime(2026, 5, 11, tzinfo=UTC)) == datetime.fromisoformat("2026-05-11")
    assert date_of("05/11/2026", datetime(2026, 11, 5, tzinfo=UTC)) == datetime.fromisoformat("2026-11-05")


@pytest.mark.parametrize(
    "written",
    [
        "32/11/2026",
        "5 nov. 2026 25:00",
        "5 nov. 2026 13:00 AM PM",
        "June 31, 2026",
        "2026/13/05",
        "5 nov. 2026 09:00:61",
        "5 nov. 2026 and more",
        "24:00",
        "x " * 99,
    ],
)
def test_what_makes_no_whole_date_is_none(written: str) -> None:
    assert date_of(written) is None


@pytest.mark.parametrize("offset", ["+2400", "-2500", "+9959", "+25:00", "+0199", "+123456", "GMT+99"])
@pytest.mark.parametrize("day", ["Thu, 5 Nov 2026", "jeudi 5 novembre 2026", "2026-11-05", "05/11/2026"])
def test_an_offset_that_no_place_has_is_none_and_costs_no_mail(
    read_mail: ReadMail, day: str, offset: str
) -> None:
    received = f"by x; Wed, 4 Nov 2026 09:00:00 {offset}"
    mail = read_mail("x", {"Date": f"{day} 09:00:00 {offset}", "Received": received})
    assert str(mail["sent_at"]) == "2026-11-05 08:00:00"
    mail = read_mail("x", {"Date": f"{day} 09:00:00 +0100", "Received": received})
    assert str(mail["sent_at"]) == "2026-11-05 08:00:00"


@pytest.mark.parametrize("written", ["31 Dec 9999 24:00:00 -0500", "31 Dec 9999 23:59:60 +0000"])
def test_the_end_of_the_calendar_is_that_of_received(read_mail: ReadMail, written: str) -> None:
    mail = read_mail("x", {"Date": written, "Received": "by x; Thu, 5 Nov 2026 09:00:00 +0100"})
    assert str(mail["sent_at"]) == "2026-11-05 08:00:00"
