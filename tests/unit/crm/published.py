"""A small published file with every kind of alert that a list may hold, and its rows as Python sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tolerance.state import State

DAY = "2026-11-20"


@dataclass(frozen=True)
class Alert:
    """A row of exports.crm_alert_list; its defaults are an open alert of a French customer."""

    alert_id: str
    incident_id: str = "i"
    customer_id: str = "C0001"
    raised_on: date = date(2026, 11, 20)
    occurred_on: date = date(2026, 11, 18)
    priority: int = 1
    is_first_cumulative: bool = False
    turns_negative: bool = True
    balance_before_points: Decimal = Decimal("59.750000")
    balance_after_points: Decimal = Decimal("-40.250000")
    playbook_code: str | None = "service_outage"
    owner_role: str | None = "operations"
    respond_by: datetime = datetime(2026, 11, 21, 23, tzinfo=UTC)
    reason_fr: str = "Service interrompu le 18 novembre 2026. Relation depuis 5 ans."
    reason_en: str = "Service outage on 18 November 2026. A customer for 5 years."
    incident_type: str = "service_outage"
    evidence_file_name: str = "2026-11-18/tickets.csv"
    evidence_record_no: int = 7
    status: str = "open"
    change_reason: str | None = "new"
    change: str = "new"
    incident_status: str | None = "open"
    is_solved: bool | None = False
    resolved_at: datetime | None = None
    incident_deadline_at: datetime | None = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
    channel: str | None = "ticket"
    ticket_system: str | None = "zendesk"
    ticket_number: str | None = "4711"
    ticket_link: str | None = "https://desk.example/tickets/4711"
    preferred_language: str | None = "fr"
    tenure_months: int | None = 61
    balance_today_points: Decimal | None = Decimal("-38.237500")
    first_safe_month: date | None = date(2027, 9, 1)
    cumulative_count: int = 2
    last_cumulative: str | None = "2026-11-18 service_outage, 2026-03-02 billing_error"
    playbook_title_fr: str | None = "Rétablir le service et informer"
    playbook_title_en: str | None = "Restore the service and keep informed"
    first_step_fr: str | None = "Rétablir le service, et donner une heure"
    first_step_en: str | None = "Restore the service and name an hour"


_TYPES = {
    "date": "date",
    "datetime": "timestamptz",
    "Decimal": "decimal(18, 6)",
    "bool": "boolean",
    "int": "integer",
    "str": "varchar",
}


def number(no: int) -> str:
    """An alert's id, as long as a real one."""
    return f"{no:032x}"


def alerts() -> list[Alert]:
    """In no order. Each differs from the first in what its name says."""
    first = Alert(number(1))
    solved = datetime(2026, 11, 20, 13, 5, 9, tzinfo=UTC)
    return [
        replace(
            first,
            alert_id=number(2),
            customer_id="C.2",
            priority=2,
            preferred_language="en-gb",
            change="changed",
            change_reason="resolved",
            incident_status="solved",
            is_solved=True,
            resolved_at=solved,
            channel="phone",
        ),
        first,
        replace(
            first,
            alert_id=number(3),
            customer_id="C3",
            priority=3,
            preferred_language=None,
            channel="mail",
            ticket_system=None,
            ticket_number=None,
            ticket_link=None,
            incident_status="no_ticket",
            tenure_months=None,
            first_safe_month=None,
            owner_role="billing",
            incident_type="billing_error",
        ),
        # Retracted: nothing is known of its incident any more.
        replace(
            first,
            alert_id=number(4),
            customer_id="C4",
            priority=4,
            status="retracted",
            change="retracted",
            change_reason="deleted",
            incident_status=None,
            is_solved=None,
            incident_deadline_at=None,
            channel=None,
            ticket_system=None,
            ticket_number=None,
            ticket_link=None,
            balance_today_points=None,
            last_cumulative=None,
            cumulative_count=0,
        ),
        replace(
            first,
            alert_id=number(5),
            customer_id='=HYPERLINK("https://x.test";"a")',
            ticket_number="+1-2",
            first_step_fr='Dire "bonjour", puis\nrappeler;\tvite',
            reason_fr="Long, " * 8_000,
            playbook_title_fr="-x",
            evidence_file_name="a,b.csv",
        ),
        replace(
            first,
            alert_id=number(6),
            customer_id="-12",
            change="changed",
            change_reason="reopened",
            respond_by=datetime(2026, 3, 28, 22, 30, tzinfo=UTC),
            incident_type="unheard_of",
        ),
        # Solved, so below those that are to be answered later.
        replace(
            first,
            alert_id=number(7),
            status="closed",
            change="changed",
            change_reason=None,
            is_solved=True,
            respond_by=datetime(2026, 11, 20, 12, tzinfo=UTC),
        ),
    ]


def publish(state: State, rows: Iterable[Alert]) -> None:
    """What lists are made of, as a generation."""
    state.serving.parent.mkdir(parents=True, exist_ok=True)
    state.loads.mkdir(parents=True, exist_ok=True)
    state.serving.unlink(missing_ok=True)
    columns = {field.name: _TYPES[str(field.type).partition(" ")[0]] for field in fields(Alert)}
    columns["evidence_record_no"] = "bigint"
    declared = ", ".join(f"{name} {data_type}" for name, data_type in columns.items())
    with duckdb.connect(str(state.serving)) as serving:
        serving.execute("set TimeZone = 'UTC'")
        serving.execute(f"create table audit_generation as select 'g' generation_id, date '{DAY}' as_of_on")
        serving.execute(
            "create table dim_incident_type as select * from (values "
            "('service_outage', true, 'Service interrompu', 'Service outage', 'operations', "
            "'Exploitation', 'Operations'), "
            "('billing_error', true, 'Erreur de facturation', 'Billing error', 'billing', "
            "'Facturation', 'Billing'), "
            "('billing_error', false, 'Ancien nom', 'Former name', 'billing', 'Facturation', 'Billing')) "
            "as types (incident_type, is_current, label_fr, label_en, owner_role, owner_role_label_fr, "
            "owner_role_label_en)"
        )
        serving.execute("create schema exports")
        serving.execute(f"create table exports.crm_alert_list ({declared})")
        marks = ", ".join("?" for _ in columns)
        for row in rows:
            values: dict[str, Any] = asdict(row)
            serving.execute(f"insert into exports.crm_alert_list values ({marks})", list(values.values()))
        serving.execute("create table exports.alert_history as from exports.crm_alert_list")


def published_state(folder: Path, rows: Iterable[Alert]) -> State:
    """A new state with these alerts as its generation."""
    state = State(folder)
    publish(state, rows)
    return state


def sorted_alerts() -> list[Alert]:
    """In the order of a list."""
    return sorted(alerts(), key=lambda row: (row.priority, bool(row.is_solved), row.respond_by, row.alert_id))
