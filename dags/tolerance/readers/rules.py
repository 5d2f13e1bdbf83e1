"""What the fields of a record must hold, and what becomes of them: a rule for each kind of field.

The same rules read single records and blocks of records by column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tolerance.contracts.base import Contract, Field, Kind
from tolerance.identity import address_hash, phone_hash
from tolerance.instants import ImplausibleTimeError, instant_and_day, plausible_day, stored, stored_and_days
from tolerance.records import QuarantineReason
from tolerance.settings import Settings

Values = dict[str, object]


class BadFieldError(Exception):
    """One field does not fit the contract. `detail` names the field, never its value."""

    def __init__(self, reason: QuarantineReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


_BETWEEN = "\0"
_USUAL = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}$"
_USUAL_WITH_ZONE = _USUAL.removesuffix("$") + r"(?:Z|[+-]\d{2}:\d{2})$"

Columns = Sequence[pa.Array]


@dataclass(frozen=True, slots=True)
class Rule:
    """How columns of `raw/` are made of the texts of fields; `made_of` raises `BadFieldError`.

    It returns one value, or a value per column, which depends on the texts alone. `made_of_all` does the
    same for many records, from arrays of texts to an array per column, where that is faster; or returns
    None when it cannot for these texts.
    """

    columns: tuple[str, ...]
    fields: tuple[str, ...]
    made_of: Callable[..., Any]
    made_of_all: Callable[..., Columns | None] | None = None


def rules_of(
    contract: Contract, settings: Settings, identity_key: bytes, special: Iterable[Rule] = ()
) -> tuple[Rule, ...]:
    """The rules of a contract's fields, in their order; a `special` rule replaces those of its columns."""
    instead = {column: rule for rule in special for column in rule.columns}
    return tuple(
        dict.fromkeys(
            instead.get(field.columns[0].name) or _rule_of(field, settings, identity_key)
            for field in contract.fields
        )
    )


def _rule_of(field: Field, settings: Settings, key: bytes) -> Rule:
    name, column, kind = field.name, field.columns[0].name, field.kind
    if kind is Kind.INSTANT:
        return _instant(field, settings)
    if kind is Kind.TEXT:
        return _text(field)
    made_of: dict[Kind, Callable[[str], object]] = {
        Kind.WORD: lambda text: word_of(text, field.words, name),
        Kind.YES_OR_NO: lambda text: _is_yes(text, name),
        Kind.COUNT: lambda text: _count(text, name),
        Kind.AMOUNT: lambda text: _amount(text, name),
        Kind.TAGS: _tags,
        Kind.DAY: lambda text: optional_day(text, name, settings),
        Kind.ADDRESS: lambda text: address_hash(key, text) if text else None,
        Kind.ADDRESSES: lambda text: _address_hashes(text, name, key),
        Kind.PHONE: lambda text: phone_hash(key, text) if text else None,
        Kind.OWN_ID: lambda text: _id_of_ours(text, name),
    }
    rule = Rule((column,), (name,), made_of[kind])
    return _not_empty(rule) if field.is_required else rule


def _not_empty(rule: Rule) -> Rule:
    """The same rule for a field that must be there."""
    return Rule(rule.columns, rule.fields, lambda text: rule.made_of(there(text, rule.fields[0])))


def _text(field: Field) -> Rule:
    if field.is_lowered:
        rule = lowered(field.columns[0].name, field.name, least=field.least, most=field.most)
        return _not_empty(rule) if field.is_required else rule
    make = required if field.is_required else optional
    rule = make(field.columns[0].name, field.name, most=field.most)
    return _of_ids(rule, field.name) if field.is_id else rule


def _of_ids(rule: Rule, field: str) -> Rule:
    """The same rule for a field of ids, which refuses what a spreadsheet has made of them."""
    made_of, made_of_all = rule.made_of, rule.made_of_all

    def checked(text: str) -> object:
        return made_of(_own_id(text, field))

    def all_checked(texts: pa.StringArray) -> Columns | None:
        is_suspect = pc.any(pc.match_substring(texts, "+")).as_py()
        return None if is_suspect or made_of_all is None else made_of_all(texts)

    return Rule(rule.columns, rule.fields, checked, all_checked)


