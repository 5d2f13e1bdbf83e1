"""What is accepted as the call centre's log of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.customers import HASHES
from tolerance.gates import great_expectations, new_suite

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite


def suite() -> ExpectationSuite:
    """Calls with an id and an instant; a code and a language are short words, not sentences."""
    expect = great_expectations().expectations
    return new_suite(
        "faq",
        [
            expect.ExpectColumnValuesToNotBeNull(column="call_id"),
            expect.ExpectColumnValueLengthsToBeBetween(column="call_id", min_value=1, max_value=255),
            expect.ExpectColumnValueLengthsToBeBetween(column="customer_id", min_value=1, max_value=255),
            expect.ExpectColumnValuesToNotBeNull(column="asked_at"),
            expect.ExpectColumnValuesToNotBeNull(column="asked_on"),
            expect.ExpectColumnValueLengthsToBeBetween(column="faq_code", min_value=1, max_value=100),
            expect.ExpectColumnValueLengthsToBeBetween(column="language", min_value=2, max_value=35),
            expect.ExpectColumnValuesToMatchRegex(column="_record_hash", regex=HASHES),
            expect.ExpectColumnValuesToNotBeNull(column="_record_no"),
        ],
    )
