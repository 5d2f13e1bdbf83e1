"""What the fields of a record must hold, and what is made of them: declared once for each source.

The same rules read one record after another and a block of records by columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tolerance.instants import ImplausibleTimeError, instant_and_day, plausible_day
from tolerance.records import QuarantineReason
from tolerance.settings import Settings

Values = dict[str, object]


class BadFieldError(Exception):
    """One field does not fit the contract. `detail` names the field, never its value."""

    def __init__(self, reason: QuarantineReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Rule:
    """How columns of `raw/` are made of the texts of fields; `made_of` raises `BadFieldError`.

    It gives one value, or as many as there are columns. The same texts always give the same.
    """

    columns: tuple[str, ...]
    fields: tuple[str, ...]
    made_of: Callable[..., Any]


def values_of_row(rules: Iterable[Rule], row: dict[str, str]) -> Values:
    """The columns of `raw/` for one record; the first rule that it breaks raises `BadFieldError`."""
    values: Values = {}
    for rule in rules:
        made = rule.made_of(*[row[field] for field in rule.fields])
        if len(rule.columns) == 1:
            values[rule.columns[0]] = made
        else:
            values.update(zip(rule.columns, made, strict=True))
    return values


def values_of_columns(
    rules: Iterable[Rule], texts_of: Callable[[str], Sequence[str]]
) -> dict[str, Sequence[object]]:
    """The same for many records at once, by column. Raises `BadFieldError` when one breaks a rule."""
    values: dict[str, Sequence[object]] = {}
    for rule in rules:
        texts = [texts_of(field) for field in rule.fields]
        made = _made_of_each(rule.made_of, texts[0]) if len(texts) == 1 else _made_of_all(rule.made_of, texts)
        if len(rule.columns) == 1:
            values[rule.columns[0]] = made
        else:
            values.update(zip(rule.columns, zip(*made, strict=True), strict=True))
    return values


def _made_of_each(made_of: Callable[[str], Any], texts: Sequence[str]) -> list[Any]:
    """What is made of each text; of one that comes again only once."""
    distinct = set(texts)
    if len(distinct) * 2 > len(texts):
        return list(map(made_of, texts))
    made = {text: made_of(text) for text in distinct}
    return [made[text] for text in texts]


def _made_of_all(made_of: Callable[..., Any], texts: list[Sequence[str]]) -> list[Any]:
    together = list(zip(*texts, strict=True))
    made = {one: made_of(*one) for one in set(together)}
    return [made[one] for one in together]


# What one field must hold -------------------------------------------------------------


def optional(text: str) -> str | None:
    """The text of a field, or None where there is none."""
    return text or None


def lowered(text: str) -> str | None:
    """The text of a field in lower case, or None where there is none."""
    return text.lower() or None


def required(text: str | None, field: str) -> str:
    """The text of a field that must be there."""
    if not text:
        raise BadFieldError(QuarantineReason.MISSING_REQUIRED, f"{field} is missing")
    return text


def one_of(text: str | None, allowed: frozenset[str], field: str) -> str | None:
    """A word of a closed list in lower case, or None where there is none."""
    if not text:
        return None
    if (word := text.lower()) not in allowed:
        raise BadFieldError(QuarantineReason.BAD_VALUE, f"{field} is none of {', '.join(sorted(allowed))}")
    return word


def moment(text: str | None, field: str, settings: Settings) -> tuple[datetime, date]:
    """A required instant, as stored, and its business date. A missing one is implausible."""
    if not text:
        raise BadFieldError(QuarantineReason.EVENT_TIME_OUT_OF_RANGE, f"{field} is missing")
    try:
        in_utc, day = instant_and_day(datetime.fromisoformat(text), settings)
    except ValueError as error:
        raise _no_date(field, error, settings) from None
    return in_utc.replace(tzinfo=None), day


def optional_moment(
    text: str | None, field: str, settings: Settings
) -> tuple[datetime, date] | tuple[None, None]:
    """An instant and its business date, or two Nones where there is none."""
    return moment(text, field, settings) if text else (None, None)


def optional_day(text: str | None, field: str, settings: Settings) -> date | None:
    """An ISO date without a time, or None where there is none."""
    if not text:
        return None
    try:
        return plausible_day(date.fromisoformat(text), settings)
    except ValueError as error:
        raise _no_date(field, error, settings) from None


def _no_date(field: str, error: ValueError, settings: Settings) -> BadFieldError:
    if isinstance(error, ImplausibleTimeError):
        return BadFieldError(
            QuarantineReason.EVENT_TIME_OUT_OF_RANGE,
            f"{field} lies outside {settings.earliest_plausible_on} to {settings.latest_plausible_on}",
        )
    return BadFieldError(QuarantineReason.BAD_VALUE, f"{field} is no ISO date")
