"""An id that a spreadsheet made a number of has lost its digits: its record is set aside, in any source."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tolerance.contracts import CONTRACTS
from tolerance.readers.rules import BadFieldError, Rule, rules_of, values_of_columns
from tolerance.settings import settings

IDS = [
    (source, field.name) for source, contract in CONTRACTS.items() for field in contract.fields if field.is_id
]


def rule(source: str, field: str) -> Rule:
    return next(each for each in rules_of(CONTRACTS[source], settings(), b"key") if each.fields == (field,))


def test_the_ids_of_customers_calls_and_tickets_are_looked_at() -> None:
    assert {*IDS} == {
        ("customer_merges", "from_customer_id"),
        ("customer_merges", "to_customer_id"),
        ("customers", "customer_id"),
        ("faq", "call_id"),
        ("faq", "customer_id"),
        ("tickets", "ticket_id"),
        ("tickets", "customer_id"),
    }


@pytest.mark.parametrize(("source", "field"), IDS)
@pytest.mark.parametrize("text", ["5.70306E+17", "5,70306E+17", "5.70306e+017", "1E+20", "1.E+12"])
def test_a_number_of_a_spreadsheet_is_no_id(source: str, field: str, text: str) -> None:
    with pytest.raises(BadFieldError, match=f"{field} was made a number by a spreadsheet") as error:
        rule(source, field).made_of(text)
    assert text not in error.value.detail


@pytest.mark.parametrize("text", ["570306000000000123", "2E7", "A+1", "1E17", "+33612345678", "5.7", "C+E+1"])
def test_an_id_that_only_looks_alike_stays(text: str) -> None:
    ids = rule("tickets", "ticket_id")
    assert ids.made_of(text) == text
    made = values_of_columns([ids], lambda _: pa.array([text, "7"]))
    assert made["ticket_id"].to_pylist() == [text, "7"]
