"""What is published of the runs themselves: what ran and at what cost, how old each source is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.properties.pipeline import OF_TREE, Pipeline
from tests.properties.records import Call, Customer, Ticket, at
from tolerance import runs
from tolerance.rebuild import differing_rows
from tolerance.run_steps import belongs_to, measured
from tolerance.state import State

FIRST = date(2026, 3, 2)  # a Monday


def rows(state: State, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        return serving.execute(query).fetchall()


def deliver(pipeline: Pipeline, day: date) -> None:
    ticket = Ticket(f"m{day}", f"{day:%d%m}", at(day), at(day), customer_id="A", tags=("product_defect",))
    pipeline.deliver(f"{day}/tickets.csv", [ticket], day)


def watched(pipeline: Pipeline, day: date) -> None:
    """A day whose steps are recorded; those of the one before were, and one of them was killed."""
    with measured(pipeline.state, day, "load", source="tickets"):
        pipeline.take_in(day)
    with measured(pipeline.state, day, "open_run"):
        run = pipeline.open(day)
        belongs_to(run.run_no)
    with measured(pipeline.state, day, "build_marts", run_no=run.run_no):
        pipeline.build(run)
    with measured(pipeline.state, day, "publish", run_no=run.run_no):
        pipeline.publish()


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """Tickets on working days, calls on one day alone; two runs, the first of them watched."""
    pipeline = Pipeline(tmp_path_factory.mktemp("watching") / "week", OF_TREE)
    pipeline.deliver(f"{FIRST}/customers.csv", [Customer("A")], FIRST)
    pipeline.deliver(f"{FIRST}/calls.csv", [Call("k", "k", "A", at(FIRST), "opening_hours")], FIRST)
    for number in (0, 1, 2, 3, 4, 7):
        deliver(pipeline, FIRST + timedelta(days=number))
    monday = FIRST + timedelta(days=7)
    watched(pipeline, monday)
    killed = measured(pipeline.state, monday + timedelta(days=1), "land", source="faq")
    killed.__enter__()  # and never ends
    watched(pipeline, monday + timedelta(days=2))
    return pipeline


def test_the_published_file_tells_all_earlier_runs_and_its_own_up_to_the_table(week: Pipeline) -> None:
    monday, wednesday = FIRST + timedelta(days=7), FIRST + timedelta(days=9)
    found = rows(week.state, "select as_of_on, step, source, run_no, outcome from audit_run order by all")
    assert found == [
        (monday, "build_marts", None, 1, "done"),
        (monday, "load", "tickets", None, "done"),
        (monday, "open_run", None, 1, "done"),
        (monday, "publish", None, 1, "done"),
        (monday + timedelta(days=1), "land", "faq", None, "killed"),
        (wednesday, "build_marts", None, 2, "under_way"),
        (wednesday, "load", "tickets", None, "done"),
        (wednesday, "open_run", None, 2, "done"),
    ]
    [(generation, is_rebuild, cpu, wall, peak)] = rows(
        week.state,
        "select generation_id, is_full_rebuild, cpu_seconds, wall_seconds, peak_mb from audit_run "
        "where step = 'build_marts' and outcome = 'done'",
    )
    assert generation == runs.all_runs(week.state)[0].generation_id
    assert is_rebuild
    assert cpu > 1, "the work of dbt, which no child of this process does while its server lives"
    assert wall > 0
    assert peak > 100
    [(published,)] = rows(week.state, "select row_count from audit_run where step = 'publish'")
    assert published > 10


def test_a_source_is_late_when_it_is_silent_for_longer_than_its_habit(week: Pipeline) -> None:
    columns = (
        "source, status, newest_event_on, days_since_delivery, usual_gap_days, longest_gap_days, days_late"
    )
    found = {
        name: values for name, *values in rows(week.state, f"select {columns} from audit_source_freshness")
    }
    monday = FIRST + timedelta(days=7)
    assert found["tickets"] == ["on_time", monday, 2, 1, 3, 1]  # a weekend is part of its habit
    assert found["faq"] == ["no_habit", FIRST, 9, None, None, None]
    assert found["mail"] == ["never", None, None, None, None, None]
    assert found["customers"][0] == "no_habit"


def test_later_a_source_that_has_stopped_is_late_and_says_since_when(week: Pipeline, tmp_path: Path) -> None:
    later = week.copied_to(tmp_path / "later")
    friday = FIRST + timedelta(days=11)
    later.take_in(friday)
    later.build(later.open(friday), "+audit_source_freshness")
    with later.tables() as warehouse:
        found = warehouse.execute(
            "select status, last_delivered_on, last_loaded_as_of_on, expected_on, days_late "
            "from audit_source_freshness where source = 'tickets'"
        ).fetchall()
    assert found == [
        ("late", FIRST + timedelta(days=7), FIRST + timedelta(days=7), FIRST + timedelta(days=8), 3)
    ]


def test_steps_change_no_generation_and_no_other_table(week: Pipeline, tmp_path: Path) -> None:
    unwatched = Pipeline(tmp_path / "unwatched", OF_TREE, week.deliveries)
    week.copied_to(tmp_path / "copy").extracts.rename(tmp_path / "inbox")
    unwatched.root.mkdir()
    (tmp_path / "inbox").rename(unwatched.extracts)
    for run in runs.all_runs(week.state):
        unwatched.run(run.as_of_on)
    generations = [[run.generation_id for run in runs.all_runs(each.state)] for each in (week, unwatched)]
    assert generations[0] == generations[1]
    assert rows(unwatched.state, "from audit_run") == []
    different = differing_rows(week.state.serving, unwatched.state.serving, tmp_path)
    assert len(different) > 20
    assert {table: counts for table, counts in different.items() if any(counts)} == {}
