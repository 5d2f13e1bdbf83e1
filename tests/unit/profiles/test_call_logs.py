"""Samples of call centres' exports, written here in the layouts that their vendors document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.mapped import company_profile, csv_of, read_mapped, shipped, texts
from tolerance.readers.outcomes import Outcome
from tolerance.records import AcceptedRecord

FIELDS = ("call_id", "customer_id", "asked_at", "faq_code", "question", "is_answered", "agent_team")


def calls(folder: Path, profile: str, name: str, content: object) -> list[Outcome]:
    """The calls of a made export, all of them accepted."""
    found = read_mapped(folder, shipped("faq", profile), name, content)
    assert all(isinstance(record, AcceptedRecord) for record in found), found
    return found


def values(record: Outcome) -> dict[str, str | None]:
    """What a call says, without what it leaves empty."""
    return {name: value for name, value in texts(record, *FIELDS).items() if value is not None}


# Aircall ------------------------------------------------------------------------------

AIRCALL: dict[str, Any] = {
    "id": 812, "sid": "CA84aedbe1", "direction": "inbound", "status": "done", "missed_call_reason": None,
    "started_at": 1790841600, "answered_at": 1790841610, "ended_at": 1790841700, "duration": 100,
    "raw_digits": "+33 1 00 00 00 00", "number": {"id": 5, "name": "Support"}, "teams": [],
    "contact": {"id": 16944, "first_name": "Ana"}, "comments": [{"content": "Where is the parcel?"}],
    "tags": [{"id": 1, "name": "delivery_late"}, {"id": 2, "name": "vip"}],
}  # fmt: skip
AIRCALL_VALUES = {
    "call_id": "812", "customer_id": "16944", "asked_at": "2026-10-01 08:00:00", "faq_code": "delivery_late",
    "question": "Where is the parcel?", "is_answered": "True", "agent_team": "Support",
}  # fmt: skip


def test_aircall_as_the_api_and_a_webhook_tell_it(tmp_path: Path) -> None:
    missed = {**AIRCALL, "answered_at": None, "missed_call_reason": "agents_did_not_answer", "tags": []}
    made = {**AIRCALL, "direction": "outbound"}
    ringing = {**AIRCALL, "answered_at": None}
    document = {"meta": {"count": 4}, "calls": [AIRCALL, missed, made, ringing]}
    first, second, third, fourth = calls(tmp_path, "aircall", "calls.json", document)
    assert values(first) == AIRCALL_VALUES
    assert texts(second, "is_answered", "faq_code") == {"is_answered": "False", "faq_code": None}
    assert texts(third, "faq_code") == {"faq_code": "outbound"}
    assert texts(fourth, "is_answered") == {"is_answered": None}
    (told,) = calls(
        tmp_path, "aircall", "t.json", {"calls": [{**AIRCALL, "answered_at": None, "answered": True}]}
    )
    assert texts(told, "is_answered") == {"is_answered": "True"}
    hook = {"resource": "call", "event": "call.ended", "timestamp": 1790841700, "data": AIRCALL}
    (by_hook,) = calls(tmp_path, "aircall", "hooks.json", [hook])
    assert values(by_hook) == AIRCALL_VALUES


def test_aircall_as_csv_of_the_call_history(tmp_path: Path) -> None:
    row = {
        "line": "Support", "date (TZ offset incl.)": "2026-10-01", "time (TZ offset incl.)": "10:00:00",
        "number timezone": "Europe/Paris", "datetime (UTC)": "2026-10-01 08:00:00", "country_code": "FR",
        "direction": "inbound", "from": "33100000000", "to": "33100000001", "answered": "Yes",
        "missed_call_reason": "", "user": "Max", "duration (total)": "100", "tags": "delivery_late, vip",
        "comments": "Where is the parcel?", "Call ID (internal)": "812", "Customer number": "C7",
    }  # fmt: skip
    made = {**row, "direction": "outbound", "answered": "No"}
    untagged = {**row, "tags": ""}
    first, second, third = calls(tmp_path, "aircall", "calls.csv", csv_of(row, made, untagged))
    assert values(first) == {**AIRCALL_VALUES, "customer_id": "C7"}
    assert texts(second, "faq_code", "is_answered") == {"faq_code": "outbound", "is_answered": "False"}
    assert texts(third, "faq_code") == {"faq_code": None}


# Genesys Cloud ------------------------------------------------------------------------


def genesys_conversation(direction: str, *metrics: str) -> dict[str, Any]:
    """A conversation of a customer with, or without, an agent."""
    wrap_up = {
        "segmentType": "wrapup",
        "wrapUpCode": "billing_error",
        "wrapUpNote": "Charged twice",
        "queueId": "Q1",
    }
    return {
        "conversationId": "32d23263-e5bd-4567-bff3-143e38f7b095",
        "conversationStart": "2026-10-01T08:00:00.090Z",
        "conversationEnd": "2026-10-01T08:07:00.974Z",
        "originatingDirection": direction,
        "participants": [
            {
                "purpose": "customer",
                "externalContactId": "d281ff23-af8a-48da-8ce3-7a7296405d4d",
                "attributes": {"customerId": "C7"},
                "sessions": [{"mediaType": "voice", "ani": "tel:+33100000000", "segments": []}],
            },
            {
                "purpose": "agent",
                "sessions": [{"metrics": [{"name": name} for name in metrics], "segments": [wrap_up]}],
            },
        ],
    }


def test_genesys_as_its_analytics_tell_it(tmp_path: Path) -> None:
    spoken, lost = (
        genesys_conversation("inbound", "tAlert", "tAnswered"),
        genesys_conversation("inbound", "tAbandon"),
    )
    made = genesys_conversation("outbound", "tAnswered")
    unknown = genesys_conversation("inbound")
    del unknown["participants"][0]["attributes"]
    document = {"conversations": [spoken, lost, made, unknown], "totalHits": 4}
    first, second, third, fourth = calls(tmp_path, "genesys", "details.json", document)
    assert values(first) == {
        "call_id": "32d23263-e5bd-4567-bff3-143e38f7b095", "customer_id": "C7",
        "asked_at": "2026-10-01 08:00:00.090000", "faq_code": "billing_error", "question": "Charged twice",
        "is_answered": "True", "agent_team": "Q1",
    }  # fmt: skip
    assert texts(second, "is_answered") == {"is_answered": "False"}
    assert texts(third, "faq_code") == {"faq_code": "outbound"}
    assert texts(fourth, "customer_id") == {"customer_id": "d281ff23-af8a-48da-8ce3-7a7296405d4d"}


@pytest.mark.parametrize(
    ("profile", "date"),
    [
        ("genesys", "01/10/2026 10:00"),
        ("genesys", "2026-10-01 10:00:00"),
        ("genesys_us", "10/1/26 10:00 AM"),
    ],
)
def test_genesys_as_csv_of_the_interactions_view(tmp_path: Path, profile: str, date: str) -> None:
    row = {
        "Full Export Completed": "YES", "Partial Result Timestamp": "", "Filters": "", "Media Type": "voice",
        "Users": "Max", "Remote": "+33100000000", "Date": date, "End Date": date, "Duration": "420000",
        "Direction": "Inbound", "ANI": "tel:+33100000000", "DNIS": "tel:+33100000001",
        "Queue": "Support; Billing",
        "Wrap-up": "billing_error; other", "Flow": "Main", "Abandoned": "NO", "External Tag": "C7",
        "Wrap-up Notes": "Charged twice", "Conversation ID": "32d23263",
    }  # fmt: skip
    lost = {**row, "Abandoned": "YES", "Wrap-up": ""}
    made = {**row, "Direction": "Outbound", "Users": ""}
    first, second, third = calls(tmp_path, profile, "interactions.csv", csv_of(row, lost, made))
    assert values(first) == {
        "call_id": "32d23263", "customer_id": "C7", "asked_at": "2026-10-01 08:00:00",
        "faq_code": "billing_error", "question": "Charged twice", "is_answered": "True",
        "agent_team": "Support",
    }  # fmt: skip
    assert texts(second, "is_answered", "faq_code") == {"is_answered": "False", "faq_code": None}
    assert texts(third, "faq_code", "is_answered") == {"faq_code": "Outbound", "is_answered": "True"}


# Five9 --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "timestamp"),
    [
        ("five9", "Thu, 01 Oct 2026 10:00:00"),
        ("five9", "2026-10-01 10:00"),
        ("five9_us", "10/01/2026 10:00:00"),
    ],
)
def test_five9_as_a_report_on_the_call_log(tmp_path: Path, profile: str, timestamp: str) -> None:
    row = {
        "CALL ID": "300000000001234", "TIMESTAMP": timestamp, "CAMPAIGN": "Main Inbound",
        "CALL TYPE": "Inbound",
        "AGENT": "agent1@example.fr", "AGENT NAME": "Max", "DISPOSITION": "refund_missing",
        "ANI": "3310000000",
        "CUSTOMER NAME": "Ana Duval", "DNIS": "3310000001", "SESSION ID": "5A1B", "SKILL": "Refunds",
        "ABANDONED": "0", "NOTES": "No money back", "CUSTOMER NUMBER": "C7", "CONTACT ID": "9",
    }  # fmt: skip
    lost = {**row, "AGENT": "[None]", "AGENT NAME": "", "DISPOSITION": "Abandon", "ABANDONED": "1"}
    made = {**row, "CALL TYPE": "Manual", "CUSTOMER NUMBER": ""}
    first, second, third = calls(tmp_path, profile, "call_log.csv", csv_of(row, lost, made))
    assert values(first) == {
        "call_id": "300000000001234", "customer_id": "C7", "asked_at": "2026-10-01 08:00:00",
        "faq_code": "refund_missing", "question": "No money back", "is_answered": "True",
        "agent_team": "Refunds",
    }  # fmt: skip
    assert texts(second, "is_answered", "faq_code") == {"is_answered": "False", "faq_code": "Abandon"}
    assert texts(third, "faq_code", "customer_id") == {"faq_code": "Manual", "customer_id": "9"}


def test_of_several_codes_in_a_cell_the_first_counts_where_a_separator_is_declared(tmp_path: Path) -> None:
    columns = {"call_id": "nr", "asked_at": "day", "faq_code": "codes"}
    csv = csv_of({"nr": "1", "day": "2026-10-01", "codes": " late | lost"})
    for keys, code in (({}, "late | lost"), ({"separators": {"faq_code": "|"}}, "late")):
        profile = company_profile("faq", csv={"delimiter": ",", "columns": columns}, **keys)
        (record,) = read_mapped(tmp_path, profile, "calls.csv", csv)
        assert texts(record, "faq_code") == {"faq_code": code}
