"""Numbers, dates and durations as people of a language write them, by Babel."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from babel.units import format_unit

LANGUAGES = ("en", "fr")
MINUS = "\N{MINUS SIGN}"
_LOCALES = {"fr": Locale("fr"), "en": Locale("en", "GB")}
_FIRST_OF_MONTH = {"fr": "1er", "en": "1"}
_SPACES = str.maketrans({"\N{NARROW NO-BREAK SPACE}": " ", "\N{NO-BREAK SPACE}": " ", "-": MINUS})
_MONTHS_A_YEAR = 12


def points(value: Decimal, language: str, *, digits: int = 2) -> str:
    """Points to some decimals, as the language writes numbers."""
    return format_decimal(value, f"#,##0.{'0' * digits}", locale=_LOCALES[language]).translate(_SPACES)


def duration(months: int, language: str) -> str:
    """A tenure as people say it: whole years from one year on, else months."""
    years, rest = divmod(months, _MONTHS_A_YEAR)
    unit, count = ("year", years) if years else ("month", rest)
    return format_unit(count, f"duration-{unit}", locale=_LOCALES[language]).translate(_SPACES)


@cache
def day(value: date, language: str) -> str:
    """A date in full words."""
    written = format_date(value, "d MMMM y", locale=_LOCALES[language])
    return f"{_FIRST_OF_MONTH[language]}{written[1:]}" if value.day == 1 else written


@cache
def month(value: date, language: str) -> str:
    """The month of a date, with its year."""
    return format_date(value, "LLLL y", locale=_LOCALES[language])


def ordinal_form(number: int, language: str) -> str:
    """Which ending an ordinal has, by the language's rule: one, two, few or other."""
    return str(_LOCALES[language].ordinal_form(number))
