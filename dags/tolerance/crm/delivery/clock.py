"""The clock of a delivery: it says when something was sent, and waits. No number depends on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """The present instant, and a way to wait."""

    now: Callable[[], datetime] = _utc
    sleep: Callable[[float], None] = time.sleep
