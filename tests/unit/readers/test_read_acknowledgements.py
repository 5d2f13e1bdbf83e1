"""What the CRM answers: what is accepted, what is quarantined, what is no answer file at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.fixtures.mapped import read_mapped, texts
from tolerance.crm.export import ACKNOWLEDGEMENT_COLUMNS
from tolerance.formats.content import FileNotes
from tolerance.profiles import catalogue, reading
from tolerance.records import AcceptedRecord, FileRefusedError, QuarantinedRecord, RefusalReason

DOCS = Path(__file__).parents[3] / "docs" / "crm_list.md"

ALERT = "0123456789abcdef" * 2
HEADER = ";".join(ACKNOWLEDGEMENT_COLUMNS)

ReadBytes = Callable[..., list[object]]


def test_the_template_beside_the_list_is_the_header_that_is_read(read_bytes: ReadBytes) -> None:
    assert HEADER == "alert_id;status;crm_record_id;handled_by_role;closed_at;outcome"
    assert read_bytes("acknowledgements", "a.csv", f"{HEADER}\n".encode()) == []


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("delimiter", [";", ","])
def test_a_file_is_read_with_either_delimiter_quoted_or_not(
    read_bytes: ReadBytes, delimiter: str, quote: str
) -> None:
    lines = [
        ACKNOWLEDGEMENT_COLUMNS,
        (ALERT.upper(), "Closed", "003", "quality", "2026-11-20T10:00:00", "well_resolved"),
        (ALERT, "received", "", "", "", ""),
    ]
    text = "".join(delimiter.join(f"{quote}{cell}{quote}" for cell in line) + "\r\n" for line in lines)
    notes = FileNotes()
    closed, received = read_bytes("acknowledgements", "a.csv", text.encode(), notes)
    assert isinstance(closed, AcceptedRecord)
    assert isinstance(received, AcceptedRecord)
    assert closed.values == {
        "alert_id": ALERT,
        "status": "closed",
        "crm_record_id": "003",
        "handled_by_role": "quality",
        "closed_at": datetime.fromisoformat("2026-11-20T09:00:00"),  # business time, in November
        "closed_on": datetime.fromisoformat("2026-11-20").date(),
        "outcome": "well_resolved",
    }
    assert received.values["closed_at"] is None
    assert notes.delimiter == delimiter


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        (f"{ALERT};done;7;quality;;", "bad_value", "status is not one of closed, in_progress, received"),
        (f"{ALERT};;7;quality;;", "missing_required", "status is missing"),
        (
            f"{ALERT};closed;7;quality;;resolved",
            "missing_required",
            "closed_at is missing where status is closed",
        ),
        (
            f"{ALERT};closed;7;quality;20/11/2026;",
            "bad_value",
            "closed_at is not an ISO date: it is written day",
        ),
        (f"{ALERT};closed;7;quality;1601-01-01;", "event_time_out_of_range", "closed_at is outside"),
        (f"{ALERT};closed;7;quality;2026-11-20;fine", "bad_value", "outcome is not one of customer_lost, "),
        ("4711;received;7;quality;;", "bad_value", "alert_id is not an id from our lists"),
        ("1.23457E+31;received;7;quality;;", "bad_value", "alert_id is not an id from our lists"),
        (f"{ALERT}0;received;7;quality;;", "bad_value", "alert_id is not an id from our lists"),
        (";received;7;quality;;", "missing_required", "alert_id is missing"),
        # What a file that was cut in its last line ends with.
        (f"{ALERT};closed;7;quality;2026-11-20", "wrong_field_count", "5 fields instead of 6"),
        (f"{ALERT};closed;7;quality;2026-11-20;well_re", "bad_value", "outcome is not one of"),
        (f'{ALERT};closed;"7;quality', "unbalanced_quote", ""),
    ],
)
def test_a_bad_answer_is_quarantined_in_one_sentence_and_the_others_count(
    read_bytes: ReadBytes, line: str, reason: str, detail: str
) -> None:
    content = f"{HEADER}\n{ALERT};in_progress;7;quality;;\n{line}"
    sound, bad = read_bytes("acknowledgements", "a.csv", content.encode())
    assert isinstance(sound, AcceptedRecord)
    assert isinstance(bad, QuarantinedRecord)
    assert bad.reason == reason
    assert detail in bad.detail
    assert "\n" not in bad.detail


@pytest.mark.parametrize(
    ("name", "content", "reason", "sentence"),
    [
        (
            "salesforce.csv",
            b"Id,Alert_Id__c,Status__c\n003,abc,Closed\n",
            RefusalReason.HEADER_MISMATCH,
            f"salesforce.csv, line 1: this is not the header; it must be {HEADER}",
        ),
        (
            "renamed.csv",
            b"alert_id,state,crm_record_id,handled_by_role,closed_at,outcome\n",
            RefusalReason.HEADER_MISMATCH,
            "renamed.csv, line 1: the column status is missing (state looks like it); the header must be "
            "alert_id,status,crm_record_id,handled_by_role,closed_at,outcome",
        ),
        (
            "tabs.csv",
            b"alert_id\tstatus\tcrm_record_id\thandled_by_role\tclosed_at\toutcome\n",
            RefusalReason.HEADER_MISMATCH,
            "tabs.csv, line 1: the columns are separated by '\\t' instead of ';'",
        ),
        (
            "answers.json",
            b"[]",
            RefusalReason.UNKNOWN_FORM,
            "answers.json is not of a known form: deliver it as .csv or .csv.gz.",
        ),
        ("cut.csv.gz", b"\x1f\x8b\x08", RefusalReason.BAD_ARCHIVE, "cut.csv.gz"),
        ("two.csv", "alert_id;status".encode("utf-16"), RefusalReason.BAD_ENCODING, "two.csv"),
    ],
)
def test_a_foreign_or_damaged_file_is_refused_in_one_sentence(
    read_bytes: ReadBytes, name: str, content: bytes, reason: RefusalReason, sentence: str
) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_bytes("acknowledgements", name, content)
    assert refused.value.reason is reason
    assert refused.value.sentence.startswith(sentence)
    assert "\n" not in refused.value.sentence


def test_a_crms_own_export_is_read_by_the_profile_of_the_docs(tmp_path: Path) -> None:
    profiles = DOCS.read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
    own = reading.parse(profiles.encode(), "mappings.yml", catalogue.mappings().profiles)
    content = (
        "Id,Alert_Id__c,Status,ClosedDate,Outcome__c\n"
        f"7,{ALERT},Closed,2026-11-20T10:00:00Z,Solved\n"
        f"8,{ALERT},Working,,\n"
        f"9,{ALERT},Closed,,Solved\n"
    )
    profile = own.profiles["acknowledgements", "salesforce"]
    closed, in_progress, without_time = read_mapped(tmp_path, profile, "cases.csv", content)
    assert texts(closed, "alert_id", "status", "closed_at", "outcome") == {
        "alert_id": ALERT,
        "status": "closed",
        "closed_at": "2026-11-20 10:00:00",
        "outcome": "well_resolved",
    }
    assert texts(in_progress, "status", "closed_at") == {"status": "in_progress", "closed_at": None}
    assert isinstance(without_time, QuarantinedRecord)
    assert without_time.detail == "closed_at is missing where status is closed"
