"""Whatever is delivered ends counted: landed = loaded + duplicates + quarantined, told twice over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.fixtures.bad_files import GOOD, BadFile, bad_files, mutated_files
from tests.fixtures.ingesting import looking_quickly
from tolerance import recount
from tolerance.contracts import SOURCES
from tolerance.formats.content import FileNotes, content_of
from tolerance.intake.land import land
from tolerance.intake.load import load
from tolerance.intake.loads import FileRecord, load_records
from tolerance.intake.read import _recount, read
from tolerance.readers.outcomes import UNFORESEEN
from tolerance.records import QuarantineReason, RefusalReason
from tolerance.state import State

AS_OF = date(2026, 11, 20)
LOADED_AT = datetime(2026, 11, 21, 3, tzinfo=UTC).replace(tzinfo=None)
REAL_DATA = Path(os.environ.get("TOLERANCE_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TOLERANCE_IDENTITY_KEY", "key")
    with looking_quickly():
        yield


def take_in(files: Iterable[BadFile], folder: Path) -> list[FileRecord]:
    """Deliver files, take them all in, hold every one against what is promised."""
    state = State(folder / "state")
    for source, name, content in files:
        path = folder / "in" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for source in SOURCES:
        load_id = land(source, folder / "in", AS_OF, state, LOADED_AT)
        if load_id is not None:
            read(source, load_id, state)
            load(source, load_id, state)
    records = load_records(state)
    for record in records:
        _assert_promised(record)
    _assert_quarantine_keeps_bytes(records, state, folder / "scratch")
    return records


def _assert_promised(record: FileRecord) -> None:
    parts = record.loaded_records + record.duplicate_records + record.quarantined_records
    assert record.landed_records == parts, record.file_name
    assert "independent count" not in (record.message or ""), record.message
    if record.status == "refused":
        assert record.refusal_reason in set(RefusalReason)
        assert record.file_name in (record.message or "")
    else:
        assert record.status in {"loaded", "loaded_with_quarantine", "already_loaded", "empty"}


def _assert_quarantine_keeps_bytes(records: list[FileRecord], state: State, scratch: Path) -> None:
    counted = {(record.file_name, record.source): record for record in records}
    for source in SOURCES:
        for path in (state.quarantine / source).glob("*/*.parquet"):
            for row in pq.read_table(path).to_pylist():
                assert row["reason"] in set(QuarantineReason)
                assert UNFORESEEN not in row["detail"], row["file_name"]
                record = counted[(row["file_name"], source)]
                landed = state.landing / record.file_sha256
                with content_of(landed, name=record.file_name, scratch=scratch) as content:
                    assert content[row["byte_start"] : row["byte_end"]].startswith(row["raw"])
                assert row["raw"] or row["byte_start"] == row["byte_end"]


@pytest.mark.usefixtures("reading_here")
def test_more_than_three_hundred_bad_files_end_loaded_or_quarantined_or_refused(tmp_path: Path) -> None:
    files = list(bad_files())
    assert len(files) >= 300
    records = take_in(files, tmp_path)
    assert len(records) == len({(source, name) for source, name, _ in files})
    assert {record.status for record in records} == {
        "loaded",
        "loaded_with_quarantine",
        "already_loaded",
        "empty",
        "refused",
    }


def test_sound_files_load_whole(tmp_path: Path) -> None:
    records = take_in(((source, f"good.{form}", make()) for (source, form), make in GOOD.items()), tmp_path)
    assert {(record.source, record.file_name, record.quarantined_records) for record in records} == {
        (source, f"good.{form}", 0) for source, form in GOOD
    }
    assert sum(record.landed_records for record in records) == 6 * 5 + 1


@pytest.mark.usefixtures("reading_here")
def test_five_hundred_mutated_files_end_balanced(tmp_path: Path) -> None:
    assert len(take_in(mutated_files(500, seed=1), tmp_path)) == 500


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_five_thousand_mutated_files_end_balanced(tmp_path: Path, seed: int) -> None:
    assert len(take_in(mutated_files(520, seed), tmp_path)) == 520


@pytest.mark.skipif(not (REAL_DATA / "mail").is_dir(), reason="no real mails beside the checkout")
def test_every_real_mail_ends_loaded_or_quarantined(tmp_path: Path) -> None:
    paths = sorted((REAL_DATA / "mail").iterdir())
    forms = {path: ".mbox" if "mbox" in path.name else ".eml" for path in paths}
    records = take_in((("mail", path.name + forms[path], path.read_bytes()) for path in paths), tmp_path)
    assert len(records) == len(paths) >= 377
    assert sum(record.loaded_records for record in records) >= 150


def test_the_second_count_shares_no_code_with_the_first() -> None:
    modules = {getattr(value, "__module__", None) or "" for value in vars(recount).values()}
    assert {name for name in modules if name.startswith("tolerance")} == {"tolerance.recount"}


def test_a_count_that_differs_is_said_aloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = FileRecord("x", 0, "faq", AS_OF, LOADED_AT, "a.csv", "", 1, AS_OF, landed_records=3)
    monkeypatch.setattr(recount, "count_records", lambda *_, **__: 4)
    _recount(record, tmp_path, FileNotes(), tmp_path)
    assert record.is_doubtful
    assert "found 3 records, an independent count 4" in str(record.message)
