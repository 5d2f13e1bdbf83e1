"""The files in the inbox, and which of them are complete and ready to ingest."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from io import BufferedReader
from pathlib import Path

from tolerance.contracts import CONTRACTS, NEEDED, SOURCES
from tolerance.errors import ToleranceError

LOOK_INTERVAL_SECONDS = 1.0
_SIDECARS = (".sha256", ".done", ".part")
_NO_DELIVERY = re.compile(
    r"\.|(?:thumbs\.db|desktop\.ini|maildirfolder)\Z"
    r"|dovecot(?:\.index|\.list\.index|\.mailbox\.log|-uidlist|-uidvalidity|-keywords|-acl)",
    re.IGNORECASE,
)
"""Hidden files, and what Windows and mail servers keep in every folder for their own use."""

_MAILDIR_FOLDERS = ("cur", "new", "tmp")

_CLOSED = "it cannot be read; give this user the right to read"
_LEADS_OUT = "it is a link that leads out of the inbox, which is not followed; put the file itself here"

logger = logging.getLogger(__name__)


class InboxError(ToleranceError):
    """The inbox itself cannot be read."""


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """One complete file of the inbox. `name` is its path below the source's folder.

    `inside` is the folder that it must not lead out of.
    """

    source: str
    name: str
    path: Path
    delivered_on: date
    inside: Path


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """One file that is not ingested yet, and why."""

    source: str
    name: str
    why: str
    since_on: date | None = None
    """The day (UTC) when it last changed."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The files of one source up to a date, in the order in which they count."""

    files: tuple[DeliveredFile, ...]
    waiting: tuple[WaitingFile, ...]


_Stamp = tuple[int, int]  # size in bytes, time of the last change in ns


@dataclass(slots=True)
class _Look:
    """What one look at the whole inbox found, and when by the monotonic clock."""

    seen_at: float
    stamps: dict[Path, _Stamp]


_first_looks: dict[Path, _Look] = {}
"""The last look at each inbox in this process: all sources then wait one second, not each."""


def deliveries(extracts: Path, source: str, as_of: date, acknowledgements: Path | None = None) -> Deliveries:
    """The files of `source` that a run for `as_of` ingests, and those that must wait.

    Files in folders named by a day count up to `as_of`; all others count as delivered
    on `as_of`. Sorted by day of delivery, then name. Raises `InboxError` when the inbox
    is not a folder; a missing source folder counts as empty.

    `acknowledgements` is the folder into which the CRM answers. What lies there is of that source, under
    names that begin with the folder's.
    """
    if not extracts.is_dir():
        raise InboxError(
            f"The inbox {extracts} is not a folder",
            f"give EXTRACTS= the folder that holds {', '.join(NEEDED)}.",
        )
    if _is_of_the_system(extracts):
        raise InboxError(f"The inbox {extracts} belongs to the system", "give EXTRACTS= a folder of files.")
    candidates, waiting = _candidates(extracts / source, extracts, source, as_of)
    if acknowledgements and CONTRACTS[source].comes_from_crm and acknowledgements.is_dir():
        files, reasons = _candidates(acknowledgements, acknowledgements, source, as_of)
        candidates += [replace(file, name=f"{acknowledgements.name}/{file.name}") for file in files]
        waiting |= reasons
    ready = [file for file in candidates if file.path not in waiting]
    for file in candidates:
        if file.path in waiting:
            logger.warning("%s/%s is not ingested yet: %s", source, file.name, waiting[file.path])
    return Deliveries(
        files=tuple(sorted(ready, key=lambda file: (file.delivered_on, file.name))),
        waiting=tuple(
            WaitingFile(source, file.name, waiting[file.path], _changed_on(file.path))
            for file in sorted(candidates, key=lambda file: (file.delivered_on, file.name))
            if file.path in waiting
        ),
    )


def stamps(extracts: Path, sources: tuple[str, ...], as_of: date = date.max) -> list[str]:
    """What lies in the inbox for dates up to `as_of`, by name, size and times: no file is opened."""
    inside = extracts.resolve()
    found = []
    for source in sources:
        folder = extracts / source
        for path in _below(folder, inside).files:
            if (_day_of(os.fsdecode(path.relative_to(folder))) or as_of) > as_of:
                continue
            for each in (path, *(path.with_name(path.name + suffix) for suffix in _SIDECARS)):
                try:
                    status = each.stat()
                except OSError:
                    continue
                found.append(f"{each}|{status.st_size}|{status.st_mtime_ns}|{status.st_ctime_ns}")
    return found


def _candidates(
    folder: Path, inside: Path, source: str, as_of: date
) -> tuple[list[DeliveredFile], dict[Path, str]]:
    """All files below a folder up to a date, and why some of them wait."""
    below = _below(folder, inside.resolve())
    candidates = [
        DeliveredFile(source, name, path, day or as_of, inside)
        for path in (*below.files, *below.out_of_reach)
        if (day := _day_of(name := printable_name(path.relative_to(folder).as_posix()))) is None
        or day <= as_of
    ]
    reachable = [file for file in candidates if file.path not in below.out_of_reach]
    return candidates, below.out_of_reach | _waiting_reasons(inside, reachable)


