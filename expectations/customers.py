"""What is accepted as customers' master data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tolerance.gates import great_expectations, new_suite

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

HASHES = r"^[0-9a-f]{64}(,[0-9a-f]{64})*$"


def suite() -> ExpectationSuite:
    """Customers with an id, dates in the calendar's range, and no address in clear."""
    expect = great_expectations().expectations
    return new_suite(
        "customers",
        [
            expect.ExpectColumnValuesToNotBeNull(column="customer_id"),
            expect.ExpectColumnValueLengthsToBeBetween(column="customer_id", min_value=1, max_value=255),
            expect.ExpectColumnValuesToMatchRegex(column="address_hashes", regex=HASHES),
            expect.ExpectColumnValuesToMatchRegex(column="phone_hash", regex=HASHES),
            expect.ExpectColumnValueLengthsToBeBetween(
                column="preferred_language", min_value=2, max_value=35
            ),
            expect.ExpectColumnValuesToMatchRegex(column="_record_hash", regex=HASHES),
            expect.ExpectColumnValuesToNotBeNull(column="_record_no"),
        ],
    )
