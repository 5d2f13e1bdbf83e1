"""The landed files alone give the same raw layer again, and a better one where a reader was mended."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.fixtures.ingesting import CALLS, CUSTOMERS, LOADED_AT, looking_quickly, reading_here
from tolerance import files, inbox, parameters, runs
from tolerance.aliases import aliases
from tolerance.contracts import SOURCES
from tolerance.former_ids import contact_id
from tolerance.intake import read as reading
from tolerance.intake.expect import expect
from tolerance.intake.land import land
from tolerance.intake.load import ensure_empty_sources, load
from tolerance.intake.loads import EMPTY_LOAD_ID, FileRecord, RawLostError, known_loads, load_records
from tolerance.intake.read import read
from tolerance.profiles.catalogue import MAPPINGS_VARIABLE
from tolerance.reread import CannotRebuildError, finish_interrupted_rebuild, read_again
from tolerance.settings import settings
from tolerance.state import State

DESK = "Number,Opened,State,Subject\n"
PROFILE = """
files:
  tickets/desk/*: desk
profiles:
  tickets:
    desk:
      csv:
        delimiter: ","
        columns: {ticket_id: [Number], created_at: [Opened], status: [State], subject: [Subject]}
      values:
        status: {new: new%s}
"""

Rows = dict[str, list[dict[str, object]]]


@pytest.fixture(autouse=True, scope="module")
def _quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, looking_quickly(), reading_here():
        patch.setenv("TOLERANCE_IDENTITY_KEY", "key")
        patch.delenv(MAPPINGS_VARIABLE, raising=False)
        yield


def deliver(state: State, name: str, text: str) -> None:
    path = state.root.parent / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def take_in(state: State, as_of: date) -> None:
    inbox._first_looks.clear()
    ensure_empty_sources(state)
    for source in SOURCES:
        load_id = land(source, state.root.parent / "in", as_of, state, LOADED_AT)
        if load_id:
            read(source, load_id, state)
            expect(source, load_id, state)
            load(source, load_id, state)


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of all sources: duplicates, updates, known contents, bad records, a refused file."""
    folder = tmp_path_factory.mktemp("days")
    state = State(folder / "state")
    deliver(state, "mappings.yml", PROFILE % "")
    deliver(state, "customers/1.csv", CUSTOMERS + "C1;a@b.fr;;;;\n")
    deliver(state, "faq/a.csv", CALLS + "K1;C1;2026-11-01;;q;yes;t;fr\nK1;C1;2026-11-01;;q;yes;t;fr\nK2\n")
    deliver(state, "faq/bad.csv", "no header\n")
    deliver(state, "faq/late.csv", CALLS + "K9;C1;2062-01-01;;q;yes;t;fr\n")
    deliver(state, "mail/a.eml", "From: a@b.fr\nDate: Mon, 2 Nov 2026 10:00:00 +0100\n\nWhere is it?\n")
    deliver(state, "tickets/desk/1.csv", DESK + "1,2026-11-01,new,a\n2,2026-11-01,parked,b\n")
    take_in(state, date(2026, 11, 19))
    deliver(state, "customers/2.csv", CUSTOMERS + "C1;a@b.fr;;;;\n")
    deliver(state, "faq/b.csv", CALLS + "K2;C1;2026-11-02;;q;yes;t;fr\nK1;C1;2026-11-01;;q;yes;t;fr\n")
    deliver(state, "faq/a_again.csv", (state.root.parent / "in" / "faq" / "a.csv").read_text("utf-8"))
    take_in(state, date(2026, 11, 20))
    state.warehouse.write_bytes(b"a warehouse")
    return folder


@pytest.fixture
def state(two_days: Path, tmp_path: Path) -> State:
    shutil.copytree(two_days, tmp_path, dirs_exist_ok=True)
    return State(tmp_path / "state")


def rows_of(folder: Path) -> Rows:
    """All rows below `raw/` or `quarantine/` by folder, so by source and load."""
    paths = sorted(folder.glob("*/*/*.parquet"))
    return {str(path.relative_to(folder)): pq.read_table(path).to_pylist() for path in paths}


def everything(state: State) -> tuple[Rows, Rows, list[FileRecord], list[str]]:
    copies = sorted(path.name for path in state.load_copies.iterdir())
    return rows_of(state.raw), rows_of(state.quarantine), load_records(state), copies


def read_all(state: State, extracts: Path | None = None) -> None:
    assert len(list(read_again(state, extracts))) == len(known_loads(state)) > 5


def loaded(state: State, source: str, column: str) -> list[object]:
    rows = [row for name, rows in rows_of(state.raw).items() if name.startswith(source) for row in rows]
    return sorted(str(row[column]) for row in rows)


@pytest.mark.parametrize("lost", [(), ("raw", "quarantine", "work"), ("raw/faq", "raw/loads")])
def test_the_landed_files_alone_give_the_same_raw_layer_again(state: State, lost: tuple[str, ...]) -> None:
    before = everything(state)
    assert len(before[2]) == 9
    for folder in lost:
        shutil.rmtree(state.root / folder, ignore_errors=True)
    read_all(state)
    assert everything(state) == before
    assert not state.warehouse.exists()  # so that the next run computes everything
    assert not (state.work / "rebuild").exists()


def test_the_next_day_goes_on_from_a_raw_layer_that_was_read_again(state: State) -> None:
    read_all(state)
    deliver(state, "faq/c.csv", CALLS + "K1;C1;2026-11-01;;q;yes;t;fr\nK3;C1;2026-11-01;;q;yes;t;fr\n")
    take_in(state, date(2026, 11, 21))
    last = load_records(state)[-1]
    assert (last.load_no, last.loaded_records, last.duplicate_records) == (7, 1, 1)


def test_what_a_mended_door_can_read_now_is_loaded_in_its_own_load(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = runs._loads(state)
    wider = replace(settings(), latest_plausible_on=date(2062, 12, 31))
    monkeypatch.setattr(reading, "settings", lambda: wider)
    monkeypatch.setattr(reading, "reading_version", lambda: "mended")
    read_all(state)
    assert loaded(state, "faq", "call_id") == ["K1", "K2", "K9"]
    (late,) = [file for file in load_records(state) if file.file_name == "late.csv"]
    assert (late.status, late.loaded_records, late.quarantined_records) == ("loaded", 1, 0)
    assert late.as_of_on == date(2026, 11, 19)
    reasons = [row["reason"] for rows in rows_of(state.quarantine).values() for row in rows]
    assert "event_time_out_of_range" not in reasons
    assert "wrong_field_count" in reasons
    # The same loads read otherwise are another generation.
    assert runs._loads(state)[0] == generation[0]
    assert runs._loads(state)[1] != generation[1]


@pytest.mark.parametrize(
    "room_and_module", ["readers/tabular.py", "contracts/faq.py", "intake/stage.py", "inbox.py"]
)
def test_settings_and_the_code_that_reads_make_the_reading_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, room_and_module: str
) -> None:
    first = parameters.reading_version()
    known = settings()
    monkeypatch.setattr(parameters, "settings", lambda: replace(known, max_bad_share=0.9))
    assert parameters.reading_version.__wrapped__() != first
    monkeypatch.setattr(parameters, "settings", lambda: replace(known, dag_prefix="loyalty_"))
    assert parameters.reading_version.__wrapped__() == first
    monkeypatch.undo()
    package = tmp_path / "tolerance"
    shutil.copytree(Path(parameters.__file__).parent, package)
    monkeypatch.setattr(parameters, "__file__", str(package / "parameters.py"))
    assert parameters.reading_version.__wrapped__() == first
    with (package / "readers" / "tabular.py").open("a") as reader:
        reader.write("# explained\n")
    assert parameters.reading_version.__wrapped__() == first
    with (package / room_and_module).open("a") as reader:
        reader.write("mended = True\n")
    assert parameters.reading_version.__wrapped__() != first


def test_a_changed_profile_counts_for_the_past_only_when_its_inbox_is_named(state: State) -> None:
    deliver(state, "mappings.yml", PROFILE % ", parked: hold")
    read_all(state)
    assert loaded(state, "tickets", "ticket_id") == ["1"]
    read_all(state, state.root.parent / "in")
    assert loaded(state, "tickets", "ticket_id") == ["1", "2"]
    # And from now on the file counts as read by the changed profile, also when everything is read again.
    read_all(state)
    assert loaded(state, "tickets", "ticket_id") == ["1", "2"]


@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_a_lost_or_damaged_landed_file_is_named_and_nothing_is_changed(state: State, how: str) -> None:
    before = everything(state)
    (mail,) = [record for record in before[2] if record.source == "mail"]
    landed = state.landing / mail.file_sha256
    landed.unlink()
    if how == "damaged":
        landed.write_bytes(b"other")
    with pytest.raises(CannotRebuildError, match=r"1 delivered files .* mail/a\.eml of 2026-11-19"):
        read_all(state)
    assert everything(state) == before
    assert state.warehouse.exists()


def test_a_disk_without_room_for_a_second_raw_layer_is_told_before_anything_is_read(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(state.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10))
    with pytest.raises(CannotRebuildError, match="make room"):
        read_all(state)


@pytest.mark.parametrize("source", SOURCES)
def test_a_run_on_a_lost_raw_layer_says_so_and_takes_nothing_in_twice(state: State, source: str) -> None:
    shutil.rmtree(state.raw)
    with pytest.raises(RawLostError, match=r"lacks 6 loads .* `tolerance rebuild"):
        land(source, state.root.parent / "in", date(2026, 11, 21), state, LOADED_AT)


def test_a_run_on_lost_rows_of_one_load_says_so(state: State) -> None:
    shutil.rmtree(next(path for path in (state.raw / "faq").iterdir() if path.name != EMPTY_LOAD_ID))
    with pytest.raises(RawLostError, match="lacks 1 loads"):
        land("faq", state.root.parent / "in", date(2026, 11, 21), state, LOADED_AT)


def test_a_run_on_rows_that_a_disk_cut_off_says_so(state: State) -> None:
    load = next(path for path in (state.raw / "faq").iterdir() if path.name != EMPTY_LOAD_ID)
    os.truncate(next(load.glob("*.parquet")), 100)
    with pytest.raises(RawLostError, match="lacks 1 loads that it had, or rows of them"):
        land("faq", state.root.parent / "in", date(2026, 11, 21), state, LOADED_AT)


def _reading(state: State) -> None:
    for reread in read_again(state):
        if reread.number == 3:
            os._exit(9)


def _switching(count: int) -> Callable[[State], None]:
    def die(state: State) -> None:
        real, calls = files.sync_folder, iter(range(count + 1))

        def sync(folder: Path) -> None:
            real(folder)
            complete = state.work / "rebuild" / "complete"
            if complete.exists() and folder != complete.parent and next(calls) == count:
                os._exit(9)

        files.sync_folder = sync
        list(read_again(state))

    return die


KILLS = {
    "while it reads": _reading,
    "when it is complete": _switching(0),
    "between two folders": _switching(1),
    "after the last folder": _switching(2),
    "before the mark is taken off": _switching(3),
}


@pytest.mark.parametrize(
    ("when", "again"), [*((when, "run") for when in KILLS), ("between two folders", "rebuild")]
)
def test_the_next_run_or_rebuild_makes_a_killed_rebuild_good(
    state: State, when: str, again: str, request: pytest.FixtureRequest
) -> None:
    before = everything(state)
    if when == "while it reads":  # as a rebuild does
        request.getfixturevalue("reading_in_a_child")
    child = os.fork()
    if child == 0:
        KILLS[when](state)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    if again == "run":
        finish_interrupted_rebuild(state)
        take_in(state, date(2026, 11, 20))  # nothing is new
        assert state.warehouse.exists() == (when == "while it reads")
    else:
        read_all(state)
    assert everything(state) == before
    assert not (state.work / "rebuild").exists()


def test_tickets_that_a_rebuild_gives_to_another_system_keep_their_former_ids(state: State) -> None:
    deliver(state, "mappings.yml", (PROFILE % "").replace("    desk:\n", "    desk:\n      system: shop\n"))
    list(read_again(state, state.root.parent / "in"))
    former, current = (contact_id("tickets", system, "1") for system in ("desk", "shop"))
    assert {alias.former_id: alias.current_id for alias in aliases(state)} == {former: current}
    assert {
        row["system"] for name, rows in rows_of(state.raw).items() if "tickets" in name for row in rows
    } == {"shop"}
    list(read_again(state, state.root.parent / "in"))
    assert len(aliases(state)) == 1
