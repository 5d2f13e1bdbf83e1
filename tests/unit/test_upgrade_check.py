"""Before an upgrade: what the next run will do with a STATE of an earlier release; nothing is changed."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.fixtures import stored_states
from tolerance import company, parameters, runs
from tolerance.findings import Finding, Verdict
from tolerance.state import State
from tolerance.upgrade_check import upgrade_check


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(stored_states.unpack("0.1.0", tmp_path)[0])


def checked(state: State) -> dict[str, Finding]:
    return {finding.check: finding for finding in upgrade_check(state)}


def test_of_a_state_of_the_first_release_it_tells_the_rebuild_and_the_new_sources(state: State) -> None:
    before = {str(path): path.stat().st_mtime_ns for path in state.root.rglob("*")}
    found = checked(state)
    assert [*found] == ["company", "formats", "tables", "reading", "sources", "disk"]
    assert found["formats"].verdict == Verdict.OK
    assert found["tables"].verdict == Verdict.WARNING
    last = stored_states.RUN_ON[-1]
    assert f"run {last} again" in found["tables"].what
    expected = runs.expected(state)
    assert expected is not None
    assert f"because {expected.full_rebuild_reason}" in found["tables"].what
    assert "were read by another release" in found["reading"].what
    assert "acknowledgements" in found["sources"].what
    assert "unpause tolerance_ingest_" in found["sources"].what
    assert {str(path): path.stat().st_mtime_ns for path in state.root.rglob("*")} == before


def test_what_it_tells_of_the_tables_is_what_the_next_run_does(state: State) -> None:
    told = checked(state)["tables"].what
    assert f"because {runs.open_run(state, stored_states.RUN_ON[-1]).full_rebuild_reason}:" in told


def test_a_format_of_a_newer_release_is_a_problem_and_nothing_more_is_said(state: State) -> None:
    path = max(state.runs.glob("*.json"))
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"format_version": 99}), "utf-8")
    found = checked(state)
    assert [*found] == ["company", "formats"]
    assert found["formats"].verdict == Verdict.PROBLEM
    assert "has format 99" in found["formats"].what


def test_a_kept_list_of_a_newer_release_is_a_problem(state: State) -> None:
    path = max((state.history / "alerts").glob("*.parquet"))
    rows = pq.read_table(path)
    pq.write_table(rows.replace_schema_metadata({"format_version": "99"}), path)
    found = checked(state)["formats"]
    assert found.verdict == Verdict.PROBLEM
    assert "has format 99" in found.what


def test_a_seed_of_the_company_with_other_columns_is_a_problem(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = tmp_path / "company" / "seeds" / "roles.csv"
    seed.parent.mkdir(parents=True)
    seed.write_text("role\nx\n", "utf-8")
    monkeypatch.setenv(company.VARIABLE, str(tmp_path / "company"))
    found = checked(state)
    assert [*found] == ["company", "formats"]
    assert "has other columns" in found["company"].what


def test_a_rebuild_for_which_the_disk_is_too_small_is_a_problem(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = Finding("disk", Verdict.WARNING, "enough for a day")
    monkeypatch.setattr("tolerance.doctor.disk", lambda _: narrow)
    assert checked(state)["disk"].verdict == Verdict.PROBLEM


def test_a_state_of_this_release_goes_on(state: State) -> None:
    here = parameters.current_parameters()
    for path in state.runs.glob("*.json"):
        record = json.loads(path.read_text("utf-8"))
        record |= {
            "rebuild_hash": here.rebuild_hash,
            "code_version": here.code_version,
            "incident_types": here.incident_types,
            "decision_hash": here.decision_hash,
            "detector_version": here.detector_version,
        }
        path.write_text(json.dumps(record), "utf-8")
    if state.warehouse.exists():
        assert checked(state)["tables"].what == "the next run goes on where the last one ended"
    else:
        assert "the warehouse is missing" in checked(state)["tables"].what
