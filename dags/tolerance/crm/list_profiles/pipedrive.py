"""Pipedrive: deals, which its import finds again by their title and organisation; it has no unique fields."""

from tolerance.crm.agent_columns import agent_columns
from tolerance.crm.list_profile import LOCAL_MINUTE, Column, Kind, ListProfile

PROFILE = ListProfile(
    name="pipedrive",
    crm="Pipedrive",
    columns=(
        Column("Deal - Title", "title", most_characters=255, is_key=True),
        Column("Organization - Name", "customer_id", most_characters=255),
        Column("Deal - Alert ID", "alert_id"),
        Column("Deal - Reason", "reason", most_characters=32_000),
        Column(
            "Deal - Label",
            "priority",
            Kind.PICKLIST,
            words={"1": "Hot", "2": "Warm", "3": "Warm", "4": "Cold"},
        ),
        *agent_columns(lambda name: f"Deal - {name.replace('_', ' ').capitalize()}"),
    ),
    instant=LOCAL_MINUTE,  # it has no field for an instant: a text as people read it
    booleans=("Yes", "No"),
    most_rows=50_000,
    most_bytes=50_000_000,
)
