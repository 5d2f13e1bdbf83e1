"""A refusal says what is the matter with the file, not what it is not."""

from __future__ import annotations

import pytest

from tolerance.contracts import CONTRACTS
from tolerance.formats.content import FileNotes
from tolerance.readers.outcomes import OwnCsv
from tolerance.readers.rules import BadFieldError, moment, optional_day
from tolerance.records import FileRefusedError
from tolerance.settings import settings

TICKETS = OwnCsv(CONTRACTS["tickets"].field_names)


def refusal(line: str) -> str:
    with pytest.raises(FileRefusedError) as error:
        TICKETS.bind([line], name="t.csv", notes=FileNotes())
    return error.value.sentence


@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
def test_a_contracts_header_under_another_delimiter_names_the_delimiter_and_the_mapping_file(
    delimiter: str,
) -> None:
    sentence = refusal(delimiter.join(TICKETS.columns))
    assert f"separated by {delimiter!r} instead of ';'" in sentence
    assert "mappings.yml" in sentence


def test_a_line_that_is_no_header_is_called_none() -> None:
    assert "this is not the header" in refusal("Dear Sir, yours")


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("31/12/2025 08:05", "day first"),
        ("12/31/2025", "month first"),
        ("03.04.2026 10:00:00", "in figures"),
        ("5-6-26", "in figures"),
    ],
)
def test_a_date_in_figures_points_to_dates_and_to_the_shipped_profiles(text: str, order: str) -> None:
    with pytest.raises(BadFieldError) as error:
        moment(text, "created_at", settings())
    assert f"created_at is not an ISO date: it is written {order};" in error.value.detail
    assert "_us" in error.value.detail
    assert "`dates`" in error.value.detail
    with pytest.raises(BadFieldError, match=order):
        optional_day(text, "relationship_started_on", settings())


def test_any_other_text_is_only_no_date() -> None:
    with pytest.raises(BadFieldError) as error:
        moment("yesterday", "created_at", settings())
    assert error.value.detail == "created_at is not an ISO date"
