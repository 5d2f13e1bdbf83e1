"""One writer per state."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tolerance.lock import StateBusyError, is_written_elsewhere, open_read_only, state_lock
from tolerance.state import State

_HOLD = """
import sys, time
from pathlib import Path
from tolerance.lock import state_lock
from tolerance.state import State
with state_lock(State(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_told_who_holds_the_state_and_a_killed_holder_holds_nothing(
    tmp_path: Path,
) -> None:
    state = State(tmp_path)
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StateBusyError, match=f"in use by process {holder.pid} since"), state_lock(state):
            pass
        holder.kill()
    with state_lock(state, wait_seconds=5):
        pass


def test_the_holder_may_enter_again(tmp_path: Path) -> None:
    state = State(tmp_path)
    with state_lock(state), state_lock(state):
        assert (tmp_path / "run.lock.holder").exists()
    assert not (tmp_path / "run.lock.holder").exists()


_WRITE = """
import sys, time
import duckdb
with duckdb.connect(sys.argv[1]):
    print("open", flush=True)
    time.sleep(60)
"""


def test_a_database_that_another_program_writes_to_is_busy_and_free_once_it_is_closed(tmp_path: Path) -> None:
    database = tmp_path / "a.duckdb"
    with subprocess.Popen([sys.executable, "-c", _WRITE, str(database)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(StateBusyError, match="open for writing in another program: close it there"):
            open_read_only(database, "close it there.")
        holder.kill()
    with open_read_only(database, "") as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]


def _folder(path: Path) -> None:
    path.mkdir()


def _no_database(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def _link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("make", [_folder, _no_database, _link_to_nothing])
def test_a_file_that_cannot_be_read_is_another_fault_than_a_lock(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "a.duckdb"
    make(path)
    assert not is_written_elsewhere(path)
    with pytest.raises(duckdb.Error):
        open_read_only(path, "")


def test_a_file_that_may_not_be_read_is_another_fault_than_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.duckdb"

    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refused)  # whoever runs the tests may read everything
    assert not is_written_elsewhere(path)


def test_readers_of_a_database_do_not_disturb_each_other(tmp_path: Path) -> None:
    database = tmp_path / "a.duckdb"
    duckdb.connect(str(database)).close()
    reading = _WRITE.replace("connect(sys.argv[1])", "connect(sys.argv[1], read_only=True)")
    with subprocess.Popen([sys.executable, "-c", reading, str(database)], stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"open\n"
        assert not is_written_elsewhere(database)
        open_read_only(database, "").close()
        reader.kill()
