"""The summary of a run, for a person at its end or for a program, from the published file alone."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

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
    cast(sum(landed_records) as bigint) as records,
    cast(sum(loaded_records) as bigint) as loaded_records,
    cast(sum(duplicate_records) as bigint) as duplicate_records,
    cast(sum(quarantined_records) as bigint) as quarantined_records,
    count(*) filter (where status = 'refused') as refused_files
from main.audit_load
group by source
order by source
"""

_ACCOUNTS = """
select
    count(*) filter (where is_active) as active_customers,
    count(*) filter (where is_active and is_negative) as negative_customers
from main.fct_tolerance_current
"""

_RUPTURES = """
select
    count(*) as ruptures,
    count(*) filter (where date_trunc('month', occurred_on) = date_trunc('month', ?)) as ruptures_of_month
from main.fct_tolerance_ledger
where turns_negative
"""

_REVIEW = "select count(*) as contacts_for_review from main.audit_contact_review"

_INCIDENTS = """
select
    category,
    count(*) as incidents,
    cast(sum(contact_count) as bigint) as contacts
from main.fct_incident
group by category
order by category
"""

_FOLLOW_UP = """
select
    count(*) as told,
    count(*) filter (where acknowledgement is not null) as answered,
    count(*) filter (where status = 'closed') as closed,
    count(*) filter (where is_overdue) as overdue
from main.mart_alert_follow_up
"""

_URGENT = """
select customer_id, priority, owner_role, respond_by, reason_en, evidence_file_name, evidence_record_no
from exports.crm_alert_list
where status = 'open'
order by priority, coalesce(is_solved, false), respond_by, balance_after_points, alert_id
limit 3
"""


def summary(state: State, warnings: list[str]) -> dict[str, Any]:
    """What was published last, in counts, and its most urgent alerts; the keys are those of `run --json`."""
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        generation_id, as_of = serving.execute(
            "select generation_id, as_of_on from main.audit_generation order by rowid desc limit 1"
        ).fetchall()[0]
        return {
            "as_of_on": as_of,
            "generation_id": generation_id,
            "published_file": str(state.serving),
            "all_clear": not warnings,
            "warnings": warnings,
            "quarantine": str(state.quarantine),
            "sources": _rows(serving.execute(_FILES_AND_RECORDS)),
            "accounts": _accounts(serving, as_of),
            "incidents": _rows(serving.execute(_INCIDENTS)),
            "alerts": _alerts(serving, state, as_of),
        }


def _rows(answer: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [str(name) for name, *_ in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _accounts(serving: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, int]:
    (accounts,) = _rows(serving.execute(_ACCOUNTS))
    (ruptures,) = _rows(serving.execute(_RUPTURES, [as_of]))
    (review,) = _rows(serving.execute(_REVIEW))
    return accounts | ruptures | review


def _alerts(serving: duckdb.DuckDBPyConnection, state: State, as_of: date) -> dict[str, Any]:
    folder = state.outbox / as_of.isoformat()
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))["lists"]["alerts.csv"]
    priorities: Counter[str] = Counter()
    for change, counts in manifest["by_change_and_priority"].items():
        priorities.update({} if change == "retracted" else counts)
    taken_back = manifest["by_change"].get("retracted", 0)
    (too_old,) = _rows(serving.execute("select count(*) as n from main.fct_alert where status = 'too_old'"))
    (follow_up,) = _rows(serving.execute(_FOLLOW_UP))
    return {
        "list": str(folder / "alerts.csv"),
        "told": manifest["rows"] - taken_back,
        "told_by_priority": dict(sorted(priorities.items())),
        "taken_back": taken_back,
        "too_old": too_old["n"],
        "follow_up": follow_up,
        "most_urgent": _rows(serving.execute(_URGENT)),
    }


def print_summary(console: Console, facts: dict[str, Any]) -> None:
    """Print files and records, customers, incidents, ruptures, alerts and where to find them."""
    console.rule(f"Tolerance account as of {facts['as_of_on']}")
    _print_sources(console, facts["sources"], facts["quarantine"])
    _print_accounts(console, facts["accounts"], facts["incidents"])
    _print_alerts(console, facts["alerts"])
    for warning in facts["warnings"]:
        console.print(f"[yellow]Warning:[/] {escape(warning)}", highlight=False, soft_wrap=True)
    _print_plainly(console, f"Generation {facts['generation_id']}. For BI: {facts['published_file']}")


def _print_plainly(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _print_sources(console: Console, sources: list[dict[str, Any]], quarantine: str) -> None:
    table = Table("source", "files", "records", "loaded", "duplicates", "quarantined", "files refused")
    for column in table.columns[1:]:
        column.justify = "right"
    for source in sources:
        name, *counts = source.values()
        table.add_row(name, *(f"{count:,}" for count in counts))
    console.print(table)
    if any(source["quarantined_records"] or source["refused_files"] for source in sources):
        _print_plainly(
            console, f"Quarantined records are in {quarantine}: `tolerance quarantine` lists them by reason."
        )


def _print_accounts(console: Console, accounts: dict[str, int], incidents: list[dict[str, Any]]) -> None:
    console.print(
        f"Active customers: {accounts['active_customers']:,}, of whom {accounts['negative_customers']:,} "
        "have a negative balance."
    )
    for each in incidents:
        console.print(
            f"Incidents, {each['category']}: {each['incidents']:,} "
            f"(reported by {each['contacts']:,} contacts)"
        )
    console.print(
        f"Ruptures: {accounts['ruptures']:,} in all, {accounts['ruptures_of_month']:,} in this month."
    )
    console.print(
        f"Contacts that wait for a person (audit_contact_review): {accounts['contacts_for_review']:,}"
    )


def _print_alerts(console: Console, alerts: dict[str, Any]) -> None:
    by_priority = ", ".join(f"{n} of priority {name}" for name, n in alerts["told_by_priority"].items())
    console.print(
        f"Red alerts for the CRM: {alerts['told']:,}"
        + (f" ({by_priority})" if by_priority else "")
        + (f", and {alerts['taken_back']:,} taken back" if alerts["taken_back"] else "")
    )
    console.print(f"Alerts not sent because the incident is too old: {alerts['too_old']:,}")
    follow_up = alerts["follow_up"]
    if follow_up["answered"]:  # a CRM that never answers leaves every alert overdue
        console.print(
            f"Of {follow_up['told']:,} alerts that the CRM was told of it answered "
            f"{follow_up['answered']:,}: {follow_up['closed']:,} closed. "
            f"Overdue (mart_alert_follow_up): {follow_up['overdue']:,}"
        )
    _print_plainly(console, f"The list: {alerts['list']}")
    if alerts["most_urgent"]:
        console.print("[bold]The most urgent:[/]")
    zone = settings().business_time_zone
    for alert in alerts["most_urgent"]:
        deadline = alert["respond_by"].astimezone(zone)
        _print_plainly(
            console,
            f"  {alert['customer_id']} (priority {alert['priority']}, {alert['owner_role']}, by "
            f"{deadline:%Y-%m-%d %H:%M %Z}): {alert['reason_en']} "
            f"Rests on {alert['evidence_file_name']}, record {alert['evidence_record_no']}.",
        )
