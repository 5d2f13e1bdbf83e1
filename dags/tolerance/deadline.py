"""The daily run at its deadline, when a source has not been ingested: what is missing, or that nothing is."""

from __future__ import annotations

from datetime import date

from tolerance.channels import Message
from tolerance.contracts import NEEDED
from tolerance.intake.loads import load_records
from tolerance.runs import last_published
from tolerance.state import State


def is_published(state: State, as_of: date) -> bool:
    """Whether readers have this date or a later one already, with all that was loaded."""
    published = last_published(state)
    if published is None or published.as_of_on < as_of:
        return False
    # What an urgent run has loaded is of a later day.
    loads = [record.load_no for record in load_records(state) if record.as_of_on <= as_of]
    return max(loads, default=0) <= published.last_load_no


def missing_sources(state: State, as_of: date) -> tuple[str, ...]:
    """The needed sources of which nothing was loaded for this date."""
    come = {record.source for record in load_records(state) if record.as_of_on == as_of}
    return tuple(source for source in NEEDED if source not in come)


def notice(dag_id: str, as_of: date, missing: tuple[str, ...]) -> Message:
    """What is told when a date is computed without some of its sources."""
    return Message(
        f"{dag_id}: the deadline of {as_of} has passed without {', '.join(missing)}",
        (
            "The date is computed with what is there, and its lists say that it is no all-clear.",
            "What comes later is computed when it is ingested, for the same date or the next.",
            "What to do: docs/runbook.md#missing-source",
        ),
    )
