"""What a delivery would send, and why: for a person, before it does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from tolerance.crm.delivery.deliver import Report
from tolerance.crm.delivery.destinations import Destination
from tolerance.crm.delivery.items import Item, Unit
from tolerance.crm.delivery.outbox import outbox
from tolerance.errors import NotPublishedError
from tolerance.state import State


def preview(state: State, destination: Destination, *, most: int) -> Iterator[str]:
    """How everything decided stands, then up to `most` items that would be sent and all set aside.

    Raises:
        NotPublishedError: when nothing was published yet.
    """
    if not state.serving.exists():
        raise NotPublishedError(f"{state.serving} is missing", "run a date first.")
    with outbox(state, destination) as box:
        counts = box.counts()
        yield Report(destination, counts).sentence
        for item in islice(box.pending(), most):
            yield f"  would send {_described(item, destination)}"
        if counts.pending > most:
            yield f"  and {counts.pending - most:,} more"
        for item, sentence in box.set_aside():
            yield f"  set aside {_described(item, destination)}: {sentence}"


def _described(item: Item, destination: Destination) -> str:
    if destination.unit is Unit.LIST:
        return f"the lists of {item.key}"
    row = item.row
    why = row.get("change_reason") or row.get("change") or row.get("status") or "told"
    priority = f", priority {row['priority']}" if row.get("priority") is not None else ""
    return f"{item.key} ({why} on {item.told_on}{priority})"
