"""The published file: views over the copies alone, every relation and column described."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tolerance.publishing.contents import Contents, DeclaredColumn, DeclaredTable, Relation
from tolerance.publishing.write import write_generation
from tolerance.runs import Run

RUN = Run(
    run_no=1,
    as_of_on=date(2026, 10, 31),
    as_of_ends_at=datetime(2026, 10, 31, 23, tzinfo=UTC),
    generation_id="g1",
    parameters_hash="p",
    rebuild_hash="r",
    code_version="c",
    incident_types={},
    last_load_no=1,
    since_as_of_on=None,
    since_load_no=0,
    changed_incident_types="",
    full_rebuild_reason=None,
    checks_passed=7,
)

AUDIT = DeclaredTable(
    "One row per generation.",
    tuple(
        DeclaredColumn(name, data_type, is_required=True, description=f"What {name} means.")
        for name, data_type in (
            ("generation_id", "varchar"),
            ("as_of_on", "date"),
            ("parameters_hash", "varchar"),
            ("code_version", "varchar"),
            ("checks_passed", "integer"),
            ("format_version", "integer"),
        )
    ),
)


def relation(schema: str, name: str, query: str | None = None, **columns: str) -> Relation:
    return Relation(schema, name, f'"warehouse"."main"."{name}"', f"What {name} is.", columns, query)


TABLES = (
    relation("engine", "int_run", as_of_on="The company's date."),
    relation("main", "int_run_by_month", months="How many."),
)
VIEWS = (
    relation(
        "main",
        "fct_today",
        'with run as (select * from "warehouse"."main"."int_run") '
        'select as_of_on, months from run cross join "warehouse"."main"."int_run_by_month"',
        as_of_on="The company's date.",
        months="How many.",
    ),
    relation(
        "main",
        "fct_tomorrow",
        'select as_of_on + 1 as tomorrow_on from "warehouse"."main"."fct_today"',
        tomorrow_on="The day after.",
    ),
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table int_run as select date '2026-10-31' as as_of_on")
        connection.execute("create table int_run_by_month as select 3 as months")
        connection.execute("create table int_inside as select 1 as number")
    return path


def write(warehouse: Path, contents: Contents) -> Path:
    path = warehouse.with_name("serving.duckdb")
    write_generation(path, warehouse, contents, [RUN])
    warehouse.unlink()
    return path


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as serving:
        return serving.execute(query).fetchall()


def test_a_view_reads_the_copies_and_never_the_warehouse(warehouse: Path) -> None:
    path = write(warehouse, Contents(TABLES, VIEWS, AUDIT))
    assert rows(path, "select * from fct_today") == [(date(2026, 10, 31), 3)]
    assert rows(path, "select * from fct_tomorrow") == [(date(2026, 11, 1),)]


def test_a_view_that_reads_what_is_not_published_is_no_generation(warehouse: Path) -> None:
    view = relation("main", "fct_inside", 'select * from "warehouse"."main"."int_inside"')
    with pytest.raises(duckdb.Error, match="warehouse"):
        write(warehouse, Contents(TABLES, (view,), AUDIT))


def test_descriptions_are_comments_of_tables_views_and_columns(warehouse: Path) -> None:
    path = write(warehouse, Contents(TABLES, VIEWS, AUDIT))
    assert rows(
        path,
        "select comment from duckdb_tables() where table_name in ('int_run', 'audit_generation') "
        "union all select comment from duckdb_views() where view_name = 'fct_tomorrow' order by all",
    ) == [("One row per generation.",), ("What fct_tomorrow is.",), ("What int_run is.",)]
    assert set(
        rows(
            path,
            "select table_name, column_name, comment from duckdb_columns() "
            "where not internal and table_name <> 'audit_generation'",
        )
    ) == {
        ("int_run", "as_of_on", "The company's date."),
        ("int_run_by_month", "months", "How many."),
        ("fct_today", "as_of_on", "The company's date."),
        ("fct_today", "months", "How many."),
        ("fct_tomorrow", "tomorrow_on", "The day after."),
    }


def test_audit_generation_has_the_columns_that_its_yml_declares(warehouse: Path) -> None:
    path = write(warehouse, Contents((), (), AUDIT))
    assert rows(path, "select * from audit_generation") == [("g1", date(2026, 10, 31), "p", "c", 7, 1)]
    assert rows(
        path,
        "select column_name, lower(data_type), is_nullable, comment from duckdb_columns() "
        "where table_name = 'audit_generation'",
    ) == [(column.name, column.data_type, False, column.description) for column in AUDIT.columns]


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(AUDIT.columns[1:], id="one_less"),
        pytest.param((*AUDIT.columns, DeclaredColumn("of", "date", False, "")), id="one_more"),
    ],
)
def test_audit_generation_that_differs_from_its_yml_is_no_generation(
    warehouse: Path, declared: tuple[DeclaredColumn, ...]
) -> None:
    with pytest.raises(ValueError, match="declares other columns"):
        write(warehouse, Contents((), (), DeclaredTable(AUDIT.description, declared)))
