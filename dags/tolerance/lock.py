"""One writer per STATE: a second run ends with one line that says who holds it, and since when.

And one process that delivers from it; that lock is another, so a slow CRM keeps no run waiting.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from tolerance.errors import ToleranceError
from tolerance.state import State
from tolerance.storage import make_root

RUN = "run.lock"
DELIVERY = "deliver.lock"

_held_here: set[Path] = set()
"""The states whose lock this process holds."""


class StateBusyError(ToleranceError):
    """Another process holds the state, or a database of it."""

    can_retry = True
    exit_code = 75  # EX_TEMPFAIL of sysexits.h


@contextmanager
def state_lock(state: State, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock on `state`; within this process it may be taken again.

    The lock is the operating system's, so a killed run leaves none behind.

    Raises:
        StateBusyError: when another process still holds it after `wait_seconds`.
    """
    if state.root in _held_here:
        yield
        return
    with _locked(state, RUN, wait_seconds):
        _held_here.add(state.root)
        try:
            yield
        finally:
            _held_here.discard(state.root)


@contextmanager
def delivery_lock(state: State, *, wait_seconds: float, say: Callable[[str], None]) -> Iterator[None]:
    """Be the only process that delivers from `state`; while another one is, `say` so and wait.

    Raises:
        StateBusyError: when it still does after `wait_seconds`.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(_locked(state, DELIVERY, 0))
        except StateBusyError as busy:
            say(f"Waiting: {busy.what}.")
            stack.enter_context(_locked(state, DELIVERY, wait_seconds))
        yield


@contextmanager
def _locked(state: State, name: str, wait_seconds: float) -> Iterator[None]:
    make_root(state)
    holder = holder_note(state, name)
    lock = FileLock(state.root / name, timeout=wait_seconds)
    try:
        lock.acquire()
    except Timeout:
        raise held(state, name) from None
    try:
        # The note is only for the message of `held`; the lock does not depend on it.
        holder.write_text(str(os.getpid()), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def holder_note(state: State, name: str = RUN) -> Path:
    """The file in which the holder of a lock says who it is."""
    return state.root / f"{name}.holder"


def held(state: State, name: str = RUN) -> StateBusyError:
    """The error for a state that another process holds: who holds it, and since when."""
    holder = holder_note(state, name)
    try:
        since = datetime.fromtimestamp(holder.stat().st_mtime, UTC).isoformat(" ", "seconds")
        who = f"process {holder.read_text('utf-8')} since {since}"
    except OSError:
        who = "another process"
    if name == DELIVERY:
        return StateBusyError(f"{who} delivers from {state.root}", "wait for it to end.")
    return StateBusyError(
        f"{state.root} is in use by {who}", "wait for it to end, or give this run another STATE."
    )


def open_read_only(database: Path, remedy: str) -> duckdb.DuckDBPyConnection:
    """A connection that reads `database`; `remedy` is what to do when another program writes to it.

    Raises:
        StateBusyError: when another process has it open for writing.
        duckdb.Error: when it is not a readable database.
    """
    try:
        return duckdb.connect(str(database), read_only=True)
    except duckdb.IOException:
        if is_written_elsewhere(database):
            raise StateBusyError(f"{database} is open for writing in another program", remedy) from None
    # Released between the two looks, or not a database: opening it again shows which.
    return duckdb.connect(str(database), read_only=True)


def is_written_elsewhere(path: Path) -> bool:
    """Whether another process holds the operating system's lock that a writer of a database takes.

    DuckDB raises the same error for a held file and for a damaged one, so the system is asked. Call it only
    for a file that this process does not have open: closing the file gives up every lock on it.
    """
    try:
        file = path.open("rb")
    except OSError:
        return False  # whatever is wrong, it is not a lock
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return True
        except OSError:
            return False  # a file system without locks
    return False
