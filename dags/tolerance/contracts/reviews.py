"""Decisions of people on single contacts, one record per decision. They win over what texts and codes say.

`decided_by` and `reason` are published: a name and words of the company's staff, never the customer's.
"""

from tolerance.contracts.base import LONGEST_CODE, LONGEST_ID, Contract, Field, Kind

CONTRACT = Contract(
    source="reviews",
    fields=(
        Field("contact_id", is_required=True, is_public=True, is_lowered=True, most=LONGEST_ID),
        # An incident type, no_incident, transient or cumulative. Types are a table that changes, so it is a
        # model that tells of a decision that is none of these.
        Field("decision", is_required=True, is_public=True, is_lowered=True, most=LONGEST_CODE),
        Field("decided_by", is_required=True, is_public=True, most=LONGEST_ID),
        Field("decided_on", Kind.DAY, is_required=True, is_public=True),
        Field("reason", is_public=True),
    ),
    native_id="contact_id",
    keeps_duplicates=True,
    is_optional=True,
)
