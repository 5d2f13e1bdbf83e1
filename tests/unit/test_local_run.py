"""Which DAGs a cycle on request runs."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from tolerance.local_run import _VERSIONS_OF_TASK_API, _dags
from tolerance.state import State

NEEDED = ["ingest_customers", "ingest_faq", "ingest_mail", "ingest_tickets"]


def test_an_optional_source_costs_nothing_until_it_has_a_folder_or_the_crm_has_answered(
    tmp_path: Path,
) -> None:
    state, extracts = State(tmp_path / "state"), tmp_path / "in"
    extracts.mkdir()
    state.acknowledgements.mkdir(parents=True)
    assert _dags(state, extracts) == [*NEEDED, "daily"]
    (state.acknowledgements / "a.csv").touch()
    (extracts / "reviews").mkdir()
    assert set(_dags(state, extracts)) == {
        *NEEDED,
        "ingest_acknowledgements",
        "ingest_reviews",
        "daily",
    }
    assert _dags(state, None) == ["daily"]


def test_a_source_that_has_nothing_new_is_left_out(tmp_path: Path) -> None:
    assert _dags(State(tmp_path), tmp_path, frozenset({"faq", "mail", "reviews"})) == [
        "ingest_customers",
        "ingest_tickets",
        "daily",
    ]


def test_the_versions_of_the_task_api_are_known_for_the_airflow_of_the_lock() -> None:
    assert version("apache-airflow") in _VERSIONS_OF_TASK_API, "try how many suffice; else all are made"
