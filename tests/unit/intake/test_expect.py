"""What only the whole extract shows is counted once, stays with the load, and is the same when read again."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from tests.fixtures.ingesting import AS_OF, CALLS, CUSTOMERS, LOADED_AT, Deliver, call, take_in
from tolerance.intake import stage
from tolerance.intake.expect import expect
from tolerance.intake.land import land
from tolerance.intake.load import ensure_empty_sources
from tolerance.intake.loads import FileRecord, load_records, read_records
from tolerance.intake.read import read
from tolerance.intake.work import Work
from tolerance.reread import read_again
from tolerance.state import State

pytestmark = pytest.mark.usefixtures("reading_here")


def taken_in(state: State, source: str = "faq") -> list[FileRecord]:
    summary = take_in(state, source)
    assert summary is not None
    return list(summary.files)


@pytest.mark.parametrize("seed", range(3))
def test_the_counts_are_those_of_the_records(
    seed: int, state: State, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "BATCH_ROWS", 7)
    chance = random.Random(seed)
    ids = ["", "C1", "C2", "X1", "X2"]
    ensure_empty_sources(state)
    deliver("customers/a.csv", CUSTOMERS + "C1;;;;;fr\nC2;;;;;fr\n")
    taken_in(state, "customers")
    rows = [
        (chance.choice(ids), AS_OF - timedelta(days=chance.randrange(20)), chance.choice(["", "fr"]))
        for _ in range(60)
    ]
    for name, part in (("a", rows[:25]), ("b", rows[25:])):
        lines = [f"K{name}{n};{who};{day};code;;yes;;{words}\n" for n, (who, day, words) in enumerate(part)]
        deliver(f"faq/2026-11-20/{name}.csv", CALLS + "".join(lines))
    first, second = taken_in(state)
    assert second.measures == {}
    assert first.measures == {
        "records": 60,
        "filled.customer_id": sum(bool(who) for who, _, _ in rows),
        "filled.faq_code": 60,
        "filled.question": 0,
        "filled.is_answered": 60,
        "filled.agent_team": 0,
        "filled.language": sum(bool(words) for _, _, words in rows),
        "known.customer_id": sum(who in {"C1", "C2"} for who, _, _ in rows),
        **{
            f"dated.{days}": sum(day == AS_OF - timedelta(days=days) for _, day, _ in rows)
            for days in range(14)
        },
    }


def test_each_day_of_delivery_has_its_own_counts(state: State, deliver: Deliver) -> None:
    deliver("faq/2026-11-19/a.csv", CALLS + call(1, "2026-11-19"))
    deliver("faq/2026-11-20/a.csv", CALLS + call(2, "2026-11-19") + call(3, "2026-11-20"))
    first, second = taken_in(state)
    assert (first.measures["records"], first.measures["dated.0"]) == (1, 1)
    assert (second.measures["records"], second.measures["dated.0"], second.measures["dated.1"]) == (2, 1, 1)


def test_a_date_after_its_delivery_counts_as_that_day(state: State, deliver: Deliver) -> None:
    deliver("faq/2026-11-18/a.csv", CALLS + call(1, "2026-11-19"))
    (file,) = taken_in(state)
    assert file.measures["dated.0"] == 1


def test_where_no_customer_is_known_yet_nobody_is_called_unknown(state: State, deliver: Deliver) -> None:
    ensure_empty_sources(state)
    deliver("faq/a.csv", CALLS + call(1))
    (file,) = taken_in(state)
    assert "known.customer_id" not in file.measures


def test_measuring_again_counts_the_same(state: State, deliver: Deliver) -> None:
    deliver("faq/a.csv", CALLS + call(1) + call(2))
    load_id = land("faq", state.root.parent / "in", AS_OF, state, LOADED_AT)
    assert load_id is not None
    read("faq", load_id, state)
    counted = Work(state, "faq", load_id).counted
    expect("faq", load_id, state)
    once = read_records(counted)
    expect("faq", load_id, state)
    assert read_records(counted) == once
    assert once[0].measures["records"] == 2


@pytest.mark.usefixtures("reading_in_a_child")
def test_a_rebuild_counts_the_same(state: State, deliver: Deliver) -> None:
    ensure_empty_sources(state)
    deliver("customers/a.csv", CUSTOMERS + "C1;;;;;fr\n")
    deliver("faq/a.csv", CALLS + call(1))
    before = [*taken_in(state, "customers"), *taken_in(state)]
    assert [load.number for load in read_again(state)] == [1, 2]
    assert [file.measures for file in load_records(state)] == [file.measures for file in before]
    assert before[1].measures["known.customer_id"] == 1


def test_a_load_without_rows_has_no_counts(state: State, deliver: Deliver) -> None:
    deliver("faq/a.csv", CALLS)
    (file,) = taken_in(state)
    assert (file.status, file.measures) == ("empty", {})
