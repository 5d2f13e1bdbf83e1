"""Salesforce: cases, upserted by the external id Alert_Id__c through Bulk API 2.0 or Data Loader."""

from tolerance.crm.agent_columns import agent_columns
from tolerance.crm.list_profile import Column, Kind, ListProfile

PROFILE = ListProfile(
    name="salesforce",
    crm="Salesforce",
    columns=(
        Column("Alert_Id__c", "alert_id", is_key=True),
        Column("Account.Customer_Id__c", "customer_id"),
        Column("Subject", "title", most_characters=255),
        Column("Description", "reason", most_characters=32_000),
        Column(
            "Priority",
            "priority",
            Kind.PICKLIST,
            words={"1": "High", "2": "Medium", "3": "Medium", "4": "Low"},
        ),
        # Empty leaves the field as it is: an agent's own state stands.
        Column("Status", "record_state", Kind.PICKLIST, words={"new": "New", "closed": "Closed"}, null=""),
        Column(
            "Origin",
            "channel",
            Kind.PICKLIST,
            words={"phone": "Phone", "mail": "Email"},
            other="Web",
            null="",
        ),
        *agent_columns(lambda name: f"{name.title()}__c"),
    ),
    null="#N/A",
    most_bytes=100_000_000,
)
