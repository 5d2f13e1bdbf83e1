"""The alerts of each date are kept in files that tell their format."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.fixtures import stored_states
from tolerance.crm.history import ensure_empty_history, keep_history, refuse_newer_history
from tolerance.state import State
from tolerance.versions import NewerFormatError


@pytest.fixture
def state(tmp_path: Path) -> State:
    """One date whose alerts were kept."""
    state = State(tmp_path)
    with duckdb.connect() as serving:
        serving.execute("create schema exports")
        serving.execute("create table exports.alert_history as select 'a' as alert_id, 7 as priority")
        keep_history(state, "2026-10-31", serving)
    return state


def test_kept_alerts_tell_their_format_and_are_read_beside_the_empty_file(state: State) -> None:
    ensure_empty_history(state)
    refuse_newer_history(state)
    with duckdb.connect() as memory:
        alerts = memory.sql(f"from read_parquet('{state.history}/alerts/*.parquet', union_by_name = true)")
        assert alerts.fetchall() == [("a", 7)]


def test_alerts_of_a_newer_format_are_refused_in_one_sentence(state: State) -> None:
    path = state.history / "alerts" / "2026-11-01.parquet"
    with duckdb.connect() as memory:
        memory.execute(
            f"copy (select 'b' as alert_id) to '{path}' (format parquet, kv_metadata {{format_version: '9'}})"
        )
    with pytest.raises(NewerFormatError, match=r"2026-11-01.parquet has format 9"):
        refuse_newer_history(state)


def test_the_alerts_of_release_0_1_0_tell_no_format(tmp_path: Path) -> None:
    stored, _ = stored_states.unpack("0.1.0", tmp_path)
    refuse_newer_history(State(stored))
