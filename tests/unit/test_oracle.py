"""The oracle gives the golden numbers of the handbook, and the rules that stand beside them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from tolerance import oracle
from tolerance.oracle import Account, BudgetBand, Incident, Terms

FIRST = date(2024, 1, 1)


def months_later(months: int, day: int = 1) -> date:
    """A day of the month so many calendar months after the first incident's."""
    return oracle.month_begin(oracle.month_number(FIRST) + months).replace(day=day)


def incidents(*months: int, points: int = 100) -> list[Incident]:
    """Incidents on the first day of months counted from the first incident's."""
    return [Incident(f"i{n}", months_later(m), Decimal(points)) for n, m in enumerate(months)]


def points(text: str) -> Decimal:
    """Points as published."""
    return Decimal(text).quantize(Decimal("0.000001"))


@pytest.mark.parametrize(
    ("months", "left"),
    [
        (0, "100"),
        (1, "95"),
        (2, "90.25"),
        (3, "85.7375"),
        (6, "73.509189"),
        (12, "54.036009"),
        (13, "51.334208"),
        (14, "48.767498"),
        (24, "29.198902"),
        (36, "15.777921"),
    ],
)
def test_five_percent_of_what_is_left_is_recovered_each_month(months: int, left: str) -> None:
    remembered = oracle.remembered([Incident("i", FIRST)], months_later(months))
    assert oracle.published(remembered) == points(left)


@pytest.mark.parametrize(
    ("months", "balance"), [(0, "50"), (6, "76.490811"), (12, "95.963991"), (14, "101.232502")]
)
def test_one_incident_leaves_the_balance_of_the_handbook(months: int, balance: str) -> None:
    account = Account(incidents(0))
    assert oracle.balance(account, months_later(months)) == points(balance)


@pytest.mark.parametrize(
    ("months", "balance", "is_rupture"),
    [
        ((0, 13), "-1.334208", True),
        ((0, 14), "1.232502", False),
        ((0, 0), "-50", True),
    ],
)
def test_a_second_incident_breaks_the_account_up_to_13_months_after_the_first(
    months: tuple[int, ...], balance: str, is_rupture: bool
) -> None:
    account = Account(incidents(*months))
    last = oracle.ledger(account, months_later(months[-1], day=20))[-1]
    assert last.balance_after_points == points(balance)
    assert last.turns_negative is is_rupture


@pytest.mark.parametrize(("gap", "balance"), [(19, "-1.975"), (20, "1.300")])
def test_three_equally_spaced_incidents_break_the_account_up_to_19_months_apart(
    gap: int, balance: str
) -> None:
    account = Account(incidents(0, gap, 2 * gap))
    assert oracle.balance(account, months_later(2 * gap)) == pytest.approx(
        Decimal(balance), abs=Decimal("0.001")
    )


@pytest.mark.parametrize(("gap", "limit"), [(21, "-1.644"), (22, "2.173")])
def test_endless_equally_spaced_incidents_break_the_account_up_to_21_months_apart(
    gap: int, limit: str
) -> None:
    account = Account(incidents(*range(0, 11 * gap, gap)))
    assert oracle.balance(account, months_later(10 * gap)) == pytest.approx(
        Decimal(limit), abs=Decimal("0.001")
    )


def test_a_balance_of_exactly_zero_is_no_rupture() -> None:
    account = Account([Incident("i", FIRST, Decimal(150))])
    (line,) = oracle.ledger(account, FIRST)
    assert line.balance_after_points == 0
    assert not line.turns_negative


def test_an_incident_after_the_as_of_date_is_not_known_yet() -> None:
    account = Account([Incident("i", date(2026, 11, 30))])
    assert oracle.balance(account, date(2026, 11, 29)) == 150
    assert oracle.balance(account, date(2026, 11, 30)) == 50


def test_incidents_of_one_instant_are_ordered_by_id() -> None:
    account = Account([Incident("b", FIRST), Incident("a", FIRST)])
    assert [line.incident_id for line in oracle.ledger(account, FIRST)] == ["a", "b"]


