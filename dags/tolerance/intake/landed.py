"""Copies delivered files to `landing/`, each under the hash of its content."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Landed:
    """The content of a delivered file: its hash (64 hex digits) and its size in bytes."""

    sha256: str
    byte_count: int


def hashed(path: Path) -> Landed:
    """Hash and size of a file where it lies; nothing is copied."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Landed(digest, file.tell())


def land_file(path: Path, landing: Path, scratch: Path) -> Landed:
    """Copy one delivered file to `landing/<sha256>`, whole or not at all.

    The copy is hashed while it is written, so its name always matches its content, even
    when the delivered file changes meanwhile. `scratch` lies on the same file system as
    `landing`. Raises `OSError` when a file cannot be read or written.
    """
    content = hashed(path)
    if (landing / content.sha256).exists():
        return content
    landing.mkdir(parents=True, exist_ok=True)
    scratch.mkdir(parents=True, exist_ok=True)
    descriptor, staged = tempfile.mkstemp(dir=scratch)
    digest, byte_count = hashlib.sha256(), 0
    with os.fdopen(descriptor, "wb") as copy, path.open("rb") as delivered:
        while chunk := delivered.read(_CHUNK_BYTES):
            digest.update(chunk)
            byte_count += len(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    Path(staged).replace(landing / digest.hexdigest())
    return Landed(digest.hexdigest(), byte_count)
