"""Ids that were given before the system of a record was part of them continue as aliases.

Release 0.1.0 knew a ticket by its number alone. What it told of is called otherwise now; so that nothing is
told again, each former id is recorded with its current one, before anything forgets which is which.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tolerance.aliases import Alias, Kind, aliases, record_aliases
from tolerance.contracts import CONTRACTS
from tolerance.files import appearing
from tolerance.intake.loads import load_records, system_of
from tolerance.record_hashes import hash_within
from tolerance.records import SYSTEM
from tolerance.state import State

_SYSTEMS = {"faq": "asked_at", "tickets": "updated_at"}
"""The sources whose records have systems, with the column that tells the newest version."""


def contact_id(source: str, system: str | None, native_id: str) -> str:
    """The id that the macro `contact_id` gives."""
    place = source if system is None else f"{source}:{system}"
    return hashlib.md5(f"{place}|{native_id}".encode(), usedforsecurity=False).hexdigest()


def continue_former_ids(state: State, as_of: date) -> None:
    """Give the rows that an earlier release loaded their system, and record what their ids are called now.

    It can be repeated: rows that have their system are left alone.
    """
    for source in _SYSTEMS:
        files = [record for record in load_records(state, source) if record.loaded_records]
        now = {record.file_sha256: system_of(record, state) for record in files}
        concerned = {record.load_id for record in files if now[record.file_sha256] is not None}
        if not any(_without_system(state, source, load_id) for load_id in concerned):
            continue
        old = [path for record in files for path in _without_system(state, source, record.load_id)]
        pairs = changed_ids(source, old, {}, now)
        record_former_ids(state, as_of, pairs)
        for path in {path for path in old if path.parent.name in concerned}:
            _add_system(path, now)


def record_former_ids(state: State, as_of: date, pairs: Iterable[tuple[str, str]]) -> None:
    """Record former ids with their current ones. An id that has changed before keeps what it became then."""
    known = {alias.former_id for alias in aliases(state)}
    reason = "the system is part of the id"
    changed = [
        Alias(Kind.CONTACT, former, current, as_of, reason)
        for former, current in pairs
        if former not in known
    ]
    if changed:
        record_aliases(state, changed)


def changed_ids(
    source: str, paths: Iterable[Path], before: Mapping[str, str | None], now: Mapping[str, str | None]
) -> list[tuple[str, str]]:
    """The ids of the rows in files of `raw/` that change, each with the id that it becomes.

    `before` and `now` give the system of each delivered file, by its content; None and no entry stand for
    the default one. Where records of two systems shared an id, it is the id of the one whose version counted.
    """
    names = [str(path) for path in sorted(set(paths))]
    if source not in _SYSTEMS or not names or all(before.get(each) == now[each] for each in now):
        return []
    files = pa.table(  # noqa: F841  (DuckDB finds it by its name)
        {
            "file_sha256": pa.array(list(now), pa.string()),
            "before": pa.array([before.get(each) for each in now], pa.string()),
            "after": pa.array(list(now.values()), pa.string()),
        }
    )
    query = _NEWEST.format(native_id=CONTRACTS[source].native_id, version_at=_SYSTEMS[source])
    with duckdb.connect() as memory:
        rows = memory.execute(query, {"paths": names}).fetchall()
    pairs = [
        (contact_id(source, was, native_id), contact_id(source, newest["after"], native_id))
        for native_id, was, newest in rows
    ]
    return [(former, current) for former, current in pairs if former != current]


_NEWEST = """
select {native_id}, files.before,
    arg_max({{'after': files.after}}, ({version_at}, _file_sha256, _record_no))
from read_parquet($paths, union_by_name = true)
join files on _file_sha256 = files.file_sha256
group by 1, 2
order by 1, 2
"""


def _without_system(state: State, source: str, load_id: str) -> list[Path]:
    """The files of a load that an earlier release wrote."""
    return [
        path
        for path in sorted((state.raw / source / load_id).glob("*.parquet"))
        if SYSTEM not in pq.read_schema(path).names
    ]


def _add_system(path: Path, systems: Mapping[str, str | None]) -> None:
    """Write a file of `raw/` again with the system of each row, which is part of the record's hash too."""
    with pq.ParquetFile(path) as before, appearing(path) as temporary:
        at = before.schema_arrow.get_field_index("_record_hash")
        schema = before.schema_arrow.insert(at, pa.field(SYSTEM, pa.string()))
        with pq.ParquetWriter(temporary, schema, compression="zstd") as after:
            for batch in before.iter_batches():
                after.write_table(_with_system(pa.Table.from_batches([batch]), at, systems))


def _with_system(rows: pa.Table, at: int, systems: Mapping[str, str | None]) -> pa.Table:
    of_rows = [systems.get(sha256) for sha256 in rows["_file_sha256"].to_pylist()]
    hashes = [
        hash_within(system, each)
        for system, each in zip(of_rows, rows["_record_hash"].to_pylist(), strict=True)
    ]
    rows = rows.set_column(at, "_record_hash", pa.array(hashes, pa.string()))
    return rows.add_column(at, SYSTEM, pa.array(of_rows, pa.string()))