def _instant(field: Field, settings: Settings) -> Rule:
    at, on = (column.name for column in field.columns)
    if field.needed_where is not None:
        return _needed_instant(field, *field.needed_where, settings)
    if not field.otherwise:
        return instant(at, on, settings) if field.is_required else optional_instant(at, on, settings)
    return Rule(
        (at, on),
        (field.name, field.otherwise),
        lambda text, other: moment(text or other, field.name, settings),
        lambda texts, others: moments(pc.if_else(pc.equal(texts, ""), others, texts), settings),
    )


def _needed_instant(field: Field, other: str, word: str, settings: Settings) -> Rule:
    """An instant that a record needs where another field says a word."""

    def made_of(text: str, said: str) -> tuple[datetime, date] | tuple[None, None]:
        if not text and said.lower() == word:
            raise BadFieldError(
                QuarantineReason.MISSING_REQUIRED, f"{field.name} is missing where {other} is {word}"
            )
        return optional_moment(text, field.name, settings)

    return Rule(tuple(column.name for column in field.columns), (field.name, other), made_of)


def optional(column: str, field: str = "", *, most: int | None = None) -> Rule:
    """The text of a field, or None where it is empty."""
    name = field or column
    return Rule(
        (column,),
        (name,),
        lambda text: bounded(text, name, most=most) or None,
        lambda texts: (
            None
            if _has_longer(texts, most)
            else [pc.if_else(pc.equal(texts, ""), None, texts) if _has_empty(texts) else texts]
        ),
    )


def lowered(column: str, field: str = "", *, least: int = 1, most: int | None = None) -> Rule:
    """The text of a field in lower case, or None where it is empty."""
    name = field or column
    return Rule((column,), (name,), lambda text: bounded(text.lower(), name, least=least, most=most) or None)


def required(column: str, field: str = "", *, most: int | None = None) -> Rule:
    """The text of a required field."""
    name = field or column
    return Rule(
        (column,),
        (name,),
        lambda text: bounded(there(text, name), name, most=most),
        lambda texts: None if _has_empty(texts) or _has_longer(texts, most) else [texts],
    )


def instant(at: str, on: str, settings: Settings) -> Rule:
    """A required instant and its business date, both from the field with the name of the first column."""
    return Rule(
        (at, on),
        (at,),
        lambda text: moment(text, at, settings),
        lambda texts: moments(texts, settings),
    )


def optional_instant(at: str, on: str, settings: Settings) -> Rule:
    """An optional instant and its business date."""
    return Rule(
        (at, on),
        (at,),
        lambda text: optional_moment(text, at, settings),
        lambda texts: optional_moments(texts, settings),
    )


def values_of_row(rules: Iterable[Rule], row: dict[str, str]) -> Values:
    """The columns of `raw/` for one record; the first broken rule raises `BadFieldError`."""
    values: Values = {}
    for rule in rules:
        made = rule.made_of(*[row[field] for field in rule.fields])
        if len(rule.columns) == 1:
            values[rule.columns[0]] = made
        else:
            values.update(zip(rule.columns, made, strict=True))
    return values


def values_of_columns(
    rules: Iterable[Rule], texts_of: Callable[[str], pa.StringArray]
) -> dict[str, pa.Array]:
    """The same for many records at once, by column. Raises `BadFieldError` when one breaks a rule.

    No text holds a NUL.
    """
    values: dict[str, pa.Array] = {}
    for rule in rules:
        texts = [texts_of(field) for field in rule.fields]
        made = rule.made_of_all(*texts) if rule.made_of_all else None
        values.update(zip(rule.columns, made or _made_of_distinct(rule, texts), strict=True))
    return values


