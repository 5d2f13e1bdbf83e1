"""Reads in child processes under limits, so that no delivered file ends or holds up what reads it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tolerance.readers.outcomes import ReaderContext
from tolerance.sandbox import limits

MAX_KILLS = 2
"""How many child processes a file may kill before the whole file is left out."""

logger = logging.getLogger(__name__)


def read_within_limits(
    work: Callable[..., None], arguments: dict[str, Any], context: ReaderContext, names: dict[int, str]
) -> None:
    """Run `work(context=…, dropped=…, **arguments)` in one child process after another, until one succeeds.

    When a child dies, the next one skips the record that it was reading. A file that kills more than
    `MAX_KILLS` children is among the numbers in `dropped`, and `work` leaves it out.
    `names` has the names of the files by number.
    """
    passed_over: set[tuple[int, int]] = set()
    kills: Counter[int] = Counter()
    while True:
        dropped = frozenset(file_no for file_no, count in kills.items() if count > MAX_KILLS)
        killed = limits.run_in_child(
            work,
            {**arguments, "context": context, "dropped": dropped},
            scratch=context.scratch,
            passed_over=frozenset(passed_over),
        )
        if killed is None:
            return
        name = names.get(killed.file_no, "no file")
        if killed.file_no in dropped:  # it was not even read: another child would end the same way
            raise limits.ChildFailedError(f"{name}: the reading process ended beside it: {killed.why}")
        if killed.record_no == limits.A_BLOCK:  # reading record by record shows which record it was
            logger.warning("%s: reading many records at once, %s; now record by record", name, killed.why)
            context = replace(context, by_blocks=False)
            continue
        logger.warning(
            "%s: reading record %d, %s; what breaks the limits is left out",
            name,
            killed.record_no,
            killed.why,
        )
        kills[killed.file_no] += 1
        if killed.record_no:
            passed_over.add((killed.file_no, killed.record_no))
        else:
            kills[killed.file_no] = MAX_KILLS + 1
