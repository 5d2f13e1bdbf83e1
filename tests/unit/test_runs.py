"""What a run builds upon, and when everything is made anew."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tolerance import runs
from tolerance.parameters import Parameters
from tolerance.state import State
from tolerance.versions import NewerFormatError

PARAMETERS = Parameters(
    parameters_hash="p",
    rebuild_hash="r",
    decision_hash="d",
    code_version="c",
    incident_types={"late": "1", "lost": "1"},
    detector_version="d",
)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


@pytest.fixture(autouse=True)
def parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, PARAMETERS)


def use(monkeypatch: pytest.MonkeyPatch, parameters: Parameters) -> None:
    monkeypatch.setattr(runs, "current_parameters", lambda: parameters)


def build(state: State) -> None:
    """What dbt leaves in the warehouse of the run under way, as far as `runs` looks at it."""
    with duckdb.connect(str(state.warehouse)) as warehouse:
        warehouse.execute(
            f"create or replace table int_run as select {runs.current_run(state).run_no} as run_no"
        )


def publish(state: State, as_of: date) -> runs.Run:
    run = runs.open_run(state, as_of)
    build(state)
    runs.record_published(state, run)
    return run


def test_the_first_run_builds_everything(state: State) -> None:
    assert runs.open_run(state, date(2026, 10, 1)).full_rebuild_reason == "nothing was published yet"


def test_the_next_day_builds_upon_the_last_published_one(state: State) -> None:
    publish(state, date(2026, 10, 1))
    run = runs.open_run(state, date(2026, 10, 4))
    assert run.full_rebuild_reason is None
    assert run.since_as_of_on == date(2026, 10, 1)


def test_an_attempt_that_was_not_published_counts_for_nothing(state: State) -> None:
    publish(state, date(2026, 10, 1))
    runs.open_run(state, date(2026, 10, 2))
    build(state)
    run = runs.open_run(state, date(2026, 10, 3))
    assert run.since_as_of_on == date(2026, 10, 1)
    assert run.full_rebuild_reason is None


def test_a_rebuild_that_was_not_finished_is_begun_again(state: State) -> None:
    publish(state, date(2026, 10, 1))
    state.warehouse.unlink()
    assert runs.open_run(state, date(2026, 10, 2)).is_full_rebuild
    build(state)
    # Killed here: some tables are new, the others are gone or old.
    assert "not finished" in str(runs.open_run(state, date(2026, 10, 2)).full_rebuild_reason)


def test_an_attempt_for_a_later_date_makes_an_earlier_one_start_afresh(state: State) -> None:
    publish(state, date(2026, 10, 1))
    runs.open_run(state, date(2026, 10, 9))
    assert "later date was tried" in str(runs.open_run(state, date(2026, 10, 2)).full_rebuild_reason)


def test_a_date_before_the_last_published_is_refused(state: State) -> None:
    publish(state, date(2026, 10, 2))
    with pytest.raises(runs.EarlierAsOfError, match="lies before 2026-10-02"):
        runs.open_run(state, date(2026, 10, 1))


def test_a_lost_an_unreadable_and_an_old_warehouse_are_noticed(state: State) -> None:
    publish(state, date(2026, 10, 1))
    old = state.warehouse.read_bytes()
    publish(state, date(2026, 10, 2))
    state.warehouse.write_bytes(old)
    assert "older than" in str(runs.open_run(state, date(2026, 10, 3)).full_rebuild_reason)
    state.warehouse.write_bytes(b"no database")
    assert "cannot be read" in str(runs.open_run(state, date(2026, 10, 3)).full_rebuild_reason)
    # Out of dbt's way, and still there for whoever wants to look.
    assert not state.warehouse.exists()
    assert state.warehouse.with_name("warehouse.duckdb.unreadable").read_bytes() == b"no database"
    assert "missing" in str(runs.open_run(state, date(2026, 10, 3)).full_rebuild_reason)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"rebuild_hash": "x"}, "the parameters changed"), ({"code_version": "x"}, "the models changed")],
)
def test_changed_parameters_or_models_rebuild_also_after_a_killed_try(
    state: State, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], reason: str
) -> None:
    publish(state, date(2026, 10, 1))
    use(monkeypatch, replace(PARAMETERS, **changed))
    assert runs.open_run(state, date(2026, 10, 2)).full_rebuild_reason == reason
    # The try was killed and the change taken back: its tables are of neither kind.
    use(monkeypatch, PARAMETERS)
    assert runs.open_run(state, date(2026, 10, 2)).full_rebuild_reason == reason


def test_a_changed_taxonomy_entry_touches_its_type_and_rebuilds_nothing(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(state, date(2026, 10, 1))
    use(monkeypatch, replace(PARAMETERS, incident_types={"late": "2", "lost": "1"}))
    run = runs.open_run(state, date(2026, 10, 2))
    assert run.full_rebuild_reason is None
    assert run.changed_incident_types == "late"


def test_another_detector_rebuilds_nothing_and_is_compared_with_all_since_the_last_published_run(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(state, date(2026, 10, 1))
    assert first.former_detector_versions == ""
    use(monkeypatch, replace(PARAMETERS, detector_version="tried"))
    assert runs.open_run(state, date(2026, 10, 2)).former_detector_versions == "d"
    use(monkeypatch, replace(PARAMETERS, detector_version="e"))
    run = publish(state, date(2026, 10, 2))
    assert run.full_rebuild_reason is None
    assert run.former_detector_versions == "d,tried"
    assert publish(state, date(2026, 10, 2)).former_detector_versions == ""


def test_another_detector_is_another_generation(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    first = publish(state, date(2026, 10, 1))
    use(monkeypatch, replace(PARAMETERS, detector_version="e"))
    assert publish(state, date(2026, 10, 1)).generation_id != first.generation_id


def test_a_record_of_a_run_before_detectors_had_versions_is_read(state: State) -> None:
    run = publish(state, date(2026, 10, 1))
    record = state.runs / f"{run.run_no:06d}.json"
    fields = json.loads(record.read_text("utf-8"))
    del fields["detector_version"], fields["former_detector_versions"]
    record.write_text(json.dumps(fields), "utf-8")
    assert runs.open_run(state, date(2026, 10, 2)).former_detector_versions == ""


def test_a_changed_decision_table_decides_again_also_after_a_killed_try(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(state, date(2026, 10, 1))
    use(monkeypatch, replace(PARAMETERS, decision_hash="x"))
    run = runs.open_run(state, date(2026, 10, 2))
    assert run.is_redecided
    assert run.full_rebuild_reason is None
    # The try was killed and the change taken back: the tables hold what it decided.
    use(monkeypatch, PARAMETERS)
    publish(state, date(2026, 10, 2))
    assert runs.current_run(state).is_redecided
    assert not runs.open_run(state, date(2026, 10, 3)).is_redecided


def test_the_same_inputs_give_the_same_generation_and_another_date_another(state: State) -> None:
    first = publish(state, date(2026, 10, 1))
    again = publish(state, date(2026, 10, 1))
    later = publish(state, date(2026, 10, 2))
    assert again.generation_id == first.generation_id != later.generation_id
    assert again.run_no != first.run_no


def test_a_record_of_another_release_is_read_by_name_and_kept_whole(state: State) -> None:
    publish(state, date(2026, 10, 1))
    path = state.runs / "000001.json"
    record = json.loads(path.read_text("utf-8"))
    del record["checks_passed"], record["format_version"]  # as an older release wrote it
    path.write_text(json.dumps(record | {"mood": {"of": "the day"}}), "utf-8")

    run = runs.current_run(state)
    assert run.checks_passed == 0
    runs.record_checks(state, 7)
    written = json.loads(path.read_text("utf-8"))
    assert written["mood"] == {"of": "the day"}
    assert written["checks_passed"] == 7
    assert runs.current_run(state).published


def test_a_record_of_a_newer_format_is_refused_in_one_sentence(state: State) -> None:
    publish(state, date(2026, 10, 1))
    path = state.runs / "000001.json"
    path.write_text(path.read_text("utf-8").replace('"format_version": 2', '"format_version": 99'), "utf-8")

    with pytest.raises(NewerFormatError, match=r"has format 99 .* up to format 2: run the newer release"):
        runs.open_run(state, date(2026, 10, 2))
