"""A published file that is damaged does not stop the run that would replace it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tolerance.lock import StateBusyError
from tolerance.publish import finish_interrupted_publication, published_generation
from tolerance.state import State


@pytest.mark.parametrize("content", [b"no database", b""])
def test_a_published_file_that_cannot_be_read_makes_room(tmp_path: Path, content: bytes) -> None:
    state = State(tmp_path)
    state.serving.parent.mkdir()
    state.serving.write_bytes(content)
    finish_interrupted_publication(state)
    assert published_generation(state) is None
    assert state.serving.with_name("tolerance.duckdb.unreadable").read_bytes() == content


def test_a_published_file_that_somebody_writes_to_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(tmp_path)
    state.serving.parent.mkdir()
    state.serving.write_bytes(b"locked")

    def refused(*_: object, **__: object) -> None:
        raise duckdb.IOException("IO Error: Could not set lock on file")

    monkeypatch.setattr(duckdb, "connect", refused)
    with pytest.raises(StateBusyError, match="open for writing in another program: close it"):
        finish_interrupted_publication(state)
    assert state.serving.read_bytes() == b"locked"
