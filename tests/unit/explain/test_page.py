"""A page that explains an account fits 80 columns, cuts nothing, and says it in two languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from tolerance.explain import saw_tooth
from tolerance.explain.page import Page, _words
from tolerance.wording import LANGUAGES

INCIDENT = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 1, 14, 23, 30, tzinfo=UTC)  # the next day in Paris


def line(on: date, kind: str, points: str, balance: str, **others: object) -> dict[str, Any]:
    told = {"line_on": on, "line_kind": kind, "points": Decimal(points), "balance_points": Decimal(balance)}
    return {"incident_id": None, "reason": None} | told | others


FACTS: dict[str, Any] = {
    "customer_id": "C[bold]1",
    "merged_from": None,
    "account": {
        "as_of_on": date(2026, 4, 1),
        "balance_points": Decimal("64.2625"),
        "budget_points": Decimal(150),
        "remembered_points": Decimal("85.7375"),
        "first_safe_month": date(2026, 11, 1),
    },
    "statement": [
        line(date(2026, 1, 1), "opening_budget", "150", "150"),
        line(date(2026, 1, 15), "penalty", "-100", "50", incident_id=INCIDENT),
        line(date(2026, 2, 1), "given_back", "5", "55"),
        line(date(2026, 3, 1), "given_back", "4.75", "59.75"),
        line(date(2026, 4, 1), "given_back", "4.5125", "64.2625"),
    ],
    "months": [{"closing_points": Decimal(points)} for points in ("50", "55", "59.75", "64.2625")],
    "incidents": [
        {
            "incident_id": INCIDENT,
            "incident_type": "service_outage",
            "label_en": "Service outage",
            "label_fr": "Interruption de service",
            "category": "cumulative",
            "penalty_points": Decimal(100),
            "occurred_on": date(2026, 1, 15),
            "decided_by": "M. Petit",
            "decided_on": date(2026, 1, 1),
            "decided_reason": None,
            "reclassification_reason": "resolved_late",
            "reclassified_by_file_name": "2026-01-16/tickets.json",
            "reclassified_by_record_no": 7,
            "contacts": [
                {
                    "source": "tickets",
                    "system": "jira",
                    "native_id": "SAV-4719",
                    "file_name": "2026-01-16/" + "a_long_name_of_a_file_" * 5 + ".json",
                    "record_no": 7,
                    "occurred_at": AT,
                }
            ],
        }
    ],
    "alerts": [],
}


def printed(language: str, *, is_exact: bool = False) -> str:
    console = Console(record=True, width=80, force_terminal=False)
    with console.capture() as shown:
        Page(console, language, ZoneInfo("Europe/Paris"), is_exact=is_exact).of_customer(FACTS)
    return shown.get()


def test_a_page_in_english() -> None:
    page = printed("en")
    assert "C[bold]1 as of 1 April 2026" in page
    assert "Balance 64.26 = budget 150.00 - remembered 85.74." in page
    assert "1 April 2026     forgotten in 3 months" in page
    assert "ticket jira SAV-4719 of 15 January 2026: 2026-01-16/" in page
    assert "because resolved after its deadline (2026-01-16/tickets.json, record 7)" in page
    assert "…" not in page
    statement = page.partition("WHAT MAKES")[2].partition("THE INCIDENTS")[0]
    assert max(map(len, statement.splitlines())) <= 80


def test_a_page_in_french() -> None:
    page = printed("fr")
    assert "Solde 64,26 = budget 150,00 - mémoire 85,74." in page
    assert "1er avril 2026" in page
    assert "à partir de novembre 2026" in page
    assert "Interruption de service" in page


def test_exact_shows_every_month_and_all_digits() -> None:
    page = printed("en", is_exact=True)
    assert "64.262500" in page
    assert page.count("forgotten in a month") == 3


def test_both_languages_have_the_same_words() -> None:
    french, english = (_words(language) for language in LANGUAGES)
    assert french.keys() == english.keys()


@pytest.mark.parametrize(
    ("balances", "lines"),
    [
        ([150.0], [" 150 █", " 125 █", " 100 █", "  75 █", "  50 █", "  25 █"]),
        ([20.0, -30.0], ["  25 █", "   0  ▒", " -25"]),
    ],
)
def test_the_picture_shows_what_is_left_and_what_is_missing(balances: list[float], lines: list[str]) -> None:
    assert saw_tooth.picture(balances, 80) == lines


def test_the_picture_shows_the_latest_months_where_there_are_too_many() -> None:
    assert saw_tooth.picture([100.0] * 500 + [0.0], 20)[-1].endswith("█")
    assert all(len(line) <= 20 for line in saw_tooth.picture([100.0] * 500, 20))
