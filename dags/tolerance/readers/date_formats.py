"""Dates as other systems write them, to the ISO 8601 text that the contract reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_CHARACTERS = 64

_MONTHS = {
    name: str(number)
    for number, names in enumerate(
        (
            "jan january janv janvier ene enero janeiro januar",
            "feb february fev fevr fevrier febrero fevereiro februar",
            "mar march mars marzo marco marz mrz",
            "apr april avr avril abr abril",
            "may mai mayo maio",
            "jun june juin junio junho juni",
            "jul july juil juillet julio julho juli",
            "aug august aout ago agosto",
            "sep sept september septembre septiembre setiembre set setembro",
            "oct october octobre octubre out outubro okt oktober",
            "nov november novembre noviembre novembro",
            "dec december decembre dic diciembre dez dezembro dezember",
        ),
        start=1,
    )
    for name in names.split()
}
"""Month names of five languages, long and short, without accents; every name means a single month."""

_WITHOUT_ACCENTS = str.maketrans("áàãäçéèêóôûÁÀÃÄÇÉÈÊÓÔÛ", "aaaaceeeoouAAAACEEEOOU")
_WORD = re.compile(r"[A-Za-z]{3,}\.?")

_ZONE_APART = re.compile(r"(?<=\d)\s*(?:UTC|GMT|Z)$|(?<=\d)\s+([+-]\d\d(?::?\d\d)?)$")
_DAY_AND_NO_TIME = re.compile(r"\d{4}-?\d\d-?\d\d[\d+-]")
"""Texts that begin like this would be read as a day and a time, but are a day with a zone, or a number."""

_ONE_DIGIT_HOUR = re.compile(r"^(\d{4}-\d\d-\d\d[ T])(?=\d:)")

_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
    r"(?:\s*(?P<half>[AP])\.?\s?M\.?)?(?P<rest>\s*\S*)"
)
_WITH_A_MONTH_NAME = re.compile(
    r"(?:[A-Z-]{2,13}\.?,?\s+)?"  # the day of the week
    r"(?:(?P<day>\d{1,2})(?:ST|ND|RD|TH|ER)?[\s/.-]+(?:DE\s+)?(?P<month>[A-Z]{3,10})\.?[\s/.,-]+(?:DE\s+)?"
    r"|(?P<month_first>[A-Z]{3,10})\.?\s+(?P<day_last>\d{1,2})(?:ST|ND|RD|TH)?,?\s+)"
    rf"(?P<year>\d{{4}}|\d\d)(?:(?:,?\s+(?:AT|AS?|A LAS|UM)\s+|,?\s+){_TIME})?",
    re.IGNORECASE | re.ASCII,
)
_FIRST_YEAR_OF_TWO_DIGITS = 69
"""Years of two digits from here on are of the last century, as in strptime."""

_HALF_DAY = 12


class NoSuchDateError(ValueError):
    """A text fits none of the declared formats."""


class DateBeyondError(ValueError):
    """A number of seconds beyond any calendar."""


def dated(text: str, formats: tuple[str, ...]) -> tuple[datetime, str]:
    """The moment that a text gives, and the first format that fits it.

    `iso` is ISO 8601 itself, `month_name` any usual form whose month is a name, `unix` and `unix_ms` count
    from 1970 in UTC, others are strptime's, with month names of five languages, whatever the machine's
    locale. Raises `NoSuchDateError`, or `DateBeyondError` for a number of seconds out of range.
    """
    if len(text) <= _MOST_CHARACTERS:
        for date_format in formats:
            try:
                return _moment(text, date_format), date_format
            except DateBeyondError:
                raise
            except ValueError:
                continue
    raise NoSuchDateError


def iso_text_of(moment: datetime, date_format: str, text: str, zone: ZoneInfo) -> str:
    """The ISO 8601 text of a moment that `dated` read, with its zone: `zone` where the text gives none."""
    if date_format == "iso" and moment.tzinfo is None and len(text) <= len("2026-11-20"):
        return text  # a day, without a time
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()


def _moment(text: str, date_format: str) -> datetime:
    if date_format == "iso":
        return _iso(text)
    if date_format == "month_name":
        return _with_a_month_name(text)
    if date_format in ("unix", "unix_ms"):
        return _from_epoch(text, 1 if date_format == "unix" else 1000)
    if "%b" in date_format:
        text, date_format = _with_month_numbers(text), date_format.replace("%b", "%m")
    return datetime.strptime(text, date_format)  # noqa: DTZ007  (its zone is attached by iso_text_of)


def _iso(text: str) -> datetime:
    """ISO 8601, also as databases and spreadsheets write it: a blank before the zone, a one-digit hour."""
    if not text[:4].isdigit():
        raise ValueError  # early exit for most texts in other formats
    text = _ZONE_APART.sub(lambda match: match.group(1) or "+00:00", text)
    if _DAY_AND_NO_TIME.match(text):
        raise ValueError
    return datetime.fromisoformat(_ONE_DIGIT_HOUR.sub(r"\g<1>0", text))


def _with_a_month_name(text: str) -> datetime:
    """`18 nov. 2026, 10:00:00`, `Nov 18, 2026 at 10:00 AM`, `11/May/24 3:26 PM`: the name shows the order."""
    match = _WITH_A_MONTH_NAME.fullmatch(" ".join(text.translate(_WITHOUT_ACCENTS).split()))
    month = _MONTHS.get((match["month"] or match["month_first"]).lower()) if match else None
    if match is None or month is None:
        raise ValueError
    year, hour = int(match["year"]), int(match["hour"] or 0)
    if len(match["year"]) < len("2026"):
        year += 1900 if year >= _FIRST_YEAR_OF_TWO_DIGITS else 2000
    if match["half"]:
        if not 1 <= hour <= _HALF_DAY:
            raise ValueError
        hour = hour % _HALF_DAY + (_HALF_DAY if match["half"].lower() == "p" else 0)
    day, time = int(match["day"] or match["day_last"]), f"{hour:02}:{match['minute'] or '00'}"
    second, zone = match["second"] or "00", match["rest"] or ""
    return _iso(f"{year:04}-{int(month):02}-{day:02} {time}:{second}{zone}")


# Whether day or month comes first -----------------------------------------------------


def is_numeric(date_format: str) -> bool:
    """Whether a format has day and month in figures, so that they can be confused."""
    return "%d" in date_format and "%m" in date_format and not date_format.startswith("%Y")


def in_the_other_order(date_format: str) -> str:
    """The format with day and month swapped."""
    return date_format.replace("%d", "%~").replace("%m", "%d").replace("%~", "%m")


def format_in_the_other_order(text: str, formats: tuple[str, ...]) -> str | None:
    """A declared format with day and month swapped that fits the text, if any."""
    for date_format in filter(is_numeric, formats):
        other = in_the_other_order(date_format)
        try:
            _moment(text[:_MOST_CHARACTERS], other)
        except ValueError:
            continue
        return other
    return None


def shape(text: str) -> str:
    """The form of a text without its words and figures: `99/99/9999 99:99`, for a message."""
    without_words = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text[:_MOST_SHOWN]))
    return re.sub(r"[^9a .,:;/+-]", "?", without_words) + ("…" if text[_MOST_SHOWN:] else "")


_MOST_SHOWN = 32


def _from_epoch(text: str, parts: int) -> datetime:
    count = float(text)
    try:
        return _EPOCH + timedelta(seconds=count / parts)
    except (OverflowError, ValueError):
        raise DateBeyondError from None


def _with_month_numbers(text: str) -> str:
    """`11/févr./24` as `11/2/24`; words that are not a month stay."""

    def number(match: re.Match[str]) -> str:
        word = match.group()
        return _MONTHS.get(word.rstrip(".").lower(), word)

    return _WORD.sub(number, text.translate(_WITHOUT_ACCENTS))
