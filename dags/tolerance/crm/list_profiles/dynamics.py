"""Microsoft Dynamics 365: cases, by an alternate key on Alert ID; headers as the form displays them."""

from tolerance.crm.agent_columns import agent_columns
from tolerance.crm.list_profile import Column, Kind, ListProfile

PROFILE = ListProfile(
    name="dynamics",
    crm="Dynamics 365",
    columns=(
        Column("Alert ID", "alert_id", is_key=True),
        Column("Customer", "customer_id"),
        Column("Case Title", "title", most_characters=200),
        Column("Description", "reason", most_characters=2_000),
        Column(
            "Priority",
            "priority",
            Kind.PICKLIST,
            words={"1": "High", "2": "Normal", "3": "Normal", "4": "Low"},
        ),
        Column("Origin", "channel", Kind.PICKLIST, words={"phone": "Phone", "mail": "Email"}, other="Web"),
        *agent_columns(lambda name: name.replace("_", " ").title()),
    ),
    has_bom=True,
    booleans=("Yes", "No"),
    most_bytes=8_000_000,
)
