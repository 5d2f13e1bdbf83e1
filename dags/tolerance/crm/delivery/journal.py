"""The journal of a destination: one file per attempt, lines are added and never changed.

A line says what is about to be sent, and is on the disk before anything is; another what became of it. So
after a crash every item is either not sent, or answered, or known to be unclear. Later lines outweigh earlier
ones.

What the journals say in sum, one row per item and one per attempt, is kept beside them as two tables that dbt
reads. They can be made again at any time.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import orjson

from tolerance import files
from tolerance.crm.delivery.destinations import Destination
from tolerance.crm.delivery.items import Item, Outcome
from tolerance.state import State
from tolerance.versions import CURRENT, VERSION, Format, refuse_newer

_LINES_OF_A_FILE = 1_000_000_000
_COLUMNS = {
    VERSION: "INTEGER",
    "line_no": "BIGINT",
    "event": "VARCHAR",
    "destination": "VARCHAR",
    "kind": "VARCHAR",
    "unit": "VARCHAR",
    "as_of_on": "DATE",
    "since_on": "DATE",
    "generation_id": "VARCHAR",
    "most_tries": "INTEGER",
    "happened_at": "TIMESTAMP",
    "key": "VARCHAR",
    "fingerprint": "VARCHAR",
    "told_on": "DATE",
    "record_id": "VARCHAR",
    "sentence": "VARCHAR",
}

SENDING = "sending"
UNSENT = "unsent"
AGAIN = "again"

# A file's last line may be cut: what was not written whole has not been relied on.
_EVENTS = """
    select *, attempt_no::bigint * {lines} + line_no as position
    from (
        select
            * exclude (filename, destination),
            parse_filename(filename, true)::integer as attempt_no,
            parse_path(filename)[-2] as destination
        from read_json(
            {files}, format = 'newline_delimited', columns = {columns}, filename = true, ignore_errors = true
        )
    )
    where event is not null
"""

# One row per item: what its last line says, and how often it was refused since it has that fingerprint.
STANDING = """
    with lines as (
        select *
        from events
        where key is not null
    ),

    last_lines as (
        select
            destination,
            key,
            arg_max(event, position) as event,
            arg_max(fingerprint, position) as fingerprint,
            arg_max(told_on, position) as told_on,
            arg_max(attempt_no, position) as attempt_no,
            arg_max(record_id, position) filter (record_id is not null) as record_id,
            coalesce(max(position) filter (event = 'again'), 0) as again_at
        from lines
        group by destination, key
    ),

    tries as (
        select
            lines.destination,
            lines.key,
            count(*) filter (
                lines.event = 'refused'
                and lines.fingerprint = last_lines.fingerprint
                and lines.position > last_lines.again_at
            ) as tries,
            arg_max(lines.sentence, lines.position) filter (
                lines.event in ('refused', 'unclear') and lines.fingerprint = last_lines.fingerprint
            ) as sentence
        from lines
        inner join last_lines using (destination, key)
        group by lines.destination, lines.key
    ),

    limits as (
        select
            destination,
            arg_max(unit, position) as unit,
            arg_max(most_tries, position) as most_tries
        from events
        where event = 'started'
        group by destination
    ),

    ends as (
        select
            destination,
            attempt_no,
            max(happened_at) as ended_at
        from events
        where event = 'ended'
        group by destination, attempt_no
    )

    select
        last_lines.destination,
        limits.unit,
        last_lines.key,
        last_lines.fingerprint,
        last_lines.told_on,
        case
            when last_lines.event = 'accepted' then 'accepted'
            when last_lines.event = 'refused' and tries.tries >= limits.most_tries then 'set_aside'
            when last_lines.event = 'refused' then 'refused'
            when last_lines.event in ('sending', 'unclear') then 'unclear'
            else 'waiting'
        end as standing,
        cast(tries.tries as integer) as tries,
        case when last_lines.event <> 'accepted' then tries.sentence end as sentence,
        last_lines.record_id,
        last_lines.attempt_no,
        ends.ended_at
    from last_lines
    inner join tries using (destination, key)
    inner join limits using (destination)
    left join ends using (destination, attempt_no)
"""

# One row per attempt. What was sent and never answered is unclear.
ATTEMPTS = """
    with answers as (
        select
            destination,
            attempt_no,
            key,
            arg_max(event, position) as event,
            bool_or(event = 'sending') as is_sent
        from events
        where key is not null and event <> 'again'
        group by destination, attempt_no, key
    ),

    counts as (
        select
            destination,
            attempt_no,
            count(*) filter (is_sent and event <> 'unsent') as sent_rows,
            count(*) filter (event = 'accepted') as accepted_rows,
            count(*) filter (event = 'refused') as refused_rows,
            count(*) filter (event in ('sending', 'unclear')) as unclear_rows
        from answers
        group by destination, attempt_no
    ),

    attempts as (
        select
            destination,
            attempt_no,
            any_value(kind) filter (event = 'started') as kind,
            any_value(unit) filter (event = 'started') as unit,
            any_value(as_of_on) filter (event = 'started') as as_of_on,
            any_value(since_on) filter (event = 'started') as since_on,
            any_value(generation_id) filter (event = 'started') as generation_id,
            min(happened_at) filter (event = 'started') as started_at,
            max(happened_at) filter (event = 'ended') as ended_at,
            any_value(sentence) filter (event = 'ended') as error,
            bool_or(event = 'ended') as is_ended
        from events
        group by destination, attempt_no
    )

    select
        attempts.* exclude (is_ended, error),
        cast(coalesce(counts.sent_rows, 0) as integer) as sent_rows,
        cast(coalesce(counts.accepted_rows, 0) as integer) as accepted_rows,
        cast(coalesce(counts.refused_rows, 0) as integer) as refused_rows,
        cast(coalesce(counts.unclear_rows, 0) as integer) as unclear_rows,
        case when attempts.is_ended then attempts.error else 'It was interrupted.' end as error
    from attempts
    left join counts using (destination, attempt_no)
