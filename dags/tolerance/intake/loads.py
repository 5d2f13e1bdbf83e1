"""The load records: what was ingested, file by file, and whether all of it is still there."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from filelock import FileLock

from tolerance.contracts import CONTRACTS
from tolerance.errors import ToleranceError
from tolerance.files import appearing, sync_folder
from tolerance.profiles.profile import BY_CONTRACT, DEFAULT, Profile
from tolerance.versions import CURRENT, VERSION, Format, refuse_newer, split_known

if TYPE_CHECKING:
    from tolerance.profiles.catalogue import Mappings
    from tolerance.state import State

EMPTY_LOAD_ID = "0" * 16

LOADED = ("loaded", "loaded_with_quarantine")
"""Content of a file with one of these states is known: under another name it brings nothing new."""


class RawLostError(ToleranceError):
    """Loads are missing from `raw/`."""


@dataclass(slots=True)
class FileRecord:
    """One delivered file in its load record: a row of `audit_load`."""

    load_id: str
    load_no: int
    source: str
    as_of_on: date
    loaded_at: datetime
    file_name: str
    file_sha256: str
    byte_count: int
    delivered_on: date
    encoding: str = ""
    landed_records: int = 0
    loaded_records: int = 0
    duplicate_records: int = 0
    quarantined_records: int = 0
    status: str = ""
    refusal_reason: str | None = None
    message: str | None = None
    newest_event_on: date | None = None
    new_columns: str = ""
    """Headers outside the contract, separated by commas; their values stay in landing/."""
    profile: str = DEFAULT
    profile_fingerprint: str = ""
    mappings_sha256: str | None = None  # the company's own mapping file, landed like any other
    system: str | None = None
    """The system that gave its records their ids, as `raw/` holds it: None for the default one, and where an
    earlier release read it."""
    is_undated: bool = False
    """Records of it do not say when they were written, so delivered again they count again."""
    reading_version: str = ""
    """Hash of the readers and settings that read it: read with others, it makes another generation."""
    is_doubtful: bool = False
    """Loaded, but records may be missing: a person should look at the file, and there is no all-clear."""
    mails_have_identities: bool = False
    """Whether its mails are told apart by sender and text. An older release did so by Message-ID alone, and
    what is known by such an id keeps it, also when the file is read again."""
    measures: dict[str, int] = field(default_factory=dict)
    """Counts of all that the load brought for this day of delivery, with the first of its files: see
    `measures.py`. They are added up by name; a record of an older release has none."""
    unknown: dict[str, Any] = field(default_factory=dict)
    """Fields that another release wrote; they are written back unchanged."""


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """One load: its files in the order of delivery, with total counts."""

    source: str
    load_id: str
    load_no: int
    files: tuple[FileRecord, ...]

    def total(self, counter: str) -> int:
        """The sum of one counter, such as `loaded_records`, over all files."""
        return sum(int(getattr(file, counter)) for file in self.files)

    @property
    def sentence(self) -> str:
        """The load in one line of counts."""
        return (
            f"{len(self.files):,} files, {self.total('landed_records'):,} records: "
            f"{self.total('loaded_records'):,} loaded, "
            f"{self.total('duplicate_records'):,} duplicates, "
            f"{self.total('quarantined_records'):,} quarantined"
        )


def load_records(state: State, source: str | None = None) -> list[FileRecord]:
    """The delivered files of all loads, or of one source's, in the order of the loads."""
    pattern = f"*-{source}-*.ndjson" if source else _LOAD_RECORDS
    return [record for path in sorted(state.loads.glob(pattern)) for record in read_records(path)]


def known_loads(state: State) -> list[list[FileRecord]]:
    """The files of each load with a record in `raw/loads/` or its copy, in the order of the loads."""
    paths = {
        path.name: path for place in (state.load_copies, state.loads) for path in place.glob(_LOAD_RECORDS)
    }
    return [read_records(paths[name]) for name in sorted(paths)]


def copy_load_records(state: State) -> None:
    """Copy the load records that have no copy yet, also those that a killed run did not copy."""
    for path in state.loads.glob(_LOAD_RECORDS):
        copy = state.load_copies / path.name
        if not copy.exists():
            with appearing(copy) as temporary:
                shutil.copyfile(path, temporary)


def refuse_lost_loads(state: State, loaded: list[FileRecord]) -> None:
    """Raise `RawLostError` when a load record, or rows of a file of `loaded`, are gone from `raw/` or cut."""
    lost = {_source_and_id(path) for path in state.load_copies.glob(_LOAD_RECORDS)}
    lost -= {_source_and_id(path) for path in state.loads.glob(_LOAD_RECORDS)}
    with_rows = {(file.source, file.load_id) for file in loaded if file.loaded_records}
    lost |= {
        f"{source}-{load_id}"
        for source, load_id in with_rows
        if not _has_whole_rows(state.raw / source / load_id)
    }
    if lost:
        raise RawLostError(
            f"{state.raw} lacks {len(lost)} loads that it had, or rows of them",
            f"run `tolerance rebuild --state {state.root}`, which reads the landed files again.",
        )


