"""The golden numbers of the essay come out of the whole pipe, from extracts to the published file.

It goes without Airflow, which computes nothing.
"""

from __future__ import annotations

import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.conftest import Cycle, Inbox, ticket
from tests.properties.pipeline import OF_TREE, Pipeline

AS_OF = date(2026, 10, 15)

REMAINS = {
    0: "100",
    1: "95",
    2: "90.25",
    3: "85.7375",
    6: "73.509189",
    12: "54.036009",
    13: "51.334208",
    14: "48.767498",
    24: "29.198902",
    36: "15.777921",
}
BALANCES = {0: "50", 6: "76.490811", 12: "95.963991", 14: "101.232502"}

# Incidents, in months before the as-of month; the balance at the last of them; whether it breaks.
SERIES = {
    "second_after_13_months": ((13, 0), "-1.334208", True),
    "second_after_14_months": ((14, 0), "1.232502", False),
    "two_in_one_month": ((0, 0), "-50", True),
    "three_spaced_by_19_months": ((38, 19, 0), "-1.975", True),
    "three_spaced_by_20_months": ((40, 20, 0), "1.300", False),
    "endless_spaced_by_21_months": (tuple(range(21 * 11, -1, -21)), "-1.644", True),
    "endless_spaced_by_22_months": (tuple(range(22 * 11, -1, -22)), "2.173", False),
}


def months_before(months: int, day: int) -> date:
    index = AS_OF.year * 12 + AS_OF.month - 1 - months
    return date(index // 12, index % 12 + 1, day)


def golden_inbox(root: Path) -> None:
    """The extracts of all customers above."""
    inbox = Inbox(root)
    tickets: list[str] = []
    customers = ["never_touched"]
    for months in REMAINS:
        customers.append(f"one_{months}")
        tickets.append(ticket(f"{len(tickets) + 1}", f"one_{months}", months_before(months, 10)))
    for name, (all_months, _, _) in SERIES.items():
        customers.append(name)
        for position, months in enumerate(all_months):
            day = 5 + position % 2
            tickets.append(ticket(f"{len(tickets) + 1}", name, months_before(months, day)))
    inbox.customers(*(f"{name};;;2000-01-01;;en" for name in customers))
    inbox.tickets(*tickets)


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Cycle:
    folder: Path = tmp_path_factory.mktemp("golden")
    golden_inbox(folder / "inbox")
    pipeline = Pipeline(folder, OF_TREE)
    pipeline.run(AS_OF)
    return Cycle(pipeline.state.root, subprocess.CompletedProcess([], 0))


@pytest.mark.parametrize("months", REMAINS)
def test_what_remains_of_one_penalty_after_months(cycle: Cycle, months: int) -> None:
    rows = cycle.rows(
        f"select remembered_points from main.fct_tolerance_current where customer_id = 'one_{months}'"
    )
    assert rows == [(Decimal(REMAINS[months]),)]


@pytest.mark.parametrize("months", BALANCES)
def test_balance_after_one_incident(cycle: Cycle, months: int) -> None:
    rows = cycle.rows(
        "select balance_points, is_negative from main.fct_tolerance_current "
        f"where customer_id = 'one_{months}'"
    )
    assert rows == [(Decimal(BALANCES[months]), False)]


@pytest.mark.parametrize("name", SERIES)
def test_balance_and_rupture_at_the_last_incident_of_a_series(cycle: Cycle, name: str) -> None:
    _, expected, breaks = SERIES[name]
    rows = cycle.rows(
        "select balance_after_points, turns_negative from main.fct_tolerance_ledger "
        f"where customer_id = '{name}' order by occurred_on desc, balance_after_points limit 1"
    )
    [(balance, turns_negative)] = rows
    assert abs(Decimal(str(balance)) - Decimal(expected)) < Decimal("0.001")
    if "." not in expected or len(expected.split(".")[1]) == 6:
        assert balance == Decimal(expected)
    # An endless series breaks long before its last incident, and stays broken or not from there.
    assert (balance < 0) is breaks
    if not name.startswith("endless"):
        assert turns_negative is breaks


def test_a_customer_without_incident_keeps_the_whole_budget(cycle: Cycle) -> None:
    rows = cycle.rows(
        "select budget_points, remembered_points, balance_points from main.fct_tolerance_current "
        "where customer_id = 'never_touched'"
    )
    assert rows == [(Decimal(150), Decimal(0), Decimal(150))]


def test_every_load_balances(cycle: Cycle) -> None:
    rows = cycle.rows(
        "select count(*), count(*) filter (where landed_records = "
        "loaded_records + duplicate_records + quarantined_records) from main.audit_load"
    )
    assert rows == [(2, 2)]


def test_each_month_opens_with_the_last_closing(cycle: Cycle) -> None:
    rows = cycle.rows(
        """
        select count(*), count(*) filter (where opening_points <> last_closing)
        from (
            select opening_points, lag(closing_points) over (
                partition by customer_id order by balance_month
            ) as last_closing
            from main.fct_tolerance_monthly
        )
        where last_closing is not null
        """
    )
    [(months, broken)] = rows
    assert months > 500
    assert broken == 0
