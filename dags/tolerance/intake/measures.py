"""What only a whole extract shows, in counts: how many records have a field, a known customer, a date.

Counts are kept in the load record, with the first file of each day of delivery, and can be added up.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tolerance.contracts import CONTRACTS
from tolerance.intake.loads import EMPTY_LOAD_ID, FileRecord

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from tolerance.contracts.base import Contract
    from tolerance.intake.work import Work

WINDOW_DAYS = 14
"""So many days up to that of delivery are counted one by one."""

RECORDS = "records"
CUSTOMERS = "customers"
MEMORY = "192MB"


def filled(column: str) -> str:
    """The count of records that have a value in this column."""
    return f"filled.{column}"


def known(column: str) -> str:
    """The count of records whose customer id in this column some customers extract told before."""
    return f"known.{column}"


def dated(days_before: int) -> str:
    """The count of records whose business date is so many days before the day of delivery."""
    return f"dated.{days_before}"


def optional_columns(contract: Contract) -> list[str]:
    """The columns that a record may leave empty, one for each field."""
    return [
        field.columns[0].name
        for field in contract.fields
        if not (field.is_required or field.otherwise or field.name == contract.deletion)
    ]


def customer_id_columns(contract: Contract) -> list[str]:
    """The columns with customer ids that another source than the customers' own brings."""
    if contract.source == CUSTOMERS:
        return []
    hashes = {column.name for column in contract.columns if column.is_hash}
    return [column for column in contract.customer_columns if column not in hashes]


def measure(work: Work, files: list[FileRecord], staged: list[Path]) -> None:
    """Count what was staged of each day of delivery and write it into the record of its first file."""
    import duckdb  # here: reading processes do without it

    contract = CONTRACTS[work.source]
    for file in files:
        file.measures = {}
    first_files: dict[date, FileRecord] = {}
    for file in files:
        first_files.setdefault(file.delivered_on, file)
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'")
        connection.execute("set threads = 1")
        connection.execute("set enable_progress_bar = false")
        connection.execute("set temp_directory = $folder", {"folder": str(work.scratch)})
        cursor = connection.execute(
            _statement(contract, _known_customers(work, connection)),
            {
                "staged": [str(path) for path in staged],
                "file_nos": list(range(len(files))),
                "days": [file.delivered_on for file in files],
            },
        )
        names = [column[0] for column in cursor.description or ()][1:]
        for day, *counts in cursor.fetchall():
            first_files[day].measures = dict(zip(names, counts, strict=True))


def _known_customers(work: Work, connection: duckdb.DuckDBPyConnection) -> bool:
    """Make the view of all customer ids in `raw/`; False where there are none yet."""
    paths = sorted((work.state.raw / CUSTOMERS).glob("*/*.parquet"))
    paths = [path for path in paths if path.parent.name != EMPTY_LOAD_ID]
    if not paths:
        return False
    of_paths = connection.read_parquet([str(path) for path in paths], union_by_name=True)
    # Each content once: a whole extract every day costs no more than its changes.
    of_paths.filter("not _is_duplicate").create_view("customers")
    return True


def _statement(contract: Contract, has_customers: bool) -> str:
    """One scan of the staged rows, one row of counts for each day of delivery."""
    counts = {RECORDS: "count(*)"}
    for column in optional_columns(contract):
        counts[filled(column)] = f"count(*) filter (cast({column} as varchar) <> '')"
    is_known = ""
    for column in customer_id_columns(contract) if has_customers else ():
        counts[known(column)] = f"count(is_known_{column}.id)"
        is_known += f"""
        left join (
            select distinct {column} as id from read_parquet($staged)
            where {column} in (select {CONTRACTS[CUSTOMERS].native_id} from customers)
        ) as is_known_{column} on staged.{column} = is_known_{column}.id"""
    if contract.business_dates:
        age = f"files.day - greatest({', '.join(contract.business_dates)})"
        for days_before in range(WINDOW_DAYS):
            # A date after the delivery's counts as its own: clocks and zones differ.
            counts[dated(days_before)] = f"count(*) filter (greatest({age}, 0) = {days_before})"
    selected = ", ".join(f'{count} as "{name}"' for name, count in counts.items())
    return f"""
        with files as (
            select unnest(cast($file_nos as bigint[])) as file_no, unnest(cast($days as date[])) as day
        )
        select files.day, {selected}
        from read_parquet($staged) as staged
        inner join files on staged._file_no = files.file_no{is_known}
        group by files.day
    """