def test_a_frozen_account_stands_still_and_thaws_as_if_it_had_never_been_frozen() -> None:
    history = incidents(0, 10)
    frozen = Account(history, ended_on=months_later(4, day=15))
    thawed = Account(history)
    assert oracle.balance(frozen, months_later(20)) == oracle.balance(thawed, months_later(4))
    assert len(oracle.ledger(frozen, months_later(20))) == 1
    assert [row.balance_month for row in oracle.monthly(frozen, months_later(20))][-1] == (months_later(4))
    assert oracle.balance(frozen, months_later(3)) == oracle.balance(thawed, months_later(3))


def test_months_chain_and_add_up_to_the_last_decimal() -> None:
    bands = (BudgetBand(0, 7, Decimal(150)), BudgetBand(7, None, Decimal("90.5")))
    account = Account(incidents(0, 0, 1, 6), started_on=FIRST, terms=Terms(budgets=bands))
    rows = list(oracle.monthly(account, months_later(30)))
    assert len(rows) == 31
    assert rows[0].opening_points == 150
    for row, following in pairwise(rows):
        assert following.opening_points == row.closing_points
    for row in rows:
        assert row.closing_points == (
            row.opening_points + row.budget_change_points + row.recovered_points - row.new_penalty_points
        )
        assert row.is_negative is (row.closing_points < 0)


def test_a_budget_that_falls_with_tenure_crosses_the_balance_without_an_incident() -> None:
    bands = (BudgetBand(0, 2, Decimal(150)), BudgetBand(2, None, Decimal(110)))
    account = Account(incidents(0, points=130), started_on=FIRST, terms=Terms(budgets=bands))
    rows = list(oracle.monthly(account, months_later(3)))
    assert [row.limit_crossed_by_tenure for row in rows] == [False, False, True, False]
    assert [row.became_negative for row in rows] == [False, False, True, False]
    assert rows[2].closing_points == points("-7.325")


def test_an_unknown_start_has_the_budget_of_tenure_0() -> None:
    bands = (BudgetBand(0, 1, Decimal(110)), BudgetBand(1, None, Decimal(150)))
    account = Account(terms=Terms(budgets=bands))
    assert oracle.balance(account, FIRST) == 110


def test_a_tenure_without_a_budget_is_an_error_that_says_what_to_give() -> None:
    account = Account(terms=Terms(budgets=(BudgetBand(5, None, Decimal(150)),)))
    with pytest.raises(LookupError, match="tenure of 0 months in 2024-01"):
        oracle.budget(account, FIRST)


@pytest.mark.parametrize(
    ("budget", "months_with_incidents", "months"),
    [
        ("185.7375", (0,), 3),  # exactly what is left after 3 months
        ("185.737499", (0,), 4),
        ("150", (0,), 14),
        ("150", (0, 0), 28),
        ("250", (0,), 0),
        ("100", (), 0),
    ],
)
def test_first_safe_month_is_the_first_that_bears_one_more_incident(
    budget: str, months_with_incidents: tuple[int, ...], months: int
) -> None:
    terms = Terms(budgets=(BudgetBand(0, None, Decimal(budget)),))
    account = Account(incidents(*months_with_incidents), terms=terms)
    assert oracle.first_safe_month(account, FIRST) == months_later(months)


@pytest.mark.parametrize("budget", ["100", "99.999999"])
def test_there_is_no_safe_month_when_the_budget_bears_no_incident(budget: str) -> None:
    terms = Terms(budgets=(BudgetBand(0, None, Decimal(budget)),))
    assert oracle.first_safe_month(Account(incidents(0), terms=terms), FIRST) is None


def test_there_is_no_safe_month_when_nothing_is_recovered() -> None:
    account = Account(incidents(0), terms=Terms(monthly_decay_rate=Decimal(0)))
    assert oracle.first_safe_month(account, FIRST) is None
