"""What ran is written down when it begins and when it ends, with its time, processor time and memory."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests import REPOSITORY
from tolerance import files, run_steps
from tolerance.crm.history import refuse_newer_history
from tolerance.run_steps import measured
from tolerance.state import State
from tolerance.versions import NewerFormatError

DAY = date(2026, 11, 20)
SOURCES_OF_RUNS = REPOSITORY / "models" / "staging" / "runs" / "_runs__sources.yml"


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


def steps(state: State, day: date = DAY) -> list[dict[str, Any]]:
    lines = (state.run_steps / f"{day}.ndjson").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def work(seconds: float) -> None:
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass


def test_a_step_is_known_from_its_beginning_so_a_killed_one_is_too(state: State) -> None:
    with measured(state, DAY, "land", source="faq"):
        [begun] = steps(state)
        assert (begun["step"], begun["source"], begun["outcome"]) == ("land", "faq", None)
    [ended] = steps(state)
    assert ended["outcome"] == "done"
    assert ended["started_at"] == begun["started_at"]
    assert ended["wall_seconds"] >= 0
    assert ended["peak_mb"] > 1


def test_a_failed_step_says_so_and_the_next_try_is_a_line_of_its_own(state: State) -> None:
    with pytest.raises(ValueError, match="broken"), measured(state, DAY, "publish", run_no=3):
        raise ValueError("broken")
    with measured(state, DAY, "publish", run_no=3):
        run_steps.count_rows(12)
    told = [(line["step_no"], line["outcome"], line["run_no"], line["row_count"]) for line in steps(state)]
    assert told == [(1, "failed", 3, None), (2, "done", 3, 12)]


def test_what_an_inner_step_takes_is_counted_there_alone(state: State) -> None:
    with measured(state, DAY, "audit"):
        with measured(state, DAY, "check_list"):
            work(0.3)
            run_steps.count_rows(5)
        run_steps.count_command(5_000_000)
    outer, inner = steps(state)
    assert inner["cpu_seconds"] >= 0.3
    assert outer["cpu_seconds"] < 0.2
    assert (outer["row_count"], inner["row_count"]) == (None, 5)
    assert outer["peak_mb"] == round(5_000_000 / 1024, 1)


def test_a_record_that_cannot_be_written_fails_no_step(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(files, "write_bytes", full)
        with measured(state, DAY, "land", source="faq"):
            pass
        with measured(state, DAY, "read", source="faq"):
            disk.undo()  # room again while it ran
    assert [(line["step_no"], line["step"], line["outcome"]) for line in steps(state)] == [
        (1, "read", "done")
    ]


def test_steps_of_a_newer_release_are_refused(state: State) -> None:
    with measured(state, DAY, "land", source="faq"):
        pass
    path = state.run_steps / f"{DAY}.ndjson"
    path.write_text(path.read_text("utf-8").replace('"format_version":1', '"format_version":2'), "utf-8")
    with pytest.raises(NewerFormatError):
        refuse_newer_history(state)
    with pytest.raises(NewerFormatError), measured(state, DAY, "read"):
        pass


def test_a_step_of_no_run_can_be_told_which_run_it_opened(state: State) -> None:
    assert run_steps.newest_run_no(state) is None
    with measured(state, DAY, "open_run"):
        run_steps.belongs_to(7)
    assert steps(state)[0]["run_no"] == 7


def test_a_line_that_was_cut_off_stops_no_step(state: State) -> None:
    with measured(state, DAY, "load"):
        pass
    path = state.run_steps / f"{DAY}.ndjson"
    path.write_bytes(path.read_bytes() + b'{"step_no": 2, "na')
    with measured(state, DAY, "publish"):
        pass
    assert [each["step"] for each in steps(state)] == ["load", "publish"]


def test_a_damaged_line_of_an_earlier_date_stops_no_run(state: State) -> None:
    with measured(state, DAY, "land", source="faq"):
        pass
    path = state.run_steps / f"{DAY}.ndjson"
    path.write_bytes(path.read_bytes() + b'{"as_of_on": "2026-11-')
    [steps_of_dbt] = [
        table["config"]["external_location"]
        for source in yaml.safe_load(SOURCES_OF_RUNS.read_text("utf-8"))["sources"]
        for table in source["tables"]
        if table["name"] == "steps"
    ]
    found = f"select step, source from {steps_of_dbt.replace('<STATE>', str(state.root))}"
    assert duckdb.sql(f"{found} where as_of_on is not null").fetchall() == [("land", "faq")]
