"""The newest date of an inbox, for a run that was given none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.fixtures.ingesting import CALLS, Deliver, call, take_in
from tolerance.intake.newest_date import newest_business_date
from tolerance.sandbox import limits
from tolerance.state import State


def test_the_newest_date_is_that_of_tickets_and_calls_read_or_known(state: State, deliver: Deliver) -> None:
    extracts = state.root.parent / "in"
    assert newest_business_date(extracts, state) is None
    deliver("faq/2026-12-24/a.csv", CALLS + call(1, "2026-12-24T23:30:00Z") + call(2, "2062-01-01"))
    deliver("faq/broken.csv", "nothing")
    assert newest_business_date(extracts, state) == date(2026, 12, 25)
    deliver("faq/b.csv", CALLS + call(3, "2026-12-31"))
    take_in(state)
    (state.root.parent / "in" / "faq" / "2026-12-24" / "a.csv").unlink()
    assert newest_business_date(extracts, state) == date(2026, 12, 31)


def test_a_file_that_breaks_the_limits_is_told_and_does_not_end_the_search_for_the_date(
    state: State, deliver: Deliver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deliver("faq/a.csv", CALLS + call(1, "2026-12-31"))
    deliver("faq/b.csv", CALLS + call(2, "2026-12-24"))
    ends = iter([limits.Killed(0, 0, "it took too long"), None])

    def child(work: Callable[..., None], arguments: dict[str, object], **_: object) -> limits.Killed | None:
        (killed := next(ends)) or work(**arguments)
        return killed

    (state.work / "dates").mkdir(parents=True)
    monkeypatch.setattr(limits, "run_in_child", child)
    assert newest_business_date(state.root.parent / "in", state) == date(2026, 12, 24)
    assert "faq/a.csv takes more time or memory than a file may" in caplog.text
    assert "faq/b.csv" not in caplog.text