def _changed_on(path: Path) -> date | None:
    stamp = _stamp(path)
    return None if stamp is None else datetime.fromtimestamp(stamp[1] / 1e9, UTC).date()


def printable_name(name: str) -> str:
    """A name fit for a line of text: control characters and invalid UTF-8 escaped, as in `caf\\xe9.csv`."""
    return printable(os.fsencode(name).decode("utf-8", "backslashreplace"))


def printable(text: str) -> str:
    """The text with its control characters escaped: what others wrote moves no terminal."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def is_delivery(name: str) -> bool:
    """Whether a file of this name is delivered: no sidecar, and nothing that a system keeps for itself."""
    return not _NO_DELIVERY.match(name) and Path(name).suffix.lower() not in _SIDECARS


@dataclass(slots=True)
class _Below:
    """The files below a folder, and what cannot be reached, with the reason."""

    files: list[Path] = field(default_factory=list)
    out_of_reach: dict[Path, str] = field(default_factory=dict)


def _below(folder: Path, inside: Path) -> _Below:
    """All regular files except sidecars, system files and unfinished messages of a Maildir.

    Links to files and folders are followed while they stay `inside` the inbox, each folder once: who may
    deliver must not choose what else this user reads. What is not read for this or for want of rights is
    reported: it was delivered and must not be skipped silently.
    """
    found = _Below()

    def closed(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            found.out_of_reach[Path(error.filename)] = f"{_CLOSED} this folder"

    if not _is_inside(folder, inside):
        found.out_of_reach[folder] = (
            "this folder is a link that leads out of the inbox, which is not followed; put the files here, "
            "or give the folder above the other one as EXTRACTS"
        )
        return found
    seen = {folder.resolve()}
    for place, folders, names in os.walk(folder, onerror=closed, followlinks=True):
        here = Path(place)
        for name in [name for name in folders if (here / name).is_symlink()]:
            if not _is_inside(here / name, inside):
                folders.remove(name)
                found.out_of_reach[here / name] = _LEADS_OUT
            elif (real := (here / name).resolve()) in seen:
                folders.remove(name)  # a loop of links
            else:
                seen.add(real)
        for path in (here / name for name in names):
            if not is_delivery(path.name) or _is_unfinished_maildir_message(path):
                continue
            why_not = _why_out_of_reach(path, inside)
            if why_not is None:
                found.files.append(path)
            elif why_not:
                found.out_of_reach[path] = why_not
    found.files.sort()
    return found


def _why_out_of_reach(path: Path, inside: Path) -> str | None:
    """Why what lies there is not read; None for a file to read, '' for what was removed meanwhile."""
    try:
        if path.is_symlink() and not _is_inside(path, inside):
            return _LEADS_OUT
        if stat.S_ISREG(path.stat().st_mode):
            return None
    except FileNotFoundError:
        return "it is a link whose target is missing" if path.is_symlink() else ""
    except OSError:
        return f"{_CLOSED} it"
    return "it is a pipe, a socket or a device; deliver a file instead"


def _is_inside(path: Path, inside: Path) -> bool:
    """Whether a path, with all links followed, is below `inside` (which has none)."""
    try:
        return path.resolve().is_relative_to(inside)
    except (OSError, RuntimeError):  # a circle of links
        return False


def is_linked_outside(path: Path, extracts: Path) -> bool:
    """Whether a path in the inbox is a link that leads out of it."""
    return not _is_inside(path, extracts.resolve())


def _is_of_the_system(extracts: Path) -> bool:
    """Whether a folder is a view of the system's own processes and devices, not of files."""
    return any(extracts.resolve().is_relative_to(root) for root in ("/proc", "/sys"))


@contextmanager
def opened(path: Path, extracts: Path) -> Iterator[BufferedReader]:
    """Open a delivered file and judge it again: it can have been replaced by a link meanwhile.

    Raises:
        InboxError: when it is no file of the inbox any more.
    """
    # A pipe put in its place would keep the opening waiting for a writer.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        where = Path(f"/proc/self/fd/{file.fileno()}")
        real = where.readlink() if where.is_symlink() else path.resolve()  # not every system has the former
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode) or not real.is_relative_to(extracts.resolve()):
            raise InboxError(
                f"{printable_name(path.name)} was replaced by something else while it was read",
                "look who writes to the inbox, and run the same date again.",
            )
        yield file


def _is_unfinished_maildir_message(path: Path) -> bool:
    """Whether it lies under `tmp/` of a Maildir: such messages are still being written."""
    maildir = path.parent.parent
    return path.parent.name == "tmp" and all((maildir / part).is_dir() for part in ("cur", "new"))


