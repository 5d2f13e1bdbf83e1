"""How long work tells that it goes on: one line per step, to whoever listens."""

from __future__ import annotations

import logging

LOGGER = logging.getLogger("tolerance.progress")


def say(sentence: str) -> None:
    """Tell the person at the terminal, and the task's log under a scheduler."""
    LOGGER.info(sentence)


def fail(sentence: str) -> None:
    """Tell why the run cannot go on."""
    LOGGER.error(sentence)
