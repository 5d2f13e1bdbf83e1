"""Faults of the place where STATE is, told in one sentence: a full disk, a folder that cannot be written."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tolerance.errors import ToleranceError
from tolerance.state import State

LEAST_FREE_BYTES = 256 << 20
"""What a run needs to work, beside the generation that it makes."""

_PASSED_THROUGH = 0o711
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


class StorageError(ToleranceError):
    """Files cannot be written."""

    can_retry = True


def make_root(state: State) -> None:
    """Make the folder STATE where there is none.

    Raises:
        StorageError: when it cannot be made.
    """
    try:
        if not state.root.exists():
            missing = [place for place in state.root.parents if not place.exists()]
            state.root.mkdir(parents=True, exist_ok=True)
            for place in missing:
                place.chmod(_PASSED_THROUGH)  # else nobody gets to what STATE has for others
    except OSError as error:
        raise StorageError(
            f"STATE={state.root} cannot be made ({os.strerror(error.errno or 0)})",
            "choose a folder that the user of the runs may write.",
        ) from None


def bytes_of_a_day(state: State) -> int:
    """What has to be free for one run: a generation beside the last one, and room to work."""
    serving = state.serving.stat().st_size if state.serving.exists() else 0
    return serving + LEAST_FREE_BYTES


def full_disk(state: State) -> StorageError | None:
    """The error to tell where less is free than a run needs, so that another fault is likely due to it."""
    there = next(place for place in (state.root, *state.root.parents) if place.exists())
    free = shutil.disk_usage(there).free
    needed = bytes_of_a_day(state)
    if free >= needed:
        return None
    return StorageError(
        f"The disk of {state.root} is full ({free >> 20:,} MB free)",
        f"a run needs {needed >> 20:,} MB: make room and run the same date again. What was published stands.",
    )


@contextmanager
def told(state: State) -> Iterator[None]:
    """Turn an error of the system that tells of the place of STATE into a `StorageError`."""
    try:
        yield
    except OSError as error:
        found = _told(error, state)
        if found is None:
            raise
        raise found from None
    except Exception as error:  # DuckDB and Arrow have no class for it
        if os.strerror(errno.ENOSPC) not in str(error) or (found := full_disk(state)) is None:
            raise
        raise found from None


def _told(error: OSError, state: State) -> StorageError | None:
    if error.errno in _FULL:
        return full_disk(state) or StorageError(
            f"{error.filename or state.root}: {os.strerror(error.errno)}",
            "make room and run the same date again. What was published stands.",
        )
    if error.errno in _CLOSED:
        where = Path(os.fsdecode(error.filename)) if error.filename else state.root
        other = ", or choose another STATE" if where.is_relative_to(state.root) else ""
        return StorageError(
            f"{where} cannot be written or read ({os.strerror(error.errno)})",
            f"give the user of the runs the right to{other}.",
        )
    if error.errno == errno.ENOENT and "temporary directory" in str(error):
        return StorageError("No folder for temporary files can be written", "set TMPDIR to one that can.")
    return None
