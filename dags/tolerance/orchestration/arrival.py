"""The trigger that sees what is delivered; it runs in Airflow's triggerer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from tolerance import arrivals, readiness
from tolerance.errors import ToleranceError
from tolerance.places import extracts_of_service, state_of_service

LOOK_INTERVAL_SECONDS = 20.0


class InboxTrigger(BaseEventTrigger):
    """Fires when something of a source lies in the inbox that was not there when it was ingested last.

    What is looked at are names, sizes and times, twice the same: a file that is being written waits. Each
    state of the inbox is told once; a triggerer that was restarted asks STATE what was ingested. What lies
    there for the day in progress is told when the last day that is over is published.
    """

    def __init__(self, source: str, interval_seconds: float = LOOK_INTERVAL_SECONDS) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.source = source
        self.interval_seconds = interval_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """What Airflow makes it again from."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {"source": self.source, "interval_seconds": self.interval_seconds},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look for ever; a folder that cannot be read now may be mounted again later, a setting be mended."""
        before, told = "", ""
        while True:
            try:
                now, ingested = await asyncio.to_thread(self._look)
            except (OSError, ValueError, ToleranceError) as error:
                self.log.warning(
                    "The inbox of %s cannot be looked at (%s).", self.source, type(error).__name__
                )
            else:
                if now and now == before and now not in {told, ingested}:
                    told = now
                    yield TriggerEvent({"source": self.source})  # type: ignore[no-untyped-call]
                before = now
            await asyncio.sleep(self.interval_seconds)

    def _look(self) -> tuple[str, str]:
        state = state_of_service()
        as_of = readiness.date_of(state, self.source, datetime.now(UTC))
        found = arrivals.present(state, extracts_of_service(), self.source, as_of)
        return found, arrivals.ingested(state, self.source)
