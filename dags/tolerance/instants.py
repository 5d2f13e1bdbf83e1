"""Instants and business dates, by the calendar of the business time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tolerance.settings import Settings


class ImplausibleTimeError(ValueError):
    """A date that is missing or outside the plausible range."""


def plausible(moment: datetime, settings: Settings) -> datetime:
    """`moment` in UTC, read as business time without a zone; `ImplausibleTimeError` out of range."""
    return instant_and_day(moment, settings)[0]


def instant_and_day(moment: datetime, settings: Settings) -> tuple[datetime, date]:
    """`moment` in UTC, read as business time without a zone, and its business date.

    Raises `ImplausibleTimeError` outside the plausible range.
    """
    if not settings.earliest_plausible_on.year - 1 <= moment.year <= (settings.latest_plausible_on.year + 1):
        raise ImplausibleTimeError  # also prevents an overflow below
    if moment.tzinfo is None:
        local = moment.replace(fold=0) if moment.fold else moment
        moment = datetime.combine(local.date(), local.time(), settings.business_time_zone)
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
    in_utc = moment.astimezone(UTC)
    return datetime.combine(in_utc.date(), in_utc.time())  # ten times as fast as replace(tzinfo=None)


# Many at once -------------------------------------------------------------------------


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOUR, _DAY = (timedelta(**{unit: 1}) // _MICROSECOND for unit in ("hours", "days"))

_Microseconds = npt.NDArray[np.int64]


def stored_and_days(moments: pa.TimestampArray, settings: Settings) -> tuple[pa.Array, pa.Array] | None:
    """The stored instants and business dates of many moments, equal to those of `instant_and_day`.

    Moments without a zone are business time. None when a moment is not plausible, or falls into an hour in
    which the clocks change: then use `instant_and_day` for each.
    """
    zone = settings.business_time_zone
    first = _microseconds(settings.earliest_plausible_on) - 2 * _DAY
    last = _microseconds(settings.latest_plausible_on) + 2 * _DAY
    in_utc = moments.cast(pa.int64()).to_numpy()
    if in_utc.min() < first or in_utc.max() > last:
        return None
    if moments.type.tz is None:
        offsets = _offsets(in_utc, lambda local: local.replace(tzinfo=zone))
        if offsets is None:
            return None
        in_utc = in_utc - offsets
    offsets = _offsets(in_utc, lambda utc: utc.replace(tzinfo=UTC).astimezone(zone))
    if offsets is None:
        return None
    days = (in_utc + offsets).astype("datetime64[us]").astype("datetime64[D]")
    if days.min() < np.datetime64(settings.earliest_plausible_on):
        return None
    if days.max() > np.datetime64(settings.latest_plausible_on):
        return None
    return pa.array(in_utc.astype("datetime64[us]")), pa.array(days)


def _microseconds(day: date) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) - _EPOCH) // _MICROSECOND


def _offsets(moments: _Microseconds, zoned: Callable[[datetime], datetime]) -> _Microseconds | None:
    """How far the clocks are ahead of UTC at each moment, looked up once per hour."""
    hours, places = np.unique(moments // _HOUR, return_inverse=True)
    offsets = np.empty_like(hours)
    for place, hour in enumerate(hours.tolist()):
        begin = datetime(1970, 1, 1) + timedelta(hours=hour)  # noqa: DTZ001  (`zoned` tells its zone)
        at_begin, at_end = (
            zoned(moment).utcoffset() for moment in (begin, begin + timedelta(hours=1) - _MICROSECOND)
        )
        if at_begin is None or at_begin != at_end:
            return None
        offsets[place] = at_begin // _MICROSECOND
    return offsets[places]
