"""The urgent run: what arrives in a day is on its list at once, and the night ends as if it had waited."""

from __future__ import annotations

import os
import signal
import socket
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pytest

from tests.e2e.command_line import FORKS
from tests.fixtures.ingesting import looking_quickly, reading_here
from tests.properties.comparing import KEYS, MORE_KEYS, differences, rows_of
from tests.properties.pipeline import OF_TREE, WITHOUT_LEAVES, Pipeline
from tests.properties.records import IDENTITY_KEY, Call, Customer, Record, Ticket, at
from tolerance import runs, staging, steps, urgent
from tolerance.dbt import environment
from tolerance.identity import KEY_VARIABLE
from tolerance.warm_dbt import warm_dbt

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")  # DuckDB's frames and pandas

BEFORE = date(2026, 3, 10)
DAY = BEFORE + timedelta(days=1)
NEXT = DAY + timedelta(days=1)
NOW = datetime.fromisoformat("2000-01-01")


def ticket(number: str, customer: str, hour: int, day: date = DAY, **changes: Any) -> Ticket:
    values = {"customer_id": customer, "tags": ("product_defect",)} | changes
    version = at(day, f"{hour:02}:00:00")
    return Ticket(f"m{number}{hour}", number, at(day, "08:00:00"), version, **values)


def tell(pipeline: Pipeline, as_of: date = DAY) -> urgent.Outcome:
    """One urgent run, as a cron or the DAG starts it."""
    with (
        patch.dict(os.environ, {KEY_VARIABLE: IDENTITY_KEY}),
        looking_quickly(),
        reading_here(),
        pipeline.project.used(),
    ):
        return urgent.tell(pipeline.state, pipeline.extracts, as_of, NOW)


