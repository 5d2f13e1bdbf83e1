"""What is accepted as mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.customers import HASHES
from tolerance.gates import great_expectations, new_suite

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

KINDS = ["customer", "automatic_reply", "bounce", "mailing_list", "own_company"]


def suite() -> ExpectationSuite:
    """Mails with an id, an instant and a kind; senders only as keyed hashes; text under a bound."""
    expect = great_expectations().expectations
    return new_suite(
        "mail",
        [
            expect.ExpectColumnValuesToNotBeNull(column="mail_id"),
            expect.ExpectColumnValueLengthsToBeBetween(column="mail_id", min_value=1, max_value=998),
            expect.ExpectColumnValuesToNotBeNull(column="sent_at"),
            expect.ExpectColumnValuesToNotBeNull(column="sent_on"),
            expect.ExpectColumnValuesToMatchRegex(column="sender_hash", regex=HASHES),
            expect.ExpectColumnValueLengthsToBeBetween(column="subject", max_value=1_000),
            expect.ExpectColumnValueLengthsToBeBetween(column="body_text", max_value=100_000),
            expect.ExpectColumnValuesToNotBeNull(column="mail_kind"),
            expect.ExpectColumnValuesToBeInSet(column="mail_kind", value_set=KINDS),
            expect.ExpectColumnValuesToMatchRegex(column="_record_hash", regex=HASHES),
            expect.ExpectColumnValuesToNotBeNull(column="_record_no"),
        ],
    )
