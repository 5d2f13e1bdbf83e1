"""What a list looks like to whoever opens it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tolerance.crm.list_profile import ListProfile, cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
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


COLUMNS = ["alert_id", "priority", "reason_fr"]
ROWS = [("a1", 1, "Écran; cassé"), ("a2", None, None)]


def test_a_list_has_all_columns_under_their_own_names_unless_a_profile_says_otherwise() -> None:
    written = ListProfile(name="plain", file_name="plain.csv").written(COLUMNS, ROWS)
    assert written == "alert_id,priority,reason_fr\na1,1,Écran; cassé\na2,,\n".encode()


def test_a_profile_decides_columns_headers_nulls_cells_lines_and_mark() -> None:
    profile = ListProfile(
        name="loud",
        file_name="loud.csv",
        headers={"reason_fr": "Motif", "priority": "Priorité"},
        cell=lambda value: str(value).upper(),
        null="NULL",
        delimiter=";",
        line_end="\r\n",
        has_bom=True,
    )
    assert profile.written(COLUMNS, ROWS) == (
        '\ufeffMotif;Priorité\r\n"ÉCRAN; CASSÉ";1\r\nNULL;NULL\r\n'.encode()
    )
