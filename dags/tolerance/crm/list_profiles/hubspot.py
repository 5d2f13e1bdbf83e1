"""HubSpot: tickets, found by the unique property alert_id; internal names and internal values throughout."""

from tolerance.crm.agent_columns import agent_columns
from tolerance.crm.list_profile import MILLISECONDS, Column, Kind, ListProfile

PROFILE = ListProfile(
    name="hubspot",
    crm="HubSpot",
    columns=(
        Column("alert_id", "alert_id", is_key=True),
        Column("customer_id", "customer_id"),
        Column("subject", "title"),
        Column("content", "reason"),
        Column(
            "hs_ticket_priority",
            "priority",
            Kind.PICKLIST,
            words={"1": "HIGH", "2": "MEDIUM", "3": "MEDIUM", "4": "LOW"},
        ),
        # A stage cannot be without its pipeline: 0 is the support pipeline, 1 its stage New, 4 Closed.
        Column("hs_pipeline", "record_state", Kind.PICKLIST, words={"new": "0", "closed": "0"}),
        Column("hs_pipeline_stage", "record_state", Kind.PICKLIST, words={"new": "1", "closed": "4"}),
        *agent_columns(lambda name: name),
    ),
    # Its import reads a time of day without a zone, but for milliseconds since 1970.
    instant=MILLISECONDS,
    most_rows=1_048_575,
    most_bytes=512_000_000,
)
