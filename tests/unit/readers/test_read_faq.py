"""Calls: the contract of the CSV, and the business calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from tolerance.formats.content import FileNotes
from tolerance.records import AcceptedRecord, FileRefusedError, QuarantinedRecord

HEADER = b"call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language\n"

Read = Callable[..., list[object]]


def call(asked_at: str) -> bytes:
    return HEADER + f"K1;C1;{asked_at};code;a question;yes;team;fr\n".encode()


@pytest.mark.parametrize(
    ("asked_at", "instant", "day"),
    [
        pytest.param(
            "2026-10-31T23:30:00Z",
            datetime.fromisoformat("2026-10-31T23:30"),
            date(2026, 11, 1),
            id="with zone",
        ),
        pytest.param(
            "2026-07-01T00:30:00",
            datetime.fromisoformat("2026-06-30T22:30"),
            date(2026, 7, 1),
            id="without",
        ),
        pytest.param(
            "2026-03-29T02:30:00",
            datetime.fromisoformat("2026-03-29T01:30"),
            date(2026, 3, 29),
            id="an hour that is skipped",
        ),
        pytest.param(
            "2026-10-25T02:30:00",
            datetime.fromisoformat("2026-10-25T00:30"),
            date(2026, 10, 25),
            id="an hour that comes twice",
        ),
    ],
)
def test_a_call_has_an_instant_in_utc_and_a_business_date(
    read_bytes: Read, asked_at: str, instant: datetime, day: date
) -> None:
    (record,) = read_bytes("faq", "calls.csv", call(asked_at))
    assert isinstance(record, AcceptedRecord)
    assert (record.values["asked_at"], record.values["asked_on"]) == (instant, day)


@pytest.mark.parametrize(
    ("asked_at", "reason"),
    [
        ("1970-01-01T00:00:00Z", "event_time_out_of_range"),
        ("1989-12-31T23:59:59", "event_time_out_of_range"),
        ("2049-12-31T23:30:00Z", "event_time_out_of_range"),
        ("2062-01-01", "event_time_out_of_range"),
        ("9999-12-31T23:59:59-23:00", "event_time_out_of_range"),
        ("0001-01-01T00:00:00+23:00", "event_time_out_of_range"),
        ("", "event_time_out_of_range"),
        ("31/10/2026", "bad_value"),
    ],
)
def test_an_impossible_date_is_quarantined(read_bytes: Read, asked_at: str, reason: str) -> None:
    (record,) = read_bytes("faq", "calls.csv", call(asked_at))
    assert isinstance(record, QuarantinedRecord)
    assert record.reason.value == reason


def test_a_new_column_is_noted_and_a_missing_one_refuses_the_file(read_bytes: Read) -> None:
    notes = FileNotes()
    wider = HEADER.replace(b"\n", b";channel\n") + b"K1;C1;2026-01-01;c;q;no;t;fr;web\n"
    (record,) = read_bytes("faq", "calls.csv", wider, notes)
    assert isinstance(record, AcceptedRecord)
    assert notes.new_columns == ["channel"]
    with pytest.raises(FileRefusedError, match=r"asked_at is missing \(asked_on looks like it\)"):
        read_bytes("faq", "calls.csv", HEADER.replace(b"asked_at", b"asked_on"))
    with pytest.raises(FileRefusedError, match="this is not the header"):
        read_bytes("faq", "calls.csv", b"K1;C1;2026-01-01;c;q;no;t;fr\n")


def test_a_spreadsheet_s_sep_line_and_byte_order_mark_are_no_records(read_bytes: Read) -> None:
    content = b"\xef\xbb\xbfsep=;\r\n" + call("2026-01-01").replace(b"\n", b"\r\n")
    (record,) = read_bytes("faq", "calls.csv", content)
    assert isinstance(record, AcceptedRecord)
    assert record.position.record_no == 1


def test_a_repeated_header_and_a_line_of_nuls_are_no_calls(read_bytes: Read) -> None:
    records = read_bytes("faq", "calls.csv", call("2026-01-01") + HEADER + b"\0\0\0\n")
    assert [getattr(record, "reason", None) for record in records] == [
        None,
        "not_a_record",
        "not_a_record",
    ]


@pytest.mark.parametrize("name", ["calls.xlsx", "calls", "calls.json"])
def test_another_form_is_refused(read_bytes: Read, name: str) -> None:
    with pytest.raises(FileRefusedError, match="not of a known form"):
        read_bytes("faq", name, call("2026-01-01"))
