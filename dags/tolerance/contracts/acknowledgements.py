"""What the CRM answers to the alerts that it was told of, one record per answer. What it said last counts."""

from tolerance.contracts.base import LONGEST_CODE, LONGEST_ID, Contract, Field, Kind

CONTRACT = Contract(
    source="acknowledgements",
    fields=(
        Field("alert_id", Kind.OWN_ID, is_required=True, is_public=True),
        Field(
            "status",
            Kind.WORD,
            is_required=True,
            is_public=True,
            words=frozenset({"received", "in_progress", "closed"}),
        ),
        # The CRM makes it as it likes, so nobody vouches for what it holds.
        Field("crm_record_id", most=LONGEST_ID),
        Field("handled_by_role", is_public=True, most=LONGEST_CODE),
        Field("closed_at", Kind.INSTANT, on="closed_on", is_public=True, needed_where=("status", "closed")),
        Field(
            "outcome",
            Kind.WORD,
            is_public=True,
            words=frozenset(
                {"well_resolved", "resolved", "not_resolved", "customer_lost", "not_an_incident"}
            ),
        ),
    ),
    native_id="alert_id",
    keeps_duplicates=True,
    is_optional=True,
    delimiters=(";", ","),
    comes_from_crm=True,
)
