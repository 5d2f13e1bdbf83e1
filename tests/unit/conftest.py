"""A reader's surroundings, and a short way to read a few bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tolerance.formats.content import FileNotes
from tolerance.readers.outcomes import Outcome, ReaderContext, reader_of
from tolerance.settings import Settings, settings

ReadBytes = Callable[..., list[Outcome]]


@pytest.fixture
def read_bytes(tmp_path: Path) -> ReadBytes:
    def read(
        source: str,
        name: str,
        content: bytes,
        notes: FileNotes | None = None,
        *,
        company: Settings | None = None,
    ) -> list[Outcome]:
        path = tmp_path / "landed"
        path.write_bytes(content)
        context = ReaderContext(company or settings(), b"key", tmp_path / "scratch")
        return list(reader_of(source)(path, name=name, context=context, notes=notes or FileNotes()))

    return read