"""

_TABLES = {"standing": STANDING, "attempts": ATTEMPTS}


def folder(state: State, destination: str) -> Path:
    """Where the journal of a destination is."""
    return state.deliveries / destination


def load_events(memory: duckdb.DuckDBPyConnection, paths: Iterable[Path]) -> None:
    """Make the tables `events` and `standing` of these journals.

    Raises:
        NewerFormatError: when a newer release wrote one of them.
    """
    paths = sorted(paths)
    columns = "{" + ", ".join(f"{name}: '{kind}'" for name, kind in _COLUMNS.items()) + "}"
    if paths:
        names = "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"
        query = _EVENTS.format(lines=_LINES_OF_A_FILE, files=names, columns=columns)
    else:
        nothing = ", ".join(f"null::{kind} as {name}" for name, kind in _COLUMNS.items())
        query = f"select {nothing}, null::integer as attempt_no, null::bigint as position limit 0"
    memory.execute(f"create table events as {query}")
    newest = memory.execute(f"select max({VERSION}) from events").fetchone()
    refuse_newer(Format.DELIVERIES, newest and newest[0], paths[-1] if paths else "")
    memory.execute(f"create table standing as {STANDING}")


def journals(state: State, destination: str) -> list[Path]:
    """The files of a destination's journal, the oldest first."""
    return sorted(folder(state, destination).glob("*.ndjson"))


def write_tables(state: State) -> None:
    """Write what all journals say in sum, for dbt."""
    with duckdb.connect() as memory:
        load_events(memory, state.deliveries.glob("*/*.ndjson"))
        version = f"{{{VERSION}: '{CURRENT[Format.DELIVERIES]}'}}"
        for name, query in _TABLES.items():
            with files.appearing(table(state, name)) as temporary:
                memory.execute(
                    f"copy ({query} order by all) to $path (format parquet, kv_metadata {version})",
                    {"path": str(temporary)},
                )


def table(state: State, name: str) -> Path:
    """The file of one of the two tables."""
    return state.deliveries / f"{name}.parquet"


def ensure_tables(state: State) -> None:
    """Write the tables where there are none, so that dbt can read them before the first delivery."""
    if not all(table(state, name).exists() for name in _TABLES):
        write_tables(state)


class Journal:
    """The journal of one attempt, open for adding lines."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._line_no = 0

    def sending(self, items: Iterable[Item], at: datetime) -> None:
        """Say what is about to be sent; it is on the disk when this returns."""
        self._write(b"".join(self._line(SENDING, _named(item) | {"happened_at": at}) for item in items))
        self.sync()

    def answered(self, outcome: Outcome) -> None:
        """Say what became of an item. A crash of this process does not lose it, a power cut may."""
        said = {"record_id": outcome.record_id, "sentence": outcome.sentence}
        given = {name: value for name, value in said.items() if value is not None}
        self._write(self._line(outcome.answer.value, _named(outcome.item) | given))

    def unsent(self, item: Item) -> None:
        """Say that an item was not sent after all."""
        self._write(self._line(UNSENT, _named(item)))

    def again(self, item: Item) -> None:
        """Say that a person wants it tried anew."""
        self._write(self._line(AGAIN, _named(item)))

    def write(self, event: str, **values: Any) -> None:
        """Add a line about the attempt itself."""
        self._write(self._line(event, values))
        self.sync()

    def sync(self) -> None:
        """Bring all lines to the disk."""
        os.fsync(self._file.fileno())

    def _line(self, event: str, values: dict[str, Any]) -> bytes:
        self._line_no += 1
        return (
            orjson.dumps({"line_no": self._line_no, "event": event} | values, option=orjson.OPT_UTC_Z) + b"\n"
        )

    def _write(self, lines: bytes) -> None:
        if self._file.write(lines) != len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._file.name)


def _named(item: Item) -> dict[str, Any]:
    return {"key": item.key, "fingerprint": item.fingerprint, "told_on": item.told_on}


@contextmanager
def opened(
    state: State, destination: Destination, at: datetime, as_of: str, generation_id: str
) -> Iterator[Journal]:
    """The journal of a new attempt. Without a line `ended` it counts as interrupted."""
    earlier = journals(state, destination.name)
    path = folder(state, destination.name) / f"{_number(earlier) + 1:06d}.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb", buffering=0) as file:  # each line goes to the system at once
        journal = Journal(file)
        journal.write(
            "started",
            **{VERSION: CURRENT[Format.DELIVERIES]},
            destination=destination.name,
            kind=destination.kind,
            unit=destination.unit.value,
            as_of_on=as_of,
            since_on=destination.since,
            generation_id=generation_id,
            most_tries=destination.most_tries,
            happened_at=at,
        )
        files.sync_folder(path.parent)
        yield journal


def _number(earlier: list[Path]) -> int:
    return int(earlier[-1].stem) if earlier else 0
