"""Last step: new records move into `raw/`, bad ones into `quarantine/`; the load record makes them count."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pyarrow.parquet as pq

from tolerance import steps
from tolerance.contracts import CONTRACTS, SOURCES, contracts_for_dbt
from tolerance.errors import ToleranceError
from tolerance.files import sync_folder
from tolerance.intake import stage
from tolerance.intake.loads import (
    EMPTY_LOAD_ID,
    FileRecord,
    LoadSummary,
    load_records,
    read_records,
    sweep,
    write_load_record,
)
from tolerance.intake.work import Work
from tolerance.records import IS_UNDATED, raw_schema
from tolerance.versions import Format, refuse_newer_file

if TYPE_CHECKING:
    from tolerance.state import State

DUCKDB_MEMORY = "192MB"


class UnbalancedLoadError(ToleranceError):
    """Records of a file were lost or counted twice: nothing of the load is kept."""


def load(source: str, load_id: str, state: State, load_no: int | None = None) -> LoadSummary:
    """Move the staged rows that are new into `raw/`, the bad ones to `quarantine/`.

    The load record is written last and makes the load count; its number is `load_no`, or the next free
    one. Raises `UnbalancedLoadError` when a file's loaded, duplicate and quarantined records do not add
    up to its landed records.
    """
    earlier = [file for file in load_records(state, source) if file.load_id == load_id]
    if earlier:  # this step has finished before, and only its task was not marked so
        return LoadSummary(source, load_id, earlier[0].load_no, tuple(earlier))
    sweep(source, state)
    work = Work(state, source, load_id)
    files = read_records(work.counted)
    for made_before in (work.loaded, work.evidence):
        shutil.rmtree(made_before, ignore_errors=True)
    _write_loaded(work, files)
    for file in files:
        _assert_balanced(file)
    _publish(work.loaded, state.raw / source / load_id)
    # A copy: if this step is killed before the load record is written, it needs them again.
    shutil.copytree(work.quarantined, work.evidence)
    _publish(work.evidence, state.quarantine / source / load_id)
    steps.passed("loading")
    summary = write_load_record(state, source, load_id, files, load_no)
    shutil.rmtree(work.root, ignore_errors=True)
    return summary


def _assert_balanced(file: FileRecord) -> None:
    parts = file.loaded_records + file.duplicate_records + file.quarantined_records
    if file.landed_records != parts:
        raise UnbalancedLoadError(
            f"{file.source}/{file.file_name}: {file.landed_records} records landed, but {parts} "
            "are accounted for; nothing was loaded",
            "report the shape of this file.",
        )


_NEW_ROWS = """
create temp table placed as
with known as (
    select distinct _record_hash from read_parquet($known, union_by_name = true)
),
staged as (
    select _record_hash, _file_no, _record_no,
        row_number() over (partition by _record_hash order by _file_no, _record_no) as nth,
        row_number() over (partition by _file_sha256, _record_no order by _file_no) as nth_of_content
    from read_parquet($staged)
)
select staged._file_no, staged._record_no,
    staged.nth > 1 or known._record_hash is not null as is_duplicate,
    staged.nth_of_content = 1 as is_first_of_content
from staged left join known using (_record_hash)
"""
"""The first record of each content counts: that of an earlier load, else by file, then number."""


def _write_loaded(work: Work, files: list[FileRecord]) -> None:
    """Write the rows to be loaded to `work.loaded` and split each file's counts."""
    staged = sorted(str(path) for path in work.staged.glob("*.parquet"))
    if not staged:
        return
    import duckdb  # here: reading processes do not need it

    source = work.source
    is_kept = "true" if CONTRACTS[source].keeps_duplicates else "not is_duplicate"
    if IS_UNDATED in raw_schema(source).names:
        is_kept += f" or ({IS_UNDATED} and is_first_of_content)"
    columns = ", ".join(
        "is_duplicate as _is_duplicate" if name == "_is_duplicate" else name
        for name in raw_schema(source).names
    )
    ensure_empty_sources(work.state)
    work.loaded.mkdir(parents=True)
    target = work.loaded / "part-000.parquet"
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"set memory_limit = '{DUCKDB_MEMORY}'")
        connection.execute("set threads = 1")
        connection.execute("set enable_progress_bar = false")
        connection.execute("set temp_directory = $folder", {"folder": str(work.scratch)})
        known = _parquet_paths(work.state, source)
        connection.execute(_NEW_ROWS, {"known": known, "staged": staged})
        split = connection.execute(
            "select _file_no, count(*), count(*) filter (is_duplicate) from placed group by 1"
        ).fetchall()
        rows = connection.execute(
            f"select {columns} from read_parquet($staged) "
            "join placed using (_file_no, _record_no) "
            f"where {is_kept} order by _file_no, _record_no",
            {"staged": staged},
        ).to_arrow_reader(stage.BATCH_ROWS)
        with pq.ParquetWriter(target, raw_schema(source), compression="zstd") as writer:
            for batch in rows:
                writer.write_batch(batch.cast(raw_schema(source)))
    for file_no, total, duplicates in split:
        file = files[file_no]
        if file.status != "already_loaded":
            file.duplicate_records = duplicates
            file.loaded_records = total - duplicates
    with pq.ParquetFile(target) as written:
        is_empty = written.metadata.num_rows == 0
    if is_empty:
        shutil.rmtree(work.loaded)


def _parquet_paths(state: State, source: str) -> list[str]:
    """All Parquet files of a source in `raw/`, listed here, so that no path is used as a pattern."""
    return [str(path) for path in sorted((state.raw / source).glob("*/*.parquet"))]


def _publish(made: Path, place: Path) -> None:
    """Give a finished folder its final name, if there is anything in it."""
    files = list(made.iterdir()) if made.is_dir() else []
    if not files:
        return
    for file in files:
        sync_folder(file)  # a file's descriptor syncs the same way
    place.parent.mkdir(parents=True, exist_ok=True)
    made.rename(place)
    sync_folder(place.parent)


def ensure_empty_sources(state: State) -> None:
    """Give every source one Parquet file without rows, so that dbt's glob matches a file with every column.

    Raises `NewerFormatError` where a newer release has written that file, as it does before any other.

    Files of earlier releases may lack columns of today's contract. What dbt needs to know of the contracts
    is written beside them.
    """
    for source in SOURCES:
        path = state.raw / source / EMPTY_LOAD_ID / "empty.parquet"
        if path.exists():
            refuse_newer_file(Format.RAW, pq.read_schema(path).metadata, path)
        if not path.exists() or pq.read_schema(path) != raw_schema(source):
            path.parent.mkdir(parents=True, exist_ok=True)
            staged = path.with_suffix(".staged")
            pq.write_table(raw_schema(source).empty_table(), staged)
            staged.replace(path)
    state.loads.mkdir(parents=True, exist_ok=True)
    (state.loads / "000000-empty.ndjson").touch()
    lines = b"".join(orjson.dumps(line) + b"\n" for line in contracts_for_dbt())
    if not state.contracts.is_file() or state.contracts.read_bytes() != lines:
        with tempfile.NamedTemporaryFile(dir=state.raw, prefix=".contracts-", delete=False) as file:
            file.write(lines)  # under a unique name: sources are loaded in parallel
        Path(file.name).replace(state.contracts)
