"""Progress of long work: one line per step, to the terminal and the log."""

from __future__ import annotations

import logging

LOGGER = logging.getLogger("tolerance.progress")


def say(sentence: str) -> None:
    """Report a step on the terminal, and in the task's log under a scheduler."""
    LOGGER.info(sentence)


def fail(sentence: str) -> None:
    """Report why the run cannot go on."""
    LOGGER.error(sentence)
