"""What a list looks like to whoever opens it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tolerance.crm.export import cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (Decimal("-50.000000"), "-50.000000"),
        (date(2026, 2, 1), "2026-02-01"),
        (datetime(2026, 2, 1, 23, tzinfo=UTC), "2026-02-01T23:00:00Z"),
        (datetime(2026, 2, 2, 0, tzinfo=timezone(timedelta(hours=1))), "2026-02-01T23:00:00Z"),
        ("plain", "plain"),
    ],
)
def test_values_are_written_the_same_everywhere(value: object, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+cmd", "-1+1", "@sum", "\tx", "\rx"])
def test_a_text_that_a_spreadsheet_would_run_is_defused(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-12", "+33612345678", "-1.5"])
def test_a_plain_signed_number_stays(text: str) -> None:
    assert cell(text) == text
