"""The account by direct sum, callable from SQL: the audit compares the models with it.

The formula is the oracle's.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tolerance import oracle


def tolerance_direct_sum(
    occurred_on: list[date],
    penalty_points: list[Decimal],
    balance_on: date,
    monthly_decay_rate: str,
) -> Decimal:
    """The points remembered on `balance_on` of one customer's incidents, in six decimals.

    The two lists are parallel: the business date and the points of each incident. The rate is a
    decimal number as text ("0.05"), so that it is exactly the number in the project's vars.
    """
    incidents = [
        oracle.Incident(incident_id="", occurred_on=day, penalty_points=points)
        for day, points in zip(occurred_on, penalty_points, strict=True)
    ]
    left = oracle.remembered(incidents, balance_on, Decimal(monthly_decay_rate))
    return oracle.published(left)
