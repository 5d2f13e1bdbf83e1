"""Words that other columns decide, and whose account a record burdens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.mapped import KEY, company_profile, csv_of, read_mapped, texts
from tolerance.formats.content import FileNotes
from tolerance.identity import address_hash
from tolerance.profiles.mistakes import MappingError

COLUMNS = {"ticket_id": "nr", "created_at": "day", "status": "state", "requester_email": "person"}
ROW = {"nr": "1", "day": "2026-10-01", "state": "at the carrier", "person": "ana@example.fr", "company": "K7"}
ACCOUNT = {"account": ["company"], "burdened": "account"}


def test_another_column_decides_the_word_that_no_value_names(tmp_path: Path) -> None:
    profile = company_profile(
        "tickets",
        csv={"delimiter": ",", "columns": COLUMNS},
        values={"status": {"parked": "hold"}},
        when={"status": {"closed": {"is closed": ["1"]}, "pending": {"asked on": "*"}}},
        otherwise={"status": "open"},
    )
    rows = (
        {"is closed": "1", "asked on": "monday"},
        {"is closed": "0", "asked on": "monday"},
        {"is closed": "0", "asked on": ""},
        {"is closed": "1", "asked on": "", "state": "Parked"},
        {"is closed": "1", "asked on": "", "state": ""},
    )
    notes = FileNotes()
    csv = csv_of(*({**ROW, **row} for row in rows))
    found = [
        texts(record, "status")["status"] for record in read_mapped(tmp_path, profile, "t.csv", csv, notes)
    ]
    assert found == ["closed", "pending", "open", "hold", "closed"]
    assert [message for message in notes.messages if "1 records have a status" in message]


@pytest.mark.parametrize("form", ["t.csv", "t.json"])
def test_a_ticket_burdens_the_contact_unless_a_profile_says_the_account(tmp_path: Path, form: str) -> None:
    def read(row: dict[str, str], **keys: object) -> dict[str, str | None]:
        forms = {
            "csv": {"delimiter": ",", "columns": COLUMNS},
            "json": {"records": "$", "columns": COLUMNS},
            "values": {"status": {"at the carrier": "open"}},
        }
        profile = company_profile("tickets", **forms, **keys)
        (record,) = read_mapped(tmp_path, profile, form, csv_of(row) if form == "t.csv" else [row])
        return texts(record, "customer_id", "requester_hash")

    ana = address_hash(KEY, "ana@example.fr")
    assert read(ROW, account=["company"]) == {"customer_id": None, "requester_hash": ana}
    assert read(ROW, **ACCOUNT)["customer_id"] == "K7"
    assert read({**ROW, "company": "K7;K8"}, **ACCOUNT)["customer_id"] == "K7"
    assert read({**ROW, "company": ""}, **ACCOUNT) == {"customer_id": None, "requester_hash": ana}


def test_the_account_goes_before_the_number_of_the_person(tmp_path: Path) -> None:
    columns = {**COLUMNS, "customer_id": "number"}
    keys = {"csv": {"delimiter": ",", "columns": columns}, "values": {"status": {"at the carrier": "open"}}}
    csv = csv_of({**ROW, "number": "P1"})
    for more, customer in (({}, "P1"), (ACCOUNT, "K7")):
        (record,) = read_mapped(tmp_path, company_profile("tickets", **keys, **more), "t.csv", csv)
        assert texts(record, "customer_id") == {"customer_id": customer}


def test_a_file_whose_account_is_its_only_customer_is_not_told_to_have_none(tmp_path: Path) -> None:
    columns = {name: column for name, column in COLUMNS.items() if name != "requester_email"}
    keys = {"csv": {"delimiter": ",", "columns": columns}, "values": {"status": {"at the carrier": "open"}}}
    for more, is_told in (({"account": ["company"]}, True), (ACCOUNT, False)):
        notes = FileNotes()
        read_mapped(tmp_path, company_profile("tickets", **keys, **more), "t.csv", csv_of(ROW), notes)
        assert any("no column identifies the customer" in message for message in notes.messages) is is_told


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"burdened": "company"}, "'company' is not allowed; allowed are 'contact', 'account'"),
        ({"burdened": "account"}, "name the columns of the account's customer number under `account`"),
        ({"when": {"status": {"gone": {"x": "1"}}}}, "'gone' is not allowed; allowed are 'closed'"),
        ({"when": {"subject": {"x": {"x": "1"}}}}, "'subject' is not allowed; allowed are 'status'"),
        ({"when": {"stat": {"open": {"x": "1"}}}}, "there is no such key (status looks like it)"),
        ({"when": {"status": {"open": "x"}}}, "this must be a table of `column: values`"),
    ],
)
def test_a_mistake_in_these_keys_is_one_sentence(keys: dict[str, object], sentence: str) -> None:
    with pytest.raises(MappingError) as raised:
        company_profile("tickets", csv={"columns": COLUMNS}, **keys)
    assert sentence in str(raised.value)
    assert str(raised.value).count("\n") == 0
