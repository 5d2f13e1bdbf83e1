"""The data dictionary tells what dbt's yml tells."""

from __future__ import annotations

from tests import REPOSITORY
from tolerance.data_dictionary import data_dictionary


def test_the_data_dictionary_is_not_stale() -> None:
    written = (REPOSITORY / "docs" / "data_dictionary.md").read_text("utf-8")
    assert written == data_dictionary(), "make it anew with `make data-dictionary`"


def test_published_tables_and_seeds_stand_in_the_data_dictionary() -> None:
    text = data_dictionary()
    for table in ("audit_generation", "crm_alert_list", "fct_alert", "incident_types"):
        assert f"### {table}\n" in text
    assert "| penalty_points | decimal(18, 6) | Points that it costs; 0 unless cumulative. |" in text
