"""Samples of help desks' exports, written here in the layouts that their vendors document."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.mapped import KEY, csv_of, read_mapped, shipped, texts
from tolerance.formats.content import FileNotes
from tolerance.identity import address_hash
from tolerance.readers.outcomes import Outcome
from tolerance.records import AcceptedRecord

ANA = address_hash(KEY, "ana@example.fr")
FIELDS = (
    "ticket_id", "customer_id", "requester_hash", "created_at", "updated_at", "solved_at", "status",
    "ticket_type", "priority", "tags", "subject", "description",
)  # fmt: skip


def tickets(
    folder: Path, profile: str, name: str, content: object, burdened: str = "contact"
) -> list[Outcome]:
    """The records of a made export, all of them accepted and with no remark on them."""
    notes = FileNotes()
    found = read_mapped(folder, replace(shipped("tickets", profile), burdened=burdened), name, content, notes)
    assert all(isinstance(record, AcceptedRecord) for record in found), found
    assert not [message for message in notes.messages if "customer" in message]
    return found


def values(record: Outcome) -> dict[str, str | None]:
    """What a record says, without what it leaves empty."""
    return {name: value for name, value in texts(record, *FIELDS).items() if value is not None}


# HubSpot ------------------------------------------------------------------------------

HUBSPOT_ROW = {
    "Ticket ID": "8811223344", "Ticket name": "Parcel never came", "Pipeline": "Support Pipeline",
    "Ticket status": "Waiting on us (Support Pipeline)", "Create date": "2026-10-01 10:00",
    "Last modified date": "2026-10-02 11:30", "Close date": "", "Priority": "High", "Source": "Email",
    "Category": "delivery_lost;vip", "Ticket description": "Nothing arrived.",
    "Associated Contact": "Ana Duval (ana@example.fr)", "Associated Contact IDs": "501",
    "Associated Company": "Atelier Nord", "Associated Company IDs": "7001",
}  # fmt: skip


def test_hubspot_as_csv_of_the_ticket_index(tmp_path: Path) -> None:
    closed = {
        **HUBSPOT_ROW, "Ticket ID": "2", "Ticket status": "Refunded by hand",
        "Close date": "2026-10-02 11:00",
        "Associated Contact": "", "Associated Contact IDs": "501;502",
    }  # fmt: skip
    first, second = tickets(tmp_path, "hubspot", "all-tickets.csv", csv_of(HUBSPOT_ROW, closed))
    assert values(first) == {
        "ticket_id": "8811223344", "requester_hash": ANA, "created_at": "2026-10-01 08:00:00",
        "updated_at": "2026-10-02 09:30:00", "status": "open", "priority": "high",
        "tags": "delivery_lost,vip", "subject": "Parcel never came", "description": "Nothing arrived.",
    }  # fmt: skip
    assert texts(second, "customer_id", "status", "solved_at") == {
        "customer_id": "501", "status": "solved", "solved_at": "2026-10-02 09:00:00",
    }  # fmt: skip
    (account,) = tickets(tmp_path, "hubspot", "t.csv", csv_of(HUBSPOT_ROW), burdened="account")
    assert texts(account, "customer_id") == {"customer_id": "7001"}


def test_hubspot_as_the_api_tells_it(tmp_path: Path) -> None:
    properties = {
        "subject": "Charged twice", "content": "<p>Twice &amp; no answer</p>", "hs_pipeline_stage": "4",
        "hs_ticket_priority": "MEDIUM", "hs_ticket_category": "billing_error",
        "createdate": "2026-10-01T08:00:00.120Z",
        "hs_lastmodifieddate": "2026-10-03T08:00:00Z", "closed_date": "2026-10-02T08:00:00Z",
        "hs_all_associated_contact_emails": "ana@example.fr",
    }  # fmt: skip
    ticket = {
        "id": "12", "properties": properties, "archived": False,
        "associations": {"companies": {"results": [{"id": "7001", "type": "ticket_to_company"}]}},
    }  # fmt: skip
    document = {
        "results": [ticket, {**ticket, "id": "13", "archived": True}],
        "paging": {"next": {"after": "2"}},
    }
    first, archived = tickets(tmp_path, "hubspot", "tickets.json", document)
    assert values(first) == {
        "ticket_id": "12", "requester_hash": ANA, "created_at": "2026-10-01 08:00:00.120000",
        "updated_at": "2026-10-03 08:00:00", "solved_at": "2026-10-02 08:00:00", "status": "closed",
        "priority": "normal", "tags": "billing_error", "subject": "Charged twice",
        "description": "Twice & no answer",
    }  # fmt: skip
    assert texts(archived, "status") == {"status": "deleted"}
    (account,) = tickets(tmp_path, "hubspot", "t.json", {"results": [ticket]}, burdened="account")
    assert texts(account, "customer_id") == {"customer_id": "7001"}
    old = {**ticket, "properties": {**properties, "createdate": "1790841600120"}}
    (by_number,) = tickets(tmp_path, "hubspot", "t.json", {"results": [old]})
    assert texts(by_number, "created_at") == {"created_at": "2026-10-01 08:00:00.120000"}


def test_hubspot_as_a_connectors_table(tmp_path: Path) -> None:
    row = {
        "id": "12", "is_deleted": "false", "property_closed_date": "",
        "property_createdate": "2026-10-01 08:00:00 UTC",
        "property_hs_lastmodifieddate": "2026-10-01 09:00:00 UTC", "property_hs_pipeline_stage": "2",
        "property_hs_ticket_category": "", "property_hs_ticket_priority": "LOW", "property_subject": "Late",
        "property_content": "Where is it?", "contact_id": "501",
    }  # fmt: skip
    (record,) = tickets(tmp_path, "hubspot", "ticket.csv", csv_of(row))
    assert values(record) == {
        "ticket_id": "12", "customer_id": "501", "created_at": "2026-10-01 08:00:00",
        "updated_at": "2026-10-01 09:00:00", "status": "pending", "priority": "low", "subject": "Late",
        "description": "Where is it?",
    }  # fmt: skip


# Salesforce ---------------------------------------------------------------------------

CASE = {
    "Id": "5008d00000AbCdEAAV", "CaseNumber": "00001042", "ContactId": "0038d00000XyZabAAF",
    "AccountId": "0018d00000QrStuAAH", "ContactEmail": "ana@example.fr", "SuppliedEmail": "",
    "Type": "Problem", "Status": "Escalated", "Reason": "Billing error", "Origin": "Web",
    "Subject": "Wrong amount", "Priority": "High", "Description": "The amount is wrong.", "IsClosed": "false",
    "ClosedDate": "", "CreatedDate": "2026-10-01T08:00:00.000Z", "SystemModstamp": "2026-10-02T08:00:00.000Z",
    "IsDeleted": "false",
}  # fmt: skip
CASE_VALUES = {
    "ticket_id": "00001042", "requester_hash": ANA, "created_at": "2026-10-01 08:00:00",
    "updated_at": "2026-10-02 08:00:00", "status": "open", "ticket_type": "problem", "priority": "high",
    "tags": "billing_error", "subject": "Wrong amount", "description": "The amount is wrong.",
}  # fmt: skip


def test_salesforce_as_csv_of_the_data_export(tmp_path: Path) -> None:
    web = {
        **CASE,
        "ContactEmail": "",
        "SuppliedEmail": "ana@example.fr",
        "IsClosed": "1",
        "Status": "Refunded",
    }
    first, second = tickets(tmp_path, "salesforce", "Case.csv", csv_of(CASE, web))
    assert values(first) == CASE_VALUES
    assert texts(second, "requester_hash", "status") == {"requester_hash": ANA, "status": "closed"}
    (account,) = tickets(tmp_path, "salesforce", "Case.csv", csv_of(CASE), burdened="account")
    assert texts(account, "customer_id") == {"customer_id": "0018d00000QrStuAAH"}
    (deleted,) = tickets(tmp_path, "salesforce", "Case.csv", csv_of({**CASE, "IsDeleted": "true"}))
    assert texts(deleted, "status") == {"status": "deleted"}


def test_salesforce_as_the_api_tells_it(tmp_path: Path) -> None:
    case = {
        **{name: value or None for name, value in CASE.items()}, "IsClosed": True, "Status": "Refunded",
        "IsDeleted": False, "CreatedDate": "2026-10-01T08:00:00.000+0000",
        "ClosedDate": "2026-10-02T07:00:00.000+0000",
        "attributes": {"type": "Case"}, "Account": {"AccountNumber": "K7", "attributes": {"type": "Account"}},
    }  # fmt: skip
    document = {"totalSize": 1, "done": True, "records": [case]}
    (record,) = tickets(tmp_path, "salesforce", "cases.json", document)
    assert values(record) == {**CASE_VALUES, "status": "closed", "solved_at": "2026-10-02 07:00:00"}
    (account,) = tickets(tmp_path, "salesforce", "cases.json", document, burdened="account")
    assert texts(account, "customer_id") == {"customer_id": "K7"}


@pytest.mark.parametrize(
    ("profile", "opened", "closed"),
    [
        ("salesforce", "01/10/2026 10:00", "02/10/2026 09:00"),
        ("salesforce_us", "10/1/2026 10:00 AM", "10/2/2026 9:00 AM"),
    ],
)
def test_salesforce_as_a_report_with_the_dates_of_its_reader(
    tmp_path: Path, profile: str, opened: str, closed: str
) -> None:
    row = {
        "Case Number": "00001042", "Contact Email": "ana@example.fr", "Account Name": "Atelier Nord",
        "Account Number": "K7", "Subject": "Wrong amount", "Date/Time Opened": opened,
        "Date/Time Closed": closed,
        "Status": "Closed", "Priority": "Low", "Case Reason": "Billing error", "Type": "",
        "Description": "The amount is wrong.",
    }  # fmt: skip
    (record,) = tickets(tmp_path, profile, "report.csv", csv_of(row))
    assert values(record) == {
        "ticket_id": "00001042", "requester_hash": ANA, "created_at": "2026-10-01 08:00:00",
        "updated_at": "2026-10-01 08:00:00", "solved_at": "2026-10-02 07:00:00", "status": "closed",
        "priority": "low", "tags": "billing_error", "subject": "Wrong amount",
        "description": "The amount is wrong.",
    }  # fmt: skip
    (account,) = tickets(tmp_path, profile, "report.csv", csv_of(row), burdened="account")
    assert texts(account, "customer_id") == {"customer_id": "K7"}


# Zammad -------------------------------------------------------------------------------

ZAMMAD = {
    "id": 9, "group_id": 1, "priority_id": 3, "state_id": 4, "organization_id": 4, "number": "22009",
    "title": "Invoice is wrong", "owner_id": 3, "customer_id": 17, "note": None,
    "close_at": "2026-10-02T07:00:00.100Z", "pending_time": None, "type": "Incident", "article_count": 2,
    "created_at": "2026-10-01T08:00:00.759Z", "updated_at": "2026-10-02T07:00:00.809Z", "group": "Users",
    "organization": "Atelier Nord", "state": "closed", "priority": "3 high", "customer": "ana@example.fr",
    "tags": ["billing_error"], "articles": [{"body": "The <b>amount</b> is wrong.",
    "content_type": "text/html"}],
}  # fmt: skip
ZAMMAD_VALUES = {
    "ticket_id": "22009", "requester_hash": ANA, "created_at": "2026-10-01 08:00:00.759000",
    "updated_at": "2026-10-02 07:00:00.809000", "solved_at": "2026-10-02 07:00:00.100000", "status": "closed",
    "ticket_type": "incident", "priority": "high", "tags": "billing_error", "subject": "Invoice is wrong",
    "description": "The amount is wrong.",
}  # fmt: skip


@pytest.mark.parametrize("document", [[ZAMMAD], {"records": [ZAMMAD], "total_count": 1}])
def test_zammad_as_the_api_tells_it_with_names(tmp_path: Path, document: object) -> None:
    (record,) = tickets(tmp_path, "zammad", "tickets.json", document)
    assert values(record) == ZAMMAD_VALUES
    (account,) = tickets(tmp_path, "zammad", "tickets.json", document, burdened="account")
    assert texts(account, "customer_id") == {"customer_id": "4"}


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("new", "new"),
        ("open", "open"),
        ("pending reminder", "pending"),
        ("pending close", "pending"),
        ("merged", "closed"),
        ("removed", "deleted"),
        (None, "closed"),
    ],
)
def test_zammads_states(tmp_path: Path, state: str | None, status: str) -> None:
    (record,) = tickets(tmp_path, "zammad", "t.json", [{**ZAMMAD, "state": state, "close_at": None}])
    assert texts(record, "status") == {"status": status}


def test_zammad_with_ids_alone_from_a_webhook_and_as_csv(tmp_path: Path) -> None:
    names = ("group", "organization", "state", "priority", "customer", "articles", "tags")
    ids = {name: value for name, value in ZAMMAD.items() if name not in names}
    (by_ids,) = tickets(tmp_path, "zammad", "t.json", [ids])
    assert texts(by_ids, "customer_id", "status", "priority") == {
        "customer_id": "17", "status": "closed", "priority": "high",
    }  # fmt: skip
    hook = {
        "ticket": {**ZAMMAD, "customer": {"id": 17, "email": "ana@example.fr"}, "state": "closed"},
        "article": {"id": 3, "body": "The amount is wrong."},
    }
    (by_hook,) = tickets(tmp_path, "zammad", "hook.json", [hook])
    assert values(by_hook) == ZAMMAD_VALUES
    row = {name: "" if value is None else str(value) for name, value in ZAMMAD.items() if name != "articles"}
    row |= {"tags": '["billing_error"]', "body": "The amount is wrong."}
    (by_csv,) = tickets(tmp_path, "zammad", "tickets.csv", csv_of(row))
    assert values(by_csv) == ZAMMAD_VALUES


@pytest.mark.parametrize(
    "ticket",
    [
        {**ZAMMAD, "state": "merged"},
        {"ticket": {**ZAMMAD, "state": "merged"}},
        {**{name: value for name, value in ZAMMAD.items() if name != "state"}, "state_id": 5},
    ],
)
def test_a_ticket_that_zammad_merged_says_so(tmp_path: Path, ticket: dict[str, object]) -> None:
    (record,) = tickets(tmp_path, "zammad", "t.json", [ticket])
    assert "closed_by_merge" in str(texts(record, "tags")["tags"])
    assert texts(record, "status") == {"status": "closed"}


def test_a_case_that_salesforce_merged_names_the_record_that_it_went_into(tmp_path: Path) -> None:
    case = {**CASE, "MasterRecordId": "5008d00000ZzzzzAAV"}
    (record,) = tickets(tmp_path, "salesforce", "Case.csv", csv_of(case))
    assert "closed_by_merge,merged_into_5008d00000zzzzzaav" in str(texts(record, "tags")["tags"]).lower()


def test_zammad_as_csv_of_a_report_in_its_readers_zone(tmp_path: Path) -> None:
    row = {
        "#": "22009", "Title": "Invoice is wrong", "State": "pending reminder", "Priority": "3 high",
        "Customer": "Ana Duval <ana@example.fr>", "Tags": "billing_error", "Created at": "01.10.2026 10:00",
        "Updated at": "2026-10-02 09:00", "Closed at": "",
    }  # fmt: skip
    (record,) = tickets(tmp_path, "zammad", "report.csv", csv_of(row))
    assert values(record) == {
        "ticket_id": "22009", "requester_hash": ANA, "created_at": "2026-10-01 08:00:00",
        "updated_at": "2026-10-02 07:00:00", "status": "pending", "priority": "high",
        "tags": "billing_error", "subject": "Invoice is wrong",
    }  # fmt: skip


# osTicket -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "delimiter", "created"),
    [
        ("osticket", ",", "2026-10-01 10:00:00"),
        ("osticket_semicolon", ";", "01/10/2026 10:00"),
        ("osticket_us", ",", "10/1/26 10:00 AM"),
    ],
)
def test_osticket_as_csv_of_a_queue(tmp_path: Path, profile: str, delimiter: str, created: str) -> None:
    row = {
        "Ticket Number": "100042", "Date Created": created, "Subject": "Defect",
        "From": "Ana Duval", "From Email": "ana@example.fr", "Priority": "Emergency", "Department": "Support",
        "Help Topic": "Product defect / Spare part", "Source": "Email", "Current Status": "Resolved",
        "Last Updated": "2026-10-03 10:00:00", "SLA Due Date": "", "Due Date": "",
        "Closed Date": "2026-10-02 10:00:00", "Overdue": "0", "Merged": "0", "Linked": "0", "Answered": "1",
        "Agent Assigned": "Max", "Team Assigned": "", "Thread Count": "3", "Reopen Count": "1",
        "Attachment Count": "0", "Issue Details": "<p>It does not start</p>",
    }  # fmt: skip
    (record,) = tickets(tmp_path, profile, "Tickets-20261003.csv", csv_of(row, delimiter=delimiter))
    assert values(record) == {
        "ticket_id": "100042", "requester_hash": ANA, "created_at": "2026-10-01 08:00:00",
        "updated_at": "2026-10-03 08:00:00", "solved_at": "2026-10-02 08:00:00", "status": "solved",
        "priority": "urgent", "tags": "product_defect,spare_part", "subject": "Defect",
        "description": "It does not start",
    }  # fmt: skip
    assert texts(record, "reopens") == {"reopens": "1"}


# Zoho Desk ----------------------------------------------------------------------------

ZOHO = {
    "id": "1892000000143237", "ticketNumber": "176", "subject": "No refund yet", "email": "ana@example.fr",
    "contactId": "1892000000042032", "accountId": "1892000000975382", "status": "At the bank",
    "statusType": "On Hold", "priority": "High", "category": "Refund missing", "subCategory": None,
    "classification": "Problem", "description": "<div>Where is my refund?</div>",
    "createdTime": "2026-10-01T08:00:00.000Z", "modifiedTime": "2026-10-02T08:00:00.000Z", "closedTime": None,
    "isSpam": False, "isTrashed": False, "channel": "Email", "departmentId": "1892000000006907",
}  # fmt: skip
ZOHO_VALUES = {
    "ticket_id": "176", "requester_hash": ANA, "created_at": "2026-10-01 08:00:00",
    "updated_at": "2026-10-02 08:00:00", "status": "hold", "ticket_type": "problem", "priority": "high",
    "tags": "refund_missing", "subject": "No refund yet", "description": "Where is my refund?",
}  # fmt: skip


def test_zoho_desk_as_the_api_tells_it(tmp_path: Path) -> None:
    spam, trashed = {**ZOHO, "isSpam": True}, {**ZOHO, "isTrashed": True}
    contact = {**ZOHO, "email": None, "contact": {"id": "1892000000042032", "email": "ana@example.fr"}}
    first, second, third, fourth = tickets(
        tmp_path, "zoho_desk", "tickets.json", {"data": [ZOHO, spam, trashed, contact]}
    )
    assert values(first) == values(fourth) == ZOHO_VALUES
    assert [texts(record, "status")["status"] for record in (second, third)] == ["deleted", "deleted"]
    (account,) = tickets(tmp_path, "zoho_desk", "t.json", {"data": [ZOHO]}, burdened="account")
    assert texts(account, "customer_id") == {"customer_id": "1892000000975382"}


@pytest.mark.parametrize(
    ("profile", "created", "changed", "closed"),
    [
        ("zoho_desk", "01 Oct 2026 10:00 AM", "03 Oct 2026 10:00 AM", "02 Oct 2026 10:00 AM"),
        ("zoho_desk", "2026-10-01T08:00:00.000Z", "2026-10-03T08:00:00.000Z", "2026-10-02T08:00:00.000Z"),
        ("zoho_desk", "01/10/2026 10:00 AM", "03/10/2026 10:00 AM", "02/10/2026 10:00 AM"),
        ("zoho_desk_us", "10/01/2026 10:00 AM", "10/03/2026 10:00 AM", "10/02/2026 10:00 AM"),
    ],
)
def test_zoho_desk_as_csv(tmp_path: Path, profile: str, created: str, changed: str, closed: str) -> None:
    row = {
        "Ticket Id": "1892000000143237", "Request Id": "176", "Subject": "No refund yet",
        "Email": "ana@example.fr", "Contact Id": "1892000000042032", "Account Id": "1892000000975382",
        "Status": "Closed", "Priority": "High", "Category": "Refund missing", "Classifications": "Problem",
        "Description": "<div>Where is my refund?</div>", "Created Time": created, "Modified Time": changed,
        "Ticket Closed Time": closed, "Is Spam": "false",
    }  # fmt: skip
    (record,) = tickets(tmp_path, profile, "Tickets.csv", csv_of(row))
    assert values(record) == {
        **ZOHO_VALUES, "status": "closed", "updated_at": "2026-10-03 08:00:00",
        "solved_at": "2026-10-02 08:00:00",
    }  # fmt: skip
    (account,) = tickets(tmp_path, profile, "Tickets.csv", csv_of(row), burdened="account")
    assert texts(account, "customer_id") == {"customer_id": "1892000000975382"}


# Odoo ---------------------------------------------------------------------------------

ODOO_VALUES = {
    "ticket_id": "00042", "requester_hash": ANA, "created_at": "2026-10-01 08:00:00",
    "updated_at": "2026-10-03 08:00:00", "solved_at": "2026-10-02 08:00:00", "status": "solved",
    "ticket_type": "incident", "priority": "high", "subject": "Wrong part",
    "description": "A wrong part came.",
}  # fmt: skip


def test_odoo_as_its_external_api_tells_it(tmp_path: Path) -> None:
    ticket = {
        "id": 42, "ticket_ref": "00042", "name": "Wrong part", "description": "<p>A wrong part came.</p>",
        "partner_id": [15, "Atelier Nord, Ana Duval"], "partner_email": "ana@example.fr", "priority": "2",
        "commercial_partner_id": [9, "Atelier Nord"], "stage_id": [4, "Solved"],
        "ticket_type_id": [2, "Issue"],
        "create_date": "2026-10-01 08:00:00", "write_date": "2026-10-03 08:00:00",
        "close_date": "2026-10-02 08:00:00", "tag_ids": [3, 5],
    }  # fmt: skip
    open_ticket = {**ticket, "close_date": False, "stage_id": [7, "At the carrier"], "partner_email": False}
    first, second = tickets(
        tmp_path, "odoo", "tickets.json", {"jsonrpc": "2.0", "result": [ticket, open_ticket]}
    )
    assert values(first) == {**ODOO_VALUES, "tags": "issue"}
    assert texts(second, "status", "solved_at", "customer_id") == {
        "status": "open", "solved_at": None, "customer_id": "15",
    }  # fmt: skip
    document = {"result": {"length": 1, "records": [ticket]}}
    (account,) = tickets(tmp_path, "odoo", "t.json", document, burdened="account")
    assert texts(account, "customer_id") == {"customer_id": "9"}


@pytest.mark.parametrize("is_for_import", [True, False])
def test_odoo_as_csv_with_labels_and_with_field_names(tmp_path: Path, is_for_import: bool) -> None:
    cells = {
        ("Ticket IDs Sequence", "ticket_ref"): "00042",
        ("Subject", "name"): "Wrong part",
        ("Description", "description"): "<p>A wrong part came.</p>",
        ("Customer Email", "partner_email"): "ana@example.fr",
        ("Customer/Commercial Entity/Reference", "partner_id/commercial_partner_id/ref"): "K7",
        ("Stage", "stage_id"): "Solved",
        ("Type", "ticket_type_id"): "Issue",
        ("Priority", "priority"): "High priority",
        ("Tags", "tag_ids/name"): "Product defect,VIP",
        ("Created on", "create_date"): "2026-10-01 08:00:00",
        ("Last Updated on", "write_date"): "2026-10-03 08:00:00",
        ("Closed Date", "close_date"): "2026-10-02 08:00:00",
    }
    row = {header[is_for_import]: cell for header, cell in cells.items()}
    (record,) = tickets(tmp_path, "odoo", "helpdesk.ticket.csv", csv_of(row))
    assert values(record) == {**ODOO_VALUES, "tags": "product_defect,vip"}
    (account,) = tickets(tmp_path, "odoo", "helpdesk.ticket.csv", csv_of(row), burdened="account")
    assert texts(account, "customer_id") == {"customer_id": "K7"}


# Help Scout ---------------------------------------------------------------------------

HELP_SCOUT: dict[str, Any] = {
    "id": 123, "number": 12, "threads": 2, "type": "email", "status": "closed", "state": "published",
    "subject": "Help", "preview": "Sorry about that, here it is", "mailboxId": 13,
    "createdBy": {"id": 12, "type": "customer", "email": "ana@example.fr"},
    "primaryCustomer": {"id": 12, "type": "customer", "first": "Ana", "email": "ana@example.fr"},
    "createdAt": "2026-10-01T08:00:00Z", "closedAt": "2026-10-02T08:00:00Z",
    "userUpdatedAt": "2026-10-03T08:00:00Z", "tags": [{"id": 9150, "color": "#929499",
    "tag": "Delivery late"}],
    "_embedded": {
        "threads": [
            {"type": "message", "createdBy": {"type": "user"}, "body": "Sorry about that, here it is"},
            {"type": "customer", "createdBy": {"type": "customer"}, "body": "Where is my parcel?<br>"},
        ]
    },
}  # fmt: skip
HELP_SCOUT_VALUES = {
    "ticket_id": "12", "requester_hash": ANA, "created_at": "2026-10-01 08:00:00",
    "updated_at": "2026-10-03 08:00:00", "solved_at": "2026-10-02 08:00:00", "status": "closed",
    "tags": "delivery_late", "subject": "Help", "description": "Where is my parcel?",
}  # fmt: skip


def test_help_scout_as_the_api_lists_it(tmp_path: Path) -> None:
    spam, draft = {**HELP_SCOUT, "status": "spam"}, {**HELP_SCOUT, "state": "draft"}
    active = {**HELP_SCOUT, "status": "active", "closedAt": None, "_embedded": {"threads": []}}
    page = {
        "_embedded": {"conversations": [HELP_SCOUT, spam, draft, active]},
        "page": {"size": 50, "number": 1},
    }
    first, *others = tickets(tmp_path, "help_scout", "page1.json", page)
    assert values(first) == HELP_SCOUT_VALUES
    assert [texts(record, "status")["status"] for record in others] == ["deleted", "deleted", "open"]
    assert texts(others[-1], "description") == {"description": None}
    (single,) = tickets(tmp_path, "help_scout", "one.ndjson", json.dumps(HELP_SCOUT))
    assert values(single) == HELP_SCOUT_VALUES


def test_what_an_agent_wrote_is_not_the_customers_text(tmp_path: Path) -> None:
    begun = {**HELP_SCOUT, "_embedded": {"threads": HELP_SCOUT["_embedded"]["threads"][:1]}}
    (record,) = tickets(tmp_path, "help_scout", "t.json", [begun])
    assert texts(record, "description", "subject") == {"description": None, "subject": "Help"}


def test_help_scout_as_csv_of_the_same_fields(tmp_path: Path) -> None:
    row = {
        "Number": "12", "Subject": "Help", "Customer Email": "ana@example.fr", "Status": "Closed",
        "Tags": "Delivery late", "Created At": "2026-10-01T08:00:00Z", "Closed At": "2026-10-02T08:00:00Z",
        "Updated At": "2026-10-03T08:00:00Z", "Body": "Where is my parcel?", "Organization ID": "77",
    }  # fmt: skip
    (record,) = tickets(tmp_path, "help_scout", "conversations.csv", csv_of(row))
    assert values(record) == HELP_SCOUT_VALUES
    (account,) = tickets(tmp_path, "help_scout", "conversations.csv", csv_of(row), burdened="account")
    assert texts(account, "customer_id") == {"customer_id": "77"}
