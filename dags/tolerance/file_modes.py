"""Who of this machine may read what below STATE: decided here alone.

Everything is its owner's, except what is made for others: the published file, the alert lists, and the folder
into which the CRM answers. Those are the group's too, by the settings `shared_group` and `shared_umask`.
"""

from __future__ import annotations

import grp
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tolerance import company
from tolerance.errors import UsageError
from tolerance.settings import DBT_PROJECT
from tolerance.state import State

_PRIVATE_UMASK = 0o077
_PASSED_THROUGH = 0o711
"""The mode of STATE itself: who knows the name of a shared folder gets there, nobody can list the others."""


def keep_private() -> None:
    """Let what this process and its children create from now on be readable by its owner alone."""
    os.umask(_PRIVATE_UMASK)


@contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Let what is created in the block be readable by the group; `folder` is where it is created."""
    private = os.umask(_shared_umask())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _give_to_group(folder)
        yield
    finally:
        os.umask(private)


def put_right(state: State) -> None:
    """Give what an earlier release or a hand left below STATE the modes of this module.

    What belongs to somebody else stays as it is.
    """
    shared_folders = {state.serving.parent, state.outbox.parent, state.acknowledgements}
    for folder in shared_folders:
        folder.mkdir(exist_ok=True)
    shared_bits = 0o777 & ~_shared_umask()
    for place, folders, names in os.walk(state.root):
        here = Path(place)
        is_shared = not shared_folders.isdisjoint({here, *here.parents})
        allowed = shared_bits if is_shared else 0o777 & ~_PRIVATE_UMASK
        if is_shared:
            _give_to_group(here)
        _set_mode(here, _PASSED_THROUGH if here == state.root else allowed, is_exact=True)
        for path in (here / name for name in names):
            if not path.is_symlink():
                _set_mode(path, allowed & 0o666, is_exact=is_shared)
        folders[:] = [name for name in folders if not (here / name).is_symlink()]


def _set_mode(path: Path, mode: int, *, is_exact: bool) -> None:
    """Set the mode; where not `is_exact`, only take rights away."""
    try:
        status = path.stat()
        now = stat.S_IMODE(status.st_mode)
        kept = now & stat.S_ISGID
        wanted = kept | (mode if is_exact else now & mode)
        if now != wanted and status.st_uid == os.geteuid():
            path.chmod(wanted)
    except FileNotFoundError:
        pass  # a temporary file of another process


def _give_to_group(folder: Path) -> None:
    """Let a folder and what is created in it belong to the company's group, if one is set.

    Raises:
        UsageError: when there is no such group, or this user is not in it.
    """
    name = str(_setting("shared_group"))
    if not name:
        return
    try:
        wanted = grp.getgrnam(name).gr_gid
        if folder.stat().st_gid != wanted:
            shutil.chown(folder, group=wanted)
            folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_ISGID)
    except (KeyError, PermissionError):
        raise UsageError(
            f"shared_group is {name}, to which {folder} cannot be given",
            "name a group of this machine that the user of the runs is in.",
        ) from None


def _shared_umask() -> int:
    return int(str(_setting("shared_umask")), 8)


def _setting(name: str) -> object:
    return company.variables(DBT_PROJECT / "dbt_project.yml")[name]
