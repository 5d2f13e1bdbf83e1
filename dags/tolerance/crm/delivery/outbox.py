"""What a destination must hear: everything that was told, less what it has accepted or a person must look at.

An alert counts as it was told last, with the fingerprint of that list; lists count with the hash of their
manifest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from tolerance.crm.delivery.destinations import Destination
from tolerance.crm.delivery.items import Item, Unit
from tolerance.crm.delivery.journal import journals, load_events
from tolerance.crm.history import format_version
from tolerance.lock import open_read_only
from tolerance.state import State
from tolerance.versions import Format, refuse_newer

# What a file of an earlier release may lack.
_NO_ALERT = """
    select
        null::varchar as alert_id,
        null::varchar as status,
        null::date as told_on,
        null::varchar as fingerprint,
        null::integer as priority,
        null::timestamptz as respond_by
    where false
"""

# An alert as the last list told it.
_ALERTS = """
    select
        alert_id as key,
        arg_max(coalesce(fingerprint, ''), told_on) as fingerprint,
        coalesce(arg_max(status, told_on) = 'retracted', false) as is_taken_back,
        max(told_on) as told_on
    from told
    group by alert_id
"""

# Everything decided, with what became of it. A changed fingerprint starts anew.
_OUTBOX = """
    select
        decided.key,
        decided.fingerprint,
        decided.told_on,
        case
            when standing.fingerprint is distinct from decided.fingerprint then 'waiting'
            when standing.standing not in ('refused', 'set_aside') then standing.standing
            when standing.tries >= $most_tries then 'set_aside'
            else 'refused'
        end as standing,
        standing.standing = 'unclear' as is_unclear,
        coalesce(standing.tries, 0) + coalesce((standing.standing = 'unclear')::integer, 0) as failures,
        standing.sentence,
        epoch(standing.ended_at) as ended_at
    from decided
    left join standing on decided.key = standing.key
    where
        ($since is null or decided.told_on >= $since::date)
        -- What was taken back before it was ever sent would be made there for nothing.
        and (not decided.is_taken_back or standing.key is not null)
        -- What the CRM has closed meanwhile it need not hear.
        and (
            decided.key not in (select key from closed)
            or (standing.standing = 'accepted' and standing.fingerprint = decided.fingerprint)
        )
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """How everything decided stands: decided = accepted + pending + set aside."""

    decided: int
    accepted: int
    pending: int
    set_aside: int
    refused: int
    """Of the pending ones, those that were refused before."""
    unclear: int
    """Of the pending ones, those of which nobody knows whether they arrived."""


class Outbox:
    """What one destination must hear, as of now."""

    def __init__(self, memory: duckdb.DuckDBPyConnection, destination: Destination) -> None:
        self._memory = memory
        self._destination = destination

    def counts(self) -> Counts:
        """How everything decided stands."""
        row = self._memory.execute(
            """
            select
                count(*),
                count(*) filter (standing = 'accepted'),
                count(*) filter (standing not in ('accepted', 'set_aside')),
                count(*) filter (standing = 'set_aside'),
                count(*) filter (standing = 'refused'),
                count(*) filter (standing not in ('accepted', 'set_aside') and is_unclear)
            from outbox
            """
        ).fetchone()
        return Counts(*(row or (0,) * 6))

    def pending(self, now: float = 0) -> Iterator[Item]:
        """What has to be sent: what failed before last, alerts in the order of the lists, lists by date.

        When an attempt that was interrupted has sent its last item nobody knows: up to `now`.
        """
        of_alerts = self._destination.unit is Unit.ALERT
        rows = (
            "inner join told on outbox.key = told.alert_id and outbox.told_on = told.told_on"
            if of_alerts
            else ""
        )
        columns = ", told.*" if of_alerts else ""
        order = "told.priority, told.respond_by, outbox.key" if of_alerts else "outbox.key"
        cursor = self._memory.cursor().execute(  # of its own: it is read while other questions are asked
            f"""
            select
                outbox.key,
                outbox.fingerprint,
                outbox.told_on::varchar,
                case when outbox.is_unclear then coalesce(outbox.ended_at, $now) end
                {columns}
            from outbox {rows}
            where outbox.standing not in ('accepted', 'set_aside')
            order by outbox.failures, {order}
            """,
            {"now": now},
        )
        names = [column[0] for column in cursor.description or ()][4:]
        while many := cursor.fetchmany(self._destination.batch_rows):
            for key, fingerprint, told_on, sent_at, *values in many:
                yield Item(key, fingerprint, told_on, dict(zip(names, values, strict=True)), sent_at)

    def set_aside(self) -> list[tuple[Item, str]]:
        """What a person must look at, each with the CRM's sentence."""
        return [
            (Item(key, fingerprint, told_on), sentence or "")
            for key, fingerprint, told_on, sentence in self._memory.execute(
                "select key, fingerprint, told_on::varchar, sentence from outbox "
                "where standing = 'set_aside' order by key"
            ).fetchall()
        ]

    def columns(self) -> set[str]:
        """The columns that an alert may have."""
        if self._destination.unit is not Unit.ALERT:
            return set()
        return {name for name, *_ in self._memory.execute("describe told").fetchall()}


@contextmanager
def outbox(state: State, destination: Destination) -> Iterator[Outbox]:
    """What `destination` must hear, by the files as they are now."""
    with duckdb.connect() as memory:
        memory.execute("set TimeZone = 'UTC'")
        load_events(memory, journals(state, destination.name))
        memory.execute("create table closed (key varchar)")
        if destination.unit is Unit.ALERT:
            _told_alerts(memory, state)
            _closed_alerts(memory, state)
        else:
            _finished_lists(memory, state)
        since = destination.since and destination.since.isoformat()
        memory.execute(
            f"create table outbox as {_OUTBOX}", {"since": since, "most_tries": destination.most_tries}
        )
        yield Outbox(memory, destination)


def _told_alerts(memory: duckdb.DuckDBPyConnection, state: State) -> None:
    paths = sorted(state.told.glob("*.parquet"))
    if paths:
        refuse_newer(Format.TOLD_ALERTS, format_version(paths[-1]), paths[-1])
    names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    kept = f"union all by name from read_parquet([{names}], union_by_name = true)" if paths else ""
    memory.execute(f"create view told as {_NO_ALERT} {kept}")
    memory.execute(f"create table decided as {_ALERTS}")


def _closed_alerts(memory: duckdb.DuckDBPyConnection, state: State) -> None:
    with open_read_only(state.serving, "close it there, readers open it read-only.") as serving:
        ids = serving.execute("select alert_id from main.fct_alert where status = 'closed'").to_arrow_table()
    memory.register("closed_ids", ids)
    memory.execute("insert into closed from closed_ids")


def _finished_lists(memory: duckdb.DuckDBPyConnection, state: State) -> None:
    memory.execute(
        "create table decided (key varchar, fingerprint varchar, told_on date, is_taken_back boolean)"
    )
    for manifest in sorted(state.outbox.glob("*/manifest.json")):
        content = manifest.read_bytes()
        memory.execute(
            "insert into decided values ($key, $fingerprint, $key::date, false)",
            {"key": manifest.parent.name, "fingerprint": hashlib.sha256(content).hexdigest()},
        )
