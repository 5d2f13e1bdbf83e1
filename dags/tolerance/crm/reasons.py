"""Why does this customer have an alert? In sentences that one can read aloud, in French and in English.

Made from numbers, types and the company's own playbook only, never from a customer's words. The sentences are
data: `words/fr.yml` and `words/en.yml`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tolerance.wording import day, duration, ordinal_form, points


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
    words = sentences(language)
    values = {
        "label": label,
        "date": day(occurred_on, language),
        "nth": _nth(incident_no, language),
        "before": points(before_points, language),
        "after": points(after_points, language),
    }
    told = [words["incident"].format_map(values), words[rule].format_map(values)]
    if reclassification_reason in words:
        told.append(words[reclassification_reason])
    if tenure_months:
        told.append(words["tenure"].format(duration=duration(tenure_months, language)))
    if first_step:
        told.append(words["first_step"].format(step=first_step.rstrip(".")))
    return " ".join(told)


@cache
def sentences(file: str) -> dict[str, Any]:
    """The sentences of a file of words, by name; the reasons' are those of a language (`fr` or `en`)."""
    path = Path(__file__).with_name("words") / f"{file}.yml"
    words: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return words


def _nth(number: int, language: str) -> str:
    words = sentences(language)
    if number <= len(words["nth"]):
        return str(words["nth"][number - 1])
    return f"{number}{words['endings'][ordinal_form(number, language)]}"
