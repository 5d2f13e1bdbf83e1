"""Merges of customers: two ids that turned out to be one person. The newest record of an id holds."""

from tolerance.contracts.base import LONGEST_ID, Contract, Field, Kind

CONTRACT = Contract(
    source="customer_merges",
    fields=(
        Field("from_customer_id", is_id=True, is_required=True, is_public=True, most=LONGEST_ID),
        # What becomes of it shows only beside all other records: a model tells of circles and unknown ids.
        Field("to_customer_id", is_id=True, is_required=True, is_public=True, most=LONGEST_ID),
        Field("merged_on", Kind.DAY, is_required=True, is_public=True),
    ),
    native_id="from_customer_id",
    keeps_duplicates=True,
    is_optional=True,
)