def _made_of_distinct(rule: Rule, texts: list[pa.StringArray]) -> Columns:
    """What the rule makes of texts; repeated texts are read only once."""
    together = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, _BETWEEN)
    coded = together.dictionary_encode()
    distinct = coded.dictionary.to_numpy(zero_copy_only=False).tolist()
    made = [rule.made_of(*text.split(_BETWEEN)) for text in distinct]
    columns = [made] if len(rule.columns) == 1 else zip(*made, strict=True)
    return [pa.array(values).take(coded.indices) for values in columns]


def _has_empty(texts: pa.StringArray) -> bool:
    return bool(pc.any(pc.equal(texts, "")).as_py())


def _has_longer(texts: pa.StringArray, most: int | None) -> bool:
    return most is not None and bool(pc.any(pc.greater(pc.utf8_length(texts), most)).as_py())


# What one field must hold -------------------------------------------------------------


def bounded(text: str, field: str, *, least: int = 1, most: int | None = None) -> str:
    """The text, if it is empty or of an allowed length."""
    if text and (len(text) < least or (most is not None and len(text) > most)):
        raise BadFieldError(
            QuarantineReason.BAD_VALUE,
            f"{field} has fewer than {least} characters"
            if len(text) < least
            else f"{field} has more than {most} characters",
        )
    return text


_OF_A_SPREADSHEET = re.compile(r"-?\d{1,3}(?:[.,]\d{0,20})?[eE]\+\d{1,3}")


def _own_id(text: str, field: str) -> str:
    """The id, unless a spreadsheet made a number such as 5.70306E+17 of it: its last digits are lost."""
    if "+" in text and _OF_A_SPREADSHEET.fullmatch(text):
        raise BadFieldError(
            QuarantineReason.BAD_VALUE,
            f"{field} was made a number by a spreadsheet and has lost its last digits; export it again and "
            "deliver that file without opening it in a spreadsheet, or with the column as text",
        )
    return text


_OF_OURS = re.compile(r"[0-9a-f]{32}")


def _id_of_ours(text: str, field: str) -> str | None:
    """An id that the product gave, in lower case, or None where the field is empty."""
    if text and not _OF_OURS.fullmatch(text.lower()):
        raise BadFieldError(
            QuarantineReason.BAD_VALUE,
            f"{field} is not an id from our lists: 32 digits and letters from a to f",
        )
    return text.lower() or None


def there(text: str | None, field: str) -> str:
    """The text of a required field."""
    if not text:
        raise BadFieldError(QuarantineReason.MISSING_REQUIRED, f"{field} is missing")
    return text


def word_of(text: str | None, allowed: frozenset[str], field: str) -> str | None:
    """A word of a closed list in lower case, or None where the field is empty."""
    if not text:
        return None
    if (word := text.lower()) not in allowed:
        raise BadFieldError(QuarantineReason.BAD_VALUE, f"{field} is not one of {', '.join(sorted(allowed))}")
    return word


def moment(text: str | None, field: str, settings: Settings) -> tuple[datetime, date]:
    """A required instant, as stored, and its business date. A missing instant counts as implausible."""
    if not text:
        raise BadFieldError(QuarantineReason.EVENT_TIME_OUT_OF_RANGE, f"{field} is missing")
    try:
        in_utc, day = instant_and_day(datetime.fromisoformat(text), settings)
    except ValueError as error:
        raise _no_date(field, text, error, settings) from None
    return stored(in_utc), day


def moments(texts: pa.StringArray, settings: Settings) -> Columns | None:
    """What `moment` makes of each of many texts, or None where each needs `moment` itself.

    Only for texts in the most usual form, which Arrow reads as Python does.
    """
    zone = "UTC" if pc.all(pc.match_substring_regex(texts, _USUAL_WITH_ZONE)).as_py() else None
    if zone is None and not pc.all(pc.match_substring_regex(texts, _USUAL)).as_py():
        return None
    try:
        return stored_and_days(texts.cast(pa.timestamp("us", zone)), settings)
    except pa.ArrowInvalid:
        return None


