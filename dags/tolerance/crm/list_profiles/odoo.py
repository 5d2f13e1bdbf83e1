"""Odoo: helpdesk tickets (or leads), found by their external id.

An empty cell empties the field, so none is empty: a text says n/a, and what may be missing of the numbers and
instants is told in the description.
"""

from tolerance.crm.agent_columns import agent_columns
from tolerance.crm.list_profile import LOCAL_SECOND, Column, Kind, ListProfile

PROFILE = ListProfile(
    name="odoo",
    crm="Odoo",
    columns=(
        Column("id", "alert_external_id", is_key=True),
        Column("partner_id/id", "customer_external_id"),
        Column("name", "title"),
        Column("description", "reason_and_facts"),
        # The keys of its selection: urgent, high, medium and low.
        Column("priority", "priority", Kind.PICKLIST, words={"1": "3", "2": "2", "3": "1", "4": "0"}),
        *agent_columns(
            lambda name: f"x_{name}",
            without=(
                "is_solved",
                "solved_at",
                "incident_deadline",
                "tenure_months",
                "balance_today",
                "first_safe_month",
            ),
        ),
    ),
    null="n/a",
    instant=LOCAL_SECOND,  # it reads an instant in the time zone of the user who imports
)
