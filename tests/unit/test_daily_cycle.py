"""A run on request ingests what is new, and only then."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from tolerance import daily_cycle, inbox, local_run
from tolerance.daily_cycle import Request, run
from tolerance.errors import NotPublishedError
from tolerance.state import State

AS_OF = date(2026, 11, 20)


@pytest.fixture
def left_out(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """The quiet sources of each run; the DAGs fail in the first and pass in the others."""
    runs: list[frozenset[str]] = []

    def run_dags(*_: object, quiet: frozenset[str], **__: object) -> list[str]:
        runs.append(quiet)
        return ["faq failed"] if len(runs) == 1 else []

    monkeypatch.setattr(inbox, "LOOK_INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr(local_run, "run_dags", run_dags)
    for name in ("summary", "print_summary", "_warnings"):
        monkeypatch.setattr(daily_cycle, name, lambda *_: {})
    return runs


def test_only_a_run_that_published_lets_the_next_leave_out_what_is_quiet(
    tmp_path: Path, left_out: list[frozenset[str]]
) -> None:
    state, extracts, told = State(tmp_path / "state"), tmp_path / "in", io.StringIO()
    state.root.mkdir()
    (extracts / "faq").mkdir(parents=True)
    (extracts / "faq" / "calls.csv").write_text("call_id\n1\n", "utf-8")
    request, console = Request(state, extracts, AS_OF, ""), Console(file=told)
    with pytest.raises(NotPublishedError):
        run(request, console)
    run(request, console)
    assert left_out == [frozenset(), frozenset()]
    assert "nothing new" not in told.getvalue()
    run(request, console)
    assert "faq" in left_out[-1]
    assert "nothing new in the inbox: faq\n" in told.getvalue()
    (extracts / "faq" / "more.csv").write_text("call_id\n2\n", "utf-8")
    run(request, console)
    assert "faq" not in left_out[-1]
