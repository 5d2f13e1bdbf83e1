"""What leaves the house: the suite that an alert list must meet before it is written for the CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tolerance.gates import great_expectations, new_suite

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

NEVER_NULL = (
    "alert_id",
    "incident_id",
    "customer_id",
    "raised_on",
    "occurred_on",
    "priority",
    "balance_before_points",
    "balance_after_points",
    "playbook_code",
    "owner_role",
    "respond_by",
    "reason_fr",
    "reason_en",
    "evidence_file_name",
    "evidence_record_no",
    "status",
    "change",
)


def suite() -> ExpectationSuite:
    """No alert twice; each with its reason, its owner, its deadline and the record it rests on."""
    expect = great_expectations().expectations
    return new_suite(
        "crm_alert_list",
        [
            expect.ExpectColumnValuesToBeUnique(column="alert_id"),
            expect.ExpectColumnValuesToBeUnique(column="incident_id"),
            *(expect.ExpectColumnValuesToNotBeNull(column=column) for column in NEVER_NULL),
            expect.ExpectColumnValuesToBeInSet(column="priority", value_set=[1, 2, 3, 4]),
            expect.ExpectColumnValuesToBeInSet(column="status", value_set=["open", "retracted", "closed"]),
            expect.ExpectColumnValuesToBeInSet(column="change", value_set=["new", "changed", "retracted"]),
            expect.ExpectColumnValueLengthsToBeBetween(column="reason_fr", min_value=20),
            expect.ExpectColumnValueLengthsToBeBetween(column="reason_en", min_value=20),
        ],
    )
