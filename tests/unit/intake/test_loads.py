"""Load records: their numbers and names, and how little it takes to read them."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.fixtures.ingesting import CALLS, Deliver, call, take_in
from tolerance.intake.loads import load_records
from tolerance.state import State


def test_loads_are_numbered_and_named_by_content_alone(state: State, deliver: Deliver) -> None:
    deliver("faq/a.csv", CALLS + call(1))
    first = take_in(state)
    deliver("faq/b.csv", CALLS + call(2))
    second = take_in(state)
    other = State(state.root.with_name("other"))
    both = take_in(other)
    assert first is not None
    assert second is not None
    assert both is not None
    assert (first.load_no, second.load_no, both.load_no) == (1, 2, 1)
    assert len({first.load_id, second.load_id, both.load_id}) == 3
    assert [record.load_id for record in load_records(state)] == [
        first.load_id,
        second.load_id,
    ]


def test_listing_runs_and_loads_starts_no_engine_of_arrays() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, tolerance.runs; print({'numpy', 'pandas', 'pyarrow'} & {*sys.modules})",
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout == "set()\n"
