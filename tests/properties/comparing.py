"""Two states of one table, compared as the promise says: same keys, same flags, points within 1e-6."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import duckdb

from tests.properties.pipeline import Pipeline
from tests.properties.reference import Rows, Truth

NEARLY = Decimal("0.000001")

KEYS = {
    "dim_customer": ("customer_id",),
    "fct_incident": ("incident_id",),
    "fct_tolerance_ledger": ("incident_id",),
    "fct_tolerance_monthly": ("customer_id", "balance_month"),
    "fct_tolerance_current": ("customer_id",),
    "agg_tolerance_monthly": ("balance_month",),
}
"""The tables that the promise names, and their grain."""

MORE_KEYS = {
    "fct_incident_contact": ("contact_id",),
    "fct_reclassification": ("incident_id",),
    "fct_alert": ("alert_id",),
    "fct_tolerance_statement": ("customer_id", "line_no"),
    "audit_contact_review": ("contact_id",),
    "audit_acknowledgement": ("alert_id", "acknowledgement", "outcome", "closed_at", "handled_by_role"),
    "audit_decision": ("contact_id", "decision", "decided_by", "decided_on", "reason"),
    "audit_customer_merge": ("from_customer_id", "to_customer_id", "merged_on"),
    "classification_backlog": ("open_question", "source", "system", "incident_type"),
    "classification_backlog_by_code": ("source", "system", "code"),
    "classification_disagreement": ("contact_id",),
    "audit_service_completeness": ("source", "system", "team", "sent_on"),
    "dim_incident_type": ("incident_type", "valid_from"),
    "mart_incident_by_stage": ("incident_month", "journey_stage", "channel", "department", "category"),
    "mart_workload_by_role": ("role",),
    "mart_alert_follow_up": ("alert_id",),
    "mart_alert_follow_up_by_role": ("owner_role",),
    "audit_source_freshness": ("source",),
}
"""Tables that a rebuild of the same state must give as well, though no reference is written for them.

`audit_run` is not among them: it tells how long each step took, which no two runs have in common.
"""


def rows_of(warehouse: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...] = ()) -> Rows:
    """The rows of a table by key; all columns where none are named."""
    keys = (KEYS | MORE_KEYS)[table]
    selected = ", ".join((*keys, *columns)) if columns else "*"
    found = warehouse.execute(f"select {selected} from {table}")
    names = [str(name) for name, *_ in found.description or ()]
    rows: Rows = {}
    for values in found.fetchall():
        row = {name: _plain(value) for name, value in zip(names, values, strict=True)}
        key = tuple(row.pop(name) for name in keys)
        rows[key if key not in rows else (*key, "once more")] = row
    return rows


def _plain(value: object) -> object:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def differences(table: str, expected: Rows, found: Rows) -> list[str]:
    """One line per row that is missing, too many or otherwise."""
    lines = [f"{_name(table, key, expected)}: missing" for key in expected.keys() - found.keys()]
    lines += [f"{_name(table, key, found)}: not to be there" for key in found.keys() - expected.keys()]
    for key in expected.keys() & found.keys():
        lines += [
            f"{_name(table, key, found)}: {column} is {found[key][column]}, not {value}"
            for column, value in expected[key].items()
            if not _agree(value, found[key][column])
        ]
    return sorted(lines)


def _name(table: str, key: tuple[object, ...], rows: Rows) -> str:
    customer = rows[key].get("customer_id")
    return f"{table} {key}" + (f" of '{customer}'" if customer else "")


def _agree(expected: object, found: object) -> bool:
    if isinstance(expected, Decimal) and isinstance(found, Decimal):
        return abs(expected - found) <= NEARLY
    return expected == found


def against_reference(pipeline: Pipeline, tables: dict[str, Rows]) -> list[str]:
    """How the warehouse differs from what the reference says."""
    lines: list[str] = []
    with pipeline.tables() as warehouse:
        for table, expected in tables.items():
            found = rows_of(warehouse, table, _columns(expected))
            lines += differences(table, expected, found)
        lines += _statements_that_miss(warehouse, tables["fct_tolerance_current"])
        lines += _counts_that_disagree(warehouse)
    return lines


def _counts_that_disagree(warehouse: duckdb.DuckDBPyConnection) -> list[str]:
    """The accounts of today and the as-of month count the same active customers, and those in the red."""
    of_today = warehouse.execute(
        "select count(*) filter (where is_active), count(*) filter (where is_active and is_negative) "
        "from fct_tolerance_current"
    ).fetchall()
    of_month = warehouse.execute(
        "select active_customers, negative_customers from agg_tolerance_monthly "
        "order by balance_month desc limit 1"
    ).fetchall()
    return [] if of_today == of_month else [f"active and negative: {of_today} today, {of_month} in the month"]


def alerts_against_acknowledgements(pipeline: Pipeline, truth: Truth) -> list[str]:
    """One line per alert that is not closed although the CRM says so, or closed and stands for nothing.

    Which alerts there are is history; what the CRM says of them, and which of their incidents are, is not.
    """
    burdened = {incident.customer_id for incident in truth.incidents if incident.penalty_points > 0}
    well_resolved = {
        incident.incident_id: incident.customer_id
        for incident in truth.incidents
        if incident.row["reclassification_reason"] == "well_resolved"
    }
    with pipeline.tables() as warehouse:
        alerts = warehouse.execute(
            "select alert_id, incident_id, customer_id, status from fct_alert"
        ).fetchall()
    lines = []
    for alert_id, incident_id, customer_id, status in alerts:
        answer = truth.acknowledgements.get(alert_id)
        is_closed = answer is not None and answer.status == "closed"
        if status == "closed" and customer_id not in {*burdened, *well_resolved.values()}:
            lines.append(f"fct_alert of '{customer_id}': closed, and stands for nothing")
        if (status == "closed" and not is_closed) or (is_closed and status not in ("closed", "retracted")):
            lines.append(f"fct_alert of '{customer_id}': {status}, the CRM says {answer and answer.status}")
        if is_closed and status == "retracted" and well_resolved.get(incident_id) == customer_id:
            lines.append(f"fct_alert of '{customer_id}': retracted, because the CRM closed it")
    return lines


def _statements_that_miss(warehouse: duckdb.DuckDBPyConnection, balances: Rows) -> list[str]:
    """One line per customer whose statement does not sum to the balance."""
    query = "select customer_id, sum(points) from fct_tolerance_statement group by customer_id"
    sums = dict(warehouse.execute(query).fetchall())
    return [
        f"fct_tolerance_statement of '{name}': {sums.get(name)}, not {row['balance_points']}"
        for (name,), row in balances.items()
        if not _agree(row["balance_points"], sums.get(name))
    ]


def against_rebuild(pipeline: Pipeline, rebuilt: Pipeline) -> list[str]:
    """How an incrementally built warehouse differs from the same state built anew, in every column."""
    lines: list[str] = []
    with pipeline.tables() as warehouse, rebuilt.tables() as anew:
        for table in (*KEYS, *MORE_KEYS):
            lines += differences(table, rows_of(anew, table), rows_of(warehouse, table))
    return lines


def _columns(rows: Rows) -> tuple[str, ...]:
    return tuple(next(iter(rows.values()), ()))
