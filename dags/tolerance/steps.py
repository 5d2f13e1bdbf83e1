"""The named places of a run at which a test ends it; nothing listens anywhere else."""

from __future__ import annotations

from collections.abc import Callable

STEPS = (
    "landing",
    "reading",
    "loading",
    "building staging",
    "building intermediate",
    "building marts",
    "publishing",
    "recording",
    "history",
    "exporting",
)
"""A step is passed after what it does and before what makes it count; `recording` after readers see it."""

listeners: list[Callable[[str], None]] = []


def passed(step: str) -> None:
    """Say that a step was passed."""
    for listener in listeners:
        listener(step)
