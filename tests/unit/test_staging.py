"""Staging is built again when anything that it is made from has changed, and only then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tolerance import staging
from tolerance.calendar import as_of_ends_at
from tolerance.runs import Run
from tolerance.settings import settings
from tolerance.state import State

AS_OF = date(2026, 11, 20)
RUN = Run(
    run_no=1,
    as_of_on=AS_OF,
    as_of_ends_at=as_of_ends_at(AS_OF, settings().business_time_zone),
    generation_id="1",
    parameters_hash="parameters",
    rebuild_hash="",
    code_version="code",
    incident_types={},
    last_load_no=7,
    since_as_of_on=None,
    since_load_no=0,
    changed_incident_types="",
    full_rebuild_reason=None,
)


@pytest.fixture
def state(tmp_path: Path) -> State:
    (tmp_path / "state" / "dbt").mkdir(parents=True)
    return State(tmp_path / "state")


def test_staging_stands_for_a_later_date_when_no_load_came(state: State) -> None:
    assert staging.standing_tests(state, RUN) is None
    staging.remember(state, RUN, 30)
    assert staging.standing_tests(state, replace(RUN, run_no=2, as_of_on=date(2026, 11, 21))) == 30


@pytest.mark.parametrize(
    "changed",
    [
        {"last_load_no": 8},
        {"parameters_hash": "other"},
        {"code_version": "other"},
        {"full_rebuild_reason": "the warehouse is missing"},
    ],
)
def test_a_change_builds_staging_again(state: State, changed: dict[str, object]) -> None:
    staging.remember(state, RUN, 30)
    assert staging.standing_tests(state, replace(RUN, **changed)) is None  # type: ignore[arg-type]


def test_a_state_that_was_moved_builds_its_views_again(state: State) -> None:
    staging.remember(state, RUN, 30)
    moved = State(state.root.rename(state.root.with_name("moved")))
    assert staging.standing_tests(moved, RUN) is None


def test_a_layer_that_was_being_built_does_not_stand(state: State) -> None:
    staging.remember(state, RUN, 30)
    staging.forget(state)
    assert staging.standing_tests(state, RUN) is None


def test_a_record_that_was_cut_builds_staging_again(state: State) -> None:
    (state.dbt / "staging.json").write_text('{"made_fr')
    assert staging.standing_tests(state, RUN) is None
