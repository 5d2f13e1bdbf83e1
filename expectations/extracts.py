"""What is accepted of each source: its contract, held against the rows that were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tolerance.contracts import CONTRACTS
from tolerance.contracts.base import Contract, Field, Kind
from tolerance.gates import great_expectations, new_suite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from great_expectations import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

HASHES = r"^[0-9a-f]{64}(,[0-9a-f]{64})*$"


def suite(source: str) -> ExpectationSuite:
    """Required fields are there, texts and words within their bounds, addresses only as keyed hashes."""
    expect = great_expectations().expectations
    return new_suite(
        source,
        [
            *_of_fields(CONTRACTS[source]),
            expect.ExpectColumnValuesToMatchRegex(column="_record_hash", regex=HASHES),
            expect.ExpectColumnValuesToNotBeNull(column="_record_no"),
        ],
    )


def _of_fields(contract: Contract) -> Iterator[Expectation]:
    expect = great_expectations().expectations
    for field in contract.fields:
        for column in field.columns:
            if field.is_required or field.otherwise or field.name == contract.deletion:
                yield expect.ExpectColumnValuesToNotBeNull(column=column.name)
        yield from _of_values(field)


def _of_values(field: Field) -> Iterator[Expectation]:
    expect = great_expectations().expectations
    column = field.columns[0]
    if column.is_hash:
        yield expect.ExpectColumnValuesToMatchRegex(column=column.name, regex=HASHES)
    if field.kind is Kind.WORD:
        yield expect.ExpectColumnValuesToBeInSet(column=column.name, value_set=sorted(field.words))
    if field.kind is Kind.COUNT:
        yield expect.ExpectColumnValuesToBeBetween(column=column.name, min_value=0)
    if field.most is not None:
        yield expect.ExpectColumnValueLengthsToBeBetween(
            column=column.name, min_value=field.least, max_value=field.most
        )
