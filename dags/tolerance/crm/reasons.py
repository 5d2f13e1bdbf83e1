"""Why does this customer have an alert? In sentences that one can read aloud, in French and in English.

Made from numbers, types and the company's own playbook only, never from a customer's words. The sentences are
data: `words/fr.yml` and `words/en.yml`. Dates, plurals and ordinals are Babel's.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from babel.units import format_unit

LOCALES = {"fr": Locale("fr"), "en": Locale("en", "GB")}
MONTHS_A_YEAR = 12
MINUS = "\N{MINUS SIGN}"
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def alert_reason(  # noqa: PLR0917  (SQL passes by position)
    language: str,
    label: str,
    occurred_on: date,
    incident_no: int,
    rule: str,
    before_points: Decimal,
    after_points: Decimal,
    reclassification_reason: str | None,
    tenure_months: int | None,
    first_step: str | None,
) -> str:
    """The reason of an alert, in `language` (`fr` or `en`).

    `incident_no` counts the customer's remembered incidents from 1, by their dates; `rule` is a sentence of
    the words: turns_negative, was_already_negative, is_negative_when_raised or holds. Balances in points are
    those around the incident. A tenure of less than a month, or an unknown one, is not told.
    """
    words = _words(language)
    values = {
        "label": label,
        "date": _date(occurred_on, language),
        "nth": _nth(incident_no, language),
        "before": points(before_points, language),
        "after": points(after_points, language),
    }
    told = [words["incident"].format_map(values), words[rule].format_map(values)]
    if reclassification_reason is not None:
        told.append(words[reclassification_reason])
    if tenure_months:
        told.append(words["tenure"].format(duration=duration(tenure_months, language)))
    if first_step:
        told.append(words["first_step"].format(step=first_step.rstrip(".")))
    return " ".join(told)


def points(value: Decimal, language: str) -> str:
    """Points to two decimals, as the language writes numbers."""
    text = format_decimal(value, "#,##0.00", locale=LOCALES[language])
    # The thin space of French breaks in spreadsheets and is no help to a screen reader.
    return text.replace("\N{NARROW NO-BREAK SPACE}", _words(language)["thousands"]).replace("-", MINUS)


def duration(months: int, language: str) -> str:
    """A tenure as people say it: whole years from one year on, else months."""
    years, rest = divmod(months, MONTHS_A_YEAR)
    unit, count = ("year", years) if years else ("month", rest)
    return format_unit(count, f"duration-{unit}", locale=LOCALES[language]).replace(_NO_BREAK_SPACE, " ")


def _nth(number: int, language: str) -> str:
    words = _words(language)
    if number <= len(words["nth"]):
        return str(words["nth"][number - 1])
    ending = words["endings"][LOCALES[language].ordinal_form(number)]
    return f"{number}{ending}"


@cache
def _date(day: date, language: str) -> str:
    written = format_date(day, "d MMMM y", locale=LOCALES[language])
    return f"{_words(language)['first_day_of_month']}{written[1:]}" if day.day == 1 else written


@cache
def _words(language: str) -> dict[str, Any]:
    path = Path(__file__).with_name("words") / f"{language}.yml"
    words: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return words
