"""What the published file knows of one customer's account: as it stands there, to the last digit."""

from __future__ import annotations

from typing import Any

import duckdb

Row = dict[str, Any]
Facts = dict[str, Any]

_MERGE = """
select current_customer_id, merged_on, file_name, record_no
from main.audit_customer_merge
where from_customer_id = $customer_id and status = 'counts'
"""

_ACCOUNT = """
select
    as_of_on, balance_on, tenure_months, budget_points, remembered_points, balance_points, margin_points,
    first_safe_month, last_incident_on, is_negative
from main.fct_tolerance_current
where customer_id = $customer_id
"""

_STATEMENT = """
select line_no, line_on, line_kind, incident_id, reason, points, balance_points
from main.fct_tolerance_statement
where customer_id = $customer_id
order by line_no
"""

_MONTHS = """
select balance_month, closing_points
from main.fct_tolerance_monthly
where customer_id = $customer_id
order by balance_month
"""

_INCIDENTS = """
select
    incidents.incident_id, incidents.incident_type, types.label_fr, types.label_en, incidents.category,
    incidents.penalty_points, incidents.type_category, incidents.occurred_on, incidents.status,
    incidents.deadline_at, incidents.resolved_at, incidents.reopen_count, incidents.rating,
    incidents.detected_by, incidents.decided_by, incidents.decided_on, incidents.decided_reason,
    changes.reason as reclassification_reason, changes.decided_at as reclassified_at,
    changes.evidence_file_name as reclassified_by_file_name,
    changes.evidence_record_no as reclassified_by_record_no
from main.fct_incident as incidents
left join main.dim_incident_type as types
    on
        incidents.incident_type = types.incident_type
        and incidents.occurred_on >= types.valid_from
        and (incidents.occurred_on < types.valid_to or types.valid_to is null)
left join main.fct_reclassification as changes on incidents.incident_id = changes.incident_id
where incidents.customer_id = $customer_id
order by incidents.occurred_on, incidents.incident_id
"""

_CONTACTS = """
select
    incident_id, source, system, native_id, link_rule, detected_by, file_name, record_no, occurred_at
from main.fct_incident_contact
where customer_id = $customer_id
order by occurred_at, source, native_id, file_name, record_no
"""

_ALERTS = """
select
    alert_id, current_incident_id, raised_on, occurred_on, priority, status, retraction_reason, owner_role,
    respond_by, reason_fr, reason_en
from main.fct_alert
where customer_id = $customer_id
order by raised_on, alert_id
"""

_OF_INCIDENT = "select customer_id from main.fct_incident where incident_id = $id"
_OF_ALERT = "select customer_id, current_incident_id from main.fct_alert where alert_id = $id"


def of_customer(serving: duckdb.DuckDBPyConnection, customer_id: str) -> Facts | None:
    """All of one customer, or of the one whom he was merged into; None when nobody has this id."""
    merge = next(iter(_rows(serving, _MERGE, customer_id)), None)
    if merge is not None:
        merge["from_customer_id"], customer_id = customer_id, merge["current_customer_id"]
    account = next(iter(_rows(serving, _ACCOUNT, customer_id)), None)
    if account is None:
        return None
    incidents = _rows(serving, _INCIDENTS, customer_id)
    contacts = _rows(serving, _CONTACTS, customer_id)
    for incident in incidents:
        incident["contacts"] = [
            contact for contact in contacts if contact["incident_id"] == incident["incident_id"]
        ]
    return {
        "customer_id": customer_id,
        "merged_from": merge,
        "account": account,
        "statement": _rows(serving, _STATEMENT, customer_id),
        "months": _rows(serving, _MONTHS, customer_id),
        "incidents": incidents,
        "alerts": _rows(serving, _ALERTS, customer_id),
    }


def customer_of_incident(serving: duckdb.DuckDBPyConnection, incident_id: str) -> str | None:
    """Whose account an incident burdens."""
    found = serving.execute(_OF_INCIDENT, {"id": incident_id}).fetchone()
    return str(found[0]) if found else None


def customer_of_alert(serving: duckdb.DuckDBPyConnection, alert_id: str) -> tuple[str, str] | None:
    """Whom an alert is about, and the incident that it stands for today, "" where it stands for none."""
    found = serving.execute(_OF_ALERT, {"id": alert_id}).fetchone()
    return (str(found[0]), found[1] or "") if found else None


def _rows(serving: duckdb.DuckDBPyConnection, query: str, customer_id: str) -> list[Row]:
    cursor = serving.execute(query, {"customer_id": customer_id})
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
