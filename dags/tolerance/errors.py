"""The base of all faults that a person can act on: what is wrong, what to do, whether a retry can help.

The command line and the Airflow glue catch this class and no other of ours; any other exception is a bug of
this program and keeps its traceback.
"""

from __future__ import annotations

from typing import ClassVar


class ToleranceError(Exception):
    """A fault, described in one sentence.

    Attributes:
        what: what is wrong, and where; no full stop.
        remedy: what to do about it, or '' where `what` says so already.
        can_retry: whether the step may succeed when it is simply run again.
        exit_code: what the command line exits with.
    """

    can_retry: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)  # both, so that it can be pickled back from a child process
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        """The whole sentence."""
        return f"{self.what}: {self.remedy}" if self.remedy else self.what


class UsageError(ToleranceError):
    """The request cannot be carried out."""

    exit_code = 2


class NotPublishedError(ToleranceError):
    """A run or a rebuild ended without a new generation; readers keep the last one."""
