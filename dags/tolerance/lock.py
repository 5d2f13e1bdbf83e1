"""One writer per STATE: the second run leaves with one line that says who holds it, since when."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from tolerance.state import State

_HELD_BY_PARENT = "TOLERANCE_STATE_LOCK_HELD"


class StateBusyError(Exception):
    """Another run holds the state. The message is one sentence for the person who started this one."""


@contextmanager
def state_lock(state: State, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold `state` alone; a lock that this process holds already is entered again.

    The lock is the operating system's, so a killed run leaves none behind.

    Raises:
        StateBusyError: when another process still holds it after `wait_seconds`.
    """
    if os.environ.get(_HELD_BY_PARENT) == str(state.root):
        yield
        return
    state.root.mkdir(parents=True, exist_ok=True)
    holder = holder_note(state)
    lock = FileLock(state.root / "run.lock", timeout=wait_seconds)
    try:
        lock.acquire()
    except Timeout:
        raise StateBusyError(who_holds(state)) from None
    try:
        # The holder's note is for the sentence below only; the lock itself does not depend on it.
        holder.write_text(str(os.getpid()), encoding="utf-8")
        os.environ[_HELD_BY_PARENT] = str(state.root)
        yield
    finally:
        os.environ.pop(_HELD_BY_PARENT, None)
        holder.unlink(missing_ok=True)
        lock.release()


def holder_note(state: State) -> Path:
    """Where the holder of the lock tells who it is."""
    return state.root / "run.lock.holder"


def who_holds(state: State) -> str:
    """One sentence: who holds the state, since when, and what to do."""
    holder = holder_note(state)
    try:
        since = datetime.fromtimestamp(holder.stat().st_mtime, UTC).isoformat(" ", "seconds")
        who = f"process {holder.read_text('utf-8')} since {since}"
    except OSError:
        who = "another process"
    return f"{state.root} is in use by {who}: wait for it to end, or give this run another STATE."
