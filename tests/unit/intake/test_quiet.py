"""A run on request leaves a source out only when its ingestion would find nothing new and nothing to mend."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.fixtures.ingesting import AS_OF, CALLS, LOADED_AT, call, looking_quickly, reading_here, take_in
from tolerance import files
from tolerance.inbox import deliveries
from tolerance.intake import quiet as quiet_module
from tolerance.intake.land import land
from tolerance.intake.quiet import in_the_inbox, quiet_sources, remember
from tolerance.profiles import catalogue
from tolerance.profiles.reading import MappingFile, Rule
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
        keep(state, found)
        yield state


def inbox(state: State) -> Path:
    return state.root.parent / "in"


def keep(state: State, found: dict[str, str]) -> None:
    remember(state, found, {source: deliveries(inbox(state), source, AS_OF) for source in found})


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
    keep(state, look(state))
    assert not quiet(state)


def test_what_another_has_loaded_meanwhile_is_looked_at_again(state: State) -> None:
    found = look(state)
    deliver(state, "2026-11-20/more.csv", CALLS + call(2))
    assert take_in(state) is not None
    assert "faq" not in quiet_sources(state, found)


@pytest.mark.parametrize("lost", ["raw/faq/*/*.parquet", "landing/*", "raw/loads/*.ndjson"])
def test_a_lost_file_is_for_the_ingestion_to_mend_or_to_tell(state: State, lost: str) -> None:
    next(state.root.glob(lost)).unlink()
    assert not quiet(state)
    keep(state, look(state))
    assert not quiet(state), "what is not whole is not remembered either"


def test_a_damaged_load_record_is_for_the_ingestion_to_tell(state: State) -> None:
    next(state.loads.glob("*.ndjson")).write_text("{")
    assert not quiet(state)


def test_what_an_unfinished_ingestion_left_is_swept_by_the_next(state: State) -> None:
    news = deliver(state, "2026-11-20/bad.csv", CALLS + call(9))
    assert land("faq", inbox(state), AS_OF, state, LOADED_AT) is not None
    news.unlink()
    assert not quiet(state)
    assert take_in(state) is None
    assert quiet(state)


def test_a_shipped_profile_that_changed_reads_refused_files_again(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = catalogue._shipped()
    rule = Rule("faq/calls.csv", next(name for source, name in shipped.profiles if source == "faq"))
    monkeypatch.setattr(catalogue, "_shipped", lambda: MappingFile(shipped.profiles, (rule, *shipped.rules)))
    assert not quiet(state)


def test_a_shipped_profile_that_reads_otherwise_is_news_too(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = catalogue._shipped()
    one, other, *_ = (key for key in shipped.profiles if key[0] == "tickets")
    changed = {**shipped.profiles, one: shipped.profiles[other]}
    monkeypatch.setattr(catalogue, "_shipped", lambda: MappingFile(changed, shipped.rules))
    assert not quiet(state)


def test_other_code_that_reads_looks_again(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet_module, "reading_version", lambda: "another")
    assert not quiet(state)


def test_a_full_disk_only_costs_the_next_run_its_time(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(files, "write_text", full)
    keep(state, look(state))
    assert quiet(state)


def test_another_mapping_reads_refused_files_again(state: State) -> None:
    (inbox(state) / "mappings.yml").write_text("files: {'faq/calls*': aircall}\n", "utf-8")
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
