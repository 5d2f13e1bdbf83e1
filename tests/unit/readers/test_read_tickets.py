"""Tickets: three forms, one record."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime

import pytest

from tolerance.identity import address_hash
from tolerance.records import AcceptedRecord, FileRefusedError, QuarantinedRecord

Read = Callable[..., list[object]]

TICKET = {
    "id": 7,
    "created_at": "2026-10-01T10:00:00Z",
    "updated_at": "2026-10-02T10:00:00Z",
    "status": "solved",
    "type": "incident",
    "priority": "high",
    "tags": ["delivery_late", "vip"],
    "subject": "Retard",
    "description": "Rien reçu",
    "satisfaction_rating": {"score": "bad"},
}
PERSON = {"id": 9, "external_id": "C1", "email": "Ana@Example.fr"}
METRICS = {"ticket_id": 7, "solved_at": "2026-10-02T09:00:00Z", "reopens": 2}
HEADER = (
    "ticket_id;customer_id;requester_email;created_at;updated_at;solved_at;status;type;priority;"
    "tags;subject;description;satisfaction;reopens;is_deleted\n"
)


def export(tickets: list[object]) -> bytes:
    document = {"tickets": tickets, "users": [PERSON], "metric_sets": [METRICS], "next_page": None}
    return json.dumps(document, ensure_ascii=False).encode()


def test_the_three_forms_of_one_version_give_one_record(read_bytes: Read) -> None:
    (a,) = read_bytes("tickets", "t.json", export([{**TICKET, "requester_id": 9}]))
    nested = {**TICKET, "requester": PERSON, "metric_set": METRICS}
    (b,) = read_bytes("tickets", "t.ndjson", json.dumps(nested).encode())
    row = (
        "7;C1;ana@example.fr;2026-10-01T12:00:00;2026-10-02T10:00:00Z;2026-10-02T09:00:00+00:00;"
        "solved;incident;high;delivery_late,vip;Retard;Rien reçu;bad;2;no\n"
    )
    (c,) = read_bytes("tickets", "t.csv", (HEADER + row).encode())
    assert isinstance(a, AcceptedRecord)
    assert isinstance(b, AcceptedRecord)
    assert isinstance(c, AcceptedRecord)
    assert a.values == b.values == c.values
    assert a.values == {
        "ticket_id": "7",
        "customer_id": "C1",
        "requester_hash": address_hash(b"key", "ana@example.fr"),
        "created_at": datetime.fromisoformat("2026-10-01T10:00"),
        "created_on": date(2026, 10, 1),
        "updated_at": datetime.fromisoformat("2026-10-02T10:00"),
        "updated_on": date(2026, 10, 2),
        "solved_at": datetime.fromisoformat("2026-10-02T09:00"),
        "solved_on": date(2026, 10, 2),
        "status": "solved",
        "ticket_type": "incident",
        "priority": "high",
        "tags": "delivery_late,vip",
        "subject": "Retard",
        "description": "Rien reçu",
        "satisfaction": "bad",
        "reopens": 2,
        "is_deleted": False,
        "is_undated": None,
    }


def test_a_bad_ticket_costs_itself_and_not_its_neighbours(read_bytes: Read) -> None:
    good = json.dumps({**TICKET, "requester_id": 9}).encode()
    content = b'{"tickets":[{"id":1,"status":},7,' + good + b',{"id":2,"status":"odd"}],"users":[]}'
    records = read_bytes("tickets", "t.json", content)
    assert [getattr(record, "reason", None) for record in records] == [
        "not_json",
        "not_a_record",
        None,
        "event_time_out_of_range",
    ]


def test_a_ticket_whose_user_is_not_there_is_kept_without_a_customer(read_bytes: Read) -> None:
    (record,) = read_bytes("tickets", "t.json", export([{**TICKET, "requester_id": 10}]))
    assert isinstance(record, AcceptedRecord)
    assert record.values["customer_id"] is None


def test_a_ticket_whose_user_may_be_cut_off_is_not_loaded_without_them(read_bytes: Read) -> None:
    cut = export([{**TICKET, "requester_id": 9}]).partition(b'"users"')[0]
    ticket, rest = read_bytes("tickets", "t.json", cut)
    assert isinstance(ticket, QuarantinedRecord)
    assert isinstance(rest, QuarantinedRecord)
    assert (ticket.reason.value, rest.reason.value) == ("missing_required", "not_json")


def test_a_deleted_ticket_is_so_by_status_or_by_column(read_bytes: Read) -> None:
    records = read_bytes(
        "tickets",
        "t.csv",
        (HEADER + "1;;;2026-01-01;;;deleted;;;;;;;;\n2;;;2026-01-01;;;open;;;;;;;;yes\n").encode(),
    )
    assert [
        (r.values["status"], r.values["is_deleted"]) for r in records if isinstance(r, AcceptedRecord)
    ] == [("deleted", True), ("deleted", True)]


def test_a_document_without_tickets_is_refused(read_bytes: Read) -> None:
    for content in (b'{"issues":[]}', b"[1]", b"hello"):
        with pytest.raises(FileRefusedError, match="no array `tickets`"):
            read_bytes("tickets", "t.json", content)


def test_an_id_that_no_float_holds_exactly_is_quarantined(read_bytes: Read) -> None:
    tickets = [{**TICKET, "id": 2**65 + offset} for offset in (1, 2)]
    records = read_bytes("tickets", "t.json", export(tickets))  # type: ignore[arg-type]
    assert [record.reason.value for record in records if isinstance(record, QuarantinedRecord)] == [
        "missing_required"
    ] * 2


def test_the_pages_of_an_export_in_one_file_are_read_as_one(read_bytes: Read) -> None:
    pages = [
        {"tickets": [{**TICKET, "requester_id": 9}], "users": [{"id": 8, "external_id": "C8"}], "count": 1},
        {"users": [PERSON], "tickets": [{**TICKET, "id": 8, "requester_id": 8}, 7], "metric_sets": [METRICS]},
    ]
    content = b"\n".join(json.dumps(page).encode() for page in pages)
    first, second, number = read_bytes("tickets", "t.json", content)
    assert isinstance(first, AcceptedRecord)
    assert isinstance(second, AcceptedRecord)
    assert (first.values["customer_id"], first.values["reopens"]) == ("C1", 2)
    assert (second.values["ticket_id"], second.values["customer_id"]) == ("8", "C8")
    assert isinstance(number, QuarantinedRecord)
    assert content[number.position.byte_start : number.position.byte_end].strip() == b"7"


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        (r'"cut \ud83d"', "cut \ufffd"),
        (r'"cut \uDE00 \ud83d\ude00"', "cut \ufffd \U0001f600"),
        (r'"\\ud83d \udc00"', "\\ud83d \ufffd"),
        ("NaN", None),
        ("-Infinity", None),
        ('["NaN", Infinity]', None),
    ],
)
@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_half_an_emoji_and_a_number_that_is_none_do_not_cost_the_ticket(
    read_bytes: Read, form: str, written: str, subject: str | None
) -> None:
    ticket = json.dumps({**TICKET, "subject": 0}).replace('"subject": 0', f'"subject": {written}')
    content = '{"tickets": [%s]}' % ticket if form == "json" else ticket  # noqa: UP031
    (record,) = read_bytes("tickets", f"t.{form}", content.encode())
    assert isinstance(record, AcceptedRecord)
    assert record.values["subject"] == subject


@pytest.mark.parametrize("broken", ['{"id": NaN,}', '{"id": "\\ud83d}', "[" * 100_000 + "NaN"])
def test_what_is_no_json_for_another_reason_stays_so(read_bytes: Read, broken: str) -> None:
    (record,) = read_bytes("tickets", "t.ndjson", broken.encode())
    assert isinstance(record, QuarantinedRecord)
    assert record.reason.value == "not_json"
