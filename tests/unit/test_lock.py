"""One writer per state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tolerance.lock import StateBusyError, state_lock
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
