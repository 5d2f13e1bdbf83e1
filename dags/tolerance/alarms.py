"""What a person should look at although a generation was published: a day with none is an all-clear.

From load records alone, so a second run of the same date says the same; only files that still wait are
told from the inbox.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tolerance import inbox
from tolerance.contracts import SOURCES
from tolerance.intake.loads import load_records

if TYPE_CHECKING:
    from tolerance.intake.loads import FileRecord
    from tolerance.state import State

WEEKS_LOOKED_BACK = 8
LEAST_WEEKS = 4
SMALL_SHARE = 0.2
SMALL_BELOW_RECORDS = 20
"""A median below this many records says nothing: small numbers vary."""


def of_loads(state: State, as_of: date) -> list[str]:
    """The warnings that the load records of a date give: refused, empty, missing and small extracts,
    files that may hold more than was found in them.
    """
    records = load_records(state)
    of_the_day = [record for record in records if record.as_of_on == as_of]
    is_unread = {"refused", "empty"}
    warnings = [_told(record) for record in of_the_day if record.status in is_unread]
    warnings += [
        _told(record) for record in of_the_day if record.is_doubtful and record.status not in is_unread
    ]
    warnings += _new_columns(records, as_of)
    for source in SOURCES:
        warnings += _unusual_volume(source, [one for one in records if one.source == source], as_of)
    return list(dict.fromkeys(warnings))


def _told(record: FileRecord) -> str:
    """What a load record says of its file. Readers know its name alone, which another source may have too."""
    message = record.message or f"{record.file_name} is {record.status}."
    return f"{record.source}/{message}" if message.startswith(record.file_name) else message


def of_inbox(state: State, extracts: Path, as_of: date) -> list[str]:
    """The warnings that the inbox gives: sources without a file, files that are not taken yet."""
    known = {record.source for record in load_records(state)}
    warnings: list[str] = []
    for source in SOURCES:
        found = inbox.deliveries(extracts, source, as_of)
        if not found.files:
            was = "delivered before, but now " if source in known else ""
            warnings.append(
                f"{source}: {was}the inbox has no file for {as_of} or before; balances still decay."
            )
        for file in found.waiting:
            late = file.since_on is not None and file.since_on < as_of
            since = f", since {file.since_on}: ask its sender to finish or remove it" if late else ""
            warnings.append(f"{source}/{file.name} waits: {file.why}{since}.")
    return warnings


def _new_columns(records: list[FileRecord], as_of: date) -> list[str]:
    """Each column outside the contract, by the file that brought it first, on that day alone."""
    seen: set[tuple[str, str]] = set()
    warnings = []
    for record in sorted(records, key=lambda one: (one.load_no, one.file_name)):
        new = [column for column in record.new_columns.split(",") if column]
        fresh = [column for column in new if (record.source, column) not in seen]
        seen.update((record.source, column) for column in new)
        if fresh and record.as_of_on == as_of:
            warnings.append(
                f"{record.source}/{record.file_name} has the new column {', '.join(fresh)}; it is kept in "
                "landing/ and not read. This is said once."
            )
    return warnings


def _unusual_volume(source: str, records: list[FileRecord], as_of: date) -> list[str]:
    """A day with no or few records, where the same weekdays before it had more."""
    landed: dict[date, int] = defaultdict(int)
    for record in records:
        landed[record.delivered_on] += record.landed_records
    earlier = [landed.get(as_of - timedelta(weeks=week), 0) for week in range(1, WEEKS_LOOKED_BACK + 1)]
    delivered = [count for count in earlier if count]
    if len(delivered) < LEAST_WEEKS:
        return []
    usual = median(earlier)
    today = landed.get(as_of, 0)
    if usual < SMALL_BELOW_RECORDS or today >= SMALL_SHARE * usual:
        return []
    what = f"only {today} records were" if today else "nothing was"
    return [
        f"{source}: {what} delivered for {as_of}; on this weekday it is {usual:.0f} (median of "
        f"{WEEKS_LOOKED_BACK} weeks). Ask whether the extract is complete; balances still decay."
    ]
