"""The reason of an alert can be read aloud, in French and in English."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tolerance.crm.reasons import alert_reason, sentences
from tolerance.wording import LANGUAGES, MINUS, duration, points

OUTAGE: dict[str, Any] = {
    "label": "Interruption de service",
    "occurred_on": date(2026, 10, 4),
    "incident_no": 2,
    "rule": "turns_negative",
    "before_points": Decimal("59.75"),
    "after_points": Decimal("-40.25"),
    "reclassification_reason": None,
    "tenure_months": 61,
    "first_step": "Rétablir le service et donner une heure",
}


def test_a_reason_in_french() -> None:
    assert alert_reason("fr", **OUTAGE) == (
        "Interruption de service le 4 octobre 2026. C'est son 2ᵉ incident grave : sa tolérance est épuisée "
        f"(de 59,75 à {MINUS}40,25 points). Relation depuis 5 ans. "
        "À faire d'abord : Rétablir le service et donner une heure."
    )


def test_a_reason_in_english() -> None:
    told = alert_reason(
        "en",
        label="Unrecognised payment",
        occurred_on=date(2026, 10, 12),
        incident_no=4,
        rule="was_already_negative",
        before_points=Decimal("-45.98"),
        after_points=Decimal("-145.98"),
        reclassification_reason="deadline_passed",
        tenure_months=None,
        first_step=None,
    )
    assert told == (
        "Unrecognised payment on 12 October 2026, the fourth serious incident. Tolerance was already used up "
        f"({MINUS}45.98) and is now {MINUS}145.98 points. Not resolved by its deadline."
    )


@pytest.mark.parametrize(
    ("number", "french", "english"),
    [(1, "1er", "first"), (11, "11ᵉ", "11th"), (21, "21ᵉ", "21st"), (22, "22ᵉ", "22nd"), (23, "23ᵉ", "23rd")],
)
def test_incidents_are_counted_as_people_do(number: int, french: str, english: str) -> None:
    assert f"son {french} incident" in alert_reason("fr", **OUTAGE | {"incident_no": number})
    assert f"the {english} serious" in alert_reason("en", **OUTAGE | {"incident_no": number})


def test_the_first_of_a_month_in_french() -> None:
    first = OUTAGE | {"occurred_on": date(2026, 10, 1)}
    assert " le 1er octobre 2026." in alert_reason("fr", **first)
    assert " on 1 October 2026," in alert_reason("en", **first)


def test_points_and_durations_are_written_as_the_language_does() -> None:
    assert points(Decimal("-1240.255"), "fr") == f"{MINUS}1 240,26"
    assert points(Decimal("1240.25"), "en") == "1,240.25"
    assert [duration(months, "fr") for months in (1, 11, 12, 61)] == ["1 mois", "11 mois", "1 an", "5 ans"]
    assert [duration(months, "en") for months in (1, 11, 12, 61)] == [
        "1 month",
        "11 months",
        "1 year",
        "5 years",
    ]


def test_both_languages_have_the_same_sentences() -> None:
    french, english = (sentences(language) for language in LANGUAGES)
    assert french.keys() == english.keys()
