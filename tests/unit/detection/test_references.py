"""Which ticket a text names."""

from __future__ import annotations

import pytest

from tolerance.detection.references import ticket_reference


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Re: [#10240] still waiting", "10240"),
        ("ticket n° 10240", "10240"),
        ("Ticket 10240: nothing happened", "10240"),
        ("ma demande 10240 du 3 mai", "10240"),
        ("order 10240 of 3 May", None),
        ("12345", None),
        (None, None),
    ],
)
def test_a_ticket_number_is_read_only_where_it_is_called_one(text: str | None, number: str | None) -> None:
    assert ticket_reference(text) == number
