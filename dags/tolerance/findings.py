"""What a look at a machine or a STATE found: one line per check, with what to do where it is not well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import duckdb

from tolerance.errors import ToleranceError


class Verdict(StrEnum):
    """How a check ended. A person should look at a warning; a problem stops a run or makes it wrong."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the screen: what was checked, the verdict, and what to do if it is not ok."""

    check: str
    verdict: Verdict
    what: str


def looked(check: Callable[..., Finding], *given: object) -> Finding:
    """What a check finds; a problem under the check's name where a fault keeps it from looking."""
    name = check.__name__.removeprefix("_").replace("_", " ")
    try:
        return check(*given)
    except ToleranceError as error:
        return Finding(name, Verdict.PROBLEM, str(error))
    except (OSError, ValueError, KeyError, TypeError, duckdb.Error) as error:
        fault = type(error).__name__
        return Finding(name, Verdict.PROBLEM, f"it cannot be read ({fault}): put it back from a backup")
