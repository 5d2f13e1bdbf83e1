"""A step that was killed at any moment is simply run again."""

from __future__ import annotations

import importlib
import os

import pytest

from tests.fixtures.ingesting import CALLS, Deliver, call, quarantined, rows, take_in
from tolerance.intake.expect import expect
from tolerance.intake.load import load
from tolerance.intake.loads import load_records
from tolerance.intake.read import read
from tolerance.state import State

pytestmark = pytest.mark.usefixtures("reading_here")

STEPS = [
    ("tolerance.intake.land", "sync_folder", "land"),
    ("tolerance.intake.read", "_read_batch", "read"),
    ("tolerance.intake.load", "_write_loaded", "load"),
    ("tolerance.intake.expect", "measure", "expect"),
    ("tolerance.intake.load", "_assert_balanced", "load"),
    ("tolerance.intake.load", "_publish", "load"),
    ("tolerance.intake.load", "write_load_record", "load"),
]


@pytest.mark.parametrize("killed_in", STEPS)
@pytest.mark.parametrize("again", ["the step", "the run"])
def test_a_killed_step_run_again_ends_like_an_undisturbed_one(
    state: State,
    deliver: Deliver,
    killed_in: tuple[str, str, str],
    again: str,
    request: pytest.FixtureRequest,
) -> None:
    module, function, step = killed_in
    if step == "read":  # in the one step that has a child
        request.getfixturevalue("reading_in_a_child")
    deliver("faq/a.csv", CALLS + call(1) + "too;short\n")
    deliver("faq/b.csv", CALLS + call(1) + call(2))
    calm = State(state.root.with_name("calm"))
    take_in(calm)
    child = os.fork()
    if child == 0:
        _die_in(module, function, state)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    if again == "the run" or step == "land":
        take_in(state)
    else:
        (plan,) = (state.work / "faq").glob("*/plan.ndjson")
        if step == "read":
            read("faq", plan.parent.name, state)
        if step in {"read", "expect"}:
            expect("faq", plan.parent.name, state)
        load("faq", plan.parent.name, state)
    assert rows(state) == rows(calm)
    assert quarantined(state) == quarantined(calm)
    assert load_records(state) == load_records(calm)
    assert take_in(state) is None


def _die_in(module: str, function: str, state: State) -> None:
    """Run an intake whose process ends without a word just after `function` did its work."""
    owner = importlib.import_module(module)
    real = getattr(owner, function)

    def killed(*arguments: object, **named: object) -> None:
        if function != "write_load_record":  # that one is killed before: it makes a load real
            real(*arguments, **named)
        os._exit(9)

    setattr(owner, function, killed)
    take_in(state)
    os._exit(0)
