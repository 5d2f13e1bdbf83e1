"""Zoho CRM: cases, upserted by the unique field Alert_ID through the bulk write API."""

from tolerance.crm.agent_columns import agent_columns
from tolerance.crm.list_profile import UTC_ISO_OFFSET, Column, Kind, ListProfile

PROFILE = ListProfile(
    name="zoho",
    crm="Zoho CRM",
    columns=(
        Column("Alert_ID", "alert_id", is_key=True),
        Column("Account_Name.Customer_ID", "customer_id", most_characters=255),
        Column("Subject", "title", most_characters=255),
        Column("Description", "reason", most_characters=32_000),
        Column(
            "Priority",
            "priority",
            Kind.PICKLIST,
            words={"1": "High", "2": "Medium", "3": "Medium", "4": "Low"},
        ),
        # With ignore_empty an empty cell leaves the field as it is.
        Column("Status", "record_state", Kind.PICKLIST, words={"new": "New", "closed": "Closed"}),
        Column(
            "Case_Origin", "channel", Kind.PICKLIST, words={"phone": "Phone", "mail": "Email"}, other="Web"
        ),
        *agent_columns(lambda name: name.title()),
    ),
    instant=UTC_ISO_OFFSET,
    most_rows=25_000,
    most_bytes=25_000_000,
)
