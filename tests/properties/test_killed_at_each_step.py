"""Promise 5: a run that is killed, wherever it was, needs nothing but the next run."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.e2e.command_line import FORKS
from tests.properties.pipeline import LAYERS, MODELS_ONLY, OF_TREE, WITHOUT_LEAVES, Pipeline
from tests.properties.records import Call, Customer, Record, Ticket, at
from tolerance import steps
from tolerance.dbt import environment
from tolerance.rebuild import differing_rows
from tolerance.warm_dbt import warm_dbt

FIRST, LATER = date(2025, 3, 20), date(2025, 4, 2)
KINDS = {"the first day": FIRST, "a day with deliveries": LATER, "a repeated date": LATER}
SPREAD = {
    "the first day": ("landing", "loading", "building intermediate", "publishing", "recording"),
    "a day with deliveries": ("reading", "building marts", "history"),
    "a repeated date": ("building staging", "exporting"),
}
"""Each step once, one kill after the other on one state, each time further on."""


def cycle(pipeline: Pipeline, as_of: date, builds: dict[str, str]) -> None:
    """The steps of a day in their order: what each dbt command selects, and what it leaves out."""
    pipeline.take_in(as_of)
    with pipeline.project.used():
        run = pipeline.open(as_of)
    for select, exclude in builds.items():
        pipeline.build(run, select, exclude)
    pipeline.publish()


def builds_of(pipeline: Pipeline, *, by_layer: bool) -> dict[str, str]:
    """Of a day that is killed, where nobody looks at the leaves: each layer by itself, as the DAG has it."""
    is_first = not pipeline.state.serving.exists()
    exclude = MODELS_ONLY if is_first else WITHOUT_LEAVES
    return dict.fromkeys(LAYERS.split() if by_layer else [LAYERS], exclude)


def killed(pipeline: Pipeline, as_of: date, step: str) -> None:
    """Run a day in a process that is killed with all of its group when it passes the step."""
    with warm_dbt() as warm:
        line = warm.line(environment(pipeline.state))
        builds = builds_of(pipeline, by_layer=step.startswith("building"))
        run = FORKS.Process(target=_live, args=(pipeline, as_of, builds, step, line))
        run.start()
        run.join()
    assert run.exitcode == -signal.SIGKILL, f"{step} was not passed on {as_of}"


def killed_after(pipeline: Pipeline, as_of: date, seconds: float) -> bool:
    """Run a day in a process that is killed after some time; whether it was still alive then."""
    with warm_dbt() as warm:
        line = warm.line(environment(pipeline.state))
        builds = builds_of(pipeline, by_layer=True)
        run = FORKS.Process(target=_live, args=(pipeline, as_of, builds, "", line))
        run.start()
        run.join(seconds)
        was_alive = run.is_alive()
        if was_alive:
            run.kill()
            warm.end()  # the work of dbt is killed too
        run.join()
    return was_alive


def _live(pipeline: Pipeline, as_of: date, builds: dict[str, str], step: str, line: socket.socket) -> None:
    os.setsid()
    steps.listeners.append(lambda passed: os.killpg(0, signal.SIGKILL) if passed == step else None)
    with warm_dbt(line):
        cycle(pipeline, as_of, builds)


@dataclass(frozen=True)
class Undisturbed:
    """A company, and its states after each kind of day."""

    inbox: Path
    days: dict[str, Pipeline]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    root = tmp_path_factory.mktemp("kills")
    pipeline = Pipeline(root / "first", OF_TREE)
    for day, name in ((FIRST, "one"), (LATER, "two")):
        for records in _records(day, name):
            pipeline.deliver(f"{day}/{name}.csv", records, day)
    days = {}
    for kind, day in list(KINDS.items())[:-1]:
        pipeline.run(day)
        days[kind] = pipeline.copied_to(root / kind.replace(" ", "_"))
    days["a repeated date"] = days["a day with deliveries"]  # nothing is new on it
    return Undisturbed(pipeline.extracts, days)


def _records(day: date, name: str) -> tuple[list[Record], ...]:
    ago = [day - timedelta(days=days) for days in (1, 3, 40)]
    tickets: list[Record] = [
        Ticket(
            marker=f"{name}{number}",
            native_id=f"{day:%m}{number}",
            occurred_at=at(opened),
            version_at=at(opened),
            customer_id=customer,
            email=None,
            kind="incident",
            tags=("product_defect",),
        )
        for number, (opened, customer) in enumerate(zip(ago, "AAB", strict=True))
    ]
    calls: list[Record] = [Call(f"{name}call", f"{name}call", "B", at(ago[1]), "staff_behaviour")]
    customers: list[Record] = [Customer(each, (), date(2020, 1, 1)) for each in "AB"]
    return customers, tickets, calls


def lists_of(pipeline: Pipeline) -> dict[str, bytes]:
    return {
        str(path.relative_to(pipeline.state.outbox)): path.read_bytes()
        for path in sorted(pipeline.state.outbox.rglob("*"))
        if path.is_file()
    }


def before(kind: str, undisturbed: Undisturbed, root: Path) -> Pipeline:
    """The state on which a kind of day begins."""
    kinds = list(KINDS)
    if kind == kinds[0]:
        pipeline = Pipeline(root / "state", OF_TREE)
        shutil.copytree(undisturbed.inbox, pipeline.extracts)
        return pipeline
    return undisturbed.days[kinds[kinds.index(kind) - 1]].copied_to(root / "state")


def assert_made_good(pipeline: Pipeline, kind: str, undisturbed: Undisturbed, scratch: Path) -> None:
    pipeline.run(KINDS[kind])
    expected = undisturbed.days[kind]
    differing = differing_rows(expected.state.serving, pipeline.state.serving, scratch)
    assert len(differing) > 10
    assert {table: rows for table, rows in differing.items() if any(rows)} == {}
    assert lists_of(pipeline) == lists_of(expected)
    assert any(
        name.endswith("alerts.csv") and content.count(b"\n") > 1
        for name, content in lists_of(expected).items()
    )


def test_killed_at_one_step_after_the_other_the_next_run_ends_equal_on_each_kind_of_day(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    pipeline = before("the first day", undisturbed, tmp_path)
    for kind, steps_of_day in SPREAD.items():  # each kind of day begins where the one before ended
        for step in steps_of_day:
            killed(pipeline, KINDS[kind], step)
        assert_made_good(pipeline, kind, undisturbed, tmp_path)


def test_every_step_is_among_them() -> None:
    assert {step for chosen in SPREAD.values() for step in chosen} == set(steps.STEPS)


@pytest.mark.soak
@pytest.mark.parametrize("step", steps.STEPS)
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_any_step_of_any_kind_of_day_the_next_run_ends_equal(
    kind: str, step: str, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    if kind == "a repeated date" and step in {"landing", "reading", "loading"}:
        pytest.skip("nothing is new on a repeated date")
    pipeline = before(kind, undisturbed, tmp_path)
    killed(pipeline, KINDS[kind], step)
    assert_made_good(pipeline, kind, undisturbed, tmp_path)


KILLS = 200
LONGEST_SECONDS = 8.0
"""About what a day takes here."""


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_killed_at_random_moments_the_next_run_ends_equal(undisturbed: Undisturbed, tmp_path: Path) -> None:
    random = Random(5)
    killed_alive = 0
    for number in range(KILLS):
        kind = random.choice([*KINDS])
        scratch = tmp_path / str(number)
        scratch.mkdir()
        pipeline = before(kind, undisturbed, scratch)
        killed_alive += killed_after(pipeline, KINDS[kind], random.uniform(0, LONGEST_SECONDS))
        assert_made_good(pipeline, kind, undisturbed, scratch)
        shutil.rmtree(scratch)
    assert killed_alive > KILLS / 2
