"""Business dates: the instant at which an as-of date ends, and the as-of date of a scheduled run."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tolerance.errors import UsageError


def as_of_ends_at(as_of: date, zone: ZoneInfo) -> datetime:
    """The first instant that a run for `as_of` does not know, in UTC without a zone.

    It is the next day, 00:00, in the business time zone.
    """
    midnight = datetime.combine(as_of + timedelta(days=1), time.min, tzinfo=zone)
    return midnight.astimezone(UTC).replace(tzinfo=None)


def business_date(instant: datetime, zone: ZoneInfo) -> date:
    """The business date of an instant that carries a zone."""
    return instant.astimezone(zone).date()


def as_of_for_schedule(run_after: datetime, zone: ZoneInfo) -> date:
    """The as-of date of a run that the scheduler starts at `run_after`: the last day that is over."""
    return business_date(run_after, zone) - timedelta(days=1)


def parse_as_of(text: str, earliest: date = date.min, latest: date = date.max) -> date:
    """An as-of date as a user writes it, within the dates that the company holds plausible.

    Raises:
        UsageError: when `text` is not YYYY-MM-DD, not a calendar day, or outside that range.
    """
    try:
        parsed = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise UsageError(
            f"AS_OF={text!r} is not a date", "write it as YYYY-MM-DD, for example 2026-10-31."
        ) from None
    if not earliest <= parsed <= latest:
        raise UsageError(
            f"AS_OF={text} lies outside the plausible dates ({earliest} to {latest})",
            "give a business date, or widen earliest_plausible_on and latest_plausible_on in "
            "dbt_project.yml.",
        )
    return parsed