def _has_whole_rows(load: Path) -> bool:
    """Whether a load's files are there and end as they were written, which a cut-off one does not."""
    parts = list(load.glob("*.parquet"))
    return bool(parts) and all(_tail(part) == _END_OF_PARQUET for part in parts)


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - len(_END_OF_PARQUET), 0))
        return file.read()


_END_OF_PARQUET = b"PAR1"
_LOAD_RECORDS = "*-*-*.ndjson"


def _source_and_id(load_record: Path) -> str:
    return load_record.stem.partition("-")[2]


def is_loaded(state: State, source: str, load_id: str) -> bool:
    """Whether the load record of this load is written."""
    return any(state.loads.glob(f"*-{source}-{load_id}.ndjson"))


def sweep(source: str, state: State) -> None:
    """Remove the folders of loads that were killed before their load record was written."""
    real = {file.load_id for file in load_records(state, source)} | {EMPTY_LOAD_ID}
    for place in (state.raw / source, state.quarantine / source):
        for folder in place.iterdir() if place.is_dir() else ():
            if folder.name not in real:
                shutil.rmtree(folder)


@cache
def _mappings_at(path: Path | None) -> Mappings:
    from tolerance.profiles.catalogue import mappings  # here: listing loads does not need it

    return mappings(path)


def by_profile(profile: Profile, mappings_sha256: str | None) -> dict[str, Any]:
    """The fields of a file's load record that identify its mapping profile."""
    return {
        "profile": profile.name,
        "profile_fingerprint": profile.fingerprint,
        "mappings_sha256": None if profile == BY_CONTRACT else mappings_sha256,
    }


def profile_of(record: FileRecord, state: State) -> Profile:
    """The mapping profile that a file was planned with, from the mapping file landed with it."""
    if record.profile == DEFAULT:  # most files: spares reading processes the parsing of profiles
        return BY_CONTRACT
    landed = state.landing / record.mappings_sha256 if record.mappings_sha256 else None
    return _mappings_at(landed).profile(record.source, record.profile)


def system_of(record: FileRecord, state: State) -> str | None:
    """The system of a file's records, as `raw/` holds it: None for the default one, or if there is none."""
    default = CONTRACTS[record.source].default_system
    system = profile_of(record, state).system if default else ""
    return None if system in ("", default) else system


def write_load_record(
    state: State, source: str, load_id: str, files: list[FileRecord], load_no: int | None = None
) -> LoadSummary:
    """Number the load and write its record; the lock keeps two sources from taking the same number."""
    state.loads.mkdir(parents=True, exist_ok=True)
    with FileLock(state.raw / ".loads.lock"):
        numbers = [int(path.name.partition("-")[0]) for path in state.loads.glob("*-*-*.ndjson")]
        load_no = load_no or max(numbers, default=0) + 1
        for file in files:
            file.load_no = load_no
        write_records(state.loads / f"{load_no:06d}-{source}-{load_id}.ndjson", files)
    copy_load_records(state)
    return LoadSummary(source, load_id, load_no, tuple(files))


def write_records(path: Path, records: list[FileRecord]) -> None:
    """Write one JSON line per file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = b"".join(orjson.dumps(_line(record)) + b"\n" for record in records)
    descriptor, staged = tempfile.mkstemp(dir=path.parent, prefix=".record-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    Path(staged).replace(path)
    sync_folder(path.parent)


def _line(record: FileRecord) -> dict[str, Any]:
    known = asdict(record)
    return {VERSION: CURRENT[Format.LOAD], **known.pop("unknown"), **known}


def read_records(path: Path) -> list[FileRecord]:
    """The files of one load record, or of one plan of a load.

    Raises `NewerFormatError` for a record that a newer release wrote.
    """
    return [_record(orjson.loads(line), path) for line in path.read_bytes().splitlines()]


def _record(line: dict[str, Any], path: Path) -> FileRecord:
    """One line of a load record, with its dates parsed."""
    refuse_newer(Format.LOAD, line.get(VERSION), path)
    known, unknown = split_known(FileRecord, line, path)
    newest = known.get("newest_event_on")
    return FileRecord(
        **{"is_doubtful": _was_doubtful(known)}
        | known
        | {
            "as_of_on": date.fromisoformat(known["as_of_on"]),
            "loaded_at": datetime.fromisoformat(known["loaded_at"]),
            "delivered_on": date.fromisoformat(known["delivered_on"]),
            "newest_event_on": date.fromisoformat(newest) if newest else None,
            "unknown": unknown,
        }
    )


def _was_doubtful(known: dict[str, Any]) -> bool:
    """Release 0.1.0 said so in the message alone."""
    message = known.get("message") or ""
    return "an independent count" in message or "ask whether it holds more" in message
