"""The tolerance account by direct sum: the plain formula, and nothing cleverer.

This is what the warehouse is checked against, so it shares no algebra with the SQL: no running
sums, no segments, no forward decay; every balance is summed from scratch over the customer's
incidents, in decimal arithmetic of fifty digits, and rounded once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

_EXACT = Context(prec=50, rounding=ROUND_HALF_UP)
_SIX_DECIMALS = Decimal("0.000001")
_NEVER = date.max


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident that costs points. `occurred_on` is its business date; points are positive."""

    incident_id: str
    occurred_on: date
    penalty_points: Decimal = Decimal(100)
    occurred_at: datetime | None = None

    @property
    def order(self) -> tuple[datetime, str]:
        """Incidents of one account are ordered by instant, then by id."""
        instant = self.occurred_at or datetime.combine(self.occurred_on, time())
        return instant, self.incident_id


@dataclass(frozen=True, slots=True)
class BudgetBand:
    """The budget from `tenure_from` months up to, but without, `tenure_to` (None: no end)."""

    tenure_from: int
    tenure_to: int | None
    points: Decimal
    valid_from: date = date.min
    valid_to: date = _NEVER

    def holds(self, tenure_months: int, month: date) -> bool:
        """Whether this band holds for that tenure in the month that begins on `month`."""
        in_tenure = self.tenure_from <= tenure_months and (
            self.tenure_to is None or tenure_months < self.tenure_to
        )
        return in_tenure and self.valid_from <= month < self.valid_to


FLAT = (BudgetBand(0, None, Decimal(150)),)


@dataclass(frozen=True, slots=True)
class Terms:
    """The company's numbers: points, and the share of remembered points recovered on the 1st of a month."""

    monthly_decay_rate: Decimal = Decimal("0.05")
    standard_penalty_points: Decimal = Decimal(100)
    budgets: tuple[BudgetBand, ...] = FLAT


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's relationship and its known incidents."""

    incidents: Sequence[Incident] = ()
    started_on: date | None = None
    ended_on: date | None = None
    terms: Terms = field(default_factory=Terms)

    def last_day(self, as_of: date) -> date:
        """The day for which the account is computed: at the end of the relationship it is frozen."""
        return min(as_of, self.ended_on or _NEVER)

    def known(self, as_of: date) -> list[Incident]:
        """The incidents that count on that day, in their order."""
        touching = [i for i in self.incidents if i.occurred_on <= self.last_day(as_of)]
        return sorted(touching, key=lambda incident: incident.order)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An incident and the balance before and after it, in points of six decimals."""

    incident_id: str
    balance_before_points: Decimal
    balance_after_points: Decimal
    is_first_cumulative: bool
    turns_negative: bool


@dataclass(frozen=True, slots=True)
class MonthRow:
    """An account's month, in points of six decimals."""

    balance_month: date
    opening_points: Decimal
    new_penalty_points: Decimal
    recovered_points: Decimal
    budget_change_points: Decimal
    closing_points: Decimal
    is_negative: bool
    became_negative: bool
    limit_crossed_by_tenure: bool


def month_number(day: date) -> int:
    """Calendar months since year 0."""
    return 12 * day.year + day.month


