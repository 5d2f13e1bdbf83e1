"""When people call and write: days and hours in the company's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

COMPANY_ZONE = ZoneInfo("Europe/Paris")

# Relative number of contacts per hour of the day, 0 to 23, summed up for a quick draw.
_HOURS = {
    source: tuple(accumulate(shares))
    for source, shares in {
        "faq": (0,) * 8 + (3, 8, 10, 9, 6, 7, 9, 9, 8, 7, 4, 2) + (0,) * 4,
        "mail": (1, 1, 0, 0, 0, 1, 2, 4, 7, 9, 9, 7, 6, 7, 8, 8, 7, 6, 6, 6, 7, 8, 6, 3),
        "tickets": (1, 0, 0, 0, 0, 0, 1, 3, 7, 9, 9, 8, 6, 7, 8, 8, 8, 6, 5, 5, 6, 6, 4, 2),
    }.items()
}
_WEEKDAY_SHARES = (1.0, 0.9, 0.85, 0.85, 0.9, 0.4, 0.15)  # Monday to Sunday
_SUNDAY = 6
_MARCH, _OCTOBER, _LAST_WEEK = 3, 10, 25  # the clock changes on the last Sunday
OPENS, CLOSES = 8, 20  # hours of the service desk


def is_sunday(day: date) -> bool:
    """Whether the call centre is closed."""
    return day.weekday() == _SUNDAY


def moment(rng: Random, day: date, source: str) -> datetime:
    """An instant of `day` at which such contacts come in, in UTC."""
    hour = rng.choices(range(24), cum_weights=_HOURS[source])[0]
    return instant(day, time(hour, rng.randrange(60), rng.randrange(60)))


def instant(day: date, at: time) -> datetime:
    """Local wall time of the company as an instant in UTC; `fold` tells the doubled hour apart."""
    return datetime.combine(day, at, COMPANY_ZONE).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last second of the company's day, in UTC."""
    return instant(day + timedelta(days=1), time()) - timedelta(seconds=1)


def business_date(at: datetime) -> date:
    """The company's date of an instant."""
    return at.astimezone(COMPANY_ZONE).date()


def at_work(rng: Random, at: datetime) -> datetime:
    """The instant when staff gets to what is due `at`: then, or early on the next working day."""
    local = at.astimezone(COMPANY_ZONE)
    if local.hour >= CLOSES:
        local += timedelta(days=1)
    elif local.hour >= OPENS and not is_sunday(local.date()):
        return at
    day = local.date() + timedelta(days=1 if is_sunday(local.date()) else 0)
    return instant(day, time(OPENS, rng.randrange(60), rng.randrange(60)))


def some_day(rng: Random, first: date, last: date) -> date:
    """A day from `first` to `last`, busy weekdays more often."""
    days = (last - first).days
    while True:
        day = first + timedelta(days=rng.randint(0, days))
        if rng.random() < _WEEKDAY_SHARES[day.weekday()]:
            return day


def awkward_moments(first: date, last: date) -> list[datetime]:
    """Instants in UTC where a date is easily got wrong, in order.

    The minutes around midnight at month ends, 29 February, and both nights of the clock change
    with the hour that comes twice.
    """
    found: list[datetime] = []
    for day in _days(first, last):
        tomorrow = day + timedelta(days=1)
        if tomorrow.day == 1 and tomorrow.month in (1, 3, 10, 11):
            found.append(instant(day, time(23, 59, 30)))
            if tomorrow <= last:
                found.append(instant(tomorrow, time(0, 1)))
        if (day.month, day.day) == (2, 29):
            found.append(instant(day, time(10, 29)))
        if day.month in (_MARCH, _OCTOBER) and is_sunday(day) and day.day >= _LAST_WEEK:
            found += _clock_change(day)
    return sorted(found)


def _clock_change(day: date) -> Iterator[datetime]:
    """Around the change of the last Sunday in March or October, which happens at 01:00 UTC."""
    yield instant(day, time(1, 59, 30))
    if day.month == _MARCH:
        yield instant(day, time(3, 0, 30))
    else:
        yield instant(day, time(2, 30))
        yield instant(day, time(2, 30, fold=1))


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
