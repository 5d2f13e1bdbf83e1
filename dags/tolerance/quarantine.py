"""The records in `quarantine/`: listed by reason, and exported for repair."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tolerance.contracts import CONTRACTS, SOURCES
from tolerance.errors import UsageError
from tolerance.formats.content import Content, content_of, form_of
from tolerance.formats.csv_records import csv_frames
from tolerance.formats.json_records import THE_DOCUMENT, json_arrays
from tolerance.intake.loads import FileRecord, load_records, profile_of
from tolerance.records import Position
from tolerance.state import State
from tolerance.versions import Format, refuse_newer_file

_BATCH_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """One quarantined record: `file` is the delivered file, `raw` are the record's own bytes."""

    file: FileRecord
    position: Position
    reason: str
    detail: str
    raw: bytes


@dataclass(slots=True)
class Group:
    """The records of one source and reason: how many, and the first as an example."""

    source: str
    reason: str
    count: int
    example: QuarantineEntry


def entries(state: State, source: str | None = None, reason: str | None = None) -> Iterator[QuarantineEntry]:
    """All quarantined records, or those of a source or reason, in the order of loads, files and positions."""
    for source_name in SOURCES if source is None else (source,):
        files: dict[str, dict[tuple[str, str], FileRecord]] = {}
        for record in load_records(state, source_name):
            files.setdefault(record.load_id, {})[record.file_name, record.file_sha256] = record
        for load_id, of_load in files.items():
            for path in sorted((state.quarantine / source_name / load_id).glob("*.parquet")):
                yield from _rows(path, of_load, reason)


def _rows(
    path: Path, files: dict[tuple[str, str], FileRecord], reason: str | None
) -> Iterator[QuarantineEntry]:
    with pq.ParquetFile(path) as parquet:
        refuse_newer_file(Format.QUARANTINE, parquet.schema_arrow.metadata, path)
        for batch in parquet.iter_batches(batch_size=_BATCH_ROWS):
            rows: list[dict[str, Any]] = batch.to_pylist()
            for row in rows:
                if reason is None or row["reason"] == reason:
                    yield QuarantineEntry(
                        files[row["file_name"], row["file_sha256"]],
                        Position(row["record_no"], row["byte_start"], row["byte_end"]),
                        row["reason"],
                        row["detail"],
                        row["raw"],
                    )


def groups(state: State, source: str | None = None, reason: str | None = None) -> list[Group]:
    """The quarantined records by source and reason, the most frequent reason first within a source."""
    found: dict[tuple[str, str], Group] = {}
    for record in entries(state, source, reason):
        key = (record.file.source, record.reason)
        if key in found:
            found[key].count += 1
        else:
            found[key] = Group(record.file.source, record.reason, 1, record)
    return sorted(found.values(), key=lambda group: (SOURCES.index(group.source), -group.count, group.reason))


# Export for repair --------------------------------------------------------------------


@dataclass(slots=True)
class Exported:
    """What was exported: files by path with their number of records, and the number of records left out."""

    files: dict[Path, int]
    left_out: int = 0


def export(state: State, folder: Path, source: str | None = None, reason: str | None = None) -> Exported:
    """Write quarantined records below `folder`, as files that can be delivered once they are repaired.

    Each delivered file becomes one file of the same form with the same header, or the same users, under
    its source and its own name with `repaired` in it, so that the same mapping profile fits. A record
    whose bytes are not all kept in quarantine (it was too large) is left out and counted.
    Raises `UsageError` rather than overwrite what somebody may be repairing.
    """
    done = Exported({})
    open_files: dict[tuple[str, str], _Repair] = {}
    for record in entries(state, source, reason):
        if len(record.raw) != record.position.byte_end - record.position.byte_start:
            done.left_out += 1
            continue
        key = (record.file.file_name, record.file.file_sha256)
        if key not in open_files:
            open_files[key] = _Repair(state, folder, record.file)
        open_files[key].add(record)
    for repair in open_files.values():
        repair.close()
        done.files |= repair.written
    return done


_FORMS_OF_MANY = frozenset({"csv", "json", "ndjson", "jsonl", "mbox"})
"""Forms whose files hold many records. A file of any other form is one message."""


class _Repair:
    """The records of one delivered file on their way to a file of the same form."""

    def __init__(self, state: State, folder: Path, file: FileRecord) -> None:
        self._file = file
        self._form = form_of(file.file_name)
        self._place = folder / file.source / _safe_name(file)
        self._tail = b""
        self.written: dict[Path, int] = {}
        head = b""
        if self._form in ("csv", "json"):
            with _landed(state, file) as content:
                head, self._tail = _frame_of_file(content, file, state)
        self._between = b",\n" if self._form == "json" else b"\n"
        self._path = self._place
        if not self._is_one_message:
            self._begin(head)

    @property
    def _is_one_message(self) -> bool:
        return self._form not in _FORMS_OF_MANY

    def _begin(self, head: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._path.open("xb") as made:
                made.write(head)
        except FileExistsError:
            raise UsageError(
                f"{self._path} exists already", "give an empty folder, so that no repair is overwritten."
            ) from None
        self.written[self._path] = 0

    def add(self, record: QuarantineEntry) -> None:
        if self._is_one_message:
            self._begin(b"")
        is_first = self.written[self._path] == 0
        with self._path.open("ab") as made:
            made.write((b"" if is_first else self._between) + record.raw)
        self.written[self._path] += 1

    def close(self) -> None:
        if self.written and not self._is_one_message:
            with self._path.open("ab") as made:
                made.write(self._tail or b"\n")


@contextmanager
def _landed(state: State, file: FileRecord) -> Iterator[Content]:
    path = state.landing / file.file_sha256
    with content_of(path, name=file.file_name, scratch=state.work / "export") as content:
        yield content


def _frame_of_file(content: Content, file: FileRecord, state: State) -> tuple[bytes, bytes]:
    """The bytes before and after the records of a CSV or JSON file."""
    profile = profile_of(file, state)
    form = profile.form(form_of(file.file_name))
    if form_of(file.file_name) == "csv":
        delimiter = (form.delimiter if form else ";").encode()
        first = next(csv_frames(content, delimiter, 0), None)
        if first is not None and first.raw.removeprefix(b"\xef\xbb\xbf").rstrip() == b"sep=" + delimiter:
            first = next(csv_frames(content, delimiter, first.position.byte_end), None)
        return (content[: first.position.byte_end] + b"\n" if first else b""), b""
    contract = CONTRACTS[file.source]
    wanted = form.records if form else (contract.json_records,)
    beside = () if form else contract.json_beside
    arrays = json_arrays(content, wanted + beside)
    key = next((name for name in wanted if name in arrays.elements), wanted[0])
    if key == THE_DOCUMENT:
        return b"[\n", b"\n]\n"
    others = b"".join(
        b',\n"'
        + name.encode()
        + b'": [\n'
        + b",\n".join(content[start:end].strip() for start, end in arrays.spans(name))
        + b"\n]"
        for name in beside
        if name in arrays.elements
    )
    return b'{"' + key.encode() + b'": [\n', b"\n]" + others + b"}\n"


_UNSAFE = re.compile(r"[^\w .()+=@,-]")


def _safe_name(file: FileRecord) -> str:
    """A path from a delivered name: its folders and stem, without anything that could lead outside."""
    plain = file.file_name
    plain = plain[: -len(".gz")] if plain.lower().endswith(".gz") else plain
    parts = [_UNSAFE.sub("_", part).lstrip(".") or "_" for part in plain.split("/")]
    stem, dot, extension = parts[-1].rpartition(".")
    mark = f"repaired-{file.file_sha256[:8]}"
    parts[-1] = f"{stem}.{mark}{dot}{extension}" if dot else f"{extension}.{mark}"
    return "/".join(parts)
