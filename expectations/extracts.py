"""What only a whole extract shows, held against the same weekday of the weeks before.

Readers vouch for single records. Here stands what no record tells: too few of them, a field that is suddenly
empty, customers that nobody knows, dates that stand still. All of it warns: what came is ingested, the
balances decay, and a person asks whether it is all.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import median
from typing import TYPE_CHECKING

from tolerance.contracts import CONTRACTS
from tolerance.gates import great_expectations, new_suite
from tolerance.intake.extracts import Extract, extracts_by_day
from tolerance.intake.measures import (
    RECORDS,
    WINDOW_DAYS,
    customer_id_columns,
    filled,
    known,
    optional_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from great_expectations import ExpectationSuite

    from tolerance.intake.loads import FileRecord

WEEKS_LOOKED_BACK = 8
LEAST_WEEKS = 4
SMALL_SHARE = 0.2
SMALL_BELOW_RECORDS = 20
"""A median below this many records says nothing: small numbers vary."""

SHARE_RISE = 0.2
"""So much more of an extract than usual may lack something, and what chance adds among few records."""

MOST_USUAL_ON_ONE_DAY = 0.5
"""Where more is usual on one day, an extract brings a day, and all of it on one says nothing."""

SURE_RECORDS = 10
"""A day that had so many records in each week is not empty by chance."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One measure of an extract, its bounds, and what to tell when it lies outside of them."""

    measure: str
    value: float
    warnings: tuple[str, ...]
    least: float | None = None
    most: float | None = None


def suite(source: str, expected: list[Expected]) -> ExpectationSuite:
    """The bounds of a source's extract, for a frame of one row: see `row`."""
    expect = great_expectations().expectations
    return new_suite(
        source,
        [
            expect.ExpectColumnValuesToBeBetween(
                column=bounded.measure,
                min_value=bounded.least,
                max_value=bounded.most,
                severity="warning",
                meta={"warnings": list(bounded.warnings)},
            )
            for bounded in expected
        ],
    )


def row(expected: list[Expected]) -> pd.DataFrame:
    """The measures of an extract as a frame of one row."""
    import pandas as pd

    return pd.DataFrame({bounded.measure: [bounded.value] for bounded in expected})


def expected_of(source: str, files: list[FileRecord], as_of: date) -> list[Expected]:
    """What is expected of a source's extract of a date, by its load records; nothing where none came.

    The weeks before set the bounds, so a new source has hardly any.
    """
    expected: list[Expected] = []
    if any(file.as_of_on == as_of for file in files):
        expected.append(_new_columns(source, files, as_of))
    extracts = extracts_by_day(files)
    extract = extracts.get(as_of)
    if extract is None:
        return expected
    weeks = _weeks_before(extracts, as_of)
    if not CONTRACTS[source].is_optional:
        expected += filter(None, [volume(source, extract, weeks)])
    usual = [week for week in weeks if week.measured_records]
    if extract.measured_records and len(usual) >= LEAST_WEEKS:
        expected += _empty_shares(source, extract, usual)
        expected += _unknown_shares(source, extract, usual)
    if CONTRACTS[source].business_dates and _usual_records(weeks) >= SMALL_BELOW_RECORDS:
        expected += _freshness(source, extract, weeks)
        expected += _spread(source, extract, usual)
        expected += _missing_days(source, extract, usual, extracts)
    return expected


def nothing_delivered(source: str, files: list[FileRecord], as_of: date) -> list[str]:
    """The warning where no file came for a date, and its weekday usually has records."""
    extracts = extracts_by_day(files)
    if as_of in extracts:
        return []
    missed = volume(source, Extract(as_of), _weeks_before(extracts, as_of))
    return list(missed.warnings) if missed else []


def volume(source: str, extract: Extract, weeks: list[Extract]) -> Expected | None:
    """No or few records, where the same weekdays before had more."""
    usual = _usual_records(weeks)
    if usual < SMALL_BELOW_RECORDS:
        return None
    count = extract.landed_records
    what = f"only {count} records were" if count else "nothing was"
    return Expected(
        "records",
        count,
        (
            f"{source}: {what} delivered for {extract.day}; on this weekday it is {usual:.0f} (median of "
            f"{WEEKS_LOOKED_BACK} weeks). Ask whether the extract is complete; balances still decay.",
        ),
        least=SMALL_SHARE * usual,
    )


def _weeks_before(extracts: dict[date, Extract], day: date) -> list[Extract]:
    """The extracts of the same weekday, one for each week looked back, empty where none was delivered."""
    days = [day - timedelta(weeks=week) for week in range(1, WEEKS_LOOKED_BACK + 1)]
    return [extracts.get(earlier, Extract(earlier)) for earlier in days]


def _usual_records(weeks: list[Extract]) -> float:
    """The median of the weeks; 0 where too few of them had records to tell."""
    counts = [week.landed_records for week in weeks]
    return median(counts) if sum(map(bool, counts)) >= LEAST_WEEKS else 0.0


