"""A published file that is damaged does not stop the run that would replace it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.fixtures import stored_states
from tolerance import lock
from tolerance.lock import StateBusyError
from tolerance.publishing.generations import finish_interrupted_publication, published_generation
from tolerance.state import State
from tolerance.versions import NewerFormatError


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
    state.serving.write_bytes(b"held")
    monkeypatch.setattr(lock, "is_written_elsewhere", lambda _: True)
    with pytest.raises(StateBusyError, match="open for writing in another program: close it"):
        finish_interrupted_publication(state)
    assert state.serving.read_bytes() == b"held"


def test_a_file_that_a_newer_release_published_is_refused_and_stays(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.serving.parent.mkdir()
    with duckdb.connect(str(state.serving)) as serving:
        serving.execute(
            "create table audit_generation as "
            "select 'g' as generation_id, date '2026-10-31' as as_of_on, 99 as format_version"
        )
    with pytest.raises(NewerFormatError, match="has format 99"):
        finish_interrupted_publication(state)
    assert state.serving.exists()


def test_the_published_file_of_release_0_1_0_is_read_without_its_version(tmp_path: Path) -> None:
    stored, _ = stored_states.unpack("0.1.0", tmp_path)
    assert published_generation(State(stored)) == ("f95dde29c4284405", "2026-10-29")
