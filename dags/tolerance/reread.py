"""Reads the landed files again: `raw/` and `quarantine/` as if everything were ingested today.

For a lost or damaged `raw/`, a corrected reader or mapping profile, another time zone or other plausible
dates. Loads keep their ids, numbers and dates; only what is read in them may differ.

The new raw layer is written in `work/rebuild/` and replaces the old one when it is complete. A run killed
before that changes nothing; after it, the next run or rebuild finishes the replacement. Readers keep the last
published generation all the while.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from tolerance import files
from tolerance.contracts import SOURCES
from tolerance.errors import ToleranceError, UsageError
from tolerance.former_ids import changed_ids, record_former_ids
from tolerance.intake.expect import expect
from tolerance.intake.land import plan_again
from tolerance.intake.landed import hashed, land_file
from tolerance.intake.load import ensure_empty_sources, load
from tolerance.intake.loads import LOADED, FileRecord, by_profile, known_loads, profile_of
from tolerance.intake.read import read
from tolerance.profiles.catalogue import Mappings, company_file, mappings
from tolerance.publishing.generations import published_generation
from tolerance.runs import last_published
from tolerance.state import State


class CannotRebuildError(ToleranceError):
    """The landed files cannot be read again; nothing was changed. The message says what to do."""


class NothingToRebuildError(UsageError):
    """The state holds no load. The message says what to do."""


@dataclass(frozen=True, slots=True)
class _Replacement(State):
    """The new raw layer in the making; it shares landed files and key with the state that it is for."""

    whole: State

    @property
    def landing(self) -> Path:
        return self.whole.landing

    @property
    def identity_key(self) -> Path:
        return self.whole.identity_key

    @property
    def complete(self) -> Path:
        """The mark that everything is read and may replace the old layer."""
        return self.root / "complete"

    @property
    def outgrown(self) -> Path:
        """Where the old folders go before they are removed."""
        return self.root / "outgrown"

    @property
    def replacements(self) -> list[tuple[Path, Path]]:
        """Each new folder with the one that it replaces."""
        return [
            (self.raw, self.whole.raw),
            (self.quarantine, self.whole.quarantine),
            (self.load_copies, self.whole.load_copies),
        ]


def _replacement(state: State) -> _Replacement:
    return _Replacement(state.work / "rebuild", state)


@dataclass(frozen=True, slots=True)
class Reread:
    """One load as read before and as read now; it is the `number`th of `of` loads."""

    number: int
    of: int
    before: tuple[FileRecord, ...]
    after: tuple[FileRecord, ...]


def as_of_to_rebuild(state: State) -> date:
    """The last published date; where nothing was published, the newest as-of date of a load.

    Raises:
        NothingToRebuildError: when no file was ever ingested.
    """
    published = last_published(state)
    if published is not None:
        return published.as_of_on
    generation = published_generation(state)  # the records of the runs may be lost
    if generation is not None:
        return date.fromisoformat(generation[1])
    dates = [file.as_of_on for files_of_load in known_loads(state) for file in files_of_load]
    if not dates:
        raise NothingToRebuildError(
            f"STATE={state.root} holds no record of a load",
            "nothing was ingested there, or raw/ and history/ are both lost; `tolerance run` ingests the "
            "inbox into a new STATE.",
        )
    return max(dates)


def read_again(state: State, extracts: Path | None = None) -> Iterator[Reread]:
    """Read all landed files again, load by load, and put the new raw layer into place at the end.

    Each file is read by the mapping profile of its load; with `extracts`, by the profile that the mapping
    file of that inbox gives its name today.

    Raises:
        CannotRebuildError: when landed files are missing or damaged, or the disk is too small.
        MappingError, UnbalancedLoadError: as ingest raises them; nothing was changed.
    """
    loads = known_loads(state)
    _refuse_lost_files(state, loads)
    _refuse_full_disk(state)
    finish_interrupted_rebuild(state)
    replacement = _replacement(state)
    for made, _ in replacement.replacements:
        made.mkdir(parents=True)
    ensure_empty_sources(replacement)
    today = None if extracts is None else _Today.of(extracts, state, replacement.work)
    after: list[FileRecord] = []
    for number, before in enumerate(loads, 1):
        source, load_id = before[0].source, before[0].load_id
        planned = [_with_profile(file, state, today) for file in before]
        plan_again(planned, replacement)
        read(source, load_id, replacement)
        expect(source, load_id, replacement)
        summary = load(source, load_id, replacement, before[0].load_no)
        after += summary.files
        yield Reread(number, len(loads), tuple(before), summary.files)
    former = [file for files_of_load in loads for file in files_of_load]
    files.write_text(replacement.complete, json.dumps(_changed_ids(replacement, former, after)))
    finish_interrupted_rebuild(state)


def finish_interrupted_rebuild(state: State) -> None:
    """Put a complete new raw layer into place; remove an incomplete one.

    Every step can be repeated. The warehouse is removed too, so that the next run computes everything.
    The caller must hold the lock on the state.
    """
    replacement = _replacement(state)
    if replacement.complete.exists():
        replacement.outgrown.mkdir(exist_ok=True)
        for made, place in replacement.replacements:
            if not made.exists():
                continue
            if place.exists():
                place.rename(replacement.outgrown / f"{place.parent.name}-{place.name}")
            place.parent.mkdir(parents=True, exist_ok=True)
            made.rename(place)
            files.sync_folder(place.parent)
        for database in (state.warehouse, state.warehouse.with_name(f"{state.warehouse.name}.wal")):
            database.unlink(missing_ok=True)
        files.sync_folder(state.root)
        changed = json.loads(replacement.complete.read_text("utf-8") or "[]")
        if changed:
            record_former_ids(state, as_of_to_rebuild(state), changed)
        replacement.complete.unlink()
    shutil.rmtree(replacement.root, ignore_errors=True)


def _changed_ids(
    replacement: _Replacement, former: list[FileRecord], after: list[FileRecord]
) -> list[tuple[str, str]]:
    """The ids that another system gives the records read now, each with the id that it becomes."""
    changed: list[tuple[str, str]] = []
    for source in SOURCES:
        before, now = (
            {
                file.file_sha256: file.system
                for file in files_read
                if file.source == source and file.status in LOADED
            }
            for files_read in (former, after)
        )
        changed += changed_ids(source, (replacement.raw / source).glob("*/*.parquet"), before, now)
    return changed


@dataclass(frozen=True, slots=True)
class _Today:
    """The present mapping file of an inbox, landed like that of a load."""

    mappings: Mappings
    sha256: str | None

    @classmethod
    def of(cls, extracts: Path, state: State, scratch: Path) -> _Today:
        company = company_file(extracts)
        landed = company and land_file(company, state.landing, scratch)
        return cls(mappings(company), landed.sha256 if landed else None)


def _with_profile(file: FileRecord, state: State, today: _Today | None) -> FileRecord:
    """The file with the mapping profile to read it by, as that profile is today."""
    if today is None:
        profile = profile_of(file, state)
        mappings_sha256 = file.mappings_sha256
    else:
        profile = today.mappings.profile_of(file.source, file.file_name)
        mappings_sha256 = today.sha256
    return replace(file, **by_profile(profile, mappings_sha256))


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashed(file).sha256


def _refuse_lost_files(state: State, loads: list[list[FileRecord]]) -> None:
    """Check every landed file against the hash that is its name."""
    is_sound: dict[str, bool] = {}
    lost: list[str] = []
    for file in (file for files_of_load in loads for file in files_of_load):
        for sha256 in filter(None, (file.file_sha256, file.mappings_sha256)):
            if sha256 not in is_sound:
                path = state.landing / sha256
                is_sound[sha256] = path.is_file() and _hash_of(path) == sha256
            if not is_sound[sha256]:
                lost.append(f"{file.source}/{file.file_name} of {file.delivered_on} ({sha256})")
    if lost:
        raise CannotRebuildError(
            f"{state.landing} lacks {len(lost)} delivered files or holds them damaged, the first is "
            f"{lost[0]}",
            "put them back from a backup under these hashes, then rebuild.",
        )


def _refuse_full_disk(state: State) -> None:
    needed = sum(folder_bytes(place) for place in (state.raw, state.quarantine))
    free = shutil.disk_usage(state.root).free
    if free < needed:
        raise CannotRebuildError(
            f"{state.root} has {free >> 20:,} MB free, and a second raw layer takes {needed >> 20:,} MB "
            "while it is made",
            "make room, then rebuild.",
        )


def folder_bytes(folder: Path) -> int:
    """The bytes of all files below a folder; 0 when there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
