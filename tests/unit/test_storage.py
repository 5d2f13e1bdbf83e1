"""A place that cannot take files is told in one sentence with what to do, and other faults are left alone."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from tolerance import storage
from tolerance.cli.options import state_in
from tolerance.errors import ToleranceError, UsageError
from tolerance.lock import state_lock
from tolerance.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


def told(state: State, fault: Exception) -> str:
    with pytest.raises(ToleranceError) as error, storage.told(state):
        raise fault
    return str(error.value)


@pytest.mark.parametrize(
    "fault",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        duckdb.IOException('Could not write file "x": No space left on device'),
    ],
)
def test_a_full_disk_is_told_with_what_a_run_needs(
    state: State, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    usage = shutil.disk_usage(state.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5 << 20))
    sentence = told(state, fault)
    assert "(5 MB free)" in sentence
    assert "a run needs 256 MB" in sentence


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_a_closed_place_is_named(state: State, number: int) -> None:
    assert "raw/x cannot be written" in told(state, OSError(number, os.strerror(number), "raw/x"))


def test_a_machine_without_a_temporary_folder_says_which_setting_helps(state: State) -> None:
    fault = FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")
    assert "set TMPDIR" in told(state, fault)


def test_a_bug_keeps_its_traceback(state: State) -> None:
    with pytest.raises(FileNotFoundError), storage.told(state):
        raise FileNotFoundError(errno.ENOENT, "gone", "a")
    with pytest.raises(ValueError, match="a bug"), storage.told(state):
        raise ValueError("a bug")


@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null/state"])
def test_a_state_that_cannot_be_made_is_refused_in_one_sentence(place: str) -> None:
    with pytest.raises(storage.StorageError, match="cannot be made"), state_lock(State(Path(place))):
        pass


@pytest.mark.parametrize(
    "name", ["o'brien", "[1]", "{a}", "#", "%20", "?", "{{ x }}", 'a"b', "a*", "a\nb", "a\\b"]
)
def test_a_path_that_an_engine_would_read_otherwise_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as refused:
        state_in(tmp_path / name)
    assert "in its path: choose a folder without" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_path_with_blanks_and_letters_of_any_language_is_taken(tmp_path: Path) -> None:
    name = "état de São Paulo 東京 & co (2)"
    assert state_in(tmp_path / name).root.name == name
