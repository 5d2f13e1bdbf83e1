"""What an agent needs of an alert beside the CRM's own fields, whatever the CRM calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from tolerance.crm.list_profile import Column, Kind

STATUSES = {"open": "open", "retracted": "retracted", "closed": "closed"}
CHANGES = {"new": "new", "changed": "changed", "retracted": "retracted"}

_LONGEST = 255
"""What one line of text holds in every CRM that we know."""

_COLUMNS = (
    Column("alert_priority", "priority", Kind.NUMBER),
    Column("alert_status", "status", Kind.PICKLIST, words=STATUSES),
    Column("alert_change", "change", Kind.PICKLIST, words=CHANGES),
    Column("change_reason", "change_reason", most_characters=_LONGEST),
    Column("raised_on", "raised_on", Kind.DATE),
    Column("occurred_on", "occurred_on", Kind.DATE),
    Column("respond_by", "respond_by", Kind.INSTANT),
    Column("owner_role", "owner_role", most_characters=_LONGEST),
    Column("playbook_title", "playbook_title", most_characters=_LONGEST),
    Column("first_step", "first_step", most_characters=_LONGEST),
    Column("incident_type", "incident_type", most_characters=_LONGEST),
    Column("incident_status", "incident_status", most_characters=_LONGEST),
    Column("is_solved", "is_solved", Kind.BOOLEAN),
    Column("solved_at", "resolved_at", Kind.INSTANT),
    Column("incident_deadline", "incident_deadline_at", Kind.INSTANT),
    Column("channel", "channel", most_characters=_LONGEST),
    Column("ticket_system", "ticket_system", most_characters=_LONGEST),
    Column("ticket_number", "ticket_number", most_characters=_LONGEST),
    Column("ticket_link", "ticket_link", most_characters=_LONGEST),
    Column("preferred_language", "preferred_language", most_characters=_LONGEST),
    Column("tenure_months", "tenure_months", Kind.NUMBER),
    Column("balance_before", "balance_before_points", Kind.NUMBER, digits=2),
    Column("balance_after", "balance_after_points", Kind.NUMBER, digits=2),
    Column("balance_today", "balance_today_points", Kind.NUMBER, digits=2),
    Column("first_safe_month", "first_safe_month", Kind.DATE),
    Column("cumulative_count", "cumulative_count", Kind.NUMBER),
    Column("last_cumulative", "last_cumulative", most_characters=_LONGEST),
    Column("evidence", "evidence", most_characters=_LONGEST),
)


def agent_columns(header: Callable[[str], str], *, without: Iterable[str] = ()) -> tuple[Column, ...]:
    """The columns with the headers that a CRM's convention gives their names."""
    left_out = frozenset(without)
    return tuple(
        replace(column, header=header(column.header)) for column in _COLUMNS if column.header not in left_out
    )