def month_begin(number: int) -> date:
    """The first day of the month with that number: the inverse of `month_number`."""
    return date((number - 1) // 12, (number - 1) % 12 + 1, 1)


def published(points: Decimal) -> Decimal:
    """Points as the published tables hold them: six decimals, halves away from zero."""
    return points.quantize(_SIX_DECIMALS, context=_EXACT)


def remembered(
    incidents: Sequence[Incident], as_of: date, monthly_decay_rate: Decimal = Decimal("0.05")
) -> Decimal:
    """What is left on `as_of` of the penalties of the incidents up to it, unrounded."""
    total = Decimal(0)
    for incident in incidents:
        if incident.occurred_on <= as_of:
            months = month_number(as_of) - month_number(incident.occurred_on)
            share = _EXACT.power(1 - monthly_decay_rate, months) if months else Decimal(1)
            total = _EXACT.add(total, _EXACT.multiply(incident.penalty_points, share))
    return total


def budget(account: Account, day: date) -> Decimal:
    """The budget on that day. Raises LookupError when no band, or more than one, gives it."""
    tenure = max(0, month_number(day) - month_number(account.started_on or day))
    bands = [b for b in account.terms.budgets if b.holds(tenure, day.replace(day=1))]
    if len(bands) != 1:
        raise LookupError(
            f"{len(bands)} budget bands hold for a tenure of {tenure} months in {day:%Y-%m}: "
            "give exactly one."
        )
    return bands[0].points


def balance(account: Account, as_of: date) -> Decimal:
    """The balance on `as_of`, as published."""
    day = account.last_day(as_of)
    left = remembered(account.incidents, day, account.terms.monthly_decay_rate)
    return budget(account, day) - published(left)


def ledger(account: Account, as_of: date) -> list[LedgerLine]:
    """The account's incidents in their order, each with the balance around it."""
    lines: list[LedgerLine] = []
    earlier: list[Incident] = []
    for incident in account.known(as_of):
        day = incident.occurred_on
        rate = account.terms.monthly_decay_rate
        before = budget(account, day) - published(remembered(earlier, day, rate))
        earlier.append(incident)
        after = budget(account, day) - published(remembered(earlier, day, rate))
        lines.append(
            LedgerLine(
                incident_id=incident.incident_id,
                balance_before_points=before,
                balance_after_points=after,
                is_first_cumulative=len(earlier) == 1,
                turns_negative=before >= 0 > after,
            )
        )
    return lines


def monthly(account: Account, as_of: date) -> Iterator[MonthRow]:
    """The account's months, from that of its first incident to that of its last day."""
    known = account.known(as_of)
    if not known:
        return
    last = month_number(account.last_day(as_of))
    for number in range(month_number(known[0].occurred_on), last + 1):
        yield _month_row(account, known, number)


def _month_row(account: Account, known: Sequence[Incident], number: int) -> MonthRow:
    month, next_month = month_begin(number), month_begin(number + 1)
    last_day, last_day_before = next_month - timedelta(days=1), month - timedelta(days=1)
    rate = account.terms.monthly_decay_rate
    new = [i for i in known if month <= i.occurred_on < next_month]
    old_budget, new_budget = budget(account, last_day_before), budget(account, month)
    left_before = published(remembered(known, last_day_before, rate))
    left_now = published(remembered(known, last_day, rate))
    penalties = sum((i.penalty_points for i in new), Decimal(0))
    opening, closing = old_budget - left_before, new_budget - left_now
    start = closing + penalties
    crossed = opening >= 0 > start
    return MonthRow(
        balance_month=month,
        opening_points=opening,
        new_penalty_points=penalties,
        recovered_points=left_before + penalties - left_now,
        budget_change_points=new_budget - old_budget,
        closing_points=closing,
        is_negative=closing < 0,
        became_negative=crossed or start >= 0 > closing,
        limit_crossed_by_tenure=crossed,
    )


def first_safe_month(account: Account, as_of: date) -> date | None:
    """The first day of the first month in which one more standard incident breaks nothing.

    At the budget of the account's last day; None when there is no such month.
    """
    day = account.last_day(as_of)
    rate = account.terms.monthly_decay_rate
    left = remembered(account.incidents, day, rate)
    bearable = budget(account, day) - account.terms.standard_penalty_points
    if published(left) <= bearable:
        return day.replace(day=1)
    if bearable <= 0 or rate == 0:
        return None
    months = 0
    while published(left) > bearable:
        left = _EXACT.multiply(left, 1 - rate)
        months += 1
    return month_begin(month_number(day) + months)
