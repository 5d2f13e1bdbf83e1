"""What leaves the house: the suite that an alert list must meet before it is written for the CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tolerance.gates import great_expectations, new_suite

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

NEEDED = (
    "playbook_code",
    "owner_role",
    "respond_by",
    "reason_fr",
    "reason_en",
    "evidence_file_name",
    "evidence_record_no",
)
"""What whoever takes an alert up works with. The rest is guaranteed where fct_alert declares it."""

LEAST_CHARACTERS_OF_A_REASON = 20


def suite() -> ExpectationSuite:
    """No alert twice; each with its reason, its owner, its deadline and the record it rests on."""
    expect = great_expectations().expectations
    return new_suite(
        "crm_alert_list",
        [
            expect.ExpectColumnValuesToBeUnique(column="alert_id"),
            expect.ExpectCompoundColumnsToBeUnique(column_list=["incident_id", "customer_id"]),
            *(expect.ExpectColumnValuesToNotBeNull(column=column) for column in NEEDED),
            *(
                expect.ExpectColumnValueLengthsToBeBetween(
                    column=column, min_value=LEAST_CHARACTERS_OF_A_REASON
                )
                for column in ("reason_fr", "reason_en")
            ),
        ],
    )
