"""Files from folders of SFTP servers into the inbox: each version once, whole, and nothing there is changed.

A version is a name, a size and a time of change. Its place in the inbox is made of these three and of when
its source is ingested: the day that it is delivered for, the second since that day began with the size, the
name. So a version that was fetched before a kill, or is fetched again, meets its own file, and a later one
never takes the place of an earlier one that was not ingested yet. Which versions stand in the inbox is kept
in `history/sftp_folders/`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import posixpath
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paramiko
import tenacity

from tolerance.calendar import as_of_ends_at
from tolerance.contracts import SOURCES
from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.items import DestinationError
from tolerance.crm.delivery.ssh import FAULTS, UnreachableError, logged_in, told
from tolerance.errors import ToleranceError, UsageError
from tolerance.files import appearing, write_text
from tolerance.inbox import is_delivery, printable_name, version_folder
from tolerance.instants import business_date
from tolerance.readiness import closing_at
from tolerance.settings import settings
from tolerance.state import State

VARIABLE = "TOLERANCE_SFTP_FOLDERS"
LOOK_INTERVAL_SECONDS = 5.0
"""Between two looks at a file that may still be growing; uploads stall for longer than local writers."""

_TIMEOUT_SECONDS = 60.0
_LONGEST_NAME_BYTES = 200
_CHUNK_BYTES = 1 << 18
_REQUESTS_AHEAD = 64
_REMEMBERED_EVERY = 50


class SftpFolderError(ToleranceError):
    """A folder of an SFTP server cannot be used as it is set up."""


class SftpUnreachableError(SftpFolderError):
    """The SFTP server does not answer, or stopped; it may answer later."""

    can_retry = True


class _WaitingError(Exception):
    """A file is not ready; the next pick-up looks again."""


class SftpFileError(SftpFolderError):
    """The server does not give some files, which keep no others waiting; it may give them later."""

    can_retry = True


@dataclass(frozen=True, slots=True)
class SftpFolder:
    """One folder: whose source its files are, the Airflow connection that logs in, the path on the server."""

    source: str
    connection: str
    path: str

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.source}={self.connection}:{self.path}"

    @property
    def key(self) -> str:
        """Tells it from others in a name: two servers may have files of one name, size and second."""
        return hashlib.sha256(str(self).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Version:
    """What tells one version of a file from another."""

    size: int
    changed_at: int

    def place(self, folder: SftpFolder) -> str:
        """Its folder below that of the source.

        An export of the night counts for the day that is over as long as the source is ingested for it.
        """
        changed_at = datetime.fromtimestamp(self.changed_at, UTC)
        day = business_date(changed_at, settings())
        closing = closing_at(folder.source, day - timedelta(days=1), settings())
        if closing is not None and changed_at <= closing:
            day -= timedelta(days=1)
        begins_at = as_of_ends_at(day - timedelta(days=1), settings().business_time_zone)
        second = int((changed_at.replace(tzinfo=None) - begins_at).total_seconds())
        return f"{day}/{version_folder(second, self.size, folder.key)}"


def sftp_folders() -> tuple[SftpFolder, ...]:
    """The folders that the environment names, such as `tickets=desk_sftp:/out,mail=archive_sftp:/mails`.

    Raises:
        UsageError: for one without a source, a connection or a path.
    """
    found = []
    for written in filter(None, map(str.strip, os.environ.get(VARIABLE, "").split(","))):
        source, _, rest = written.partition("=")
        connection, _, path = rest.partition(":")
        if source not in SOURCES or not re.fullmatch(r"[\w.-]+", connection) or not path:
            raise UsageError(
                f"{VARIABLE} names {written!r}",
                f"write SOURCE=CONNECTION:FOLDER, separated by commas; sources are {', '.join(SOURCES)}.",
            )
        found.append(SftpFolder(source, connection, path))
    return tuple(dict.fromkeys(found))


def pick_up(
    folder: SftpFolder,
    connection: Connection,
    extracts: Path,
    state: State,
    say: Callable[[str], None],
    *,
    clock: Clock | None = None,
) -> int:
    """Put every version in `folder` that was not picked up yet below `EXTRACTS/<source>/`; how many.

    Raises:
        SftpFolderError: when the server cannot be used, with all that was picked up until then in its place.
        SftpFileError: after the last file, when the server did not give some; it names the first.
    """
    clock = clock or Clock()
    failed: list[SftpFileError] = []
    place = _memory_of(state, folder)
    known = _read(place)
    with _session(connection) as sftp:
        first = _listed(sftp, folder, say)
        news = {
            name: version
            for name, version in first.items()
            if is_delivery(name) and known.get(name) != version
        }
        if not news:
            return 0
        clock.sleep(LOOK_INTERVAL_SECONDS)
        second = _listed(sftp, folder, lambda _: None)
        known = {name: version for name, version in known.items() if name in second}
        now, count = clock.now().timestamp(), 0
        try:
            for name in sorted(news, key=lambda name: (news[name].changed_at, name)):
                try:
                    if why_not := _why_wait(name, news[name], second, now):
                        raise _WaitingError(why_not)
                    _put(sftp, folder, name, news[name], extracts)
                except _WaitingError as reason:
                    say(f"{folder.source}: {name} in {folder} waits: {reason}")
                    continue
                except SftpFileError as error:
                    say(f"{folder.source}: {error}")
                    failed.append(error)
                    continue
                known[name] = news[name]
                count += 1
                if count % _REMEMBERED_EVERY == 0:
                    _write(place, known)
        finally:
            _write(place, known)
    if failed:
        others = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
        raise SftpFileError(failed[0].what + others, failed[0].remedy)
    return count


def _why_wait(name: str, version: _Version, listed: dict[str, _Version], now: float) -> str | None:
    if listed.get(name) != version:
        return "it is still growing"
    if f"{name}.part" in listed:
        return "a .part beside it says that it is still being written"
    if version.changed_at > now:
        return "its time of change lies in the future; is the server's clock right?"
    return None


# The server ---------------------------------------------------------------------------


@contextmanager
def _session(connection: Connection) -> Iterator[paramiko.SFTPClient]:
    once = tenacity.Retrying(stop=tenacity.stop_after_attempt(1), reraise=True)  # the task is tried again
    try:
        with logged_in(connection, _TIMEOUT_SECONDS, once) as sftp:
            yield sftp
    except UnreachableError as error:
        raise SftpUnreachableError(error.what, _LATER) from None
    except DestinationError as error:
        raise SftpFolderError(error.what, error.remedy) from None


_LATER = "what was picked up is in the inbox; the next pick-up continues there."


@contextmanager
def _asked(folder: SftpFolder) -> Iterator[None]:
    """Speak with the server; only what it does wrong is told as its fault."""
    try:
        yield
    except (FileNotFoundError, PermissionError) as fault:
        raise SftpFolderError(
            f"{folder.path} cannot be read by the connection {folder.connection} ({told(fault)})",
            f"correct {VARIABLE}, or let the login read it.",
        ) from None
    except FAULTS as fault:
        raise SftpUnreachableError(
            f"The server of the connection {folder.connection} stopped answering ({told(fault)})", _LATER
        ) from None


def _listed(sftp: paramiko.SFTPClient, folder: SftpFolder, say: Callable[[str], None]) -> dict[str, _Version]:
    """The deliveries of the folder, and what says of one that it is being written; the unfit are said."""
    found = {}
    with _asked(folder):
        entries = sftp.listdir_attr(folder.path)
    for entry in entries:
        if why_not := _why_unfit(entry):
            say(f"{folder.source}: {printable_name(entry.filename)} in {folder} is left there: {why_not}")
        elif is_delivery(entry.filename) or entry.filename.endswith(".part"):
            found[entry.filename] = _version(entry)
    return {name: version for name, version in found.items() if version is not None}


def _why_unfit(entry: paramiko.SFTPAttributes) -> str:
    name = entry.filename
    if "/" in name or "\\" in name or printable_name(name) != name:
        return "its name has characters that no file's name may have; rename it there"
    if len(name.encode()) > _LONGEST_NAME_BYTES:
        return f"its name is longer than {_LONGEST_NAME_BYTES} bytes; rename it there"
    if stat.S_ISLNK(entry.st_mode or 0):
        return "it is a link, which is not followed; put the file itself there"
    if _version(entry) is None and stat.S_ISREG(entry.st_mode or 0):
        return "the server tells neither its size nor its time"
    return ""


def _version(entry: paramiko.SFTPAttributes) -> _Version | None:
    """Of a file; None for what is none."""
    size, changed_at = entry.st_size, entry.st_mtime
    if not stat.S_ISREG(entry.st_mode or 0) or size is None or changed_at is None:
        return None
    return _Version(size, int(changed_at))


def _chunks(sftp: paramiko.SFTPClient, folder: SftpFolder, name: str, version: _Version) -> Iterator[bytes]:
    """The bytes of a version, as many as it has; fewer where it was changed meanwhile."""
    left = version.size
    with _asked_for(sftp, folder, name):
        file = sftp.open(posixpath.join(folder.path, name), "rb")
        file.prefetch(left, _REQUESTS_AHEAD)
    with file:
        while left:
            with _asked_for(sftp, folder, name):
                chunk = file.read(min(left, _CHUNK_BYTES))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk


@contextmanager
def _asked_for(sftp: paramiko.SFTPClient, folder: SftpFolder, name: str) -> Iterator[None]:
    """Speak with the server about one file: what it refuses of this one it may grant of the next."""
    with _asked(folder):
        try:
            yield
        except FileNotFoundError:
            raise _WaitingError("it is there no more") from None
        except OSError as fault:
            # An answer has the number of a missing right or none; a line that is slow or closed has none too.
            if fault.errno not in {None, errno.EACCES} or isinstance(fault, TimeoutError) or _is_closed(sftp):
                raise
            raise SftpFileError(
                f"{name} in {folder} cannot be read ({told(fault)})",
                "let the login read it, or take it away; what else was new is in the inbox.",
            ) from None


def _is_closed(sftp: paramiko.SFTPClient) -> bool:
    channel = sftp.get_channel()
    return channel is None or channel.closed


# The inbox and the memory -------------------------------------------------------------


def _put(sftp: paramiko.SFTPClient, folder: SftpFolder, name: str, version: _Version, extracts: Path) -> None:
    """Put one version into the inbox.

    Raises:
        _WaitingError: when the server has another version by now.
        SftpFileError: when the server does not give it.
    """
    path = extracts / folder.source / version.place(folder) / name
    if path.exists():
        return
    try:
        with appearing(path) as temporary:
            with temporary.open("wb") as file:
                file.writelines(_chunks(sftp, folder, name, version))
            with _asked_for(sftp, folder, name):
                now = _version(sftp.lstat(posixpath.join(folder.path, name)))
            if now != version or temporary.stat().st_size != version.size:
                raise _WaitingError("it was changed while it was read")
    except (_WaitingError, SftpFolderError):
        path.with_name(f".{path.name}.part").unlink(missing_ok=True)
        with suppress(OSError):  # others may have files there
            path.parent.rmdir()
        raise


def _memory_of(state: State, folder: SftpFolder) -> Path:
    return state.sftp_folders / f"{folder.connection}.{folder.key}.json"


def _read(place: Path) -> dict[str, _Version]:
    try:
        found = json.loads(place.read_text("utf-8"))
        return {name: _Version(int(size), int(changed_at)) for name, (size, changed_at) in found.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        # All files again: each meets its own, or is known to `landing/`.
        return {}


def _write(place: Path, known: dict[str, _Version]) -> None:
    text = json.dumps({name: (each.size, each.changed_at) for name, each in known.items()})
    write_text(place, text + "\n")
