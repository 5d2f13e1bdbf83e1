"""Load records: their numbers and names, and how little it takes to read them."""

from __future__ import annotations

import os
import subprocess
import sys

import orjson
import pyarrow.parquet as pq
import pytest

from tests.fixtures.ingesting import CALLS, Deliver, call, take_in
from tolerance.intake.loads import EMPTY_LOAD_ID, load_records, write_records
from tolerance.state import State
from tolerance.versions import NewerFormatError


def test_loads_are_numbered_and_named_by_content_alone(state: State, deliver: Deliver) -> None:
    deliver("faq/a.csv", CALLS + call(1))
    first = take_in(state)
    deliver("faq/b.csv", CALLS + call(2))
    second = take_in(state)
    other = State(state.root.with_name("other"))
    both = take_in(other)
    assert first is not None
    assert second is not None
    assert both is not None
    assert (first.load_no, second.load_no, both.load_no) == (1, 2, 1)
    assert len({first.load_id, second.load_id, both.load_id}) == 3
    assert [record.load_id for record in load_records(state)] == [
        first.load_id,
        second.load_id,
    ]


def test_listing_runs_and_loads_starts_no_engine_of_arrays() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, tolerance.runs; print({'numpy', 'pandas', 'pyarrow'} & {*sys.modules})",
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout == "set()\n"


def test_a_record_of_another_release_is_read_by_name_and_kept_whole(state: State, deliver: Deliver) -> None:
    deliver("faq/a.csv", CALLS + call(1))
    take_in(state)
    path = next(state.loads.glob("*-faq-*.ndjson"))
    line = orjson.loads(path.read_bytes())
    assert line.pop("format_version") == 2
    del line["new_columns"]  # as an older release wrote it
    path.write_bytes(orjson.dumps(line | {"weather": "rain"}))

    records = load_records(state)
    assert records[0].new_columns == ""
    write_records(path, records)
    assert orjson.loads(path.read_bytes())["weather"] == "rain"


def test_a_record_of_a_newer_format_is_refused_in_one_sentence(state: State, deliver: Deliver) -> None:
    deliver("faq/a.csv", CALLS + call(1))
    take_in(state)
    path = next(state.loads.glob("*-faq-*.ndjson"))
    path.write_bytes(path.read_bytes().replace(b'"format_version":2', b'"format_version":99'))
    with pytest.raises(NewerFormatError, match=r"has format 99 .*run the newer release"):
        load_records(state)


def test_rows_of_before_a_new_column_are_known_and_the_empty_file_has_the_column(
    state: State, deliver: Deliver
) -> None:
    deliver("faq/a.csv", CALLS + call(1))
    take_in(state)
    for path in (state.raw / "faq").glob("*/*.parquet"):
        pq.write_table(pq.read_table(path).drop_columns(["agent_team"]), path)
    deliver("faq/b.csv", CALLS + call(1) + call(2))
    second = take_in(state)

    assert second is not None
    assert (second.total("duplicate_records"), second.total("loaded_records")) == (1, 1)
    assert "agent_team" in pq.read_schema(state.raw / "faq" / EMPTY_LOAD_ID / "empty.parquet").names


def test_raw_and_quarantine_files_tell_their_format(state: State, deliver: Deliver) -> None:
    deliver("faq/a.csv", CALLS + call(1) + "broken\n")
    take_in(state)
    for layer in (state.raw, state.quarantine):
        path = next(path for path in (layer / "faq").glob("*/*.parquet") if path.name != "empty.parquet")
        assert pq.read_schema(path).metadata[b"format_version"] == b"1"
