"""What whoever is called at night hears of a failed task: what, why, and where to read what to do."""

from __future__ import annotations

import re

from tolerance.channels import Message
from tolerance.errors import ToleranceError

VARIABLE = "TOLERANCE_ON_FAILURE"
"""Names the channels, in the form of TOLERANCE_DIGEST."""

RUNBOOK = "docs/runbook.md"
KILLED, OTHER = "killed-task", "unexpected-error"
"""The entries of the runbook for faults that are no error of ours."""


def entry(fault: ToleranceError) -> str:
    """The entry of the runbook about an error, by its name: of `StateBusyError` it is `state-busy`."""
    name = type(fault).__name__.strip("_").removesuffix("Error")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def notice(
    dag_id: str, task_id: str, run_id: str, tries: int, fault: ToleranceError | BaseException | None
) -> Message:
    """The notice of a task that has failed for good.

    `fault` is None for a task whose process was killed. Of an error that is not ours the kind alone is told:
    its words may be a customer's.
    """
    if isinstance(fault, ToleranceError):
        why, where = str(fault), entry(fault)
    elif fault is None:
        why, where = "its process was killed, by somebody or for want of memory", KILLED
    else:
        why, where = f"{type(fault).__name__}, which is told in the task's log", OTHER
    times = "once" if tries == 1 else f"{tries} times"
    return Message(
        f"{dag_id}: {task_id} failed",
        (
            f"It was tried {times} in the run {run_id}: {why}",
            "Nothing of it was published, and readers keep what they have.",
            f"What to do: {RUNBOOK}#{where}",
        ),
    )
