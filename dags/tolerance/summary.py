"""The summary that a person reads at the end of a run, from the published file alone."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tolerance.settings import settings
from tolerance.state import State

_FILES_AND_RECORDS = """
select
    source,
    count(*) as files,
    sum(landed_records) as landed,
    sum(loaded_records) as loaded,
    sum(duplicate_records) as duplicates,
    sum(quarantined_records) as quarantined,
    count(*) filter (where status = 'refused') as refused
from main.audit_load
group by source
order by source
"""

_INCIDENTS = """
select category, count(*), sum(contact_count)
from main.fct_incident
group by category
order by category
"""

_FOLLOW_UP = """
select
    count(*),
    count(*) filter (where acknowledgement is not null),
    count(*) filter (where status = 'closed'),
    count(*) filter (where is_overdue)
from main.mart_alert_follow_up
"""

_URGENT = """
select customer_id, priority, owner_role, respond_by, reason_en, evidence_file_name, evidence_record_no
from exports.crm_alert_list
where status = 'open'
order by priority, coalesce(is_solved, false), respond_by, balance_after_points, alert_id
limit 3
"""


def print_summary(console: Console, state: State, warnings: list[str]) -> None:
    """Print files and records, customers, incidents, ruptures, alerts and where to find them."""
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        generation_id, as_of = serving.execute(
            "select generation_id, as_of_on from main.audit_generation order by rowid desc limit 1"
        ).fetchall()[0]
        console.rule(f"Tolerance account as of {as_of}")
        _print_intake(console, serving, state)
        _print_accounts(console, serving, as_of)
        _print_alerts(console, serving, state, as_of)
    for warning in warnings:
        console.print(f"[yellow]Warning:[/] {escape(warning)}", highlight=False, soft_wrap=True)
    console.print(
        f"Generation {generation_id}. For BI: {state.serving}", markup=False, highlight=False, soft_wrap=True
    )


def _print_intake(console: Console, serving: duckdb.DuckDBPyConnection, state: State) -> None:
    table = Table("source", "files", "records", "loaded", "duplicates", "quarantined", "files refused")
    for column in table.columns[1:]:
        column.justify = "right"
    rows = serving.execute(_FILES_AND_RECORDS).fetchall()
    for source, *counts in rows:
        table.add_row(source, *(f"{count:,}" for count in counts))
    console.print(table)
    if any(row[5] or row[6] for row in rows):
        console.print(
            f"Quarantined records are in {state.quarantine}: `tolerance quarantine` lists them by reason.",
            highlight=False,
            soft_wrap=True,
        )


def _print_accounts(console: Console, serving: duckdb.DuckDBPyConnection, as_of: date) -> None:
    customers, negative = serving.execute(
        "select count(*) filter (where is_active), count(*) filter (where is_active and is_negative) "
        "from main.fct_tolerance_current"
    ).fetchall()[0]
    ruptures, recent = serving.execute(
        "select count(*), count(*) filter (where date_trunc('month', occurred_on) = date_trunc('month', ?)) "
        "from main.fct_tolerance_ledger where turns_negative",
        [as_of],
    ).fetchall()[0]
    review = serving.execute("select count(*) from main.audit_contact_review").fetchall()[0][0]
    console.print(f"Active customers: {customers:,}, of whom {negative:,} have a negative balance.")
    for category, incidents, contacts in serving.execute(_INCIDENTS).fetchall():
        console.print(f"Incidents, {category}: {incidents:,} (reported by {contacts:,} contacts)")
    console.print(f"Ruptures: {ruptures:,} in all, {recent:,} in this month.")
    console.print(f"Contacts that wait for a person (audit_contact_review): {review:,}")


def _print_alerts(console: Console, serving: duckdb.DuckDBPyConnection, state: State, as_of: date) -> None:
    folder = state.outbox / as_of.isoformat()
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))["lists"]["alerts.csv"]
    priorities: Counter[str] = Counter()
    for change, counts in manifest["by_change_and_priority"].items():
        priorities.update({} if change == "retracted" else counts)
    by_priority = ", ".join(f"{count} of priority {name}" for name, count in sorted(priorities.items()))
    taken_back = manifest["by_change"].get("retracted", 0)
    too_old = serving.execute("select count(*) from main.fct_alert where status = 'too_old'").fetchall()[0][0]
    console.print(
        f"Red alerts for the CRM: {manifest['rows'] - taken_back:,}"
        + (f" ({by_priority})" if by_priority else "")
        + (f", and {taken_back:,} taken back" if taken_back else "")
    )
    console.print(f"Alerts not sent because the incident is too old: {too_old:,}")
    sent, answered, closed, overdue = serving.execute(_FOLLOW_UP).fetchall()[0]
    if answered:  # a CRM that never answers leaves every alert overdue
        console.print(
            f"Of {sent:,} alerts that the CRM was told of it answered {answered:,}: {closed:,} closed. "
            f"Overdue (mart_alert_follow_up): {overdue:,}"
        )
    console.print(f"The list: {folder / 'alerts.csv'}", markup=False, highlight=False, soft_wrap=True)
    urgent = serving.execute(_URGENT).fetchall()
    if urgent:
        console.print("[bold]The most urgent:[/]")
    zone = settings().business_time_zone
    for customer, priority, owner, respond_by, reason, file, record in urgent:
        deadline = respond_by.astimezone(zone)
        console.print(
            f"  {customer} (priority {priority}, {owner}, by {deadline:%Y-%m-%d %H:%M %Z}): {reason} "
            f"Rests on {file}, record {record}.",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )
