"""Copies delivered files to `landing/`, each under the hash of its content."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from tolerance import inbox

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Landed:
    """The content of a delivered file: its hash (64 hex digits) and its size in bytes."""

    sha256: str
    byte_count: int


def hashed(file: BufferedReader) -> Landed:
    """Hash and size of an open file; nothing is copied."""
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Landed(digest, file.tell())


def land_file(path: Path, landing: Path, scratch: Path) -> Landed:
    """Copy one of our own files to `landing/<sha256>`, as `land_delivered` does."""
    with path.open("rb") as file:
        return _land(file, landing, scratch)


def land_delivered(path: Path, extracts: Path, landing: Path, scratch: Path) -> Landed:
    """Copy one file of the inbox to `landing/<sha256>`, whole or not at all.

    The copy is hashed while it is written, so its name always matches its content, even
    when the delivered file changes meanwhile. `scratch` lies on the same file system as
    `landing`. Raises `OSError` when a file cannot be read or written, `InboxError` when it is
    no file of the inbox any more.
    """
    with inbox.opened(path, extracts) as file:
        return _land(file, landing, scratch)


def _land(delivered: BufferedReader, landing: Path, scratch: Path) -> Landed:
    content = hashed(delivered)
    if (landing / content.sha256).exists():
        return content
    landing.mkdir(parents=True, exist_ok=True)
    scratch.mkdir(parents=True, exist_ok=True)
    descriptor, staged = tempfile.mkstemp(dir=scratch)
    digest, byte_count = hashlib.sha256(), 0
    delivered.seek(0)
    with os.fdopen(descriptor, "wb") as copy:
        while chunk := delivered.read(_CHUNK_BYTES):
            digest.update(chunk)
            byte_count += len(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    Path(staged).replace(landing / digest.hexdigest())
    return Landed(digest.hexdigest(), byte_count)
