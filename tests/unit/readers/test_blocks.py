"""Clean records may be read many at a time: that it is so must not show in anything that comes out."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fixtures.bad_files import CLEAN, BadFile, bad_files, mutated_files, random_files
from tolerance.formats.content import FileNotes
from tolerance.intake.land import land
from tolerance.intake.load import load
from tolerance.intake.loads import FileRecord
from tolerance.intake.read import _read_files, read
from tolerance.intake.stage import QUARANTINE_SCHEMA, staged_schema
from tolerance.intake.work import Work
from tolerance.readers import blocks
from tolerance.readers.outcomes import (
    Outcome,
    OwnCsv,
    ReaderContext,
    csv_outcomes,
    reader_of,
    without_blocks,
)
from tolerance.readers.rules import (
    BadFieldError,
    Rule,
    instant,
    optional,
    optional_instant,
    values_of_columns,
    values_of_row,
)
from tolerance.records import AcceptedBlock, FileRefusedError, QuarantinedRecord
from tolerance.sandbox import limits
from tolerance.settings import settings
from tolerance.state import State

CALLS = "call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language\n"


def call(number: int) -> str:
    return f"K{number};C{number % 7};2026-11-01T10:00:{number % 60:02d};code;où est {number} ?;yes;team;FR\n"


def outcomes(source: str, path: Path, name: str, notes: FileNotes, *, by_blocks: bool) -> list[Outcome]:
    context = ReaderContext(settings(), b"key", path.parent / "scratch", by_blocks=by_blocks)
    return list(reader_of(source)(path, name=name, context=context, notes=notes))


def outcomes_of(file: BadFile, folder: Path, *, by_blocks: bool) -> list[object]:
    """All that a reader says of a file: records with their places, the refusal, the notes."""
    source, name, content = file
    path = folder / "landed"
    path.write_bytes(content)
    notes = FileNotes()
    try:
        found: list[object] = list(without_blocks(outcomes(source, path, name, notes, by_blocks=by_blocks)))
    except FileRefusedError as error:
        found = [error.reason, error.sentence]
    return [found, notes]


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[BadFile, list[object]]]:
    """The spoiled CSV files that every size of block is tried on, and what comes of each without blocks."""
    folder = tmp_path_factory.mktemp("without_blocks")
    files = [file for file in (*bad_files(), *mutated_files(150, seed=7)) if ".csv" in file[1]]
    return [(file, outcomes_of(file, folder, by_blocks=False)) for file in files]


@pytest.mark.parametrize(("most", "least"), [(512 << 10, 8 << 10), (2_000, 150), (300, 40)])
def test_what_comes_of_a_file_does_not_depend_on_blocks(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    least: int,
    spoiled: list[tuple[BadFile, list[object]]],
) -> None:
    monkeypatch.setattr(blocks, "MOST_BYTES", most)
    monkeypatch.setattr(blocks, "LEAST_BYTES", least)
    for file, wanted in spoiled:
        assert outcomes_of(file, tmp_path, by_blocks=True) == wanted, file[1]
    long = list(random_files(30, seed=most))
    for file in long:
        assert outcomes_of(file, tmp_path, by_blocks=True) == outcomes_of(file, tmp_path, by_blocks=False), (
            file[1]
        )
    assert len(spoiled) + len(long) > 300


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_what_comes_of_thousands_of_files_does_not_depend_on_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(blocks, "MOST_BYTES", 100 + 400 * seed)
    monkeypatch.setattr(blocks, "LEAST_BYTES", 10 + 30 * seed)
    for file in (*mutated_files(300, seed=100 + seed), *random_files(200, seed)):
        if ".csv" in file[1]:
            assert outcomes_of(file, tmp_path, by_blocks=True) == outcomes_of(
                file, tmp_path, by_blocks=False
            ), file[1]


def staged(files: list[BadFile], folder: Path, context: ReaderContext) -> tuple[list[pa.Table], bytes]:
    """What one child stages of files of one source: good rows, bad rows, counts."""
    state = State(folder)
    work = Work(state, files[0][0], "0" * 16)
    for place in (work.staged, work.quarantined, work.batches, state.landing):
        place.mkdir(parents=True)
    batch = []
    for number, (source, name, content) in enumerate(files):
        (state.landing / str(number)).write_bytes(content)
        day, at = date(2026, 11, 20), datetime(2026, 11, 21, tzinfo=UTC).replace(tzinfo=None)
        record = FileRecord("0" * 16, 0, source, day, at, name, str(number), len(content), day)
        batch.append((number, record))
    counted = work.batches / "counted.ndjson"
    _read_files(work, batch, context, counted, contents=frozenset(), dropped=frozenset(), batch_rows=500)
    empty = (staged_schema(source).empty_table(), QUARANTINE_SCHEMA.empty_table())
    tables = [
        pa.concat_tables([none, *(pq.read_table(path) for path in sorted(place.iterdir()))])
        for none, place in zip(empty, (work.staged, work.quarantined), strict=True)
    ]
    return tables, counted.read_bytes()


@pytest.mark.parametrize("source", sorted(CLEAN))
def test_staged_rows_hashes_and_counts_do_not_depend_on_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setattr(blocks, "MOST_BYTES", 2_000)
    monkeypatch.setattr(blocks, "LEAST_BYTES", 200)
    files = [file for file in random_files(45, seed=5) if file[0] == source]
    context = ReaderContext(settings(), b"key", tmp_path / "scratch", by_blocks=True)
    by_blocks = staged(files, tmp_path / "blocks", context)
    by_records = staged(files, tmp_path / "records", replace(context, by_blocks=False))
    keys = [("_file_no", "ascending"), ("_record_no", "ascending")]
    assert by_blocks[0][0].num_rows > 1_000
    assert by_blocks[0][0].sort_by(keys).equals(by_records[0][0].sort_by(keys))
    assert by_blocks[0][1].equals(by_records[0][1])
    assert by_blocks[1] == by_records[1]


@pytest.mark.parametrize("text", ["\\", "\t", "\x01", "\x1f", "\x7f", "é", "\u2028", "/", "\U0001f600"])
def test_a_text_that_json_writes_in_its_own_way_hashes_alike(tmp_path: Path, text: str) -> None:
    content = CALLS + call(1) + call(2).replace("est", f"e{text}st")
    context = ReaderContext(settings(), b"key", tmp_path / "scratch", by_blocks=True)
    hashes = [
        staged(
            [("faq", "a.csv", content.encode())],
            tmp_path / str(by_blocks),
            replace(context, by_blocks=by_blocks),
        )
        for by_blocks in (True, False)
    ]
    assert hashes[0][0][0].equals(hashes[1][0][0])
    assert hashes[0][0][0].num_rows == 2


def read_calls(content: str, tmp_path: Path) -> tuple[int, int]:
    """How many records were read in blocks and in all."""
    path = tmp_path / "landed"
    path.write_bytes(content.encode())
    found = outcomes("faq", path, "a.csv", FileNotes(), by_blocks=True)
    in_blocks = sum(len(outcome) for outcome in found if isinstance(outcome, AcceptedBlock))
    return in_blocks, len(list(without_blocks(found)))


def test_a_clean_file_is_read_in_blocks(tmp_path: Path) -> None:
    text = CALLS + "".join(call(n) for n in range(20_000))
    assert read_calls(text, tmp_path) == (20_000, 20_000)
    assert read_calls(text.replace("\n", "\r\n"), tmp_path) == (20_000, 20_000)


def test_quoted_texts_with_line_ends_are_read_in_blocks(tmp_path: Path) -> None:
    text = CALLS + "".join(call(n).replace("où est", '"où;\nest').replace(" ?", '"') for n in range(20_000))
    assert read_calls(text, tmp_path) == (20_000, 20_000)


def test_a_bad_record_costs_only_its_neighbours_the_block(tmp_path: Path) -> None:
    lines = [call(n) for n in range(20_000)]
    lines[7_000] = "too;short\n"
    in_blocks, total = read_calls(CALLS + "".join(lines), tmp_path)
    assert total == 20_000
    assert 19_500 < in_blocks < total


def test_a_child_killed_in_a_block_is_followed_by_one_that_reads_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLERANCE_IDENTITY_KEY", "key")
    place = tmp_path / "in" / "faq"
    place.mkdir(parents=True)
    (place / "a.csv").write_text(CALLS + call(1) + call(2), "utf-8")
    (place / "a.csv.done").touch()
    state, tries = State(tmp_path / "state"), []

    def killed_once(_: object, arguments: dict[str, object], **__: object) -> limits.Killed | None:
        context = arguments["context"]
        assert isinstance(context, ReaderContext)
        tries.append((context.by_blocks, arguments["dropped"]))
        if len(tries) == 1:
            return limits.Killed(0, limits.A_BLOCK, "it took too long")
        _read_files(**arguments)  # type: ignore[arg-type]
        return None

    monkeypatch.setattr(limits, "run_in_child", killed_once)
    load_id = land("faq", tmp_path / "in", date(2026, 11, 20), state, datetime(2026, 11, 21))
    assert load_id is not None
    read("faq", load_id, state)
    assert tries == [(True, frozenset()), (False, frozenset())]
    assert load("faq", load_id, state).total("loaded_records") == 2


def test_the_header_once_more_is_no_record_in_a_block_either() -> None:
    rules = (optional("a"), optional("b"))
    found = csv_outcomes(
        b"a;b\n1;2\na;b\n3;4\n",
        OwnCsv(("a", "b")),
        rules,
        name="a.csv",
        notes=FileNotes(),
        by_blocks=True,
    )
    assert [isinstance(outcome, QuarantinedRecord) for outcome in without_blocks(found)] == [
        False,
        True,
        False,
    ]


def test_a_mark_of_encoding_at_the_beginning_of_a_line_stays_in_its_cell(tmp_path: Path) -> None:
    file = ("faq", "a.csv", CALLS.encode() + b"\xef\xbb\xbf" + call(1).encode())
    assert outcomes_of(file, tmp_path, by_blocks=True) == outcomes_of(file, tmp_path, by_blocks=False)


def test_blanks_are_taken_off_as_python_does_in_all_of_unicode() -> None:
    codes = (code for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
    cells = [f"{chr(code)}a{chr(code)}" for code in codes if code not in (10, 13, 34, 59, 0xFEFF)]
    block = blocks.clean_block(
        "".join(f"{cell};\n" for cell in cells).encode(),
        0,
        1 << 30,
        delimiter=";",
        encoding="utf-8",
        field_count=2,
    )
    assert block is not None
    assert block.columns[0].to_pylist() == [cell.strip() for cell in cells]


MOMENTS = [
    "2026-03-01T10:00:00+01:00",
    "2026-03-01T10:00:00Z",
    "2026-03-01 10:00:00",
    "2026-03-01T10:00:00",
    "2026-03-01",
    "20260301T100000",
    "2026-03-01T10",
    "2026-03-01T10:00",
    "2026-03-01T10:00:00.5",
    "2026-W09-7",
    "2026-03-29T02:30:00",
    "2026-10-25T02:30:00",
    "2026-10-25T00:30:00Z",
    "2026-02-29T10:00:00",
    "0000-01-01T00:00:00",
    "2026-03-01T24:00:00",
    "2026-03-01T10:60:00",
    "2026-03-01T10:00:60",
    "2026-03-01T10:00:00+24:00",
    "2026-03-01T10:00:00+10:60",
    "2026-03-01T10:00:00-23:59",
    "2026-03-01T10:00:00+0100",
    "2026-03-01t10:00:00z",
    "\u0662\u0660\u0662\u0666-03-01T10:00:00",
    "1969-12-31T23:00:00",
    "2062-01-01T00:00:00",
    "9999-12-31T23:59:59-05:00",
    "soon",
    "2026-03-01T10:00:00+01:00:30",
    "2026-03-01T10:00:00,5",
    "-2026-03-01T10:00:00",
    "",
]


@pytest.mark.parametrize("text", MOMENTS)
@pytest.mark.parametrize("beside", ["2026-05-05T05:05:05", "2026-05-05T05:05:05+02:00", ""])
@pytest.mark.parametrize("rule", [instant("at", "on", settings()), optional_instant("at", "on", settings())])
def test_a_time_of_any_form_is_the_same_among_others(text: str, beside: str, rule: Rule) -> None:
    texts = [beside, text, beside] if beside else [text]

    def one_by_one_() -> list[object]:
        return [tuple(values_of_row([rule], {"at": text}).values()) for text in texts]

    try:
        wanted = one_by_one_()
    except BadFieldError:
        with pytest.raises(BadFieldError):
            values_of_columns([rule], lambda _: pa.array(texts))
        return
    made = values_of_columns([rule], lambda _: pa.array(texts))
    assert list(zip(*(column.to_pylist() for column in made.values()), strict=True)) == wanted


def test_a_byte_order_mark_in_the_midst_is_none_of_a_block_either(tmp_path: Path) -> None:
    rows = "".join(map(call, range(50))) + "\ufeff" + "".join(map(call, range(50, 100)))
    file = ("faq", "a.csv", (CALLS + rows).encode())
    assert outcomes_of(file, tmp_path, by_blocks=True) == outcomes_of(file, tmp_path, by_blocks=False)
