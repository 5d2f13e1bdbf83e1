"""Customers: the master data, one record per customer. Each delivery gives them again."""

from tolerance.contracts.base import LANGUAGE, LONGEST_ID, Contract, Field, Kind

CONTRACT = Contract(
    source="customers",
    fields=(
        Field("customer_id", is_id=True, is_required=True, is_public=True, most=LONGEST_ID),
        Field("email", Kind.ADDRESSES, column="address_hashes"),
        Field("phone", Kind.PHONE, column="phone_hash"),
        Field("relationship_started_on", Kind.DAY, is_public=True),
        Field("relationship_ended_on", Kind.DAY, is_public=True),
        Field("preferred_language", is_public=True, is_lowered=True, least=LANGUAGE[0], most=LANGUAGE[1]),
        # What the customer is worth to the company. It orders whom to win back and never enters an account.
        Field("customer_value", Kind.AMOUNT, is_public=True, may_be_absent=True),
    ),
    native_id="customer_id",
    customer=("customer_id",),
    keeps_duplicates=True,
)