@pytest.fixture(scope="module")
def day_before(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A published day, of customers with and without an alert."""
    pipeline = Pipeline(tmp_path_factory.mktemp("urgent") / "before", OF_TREE)
    names = [f"C{number}" for number in range(6)]
    pipeline.deliver("customers.csv", [Customer(name) for name in names], BEFORE)
    told = Ticket("old", "old", at(BEFORE), at(BEFORE), customer_id="C0", tags=("product_defect",))
    pipeline.deliver("old.csv", [told], BEFORE)
    pipeline.run(BEFORE)
    return pipeline


def ready(pipeline: Pipeline) -> None:
    """Remember the staging of the last run, as a daily run does."""
    staging.remember(pipeline.state, runs.current_run(pipeline.state), 0)


@pytest.fixture
def pipeline(day_before: Pipeline, tmp_path: Path) -> Pipeline:
    return staged(day_before, tmp_path / "copy")


def staged(day_before: Pipeline, root: Path) -> Pipeline:
    copied = day_before.copied_to(root)
    copied.build(runs.current_run(copied.state), "tag:staging")  # its views name the place of the state
    ready(copied)
    return copied


MORNING: tuple[list[Record], ...] = (
    [ticket("1", "C1", 9)],
    [Call("k", "k", "C2", at(DAY, "09:00:00"), "staff_behaviour")],
)
NOON: tuple[list[Record], ...] = ([ticket("2", "C0", 12), ticket("3", "C3", 12)],)
NEXT_NOON: tuple[list[Record], ...] = ([ticket("4", "C4", 12, NEXT), ticket("5", "C5", 12, NEXT)],)
NEXT_EVENING: tuple[list[Record], ...] = ([ticket("5", "C5", 18, NEXT, status="deleted")],)


def arrive(pipeline: Pipeline, name: str, files: tuple[list[Record], ...], day: date = DAY) -> None:
    for number, records in enumerate(files):
        pipeline.deliver(f"{day}/{name}{number}.csv", records, day)


def list_of(pipeline: Pipeline, day: date = DAY) -> list[str]:
    path = pipeline.state.outbox / day.isoformat() / "alerts.csv"
    return sorted(path.read_text("utf-8").splitlines()[1:])


def tables(pipeline: Pipeline) -> dict[str, Any]:
    with pipeline.tables() as warehouse:
        return {table: rows_of(warehouse, table) for table in (*KEYS, *MORE_KEYS)}


def assert_equal(expected: Pipeline, found: Pipeline) -> None:
    these, those = tables(expected), tables(found)
    assert [line for table in these for line in differences(table, these[table], those[table])] == []


def waiting_until_night(day_before: Pipeline, root: Path, *parts: tuple[list[Record], ...]) -> Pipeline:
    """The day without an urgent run."""
    other = day_before.copied_to(root)
    for name, files in zip(("morning", "noon"), parts, strict=False):
        arrive(other, name, files)
    other.run(DAY)
    return other


@dataclass
class Day:
    """A day of urgent runs and its night: what each of them said, and the list after it."""

    pipeline: Pipeline
    told: list[tuple[urgent.Outcome, list[str]]]
    with_nothing_new: tuple[urgent.Outcome, bool, int]
    """What it said, whether it called dbt, and how many runs it opened."""
    published: tuple[date, bool]
    """As of when the last published run was before the night, and whether readers still saw its file."""
    night: runs.Run


@pytest.fixture(scope="module")
def day(day_before: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Day:
    pipeline = staged(day_before, tmp_path_factory.mktemp("urgent") / "day")
    read = pipeline.state.serving.read_bytes()
    arrive(pipeline, "morning", MORNING)
    told = [(tell(pipeline), list_of(pipeline))]
    known = len(runs.all_runs(pipeline.state))
    with patch.object(urgent, "dbt") as door, patch.object(urgent, "warm_dbt") as warm:
        outcome = tell(pipeline)
    opened = len(runs.all_runs(pipeline.state)) - known
    with_nothing_new = (outcome, door.called or warm.called, opened)
    arrive(pipeline, "noon", NOON)
    told.append((tell(pipeline), list_of(pipeline)))
    last = runs.last_published(pipeline.state)
    assert last is not None
    published = (last.as_of_on, pipeline.state.serving.read_bytes() == read)
    return Day(pipeline, told, with_nothing_new, published, pipeline.run(DAY))


def test_what_arrives_is_on_the_list_at_once_and_nothing_is_published(day: Day) -> None:
    assert [(outcome.is_told, len(lines)) for outcome, lines in day.told] == [(True, 2), (True, 4)]
    assert day.published == (BEFORE, True)


def test_nothing_new_starts_neither_dbt_nor_a_run(day: Day) -> None:
    outcome, is_dbt_called, opened = day.with_nothing_new
    assert (outcome.is_told, is_dbt_called, opened) == (False, False, 0)


def test_a_day_of_urgent_runs_ends_as_the_day_without(day: Day, day_before: Pipeline, tmp_path: Path) -> None:
    assert day.night.full_rebuild_reason is None
    _, told = day.told[-1]
    assert list_of(day.pipeline) == told
    expected = waiting_until_night(day_before, tmp_path / "other", MORNING, NOON)
    assert_equal(expected, day.pipeline)
    assert list_of(expected) == told


def test_an_alert_that_the_day_takes_back_is_told_once_as_retracted_and_no_other_again(
    day: Day,
) -> None:
    pipeline = day.pipeline  # on its next day
    ready(pipeline)
    arrive(pipeline, "noon", NEXT_NOON, NEXT)
    assert tell(pipeline, NEXT).is_told
    assert len(list_of(pipeline, NEXT)) == 2
    arrive(pipeline, "evening", NEXT_EVENING, NEXT)
    pipeline.run(NEXT, exclude=WITHOUT_LEAVES)
    with duckdb.connect(str(pipeline.state.serving), read_only=True) as serving:
        rows = serving.execute(
            "select customer_id, change, change_reason from exports.crm_alert_list order by 1"
        ).fetchall()
    assert rows == [("C4", "new", "new"), ("C5", "retracted", "deleted")]
    pipeline.run(NEXT + timedelta(days=1), exclude=WITHOUT_LEAVES)
    assert list_of(pipeline, NEXT + timedelta(days=1)) == []


def test_it_waits_until_the_day_before_is_published(day_before: Pipeline, tmp_path: Path) -> None:
    pipeline = day_before.copied_to(tmp_path / "copy")
    arrive(pipeline, "morning", MORNING)
    for as_of in (NEXT, BEFORE):
        outcome = tell(pipeline, as_of)
        assert not outcome.is_told
        assert outcome.sentence.startswith("The daily run comes first")
    with pipeline.project.used():
        pipeline.open(DAY)  # the daily run has begun
    assert "under way" in tell(pipeline).sentence
    assert not any((pipeline.state.outbox / DAY.isoformat()).glob("*"))


@pytest.mark.soak
def test_a_rebuilt_warehouse_knows_what_was_told(pipeline: Pipeline) -> None:
    arrive(pipeline, "morning", MORNING)
    tell(pipeline)
    told = list_of(pipeline)
    pipeline.state.warehouse.unlink()
    assert "full rebuild" in tell_again(pipeline)
    run = pipeline.run(DAY)
    assert run.is_full_rebuild
    assert list_of(pipeline) == told


def tell_again(pipeline: Pipeline) -> str:
    arrive(pipeline, "again", ([ticket("9", "C5", 20)],))
    sentence = tell(pipeline).sentence
    (pipeline.extracts / "tickets" / str(DAY) / "again0.csv").unlink()
    return sentence


def _killed(pipeline: Pipeline, step: str, line: socket.socket) -> None:
    os.setsid()
    steps.listeners.append(lambda passed: os.killpg(0, signal.SIGKILL) if passed == step else None)
    with warm_dbt(line):
        tell(pipeline)


@pytest.mark.soak
def test_killed_at_each_step_nothing_is_lost_and_nothing_told_twice(
    pipeline: Pipeline, day_before: Pipeline, tmp_path: Path
) -> None:
    arrive(pipeline, "morning", MORNING)
    for step in ("reading", "loading", "building crm_alert_list", "history", "exporting"):
        with warm_dbt() as warm:
            process = FORKS.Process(
                target=_killed, args=(pipeline, step, warm.line(environment(pipeline.state)))
            )
            process.start()
            process.join()
        assert process.exitcode == -signal.SIGKILL, f"{step} was not passed"
    assert tell(pipeline).is_told
    told = list_of(pipeline)
    assert len(told) == 2
    pipeline.run(DAY)
    assert list_of(pipeline) == told
    assert_equal(waiting_until_night(day_before, tmp_path / "other", MORNING), pipeline)
