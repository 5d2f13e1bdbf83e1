"""Business dates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tolerance.calendar import as_of_ends_at, as_of_for_schedule, parse_as_of
from tolerance.errors import UsageError

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("as_of", "ends_at"),
    [
        (date(2026, 1, 15), datetime(2026, 1, 15, 23)),
        (date(2026, 7, 15), datetime(2026, 7, 15, 22)),
        # The day before the clocks change ends by the old rule, the day of the change by the new one.
        (date(2026, 3, 28), datetime(2026, 3, 28, 23)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 22)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 23)),
        (date(2024, 2, 29), datetime(2024, 2, 29, 23)),
    ],
)
def test_a_run_knows_everything_before_the_next_business_midnight(as_of: date, ends_at: datetime) -> None:
    assert as_of_ends_at(as_of, PARIS) == ends_at


def test_a_scheduled_run_is_for_the_last_business_day_that_is_over() -> None:
    # 04:00 in Paris on the 1st of November is 03:00 UTC; half past midnight there is still the 31st in UTC.
    assert as_of_for_schedule(datetime(2026, 11, 1, 3, tzinfo=UTC), PARIS) == date(2026, 10, 31)
    assert as_of_for_schedule(datetime(2026, 10, 31, 23, 30, tzinfo=UTC), PARIS) == date(2026, 10, 31)


def test_an_as_of_is_a_day_of_the_calendar() -> None:
    assert parse_as_of("2024-02-29") == date(2024, 2, 29)
    for wrong in ("2023-02-29", "29/02/2024", "", "today"):
        with pytest.raises(UsageError, match="YYYY-MM-DD"):
            parse_as_of(wrong)


def test_an_as_of_outside_the_plausible_dates_is_refused_before_it_locks_the_state() -> None:
    with pytest.raises(UsageError, match="outside the plausible dates"):
        parse_as_of("2062-01-01", date(1990, 1, 1), date(2049, 12, 31))