def _new_columns(source: str, files: list[FileRecord], as_of: date) -> Expected:
    """Columns outside the contract, by the file that brought them first, on that day alone."""
    seen: set[str] = set()
    fresh: dict[str, list[str]] = defaultdict(list)
    for file in sorted(files, key=lambda file: (file.load_no, file.file_name)):
        for column in filter(None, file.new_columns.split(",")):
            if column not in seen and file.as_of_on == as_of:
                fresh[file.file_name].append(column)
            seen.add(column)
    return Expected(
        "new_column_share",
        sum(map(len, fresh.values())) / len(CONTRACTS[source].fields),
        tuple(
            f"{source}/{file_name} has the new column {', '.join(columns)}; it is kept in landing/ and not "
            "read. This is said once."
            for file_name, columns in fresh.items()
        ),
        most=0.0,
    )


def _empty_shares(source: str, extract: Extract, usual: list[Extract]) -> Iterator[Expected]:
    """A field that is empty in far more records than it was."""
    for column in optional_columns(CONTRACTS[source]):
        for now, before in _lacking(extract, usual, filled(column)):
            yield Expected(
                f"empty_share.{column}",
                now,
                (
                    f"{source}: {column} is empty in {now:.0%} of the records delivered for {extract.day}; "
                    f"on this weekday it is {before:.0%}. Ask whether the export still fills it.",
                ),
                most=most_lacking(before, extract.measured_records),
            )


def _unknown_shares(source: str, extract: Extract, usual: list[Extract]) -> Iterator[Expected]:
    """Customer ids that no customers extract delivered, in far more records than before."""
    for column in customer_id_columns(CONTRACTS[source]):
        for now, before in _lacking(extract, usual, known(column), of=filled(column)):
            yield Expected(
                f"unknown_share.{column}",
                now,
                (
                    f"{source}: {now:.0%} of the ids in {column} delivered for {extract.day} are of no known "
                    f"customer; on this weekday it is {before:.0%}. Ask whether the customers extract is "
                    "complete and has the same ids.",
                ),
                most=most_lacking(before, extract.counts[filled(column)]),
            )


def _lacking(
    extract: Extract, usual: list[Extract], part: str, of: str = RECORDS
) -> Iterator[tuple[float, float]]:
    """The share without `part`, now and usually, where it is measured now and in LEAST_WEEKS before."""
    has = extract.share(part, of)
    had = [share for week in usual if (share := week.share(part, of)) is not None]
    if has is not None and len(had) >= LEAST_WEEKS:
        yield 1 - has, 1 - median(had)


def most_lacking(usual: float, records: int) -> float:
    """Up to which share of so many records something may be missing where `usual` is its usual share.

    Beyond SHARE_RISE and twice the widest deviation of chance; or where less than SMALL_SHARE is left of
    what few records usually have.
    """
    most = usual + SHARE_RISE + 2 / sqrt(records)
    if (1 - usual) * records >= SMALL_BELOW_RECORDS:
        most = min(most, 1 - SMALL_SHARE * (1 - usual))
    return min(most, 1.0)


def _freshness(source: str, extract: Extract, weeks: list[Extract]) -> Iterator[Expected]:
    """The newest record is older than it ever was on this weekday."""
    lags = [lag for week in weeks if (lag := week.days_since_newest) is not None]
    now = extract.days_since_newest
    if now is None or len(lags) < LEAST_WEEKS or extract.landed_records < SMALL_BELOW_RECORDS:
        return
    age = f"{now} day{'' if now == 1 else 's'} before"
    yield Expected(
        "days_since_newest",
        now,
        (
            f"{source}: the newest record delivered for {extract.day} is of {extract.newest_on}, {age}; "
            f"on this weekday it is at most {max(lags)}. Ask whether it is the latest extract.",
        ),
        most=max(lags),
    )


def _spread(source: str, extract: Extract, usual: list[Extract]) -> Iterator[Expected]:
    """All records suddenly on one day."""
    if len(usual) < LEAST_WEEKS or not extract.measured_records:
        return
    now = extract.fullest_share
    before = median(week.fullest_share for week in usual)
    if before > MOST_USUAL_ON_ONE_DAY or (1 - before) * extract.measured_records < SMALL_BELOW_RECORDS:
        return
    yield Expected(
        "fullest_day_share",
        now,
        (
            f"{source}: {now:.0%} of the records delivered for {extract.day} are of {extract.fullest_day}; "
            f"on this weekday the fullest day has {before:.0%}. Ask whether their dates are right.",
        ),
        most=1 - SMALL_SHARE * (1 - before),
    )


def _missing_days(
    source: str, extract: Extract, usual: list[Extract], extracts: dict[date, Extract]
) -> Iterator[Expected]:
    """A day without a record since the extract before, which in each of the weeks had many."""
    previous = max((day for day in extracts if day < extract.day), default=None)
    since = extracts[previous].newest_on if previous else None
    if since is None or extract.newest_on is None or len(usual) < LEAST_WEEKS:
        return
    window = [extract.day - timedelta(days=days_before) for days_before in range(WINDOW_DAYS)]
    sure = [
        day
        for day in window
        if since < day < extract.newest_on
        and all(week.dated_on(week.day - (extract.day - day)) >= SURE_RECORDS for week in usual)
    ]
    missing = sorted(day for day in sure if not extract.dated_on(day))
    if sure:
        yield Expected(
            "missing_days",
            len(missing),
            (
                f"{source}: no record delivered for {extract.day} is of {', '.join(map(str, missing))}; in "
                f"each of the last {len(usual)} weeks that weekday had {SURE_RECORDS} or more. Ask for them.",
            ),
            most=0.0,
        )
