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
            "jan january janv janvier",
            "feb february fev fevr fevrier",
            "mar march mars",
            "apr april avr avril",
            "may mai",
            "jun june juin",
            "jul july juil juillet",
            "aug august aout",
            "sep sept september septembre",
            "oct october octobre",
            "nov november novembre",
            "dec december decembre",
        ),
        start=1,
    )
    for name in names.split()
}
"""English and French month names, long and short, without accents."""

_WITHOUT_ACCENTS = str.maketrans("éèêûôàÉÈÊÛ", "eeeuoaEEEU")
_WORD = re.compile(r"[A-Za-z]{3,}\.?")


class NoSuchDateError(ValueError):
    """A text is in none of the formats that were declared."""


class DateBeyondError(ValueError):
    """A number of seconds that no calendar holds."""


def iso_text(text: str, formats: tuple[str, ...], zone: ZoneInfo) -> str:
    """The ISO 8601 text of an instant or a day, with its zone; the first format that fits counts.

    `iso` is ISO 8601 itself, `unix` and `unix_ms` count from 1970 in UTC, others are strptime's with
    month names in English or French, whatever the machine's locale. Times without a zone are
    local time of `zone`. Raises `NoSuchDateError`, or `DateBeyondError` for a count out of all range.
    """
    if len(text) > _MOST_CHARACTERS:
        raise NoSuchDateError
    for one in formats:
        try:
            moment = _moment(text, one)
        except DateBeyondError:
            raise
        except ValueError:
            continue
        if one == "iso" and moment.tzinfo is None and len(text) <= len("2026-11-20"):
            return text  # a day, without a time
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()
    raise NoSuchDateError


def day_text(text: str, formats: tuple[str, ...]) -> str:
    """The ISO 8601 text of a day; a time that stands beside it is left out. Raises `NoSuchDateError`."""
    if len(text) <= _MOST_CHARACTERS:
        for one in formats:
            try:
                return _moment(text, one).date().isoformat()
            except ValueError:
                continue
    raise NoSuchDateError


def _moment(text: str, one: str) -> datetime:
    if one == "iso":
        return datetime.fromisoformat(text)
    if one in ("unix", "unix_ms"):
        return _from_epoch(text, 1 if one == "unix" else 1000)
    if "%b" in one:
        text, one = _with_month_numbers(text), one.replace("%b", "%m")
    return datetime.strptime(text, one)  # noqa: DTZ007  (its zone is attached by iso_text)


def _from_epoch(text: str, parts: int) -> datetime:
    count = float(text)
    try:
        return _EPOCH + timedelta(seconds=count / parts)
    except (OverflowError, ValueError):
        raise DateBeyondError from None


def _with_month_numbers(text: str) -> str:
    """`11/févr./24` as `11/2/24`; words that are no month stay."""

    def number(match: re.Match[str]) -> str:
        word = match.group()
        return _MONTHS.get(word.rstrip(".").lower(), word)

    return _WORD.sub(number, text.translate(_WITHOUT_ACCENTS))
