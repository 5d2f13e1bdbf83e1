"""What a look at a machine or a STATE found: one line per check, with what to do where it is not well."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
