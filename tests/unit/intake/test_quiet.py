"""A run on request leaves a source out only when its ingestion would find nothing new and nothing to mend."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.fixtures.ingesting import AS_OF, CALLS, call, looking_quickly, reading_here, take_in
from tolerance.intake.quiet import in_the_inbox, quiet_sources, remember
from tolerance.state import State

LOADED = AS_OF.isoformat()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """A state that has loaded all of its inbox, in which there are calls of one day."""
    state = State(tmp_path / "state")
    deliver(state, f"{LOADED}/calls.csv", CALLS + call(1))
    with looking_quickly(), reading_here():
        found = look(state)
        assert quiet_sources(state, found) == set()
        assert take_in(state) is not None
        remember(state, inbox(state), AS_OF, found)
        yield state


def inbox(state: State) -> Path:
    return state.root.parent / "in"


def deliver(state: State, name: str, text: str) -> Path:
    path = inbox(state) / "faq" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def look(state: State, as_of: date = AS_OF) -> dict[str, str]:
    return in_the_inbox(state, inbox(state), as_of)


def quiet(state: State, as_of: date = AS_OF) -> bool:
    return "faq" in quiet_sources(state, look(state, as_of))


def test_what_was_loaded_is_quiet_on_later_dates_too(state: State) -> None:
    assert quiet(state)
    assert quiet(state, AS_OF + timedelta(days=9))


def test_another_file_is_news_from_its_day_on(state: State) -> None:
    deliver(state, "2026-11-25/calls.csv", CALLS + call(2))
    assert quiet(state)
    assert not quiet(state, date(2026, 11, 25))


def test_another_content_of_the_same_size_and_time_is_news(state: State) -> None:
    path = inbox(state) / "faq" / LOADED / "calls.csv"
    before = path.stat()
    deliver(state, f"{LOADED}/calls.csv", CALLS + call(3))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert not quiet(state)


def test_what_still_waits_is_not_quiet_for_ever(state: State) -> None:
    deliver(state, "late.csv", CALLS + call(2))
    deliver(state, "late.csv.part", "")
    remember(state, inbox(state), AS_OF, look(state))
    assert not quiet(state)


def test_what_another_has_loaded_meanwhile_is_looked_at_again(state: State) -> None:
    found = look(state)
    deliver(state, "2026-11-20/more.csv", CALLS + call(2))
    assert take_in(state) is not None
    assert "faq" not in quiet_sources(state, found)


@pytest.mark.parametrize("lost", ["raw/faq/*/*.parquet", "landing/*"])
def test_a_lost_file_is_for_the_ingestion_to_mend_or_to_tell(state: State, lost: str) -> None:
    next(state.root.glob(lost)).unlink()
    assert not quiet(state)


def test_another_mapping_reads_refused_files_again(state: State) -> None:
    (inbox(state) / "mappings.yml").write_text("{}\n", "utf-8")
    assert not quiet(state)


def test_a_source_that_is_picked_up_from_a_server_is_never_quiet(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLERANCE_SFTP_FOLDERS", "faq=sftp_exports:/faq")
    assert not quiet(state)


@pytest.mark.parametrize("text", ["", "[", "[]", '{"faq": 1}'])
def test_an_unreadable_memory_is_none(state: State, text: str) -> None:
    (state.work / "ingested" / "quiet.json").write_text(text, "utf-8")
    assert not quiet(state)
