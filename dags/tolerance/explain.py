"""One customer's balance in words and numbers, from the published file alone."""

from __future__ import annotations

import duckdb
from rich.console import Console
from rich.table import Table

from tolerance.state import State

_CURRENT = """
select as_of_on, budget_points, remembered_points, balance_points, first_safe_month
from main.fct_tolerance_current
where customer_id = ?
"""

_MERGE = """
select current_customer_id, merged_on, file_name, record_no
from main.audit_customer_merge
where from_customer_id = ? and status = 'counts'
"""

_STATEMENT = """
select *
from main.fct_tolerance_statement
where customer_id = ?
order by line_no
"""

_EVIDENCE = """
select incident_id, incident_type, link_rule, source, system, native_id, file_name, record_no, occurred_at
from main.fct_incident_contact
where customer_id = ?
  and incident_id in (select incident_id from main.fct_tolerance_statement where customer_id = ?)
order by occurred_at, source, native_id
"""

_DECISIONS = """
select incident_id, incident_type, category, decided_by, decided_on, decided_reason
from main.fct_incident
where customer_id = ?
  and incident_id in (select incident_id from main.fct_tolerance_statement where customer_id = ?)
order by occurred_on, incident_id
"""

_RECLASSIFICATIONS = """
select incident_id, from_category, to_category, reason, decided_at, evidence_file_name, evidence_record_no
from main.fct_reclassification
where customer_id = ?
  and incident_id in (select incident_id from main.fct_tolerance_statement where customer_id = ?)
order by decided_at, incident_id
"""


def print_explanation(console: Console, state: State, customer_id: str) -> bool:
    """Print the statement and the evidence of one customer; False when nobody has this id.

    Of a customer who was merged into another one, who that is, then that one's.
    """
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        merge = serving.execute(_MERGE, [customer_id]).fetchone()
        if merge is not None:
            current_id, merged_on, file_name, record_no = merge
            console.print(
                f"{customer_id} is {current_id} since {merged_on} "
                f"(customer_merges/{file_name}, record {record_no}).",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
            customer_id = current_id
        current = serving.execute(_CURRENT, [customer_id]).fetchone()
        if current is None:
            return False
        as_of, budget, remembered, balance, safe_month = current
        console.print(
            f"{customer_id} as of {as_of}: budget {budget} - remembered {remembered} = balance {balance}.",
            highlight=False,
            markup=False,
        )
        console.print(
            f"One more standard incident is safe from {safe_month} on."
            if safe_month
            else "No month is safe for one more standard incident."
        )
        both = [customer_id, customer_id]
        console.print(_table(serving, "What makes the balance", _STATEMENT, [customer_id]))
        console.print(
            _table(serving, "What a resolution or a person made of an incident", _RECLASSIFICATIONS, both)
        )
        console.print(_table(serving, "Who decided what an incident costs", _DECISIONS, both))
        console.print(_table(serving, "Evidence", _EVIDENCE, both))
    return True


def _table(serving: duckdb.DuckDBPyConnection, title: str, query: str, parameters: list[str]) -> Table:
    cursor = serving.execute(query, parameters)
    table = Table(*(column[0] for column in cursor.description or ()), title=title)
    for row in cursor.fetchall():
        table.add_row(*("" if value is None else str(value) for value in row))
    return table
