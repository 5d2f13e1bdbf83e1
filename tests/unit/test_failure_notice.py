"""A notice says what failed, why in our words alone, and which entry of the runbook says what to do."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import tolerance
from tests import REPOSITORY
from tolerance.dbt import DbtFailedError
from tolerance.errors import ToleranceError
from tolerance.failure_notice import KILLED, OTHER, RUNBOOK, entry, notice
from tolerance.lock import StateBusyError

ENTRIES = re.findall(r"(?m)^## (.+)$", (REPOSITORY / RUNBOOK).read_text("utf-8"))


def every_error() -> Iterator[type[ToleranceError]]:
    for module in pkgutil.walk_packages(tolerance.__path__, "tolerance."):
        if not re.search(r"__main__|\.orchestration|\.project", module.name):
            importlib.import_module(module.name)
    waiting = [ToleranceError]
    while waiting:
        for error in waiting.pop().__subclasses__():
            yield error
            waiting.append(error)


def test_each_error_has_an_entry_in_the_runbook() -> None:
    names = {
        entry(error.__new__(error)) for error in every_error() if error.__module__.startswith("tolerance")
    }
    assert len(names) > 20
    assert names - {*ENTRIES} == set()
    assert {KILLED, OTHER} <= {*ENTRIES}
    assert len(ENTRIES) == len({*ENTRIES})


def test_a_notice_tells_the_sentence_the_tries_and_the_entry() -> None:
    fault = DbtFailedError("dbt build of tag:marts failed (model.fct_alert)", "fix it.")
    message = notice("tolerance_daily", "build_marts", "run 7", 1, fault)
    assert message.subject == "tolerance_daily: build_marts failed"
    assert message.lines[0] == (
        "It was tried once in the run run 7: dbt build of tag:marts failed (model.fct_alert): fix it."
    )
    assert message.lines[-1] == "What to do: docs/runbook.md#dbt-failed"
    assert "3 times" in notice("d", "t", "r", 3, StateBusyError("busy")).text


def test_the_words_of_an_error_that_is_not_ours_are_kept_back() -> None:
    told = notice("d", "t", "r", 1, ValueError("cannot parse 'Mme Durand, 3 rue des Lilas'")).text
    assert "Durand" not in told
    assert "ValueError" in told
    assert told.endswith(f"#{OTHER}")


@pytest.mark.parametrize("tries", [1, 3])
def test_a_killed_task_is_told_as_killed(tries: int) -> None:
    assert "was killed" in notice("d", "t", "r", tries, None).text
