"""SuiteCRM: cases, found by their record id, which is the alert's id in the form of a GUID."""

from tolerance.crm.agent_columns import agent_columns
from tolerance.crm.list_profile import UTC_MINUTE, Column, Kind, ListProfile

PROFILE = ListProfile(
    name="suitecrm",
    crm="SuiteCRM",
    columns=(
        Column("id", "alert_guid", is_key=True),
        Column("account_id", "customer_id"),
        Column("name", "title", most_characters=255),
        Column("description", "reason", most_characters=32_000),
        Column("priority", "priority", Kind.PICKLIST, words={"1": "P1", "2": "P2", "3": "P2", "4": "P3"}),
        *agent_columns(lambda name: f"{name}_c"),
    ),
    instant=UTC_MINUTE,
    booleans=("1", "0"),
)
