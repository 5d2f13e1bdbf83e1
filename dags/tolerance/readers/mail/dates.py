"""When a mail was sent: by its Date as programs of many languages write it, else by the newest Received."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tolerance.instants import ImplausibleTimeError, plausible
from tolerance.readers.mail.headers import Headers, decoded, first
from tolerance.readers.rules import BadFieldError
from tolerance.records import QuarantineReason
from tolerance.settings import Settings

_MAX_RECEIVED = 20
_MAX_DATE_CHARACTERS = 200

_ODD_OFFSET = re.compile(r"(?:GMT|UTC)?([+-]\d{2}):?(\d{2})(?=\s*(?:\(|$))")
_OFFSET_IN_HOURS = re.compile(
    r"(:\d\d(?:\.\d{1,9})?(?:\s?[AaPp]\.?[Mm]\.?)?)\s?"
    r"(?:\(?(?:GMT|UTC|UT)\s?([+-])(\d{1,2})(?::?(\d\d))?\)?|([+-])(\d\d))$"
)
_IMPOSSIBLE_OFFSET = re.compile(
    r"(:\d\d(?:\.\d{1,9})?(?:\s?[AaPp]\.?[Mm]\.?)?)\s?(?:GMT|UTC|UT)?\s?"
    r"[+-](?:(?:2[4-9]|[3-9]\d)\d\d|\d\d[6-9]\d|\d{5,})(?=\s*(?:\(|$))"
)
_COMMENT = re.compile(r"\([^()]*\)")
_OFFSET_AT_THE_END = re.compile(r"[+-]\d{2}:?\d{2}\s*$")
_ISO_DATE = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{4})?")
_HALF_OF_DAY = re.compile(r"\d:\d\d(?::\d\d)?\s?[AP]\.?M\b", re.IGNORECASE)
_ZONE_NAME = re.compile(
    r"\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:\s?[AaPp]\.?[Mm]\b\.?)?+(\s*\(?([A-Za-z][\w/+-]*)\)?)"
)
_EUROPEAN_ZONES = {
    "WET": "+0000",
    "WEST": "+0100",
    "CET": "+0100",
    "MET": "+0100",
    "MEZ": "+0100",
    "CEST": "+0200",
    "MEST": "+0200",
    "MESZ": "+0200",
    "EET": "+0200",
    "EEST": "+0300",
}
"""Names of zones that mean the same everywhere and that Python does not know."""

_YEAR_BEFORE_1000 = re.compile(r"\s0\d{3}\s+\d{1,2}:")
_LEAP_SECOND = re.compile(r"(?<=\d:\d\d:)60(?!\d)")
_END_OF_DAY = re.compile(r"(?<!\d)24:00(:00)?(?![:\d])")

_NAMED_DATE = re.compile(
    r"(?:[^\W\d_]{2,14}[.,]{0,2}\s+)?(?:(?:le|den|el|o)\s+)?(\d{1,2})(?:er|st|nd|rd|th|\.|º)?[\s-]+(?:de\s+)?"
    r"([^\W\d_]{3,12})\.?,?[\s-]+(?:de\s+)?(\d{4})\b"
)
_MONTH_FIRST = re.compile(
    r"(?:[^\W\d_]{2,14}[.,]{0,2}\s+)?([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b"
)
_YEAR_FIRST = re.compile(r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})\b")
_NUMBERED_DATE = re.compile(r"(?:[^\W\d_]{2,14}[.,]{0,2}\s+)?(\d{1,2})([./-])(\d{1,2})\2(\d{4})\b")
_TIME_AND_ZONE = re.compile(
    r"[\s,]*(?:(?:à|at|um|kl\.?|om|alle|a las|às|ore)\s+)?(?:(\d{1,2})[:hH.](\d{2})(?:[:.](\d{2}))?)?"
    r"(?:\s?([AaPp])\.?[Mm]\b\.?)?"
    r"\s*(?:(Z|UTC|GMT|UT)?\s*([+-]\d{2}:?\d{2})?)"
)
_MONTHS = (
    ("jan", "gen", "ene", "янв", "sty"),
    ("fev", "feb", "фев", "lut"),
    ("mar", "mrt", "maa", "мар"),
    ("avr", "apr", "abr", "апр", "kwi"),
    ("mai", "may", "mag", "maj", "mei", "май", "мая"),
    ("juin", "jun", "giu", "июн", "cze"),
    ("juil", "jul", "lug", "июл", "lip"),
    ("aou", "aug", "ago", "авг", "sie"),
    ("sep", "set", "сен", "wrz"),
    ("oct", "okt", "ott", "out", "окт", "paz"),
    ("nov", "ноя", "lis"),
    ("dec", "dez", "dic", "des", "дек", "gru"),
)
"""How the names of the months begin, without accents."""


def sent_at(headers: Headers, settings: Settings) -> datetime:
    """When the mail was sent: by its Date, else by the newest Received that is plausible.

    Raises `BadFieldError` when neither can be read or is plausible.
    """
    received = list(_received(headers))
    hint = next(iter(received), None)
    written = first(headers, "date")
    dated = [found for text in _readings(written) if (found := date_of(text, hint)) is not None]
    for found in (*dated[:1], *received):
        try:
            return plausible(found, settings)
        except ImplausibleTimeError:
            continue
    if dated or received:
        raise BadFieldError(
            QuarantineReason.EVENT_TIME_OUT_OF_RANGE,
            f"its date is outside {settings.earliest_plausible_on} to {settings.latest_plausible_on}",
        )
    reason = QuarantineReason.BAD_VALUE if written.strip() else QuarantineReason.EVENT_TIME_OUT_OF_RANGE
    raise BadFieldError(reason, "no readable date, neither in Date nor in Received")


def _received(headers: Headers) -> Iterator[datetime]:
    for line in headers.get("received", [])[:_MAX_RECEIVED]:
        found = date_of(line.rpartition(";")[2])
        if found is not None:
            yield found


def _readings(written: str) -> Iterator[str]:
    """A Date in plain words; bytes of no known charset may be Cyrillic."""
    yield written
    if "=?" in written or not written.isascii():
        text = decoded(written)
        yield text
        yield text.encode("cp1252", "replace").decode("cp1251", "replace")


def date_of(text: str, hint: datetime | None = None) -> datetime | None:
    """The instant that a text names, without a zone where it gives none; None when it cannot be read.

    `hint` is about when it was: it tells the day from the month in `05/11/2026`, else the day comes first.
    """
    text = " ".join(text.split())[:_MAX_DATE_CHARACTERS]
    if not text:
        return None
    if _END_OF_DAY.search(text):
        return _later(date_of(_END_OF_DAY.sub("00:00:00", text), hint), timedelta(days=1))
    if _LEAP_SECOND.search(text):
        return _later(date_of(_LEAP_SECOND.sub("59", text), hint), timedelta(seconds=1))
    bare = _COMMENT.sub(" ", text)
    if _OFFSET_AT_THE_END.search(bare):  # the offset says all that a zone's name in brackets could
        text = bare.strip()
    text = _ODD_OFFSET.sub(r"\1\2", text)  # else it would be read as business time
    text = _OFFSET_IN_HOURS.sub(_with_minutes, text)
    text = _IMPOSSIBLE_OFFSET.sub(r"\1", text)
    zone = _ZONE_NAME.search(text)
    if zone and (offset := _EUROPEAN_ZONES.get(zone[2].upper())):
        text = f"{text[: zone.start(1)]} {offset}{text[zone.end(1) :]}"
    if _YEAR_BEFORE_1000.search(text):  # some programs write 0001 for no date; it does not mean 2001
        return datetime.min.replace(tzinfo=UTC)
    if _HALF_OF_DAY.search(text):
        return _otherwise_written(text, hint)
    iso = _ISO_DATE.fullmatch(text)
    try:
        found = datetime.fromisoformat(iso[1] + (iso[2] or "")) if iso else parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return _otherwise_written(text, hint)
    if found.tzinfo is not None:
        return found
    if "-0000" in text:  # RFC 5322: UTC from an unknown place, not local time
        return found.replace(tzinfo=UTC)
    return None if zone else found  # IST may be India, Ireland or Israel, but is not business time


def _later(moment: datetime | None, by: timedelta) -> datetime | None:
    try:
        return None if moment is None else moment + by
    except OverflowError:  # the end of the calendar is no plausible date either
        return moment


def _with_minutes(found: re.Match[str]) -> str:
    """A time with an offset in hours, such as GMT+2, as a time with an offset in hours and minutes."""
    sign, hours = found[2] or found[5], found[3] or found[6]
    return f"{found[1]} {sign}{hours:0>2}{found[4] or '00'}"


def _otherwise_written(text: str, hint: datetime | None) -> datetime | None:
    """A date with the names of another language, or in numbers; all of the text must make sense."""
    end, days = _days_written(text)
    rest = _TIME_AND_ZONE.fullmatch(text, end) if days else None
    if rest is None:
        return None
    hour, minute, second = (int(part or 0) for part in rest.groups()[:3])
    half = (rest[4] or "").lower()
    if half and hour <= 12:  # noqa: PLR2004  (a clock's face)
        hour = hour % 12 + (12 if half == "p" else 0)
    if half and "/" in text[:end]:  # who counts twelve hours writes the month first
        days.reverse()
    moments = []
    for in_year, month, day in days:
        try:
            moment = datetime(in_year, month, day, hour, minute, second)  # noqa: DTZ001  (its zone comes below, if it has one)
            moments.append(_zoned(moment, rest[5], rest[6]))
        except ValueError:
            continue
    if hint is None:
        return next(iter(moments), None)
    return min(
        moments, key=lambda moment: abs(moment.replace(tzinfo=UTC) - hint.replace(tzinfo=UTC)), default=None
    )


def _days_written(text: str) -> tuple[int, list[tuple[int, int, int]]]:
    """Where a date at the beginning ends, and the years, months and days that it may mean."""
    if found := _NAMED_DATE.match(text):
        return found.end(), [(int(found[3]), _month(found[2]), int(found[1]))]
    if found := _MONTH_FIRST.match(text):
        return found.end(), [(int(found[3]), _month(found[1]), int(found[2]))]
    if found := _YEAR_FIRST.match(text):
        return found.end(), [(int(found[1]), int(found[3]), int(found[4]))]
    if found := _NUMBERED_DATE.match(text):
        first_number, second_number, year = int(found[1]), int(found[3]), int(found[4])
        return found.end(), [(year, second_number, first_number), (year, first_number, second_number)]
    return 0, []


def _zoned(moment: datetime, name: str | None, offset: str | None) -> datetime:
    if offset:
        return datetime.fromisoformat(f"{moment.isoformat()}{offset[:3]}:{offset[-2:]}")
    return moment.replace(tzinfo=UTC) if name else moment


def _month(name: str) -> int:
    """The number of a month, 0 for what is none."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("й", "и\u0306"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter) or letter == "\u0306")
    bare = unicodedata.normalize("NFC", bare)
    return next((number for number, begins in enumerate(_MONTHS, 1) if bare.startswith(begins)), 0)