def optional_moments(texts: pa.StringArray, settings: Settings) -> Columns | None:
    """What `optional_moment` makes of each of many texts, or None where each needs it itself."""
    is_there = pc.not_equal(texts, "").to_numpy(zero_copy_only=False)
    if not is_there.any():
        return None
    made = moments(texts.filter(pa.array(is_there)), settings)
    places = pa.array(np.cumsum(is_there) - 1, mask=~is_there)
    return made and [column.take(places) for column in made]


def optional_moment(
    text: str | None, field: str, settings: Settings
) -> tuple[datetime, date] | tuple[None, None]:
    """An instant and its business date, or two Nones where the field is empty."""
    return moment(text, field, settings) if text else (None, None)


def optional_day(text: str | None, field: str, settings: Settings) -> date | None:
    """An ISO date without a time, or None where the field is empty."""
    if not text:
        return None
    try:
        return plausible_day(date.fromisoformat(text), settings)
    except ValueError as error:
        raise _no_date(field, text, error, settings) from None


_MOST_DIGITS_OF_A_COUNT = 6


def _is_yes(text: str, field: str) -> bool | None:
    answer = word_of(text, _YES_OR_NO, field)
    return None if answer is None else answer == "yes"


_YES_OR_NO = frozenset({"yes", "no"})


def _count(text: str, field: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS_OF_A_COUNT):
        raise BadFieldError(QuarantineReason.BAD_VALUE, f"{field} is not a count")
    return int(text)


_AMOUNT = re.compile(r"-?([0-9]{1,12}|[0-9]{1,3}([ \u00a0\u202f'’][0-9]{3}){1,3})([.,][0-9]{1,2})?", re.ASCII)
_NOT_OF_THE_NUMBER = str.maketrans({",": ".", **dict.fromkeys(" \u00a0\u202f'’", "")})


def _amount(text: str, field: str) -> str | None:
    """An amount with a point before its decimals and nothing between its thousands.

    A mark with three digits behind it may stand for either, so it is not read at all.
    """
    if not text:
        return None
    if not _AMOUNT.fullmatch(text):
        raise BadFieldError(QuarantineReason.BAD_VALUE, f"{field} is not an amount such as 1234.50")
    return text.translate(_NOT_OF_THE_NUMBER)


def _tags(text: str) -> str | None:
    """Tags in the order of the source, separated by commas; a CSV may separate them by blanks."""
    return ",".join(tag for tag in text.replace(",", " ").split() if tag) or None


def _address_hashes(cell: str, field: str, key: bytes) -> str | None:
    """The hashes of all addresses in a cell, in its order, separated by commas."""
    addresses = [address.strip() for address in cell.split(",") if address.strip()]
    if any("@" not in address.strip("@") for address in addresses):
        raise BadFieldError(QuarantineReason.BAD_VALUE, f"{field} holds something that is not an address")
    return ",".join(address_hash(key, address) for address in addresses) or None


def _no_date(field: str, text: str, error: ValueError, settings: Settings) -> BadFieldError:
    if isinstance(error, ImplausibleTimeError):
        return BadFieldError(
            QuarantineReason.EVENT_TIME_OUT_OF_RANGE,
            f"{field} is outside {settings.earliest_plausible_on} to {settings.latest_plausible_on}",
        )
    return BadFieldError(QuarantineReason.BAD_VALUE, f"{field} is not an ISO date{_hint(text)}")


_IN_FIGURES = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}(?:\D.*)?", re.DOTALL)
_MOST_MONTHS = 12


def _hint(text: str) -> str:
    """What to do about a date such as 31/12/2025 08:05: the contract's own form knows ISO dates alone."""
    match = _IN_FIGURES.fullmatch(text[:_MOST_COMPARED])
    if match is None:
        return ""
    first, second = int(match[1]), int(match[2])
    order = "day" if first > _MOST_MONTHS else "month" if second > _MOST_MONTHS else None
    read = f"{order} first" if order else "in figures"
    return (
        f": it is written {read}; deliver the file into the folder of the desk's profile (those that end in "
        "_us read the month first), or name its form under `dates` of a profile in mappings.yml"
    )


_MOST_COMPARED = 40