def is_maildir_message(name: str) -> bool:
    """Whether a delivered name is a message of a Maildir: it is in `cur/` or `new/`."""
    folders = name.split("/")[:-1]
    return bool(folders) and folders[-1] in _MAILDIR_FOLDERS[:2]


def version_folder(second: int, size: int, key: str) -> str:
    """The folder in which the pick-up puts one version of a file; by name they sort as they were written."""
    return f"{second:06d}-{size}-{key}"


_VERSION_FOLDER = re.compile(r"\d{5,6}-\d+-[0-9a-f]{12}")


def is_made_by_delivery(folder: str) -> bool:
    """Whether the name of a folder only says when a file came: it is that of a day or of a version."""
    return bool(_VERSION_FOLDER.fullmatch(folder)) or _day_of(f"{folder}/") is not None


def _day_of(name: str) -> date | None:
    """The day of delivery by the folders of a name, if one of them is named by a day."""
    for folder in name.split("/")[:-1]:
        if len(folder) == len("2026-11-20"):
            try:
                return date.fromisoformat(folder)
            except ValueError:
                continue
    return None


def _waiting_reasons(extracts: Path, files: list[DeliveredFile]) -> dict[Path, str]:
    """Why each incomplete file waits. A sidecar alone decides on its file."""
    reasons: dict[Path, str] = {}
    unmarked: list[Path] = []
    for file in files:
        try:
            verdict = _sidecar_verdict(file.path, extracts)
        except InboxError:
            reasons[file.path] = "its sidecar leads out of the inbox; put the sidecar itself here"
            continue
        except OSError:
            reasons[file.path] = f"{_CLOSED} it"
            continue
        if verdict is None:
            unmarked.append(file.path)
        elif verdict:
            reasons[file.path] = verdict
    reasons.update(_still_changing(extracts, unmarked))
    return reasons


def _sidecar_verdict(path: Path, extracts: Path) -> str | None:
    """'' when a sidecar confirms the file, else the reason to wait; None when there is no sidecar."""
    with opened(path, extracts):
        pass  # find an unreadable file here, not halfway through landing
    checksum, done, part = (path.with_name(path.name + suffix) for suffix in _SIDECARS)
    if checksum.is_file():
        agrees = _claims(checksum, extracts) == [_sha256(path, extracts)]
        return "" if agrees else "its .sha256 does not match its content"
    if done.is_file():
        return _done_verdict(path, extracts, _claims(done, extracts))
    if part.exists():
        return "a .part beside it says that it is still being written"
    return None


def _claims(sidecar: Path, extracts: Path) -> list[str]:
    """The first word of a sidecar, in lower case; [] when it has none."""
    with opened(sidecar, extracts) as file:
        return file.read(_LONGEST_CLAIM_BYTES).decode("utf-8", "replace").lower().split()[:1]


_LONGEST_CLAIM_BYTES = 8 << 10


def _done_verdict(path: Path, extracts: Path, claims: list[str]) -> str:
    """A `.done` may be empty, or hold the file's size in bytes or its sha256."""
    if not claims:
        return ""
    claim = claims[0]
    if len(claim) == hashlib.sha256().digest_size * 2:
        return "" if claim == _sha256(path, extracts) else "its .done does not match its content"
    if claim.isdecimal():
        return (
            ""
            if claim.lstrip("0") == str(path.stat().st_size).lstrip("0")
            else "its .done gives another size"
        )
    return ""


def _sha256(path: Path, extracts: Path) -> str:
    with opened(path, extracts) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _still_changing(extracts: Path, paths: list[Path]) -> dict[Path, str]:
    """Those of `paths` that differ between two looks one second apart.

    The first look covers the whole inbox and is kept, so that the next source of the same
    run does not wait again. A file that the kept look did not see, or saw in another state,
    gets a fresh pair of looks.
    """
    if not paths:
        return {}
    remembered = _first_looks.get(extracts)
    if remembered is not None:
        _wait_until(remembered.seen_at + LOOK_INTERVAL_SECONDS)
        paths = [path for path in paths if _stamp(path) != remembered.stamps.get(path)]
        if not paths:
            return {}
    first = _first_looks[extracts] = _look(extracts, paths)
    _wait_until(first.seen_at + LOOK_INTERVAL_SECONDS)
    return {
        path: "it is still growing"
        for path in paths
        if (stamp := _stamp(path)) is None or stamp != first.stamps.get(path)
    }


def _look(extracts: Path, paths: list[Path]) -> _Look:
    """At `paths`, and at all that the other sources will look at."""
    below = [path for source in SOURCES for path in _below(extracts / source, extracts.resolve()).files]
    stamps = {path: stamp for path in (*paths, *below) if (stamp := _stamp(path)) is not None}
    return _Look(time.monotonic(), stamps)


def _stamp(path: Path) -> _Stamp | None:
    """Size and last change, or None when the file is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _wait_until(monotonic: float) -> None:
    time.sleep(max(0.0, monotonic - time.monotonic()))
