"""A reader's surroundings, a short way to read a few bytes, and the choice of the process that reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures import ingesting
from tolerance.formats.content import FileNotes
from tolerance.readers.outcomes import Outcome, ReaderContext, reader_of
from tolerance.sandbox import limits
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


@pytest.fixture
def reading_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests whose subject is not the process that reads."""
    # By the test's own monkeypatch, so that it is undone in order with what the test itself puts there.
    monkeypatch.setattr(limits, "run_in_child", ingesting.run_here)


@pytest.fixture
def reading_in_a_child(reading_here: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  (to come after it)
    """For the test of a file that reads as a run does, where the others are `reading_here`."""
    monkeypatch.setattr(limits, "run_in_child", ingesting.RUN_IN_CHILD)
