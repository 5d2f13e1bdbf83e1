"""Customers: what is accepted, what is quarantined."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tolerance.identity import address_hash
from tolerance.readers.outcomes import without_blocks
from tolerance.records import AcceptedRecord, QuarantinedRecord

HEADER = b"customer_id;email;phone;relationship_started_on;relationship_ended_on;preferred_language\n"


def test_addresses_become_hashes_and_dates_dates(read_bytes: Callable[..., list[object]]) -> None:
    (record,) = read_bytes("customers", "c.csv", HEADER + b"C1;a@b.fr, C@D.fr ;+33 1;2020-02-29;;FR\n")
    assert isinstance(record, AcceptedRecord)
    hashes = ",".join(address_hash(b"key", address) for address in ("a@b.fr", "c@d.fr"))
    assert record.values["address_hashes"] == hashes
    assert record.values["relationship_started_on"] == date(2020, 2, 29)
    assert record.values["relationship_ended_on"] is None
    assert record.values["preferred_language"] == "fr"


def test_bad_customers_are_quarantined_by_reason(read_bytes: Callable[..., list[object]]) -> None:
    records = read_bytes(
        "customers",
        "c.csv",
        HEADER + b";a@b.fr;;;;\nC2;no address;;;;\nC3;;;2021-02-29;;\nC4;;;1789-07-14;;\nC5;;\n",
    )
    assert [r.reason.value for r in records if isinstance(r, QuarantinedRecord)] == [
        "missing_required",
        "bad_value",
        "bad_value",
        "event_time_out_of_range",
        "wrong_field_count",
    ]
    assert all("no address@" not in r.detail for r in records if isinstance(r, QuarantinedRecord))


def test_the_mark_of_a_file_put_behind_another_is_no_part_of_an_id(
    read_bytes: Callable[..., list[object]],
) -> None:
    second = b"\xef\xbb\xbf" + HEADER + b"C2;;;;;\n\xef\xbb\xbfC3;;;;;\n"
    first, header, *others = read_bytes("customers", "c.csv", HEADER + b"C1;;;;;\n" + second)
    assert isinstance(header, QuarantinedRecord)
    assert header.reason.value == "not_a_record"
    ids = [record.values["customer_id"] for record in (first, *others) if isinstance(record, AcceptedRecord)]
    assert ids == ["C1", "C2", "C3"]


@pytest.mark.parametrize("rows", [1, 3_000])
def test_rows_that_all_end_with_a_delimiter_more_than_the_header_are_read(
    read_bytes: Callable[..., list[object]], rows: int
) -> None:
    ending = b"".join(b"C%d;;;;;fr;\n" % number for number in range(rows))
    outcomes = read_bytes("customers", "c.csv", HEADER + ending + b"A;;;;;fr\nB;;;;;x;fr\nC;;;;;fr;\n")
    records = list(without_blocks(outcomes))
    accepted = [record.values for record in records if isinstance(record, AcceptedRecord)]
    assert [row["customer_id"] for row in accepted] == [*(f"C{number}" for number in range(rows)), "C"]
    assert {row["preferred_language"] for row in accepted} == {"fr"}
    quarantined = [record for record in records if isinstance(record, QuarantinedRecord)]
    assert [record.reason.value for record in quarantined] == ["wrong_field_count"] * 2


def test_a_first_row_with_a_delimiter_in_a_text_does_not_move_the_fields_of_the_others(
    read_bytes: Callable[..., list[object]],
) -> None:
    outcomes = read_bytes("customers", "c.csv", HEADER + b"C1;;;;fr;x;y\nC2;;;;;fr\n")
    assert [type(outcome) for outcome in without_blocks(outcomes)] == [QuarantinedRecord, AcceptedRecord]


@pytest.mark.parametrize("rows", [1, 3_000])
def test_a_file_may_leave_out_what_a_customer_is_worth_or_say_it_as_people_write_amounts(
    read_bytes: Callable[..., list[object]], rows: int
) -> None:
    without = HEADER + b"".join(b"C%d;;;;;fr\n" % number for number in range(rows))
    lacking = [record.values for record in without_blocks(read_bytes("customers", "c.csv", without))]
    assert [values["customer_value"] for values in lacking] == [None] * rows
    header = HEADER.rstrip() + b";customer_value\n"
    amounts = {"": None, "12": "12", "-3.5": "-3.5", "1 234,56": "1234.56", "1\u202f000": "1000", "0": "0"}
    given = header + "".join(f"C{no};;;;;fr;{text}\n" for no, text in enumerate(amounts)).encode()
    read = [record.values for record in without_blocks(read_bytes("customers", "c.csv", given))]
    assert [values["customer_value"] for values in read] == list(amounts.values())


@pytest.mark.parametrize("text", ["1,234", "1.234", "about 12", "1e9", "12 34", "12.345", "€12"])
def test_an_amount_that_may_be_read_in_two_ways_quarantines_its_record(
    read_bytes: Callable[..., list[object]], text: str
) -> None:
    header = HEADER.rstrip() + b";customer_value\n"
    (record,) = read_bytes("customers", "c.csv", header + f"C1;;;;;fr;{text}\n".encode())
    assert isinstance(record, QuarantinedRecord)
    assert record.detail == "customer_value is not an amount such as 1234.50"
