"""Is this day all clear, and if not, why: what a person should look at although a generation was published.

From load records, so a second run of the same date says the same; only files that still wait are told from
the inbox, and what waits on a server from its pick-up. What a whole extract should be like stands in
`expectations/extracts.py`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tolerance import gates, readiness
from tolerance.contracts import NEEDED, SOURCES
from tolerance.expectations import extracts
from tolerance.intake.loads import load_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from tolerance.inbox import Deliveries
    from tolerance.intake.loads import FileRecord
    from tolerance.state import State


NOTHING_CAME = (
    "No source delivered anything for {as_of}: no alert can be new. Ask whether the deliveries stopped; "
    "balances still decay."
)


def of_loads(state: State, as_of: date) -> list[str]:
    """The warnings that the load records of a date give: files that are refused, empty or may hold more
    than was found in them, extracts that are missing or unlike those before, and a date without any delivery;
    and what a pick-up that failed has left on its server.
    """
    records = load_records(state)
    of_the_day = [record for record in records if record.as_of_on == as_of]
    is_unread = {"refused", "empty"}
    has_come = any(record.source in NEEDED for record in of_the_day)
    warnings = [] if has_come else [NOTHING_CAME.format(as_of=as_of)]
    warnings += [_told(record) for record in of_the_day if record.status in is_unread]
    warnings += [
        _told(record) for record in of_the_day if record.is_doubtful and record.status not in is_unread
    ]
    for source in SOURCES:
        of_source = [record for record in records if record.source == source]
        warnings += _of_extract(source, of_source, as_of, state)
    return list(dict.fromkeys([*warnings, *_of_pick_ups(state)]))


_SILENT = """
select source, system, team, last_sent_on, usual_week_records
from main.audit_service_completeness
where sent_on = (select max(as_of_on) from main.audit_generation) and status = 'silent'
order by source, system, team
"""


_CIRCLES = """
select from_customer_id, to_customer_id, file_name, record_no
from main.audit_customer_merge
where status = 'leads_in_a_circle'
order by from_customer_id
"""


def of_tables(serving: duckdb.DuckDBPyConnection, told: list[str]) -> list[str]:
    """The warnings that only the published tables give, one line each: services that are silent against their
    habit, but for sources of which `told` says already that too little was delivered, merges in a circle, and
    answers of the CRM that are about no alert or do not come.
    """
    return [*_of_services(serving, told), *_of_merges(serving), *_of_acknowledgements(serving)]


_UNKNOWN_ALERTS = """
select file_name, record_no, alert_id
from main.audit_acknowledgement
where status = 'unknown_alert' and delivered_on = (select max(as_of_on) from main.audit_generation)
order by file_name, record_no
"""

_UNACKNOWLEDGED = """
select count(*), min(told_on)
from main.mart_alert_follow_up
where is_unacknowledged
    -- What was told before the CRM began to answer it never will be.
    and told_on >= (select min(told_on) from main.mart_alert_follow_up where acknowledgement is not null)
"""


def _of_acknowledgements(serving: duckdb.DuckDBPyConnection) -> list[str]:
    """Nothing where the CRM never answers: a company may do without."""
    warnings = []
    unknown = _rows(serving, "audit_acknowledgement", _UNKNOWN_ALERTS)
    if unknown:
        file_name, record_no, alert_id = unknown[0]
        others = f", and {len(unknown) - 1} records more" if len(unknown) > 1 else ""
        warnings.append(
            f"acknowledgements/{file_name}, record {record_no}: no alert {alert_id} was raised here{others}; "
            "nothing is closed by it. Ask whether the file is of another company or another STATE; "
            "audit_acknowledgement shows them all."
        )
    for count, told_on in _rows(serving, "mart_alert_follow_up", _UNACKNOWLEDGED):
        if count:
            warnings.append(
                f"The CRM has said nothing about {count:,} open alerts, told since {told_on}: ask whether it "
                "takes the lists; mart_alert_follow_up shows them (is_unacknowledged)."
            )
    return warnings


def _of_merges(serving: duckdb.DuckDBPyConnection) -> list[str]:
    circles = _rows(serving, "audit_customer_merge", _CIRCLES)
    if not circles:
        return []
    former, target, file_name, record_no = circles[0]
    others = f", and {len(circles) - 1} more" if len(circles) > 1 else ""
    return [
        f"customer_merges/{file_name}, record {record_no}: {former} is merged into {target}, which leads "
        f"back to {former}{others}; their accounts stay as they are. Deliver a later merge that breaks the "
        "circle; audit_customer_merge shows them all."
    ]


def _rows(serving: duckdb.DuckDBPyConnection, table: str, query: str) -> list[tuple[Any, ...]]:
    """What a query finds in a table; nothing where an earlier release published the file without it."""
    is_there = "select 1 from information_schema.tables where table_name = $table"
    if not serving.execute(is_there, {"table": table}).fetchall():
        return []
    return serving.execute(query).fetchall()


def _of_services(serving: duckdb.DuckDBPyConnection, told: list[str]) -> list[str]:
    silent = [
        f"{'/'.join(filter(None, (source, system, team)))} since {last_sent_on} "
        f"(usually {usual:.0f} records a week)"
        for source, system, team, last_sent_on, usual in _rows(serving, "audit_service_completeness", _SILENT)
        if not any(warning.startswith(f"{source}: ") and " delivered for " in warning for warning in told)
    ]
    if not silent:
        return []
    return [
        f"Silent against their habit: {', '.join(silent)}. Ask whether they stopped sending; "
        "audit_service_completeness shows their days."
    ]


def _told(record: FileRecord) -> str:
    """What a load record says of its file. Readers know its name alone, which another source may have too."""
    message = record.message or f"{record.file_name} is {record.status}."
    return f"{record.source}/{message}" if message.startswith(record.file_name) else message


def of_inbox(state: State, deliveries: Mapping[str, Deliveries], as_of: date) -> list[str]:
    """The warnings that the inbox gives: sources without a file, files that are not taken yet."""
    known = {record.source for record in load_records(state)}
    warnings: list[str] = []
    for source, found in deliveries.items():
        if not found.files and source in NEEDED:
            was = "delivered before, but now " if source in known else ""
            warnings.append(
                f"{source}: {was}the inbox has no file for {as_of} or before; balances still decay."
            )
        for file in found.waiting:
            late = file.since_on is not None and file.since_on < as_of
            since = f", since {file.since_on}: ask its sender to finish or remove it" if late else ""
            warnings.append(f"{source}/{file.name} waits: {file.why}{since}.")
    return warnings


def _of_pick_ups(state: State) -> list[str]:
    begun = [source for source in SOURCES if not readiness.is_picked_up(state, source)]
    if not begun:
        return []
    from tolerance.intake.pick_up import sources_picked_up  # here: few runs need the clients of servers

    return [
        f"{source}: not all was picked up from its servers; the log of its pick-up says what and why."
        for source in begun
        if source in sources_picked_up()
    ]


def _of_extract(source: str, files: list[FileRecord], as_of: date, state: State) -> list[str]:
    """What is unusual in a whole extract. Without an extract there is nothing for a gate to judge."""
    expected = extracts.expected_of(source, files, as_of)
    unusual = extracts.nothing_delivered(source, files, as_of) if source in NEEDED else []
    if expected:
        found = gates.remembered(
            state.gates / f"{source}.json",
            repr(expected).encode(),
            lambda: gates.check(extracts.row(expected), extracts.suite(source, expected), source),
        )
        unusual = [*found.warnings, *unusual]
    return unusual
