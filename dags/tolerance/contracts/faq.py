"""Calls that the call centre logged against FAQ entries, one record per call."""

from tolerance.contracts.base import LANGUAGE, LONGEST_CODE, LONGEST_ID, Contract, Field, Kind

CONTRACT = Contract(
    source="faq",
    fields=(
        Field("call_id", is_id=True, is_required=True, is_public=True, most=LONGEST_ID),
        Field("customer_id", is_id=True, is_public=True, most=LONGEST_ID),
        Field("asked_at", Kind.INSTANT, on="asked_on", is_required=True, is_public=True),
        Field("faq_code", is_public=True, most=LONGEST_CODE),
        Field("question"),
        Field(
            "answered",
            Kind.YES_OR_NO,
            column="is_answered",
            is_public=True,
            words=frozenset({"yes", "no"}),
        ),
        Field("agent_team", is_public=True),
        Field("language", is_public=True, is_lowered=True, least=LANGUAGE[0], most=LANGUAGE[1]),
    ),
    native_id="call_id",
    customer=("customer_id",),
    business_dates=("asked_on",),
    tells_newest_date=True,
    default_system="call_log",
)
