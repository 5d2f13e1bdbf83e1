"""Which DAGs a cycle on request runs."""

from __future__ import annotations

from pathlib import Path

from tolerance.local_run import _dags
from tolerance.state import State

NEEDED = ["ingest_customers", "ingest_faq", "ingest_mail", "ingest_tickets"]


def test_an_optional_source_costs_nothing_until_it_has_a_folder_or_the_crm_has_answered(
    tmp_path: Path,
) -> None:
    state, extracts = State(tmp_path / "state"), tmp_path / "in"
    extracts.mkdir()
    state.acknowledgements.mkdir(parents=True)
    assert _dags(state, extracts, set()) == [*NEEDED, "daily"]
    (state.acknowledgements / "a.csv").touch()
    (extracts / "reviews").mkdir()
    assert set(_dags(state, extracts, set())) == {
        *NEEDED,
        "ingest_acknowledgements",
        "ingest_reviews",
        "daily",
    }


def test_a_source_that_has_nothing_new_is_left_out(tmp_path: Path) -> None:
    assert _dags(State(tmp_path), tmp_path, {"faq", "mail", "reviews"}) == [
        "ingest_customers",
        "ingest_tickets",
        "daily",
    ]
