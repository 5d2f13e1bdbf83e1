"""Who of this machine may read what below STATE: decided here alone.

Everything is its owner's, except what is made for others: the published file, the alert lists, and the folder
into which the CRM answers. Those are the group's too, by the settings `shared_group` and `shared_umask`.
"""

from __future__ import annotations

import grp
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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
    sharing = _Sharing.in_use()
    private = os.umask(sharing.umask)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _set(folder, is_shared=True, sharing=sharing)
        yield
    finally:
        os.umask(private)


def put_right(state: State) -> None:
    """Give what an earlier release or a hand left in the folders of `state` the modes of this module.

    What belongs to somebody else stays as it is, and what a person keeps beside these folders too.

    Raises:
        UsageError: when the group of the settings cannot be given to them.
    """
    sharing = _Sharing.in_use()
    with suppress(PermissionError):
        state.root.chmod(_PASSED_THROUGH)
    for path in (*state.private_folders, *state.private_files):
        _walk(path, is_shared=False, sharing=sharing)
    for path in state.shared_folders:  # last: a rebuild keeps the published file under a private name too
        path.mkdir(exist_ok=True)
        _walk(path, is_shared=True, sharing=sharing)


def too_open(state: State) -> Iterator[Path]:
    """What somebody else may read or write against this module; `put_right` closes it. Changes nothing."""
    umask = _Sharing.in_use().umask
    if stat.S_IMODE(state.root.stat().st_mode) & ~_PASSED_THROUGH:
        yield state.root
    private = (*state.private_folders, *state.private_files)
    for tops, forbidden in ((private, _PRIVATE_UMASK), (state.shared_folders, umask)):
        for path in (found for top in tops if top.exists() for found in (top, *top.rglob("*"))):
            if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & forbidden:
                yield path


@dataclass(frozen=True, slots=True)
class _Sharing:
    """The settings of what is made for others."""

    umask: int
    group: int | None
    group_name: str

    @classmethod
    def in_use(cls) -> _Sharing:
        given = company.variables(DBT_PROJECT / "dbt_project.yml")
        name = str(given["shared_group"])
        return cls(int(str(given["shared_umask"]), 8), _group(name) if name else None, name)


def _group(name: str) -> int:
    """A group by its name or number: a container knows the groups of its machine by number alone."""
    if name.isdecimal():
        return int(name)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise UsageError(
            f"shared_group is {name}, which is no group of this machine",
            "name one that the user of the runs is in, or give its number.",
        ) from None


def _walk(top: Path, *, is_shared: bool, sharing: _Sharing) -> None:
    if top.exists():
        _set(top, is_shared=is_shared, sharing=sharing)
    for place, folders, names in os.walk(top):
        for name in (*folders, *names):
            _set(Path(place) / name, is_shared=is_shared, sharing=sharing)


def _set(path: Path, *, is_shared: bool, sharing: _Sharing) -> None:
    """Give a file or folder of ours its mode, never what a link leads to."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return  # a link, what vanished meanwhile, or what is not ours to open
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid():
            return
        if not is_shared:
            mode = stat.S_IMODE(status.st_mode) & ~_PRIVATE_UMASK
        else:
            is_folder = stat.S_ISDIR(status.st_mode)
            mode = (0o777 if is_folder else 0o666) & ~sharing.umask
            mode |= stat.S_ISGID if is_folder and sharing.group is not None else 0
            _give_to_group(descriptor, status, path, sharing)
        if stat.S_IMODE(status.st_mode) != mode:
            os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def _give_to_group(descriptor: int, status: os.stat_result, path: Path, sharing: _Sharing) -> None:
    if sharing.group is None or status.st_gid == sharing.group:
        return
    try:
        os.fchown(descriptor, -1, sharing.group)
    except PermissionError:
        raise UsageError(
            f"shared_group is {sharing.group_name}, to which {path} cannot be given",
            "name a group that the user of the runs is in.",
        ) from None
