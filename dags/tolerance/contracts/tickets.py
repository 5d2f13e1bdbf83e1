"""Help desk tickets, one record per version of a ticket."""

from tolerance.contracts.base import LONGEST_ID, Contract, Field, Kind, Settled

CONTRACT = Contract(
    source="tickets",
    fields=(
        Field("ticket_id", is_id=True, is_required=True, is_public=True, most=LONGEST_ID),
        Field("customer_id", is_id=True, is_public=True, most=LONGEST_ID),
        Field("requester_email", Kind.ADDRESS, column="requester_hash"),
        Field("created_at", Kind.INSTANT, on="created_on", is_required=True, is_public=True),
        # A desk that exports no change time exports a ticket once, as created.
        Field("updated_at", Kind.INSTANT, on="updated_on", is_public=True, otherwise="created_at"),
        Field("solved_at", Kind.INSTANT, on="solved_on", is_public=True),
        Field(
            "status",
            Kind.WORD,
            is_required=True,
            is_public=True,
            words=frozenset({"new", "open", "pending", "hold", "solved", "closed", "deleted"}),
        ),
        Field(
            "type",
            Kind.WORD,
            column="ticket_type",
            is_public=True,
            words=frozenset({"incident", "problem", "question", "task"}),
        ),
        Field(
            "priority",
            is_public=True,
            is_lowered=True,
            words=frozenset({"low", "normal", "high", "urgent"}),
        ),
        Field("tags", Kind.TAGS, is_public=True),
        Field("subject"),
        Field("description"),
        Field(
            "satisfaction",
            Kind.WORD,
            is_public=True,
            words=frozenset({"good", "bad", "offered", "unoffered"}),
        ),
        Field("reopens", Kind.COUNT, is_public=True),
        Field("is_deleted", Kind.YES_OR_NO, is_public=True, words=frozenset({"yes", "no"})),
    ),
    native_id="ticket_id",
    customer=("customer_id", "requester_email"),
    business_dates=("created_on", "updated_on"),
    tells_newest_date=True,
    deletion="is_deleted",
    settled=Settled("status", "solved", at="solved_at", seen_at="updated_at"),
    default_system="zendesk",
    reader="tickets",
    json_records="tickets",
    json_beside=("users", "metric_sets"),
)
