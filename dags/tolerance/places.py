"""Where a service's warehouse and inbox are: two variables of its environment."""

from __future__ import annotations

import os
from pathlib import Path

from tolerance.errors import UsageError
from tolerance.state import State

STATE = "TOLERANCE_STATE"
EXTRACTS = "TOLERANCE_EXTRACTS"


def state_of_service() -> State:
    """The state that the scheduler's tasks work on.

    Raises:
        UsageError: when the environment does not name it.
    """
    return State(_named(STATE, "the folder of the warehouse and all its files"))


def extracts_of_service() -> Path:
    """The inbox that the scheduler's tasks read.

    Raises:
        UsageError: when the environment does not name it.
    """
    return _named(EXTRACTS, "the inbox, with a folder for each source")


def _named(variable: str, what: str) -> Path:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise UsageError(
            f"{variable} is not set", f"set it to {what} in the environment of every Airflow component."
        )
    return Path(value)
