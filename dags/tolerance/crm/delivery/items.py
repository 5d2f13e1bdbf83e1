"""What is sent, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tolerance.errors import ToleranceError


class Unit(StrEnum):
    """What a destination takes: single alerts, or the finished lists of a date."""

    ALERT = "alert"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Item:
    """One alert as it was told last, or the lists of one date.

    Attributes:
        key: the alert's id, or the as-of date of the lists.
        fingerprint: changes when the CRM must hear of it again.
        told_on: as-of date of the list that told it (YYYY-MM-DD).
        row: the columns of the alert; empty for lists.
        sent_at: until when it may have been sent without a clear answer, in seconds; None where it was not.
    """

    key: str
    fingerprint: str
    told_on: str
    row: Mapping[str, Any] = field(default_factory=dict)
    sent_at: float | None = None


class Answer(StrEnum):
    """What became of an item: taken, not taken, or nobody knows."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one item: the CRM's own id of it, or its sentence why not."""

    item: Item
    answer: Answer
    record_id: str | None = None
    sentence: str | None = None


class DestinationError(ToleranceError):
    """A destination takes nothing at present: the rest stays pending."""

    can_retry = True
