"""Whether the staging layer still stands, so that a run need not build it again.

Staging is seeds and views over the files of `raw/` and `runs/`: while no load has come and neither code,
parameters nor the place of STATE have changed, building it would make the same and test the same rows.
"""

from __future__ import annotations

import json
from pathlib import Path

from tolerance import files
from tolerance.code_hashes import digest
from tolerance.runs import Run
from tolerance.state import State


def standing_tests(state: State, run: Run) -> int | None:
    """How many tests the layer has passed that `run` would build; None when it has to be built."""
    try:
        built = json.loads(_record(state).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    is_same = isinstance(built, dict) and built.get("made_from") == _made_from(state, run)
    return int(built["tests"]) if is_same and not run.is_full_rebuild else None


def views_stand(state: State, run: Run) -> bool:
    """Whether the views and seeds are those that `run` would make; which loads they show does not matter."""
    try:
        built = json.loads(_record(state).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(built, dict) and built.get("views") == _views(state, run) and not run.is_full_rebuild


def forget(state: State) -> None:
    """Say that the layer is about to be built."""
    _record(state).unlink(missing_ok=True)


def remember(state: State, run: Run, tests: int) -> None:
    """Record that the layer was built for `run` and passed so many tests."""
    record = {"made_from": _made_from(state, run), "views": _views(state, run), "tests": tests}
    files.write_text(_record(state), json.dumps(record))


def _record(state: State) -> Path:
    return state.dbt / "staging.json"


def _made_from(state: State, run: Run) -> str:
    return digest(_views(state, run).encode(), str(run.last_load_no).encode())


def _views(state: State, run: Run) -> str:
    return digest(str(state.root).encode(), run.parameters_hash.encode(), run.code_version.encode())
