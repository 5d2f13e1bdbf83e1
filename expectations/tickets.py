"""What is accepted as help desk tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.customers import HASHES
from tolerance.gates import great_expectations, new_suite
from tolerance.readers.tickets import SATISFACTIONS, STATUSES, TICKET_TYPES

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite


def suite() -> ExpectationSuite:
    """Ticket versions with an id, their instants and a known status; requesters as hashes."""
    expect = great_expectations().expectations
    return new_suite(
        "tickets",
        [
            expect.ExpectColumnValuesToNotBeNull(column="ticket_id"),
            expect.ExpectColumnValueLengthsToBeBetween(column="ticket_id", min_value=1, max_value=255),
            expect.ExpectColumnValueLengthsToBeBetween(column="customer_id", min_value=1, max_value=255),
            expect.ExpectColumnValuesToMatchRegex(column="requester_hash", regex=HASHES),
            expect.ExpectColumnValuesToNotBeNull(column="created_at"),
            expect.ExpectColumnValuesToNotBeNull(column="updated_at"),
            expect.ExpectColumnValuesToNotBeNull(column="status"),
            expect.ExpectColumnValuesToBeInSet(column="status", value_set=sorted(STATUSES)),
            expect.ExpectColumnValuesToBeInSet(column="ticket_type", value_set=sorted(TICKET_TYPES)),
            expect.ExpectColumnValuesToBeInSet(column="satisfaction", value_set=sorted(SATISFACTIONS)),
            expect.ExpectColumnValuesToBeBetween(column="reopens", min_value=0),
            expect.ExpectColumnValuesToNotBeNull(column="is_deleted"),
            expect.ExpectColumnValuesToMatchRegex(column="_record_hash", regex=HASHES),
            expect.ExpectColumnValuesToNotBeNull(column="_record_no"),
        ],
    )
