"""Text to instants and business dates, with the calendar of the business time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tolerance.settings import Settings


class ImplausibleTimeError(ValueError):
    """A date that is missing or outside the plausible range."""


def plausible(moment: datetime, settings: Settings) -> datetime:
    """`moment` in UTC, naive ones read as business time; `ImplausibleTimeError` out of range."""
    return instant_and_day(moment, settings)[0]


def instant_and_day(moment: datetime, settings: Settings) -> tuple[datetime, date]:
    """`moment` in UTC and its business date, naive ones read as business time.

    Raises `ImplausibleTimeError` for one outside the plausible range.
    """
    if not settings.earliest_plausible_on.year - 1 <= moment.year <= (settings.latest_plausible_on.year + 1):
        raise ImplausibleTimeError  # also keeps the conversions below from overflowing
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=settings.business_time_zone, fold=0)
    moment = moment.astimezone(UTC)
    return moment, plausible_day(business_date(moment, settings), settings)


def plausible_day(day: date, settings: Settings) -> date:
    """`day` itself, or `ImplausibleTimeError` when it is outside the plausible range."""
    if not settings.earliest_plausible_on <= day <= settings.latest_plausible_on:
        raise ImplausibleTimeError
    return day


def business_date(moment: datetime, settings: Settings) -> date:
    """The calendar date of an instant in the business time zone."""
    return moment.astimezone(settings.business_time_zone).date()


def stored(moment: datetime) -> datetime:
    """An instant as `raw/` holds it: UTC without a zone, to the microsecond."""
    return moment.astimezone(UTC).replace(tzinfo=None)
