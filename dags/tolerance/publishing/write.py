"""Write the file of a generation: tables copied, views made over the copies, everything described."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tolerance.publishing.contents import Contents, DeclaredTable, Relation
from tolerance.runs import Run
from tolerance.versions import CURRENT, VERSION, Format


def write_generation(path: Path, warehouse: Path, contents: Contents, generations: list[Run]) -> int:
    """Make the DuckDB file that readers open; return how many rows its tables hold.

    `generations` are the published ones, the newest last.
    """
    with duckdb.connect(str(path)) as serving:
        serving.execute("set preserve_insertion_order = false")
        relations = [*contents.tables, *contents.views]
        for schema in sorted({relation.schema for relation in relations} - {"main"}):
            serving.execute(f"create schema {schema}")
        serving.execute(f"attach '{quoted(warehouse)}' as warehouse (read_only)")
        for table in contents.tables:
            serving.execute(f"create table {_published(table)} as select * from {table.warehouse_name}")
        # A view that still named the warehouse would fail now, not with the first reader.
        serving.execute("detach warehouse")
        for view in contents.views:
            serving.execute(f"create view {_published(view)} as {published_query(view, relations)}")
        serving.begin()  # some hundred comments, each of which would be written to the disk by itself
        for relation in relations:
            _describe(serving, relation)
        serving.commit()
        _write_audit_generation(serving, contents.audit_generation, generations)
        [(rows,)] = serving.execute("select sum(estimated_size) from duckdb_tables()").fetchall()
    return int(rows)


def published_query(view: Relation, relations: list[Relation]) -> str:
    """The view's compiled query, with each relation of the warehouse under its published name."""
    query = view.query or ""
    for relation in relations:
        query = query.replace(relation.warehouse_name, _published(relation))
    return query


def _published(relation: Relation) -> str:
    return f'{relation.schema}."{relation.name}"'


def _describe(serving: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Give relation and columns their descriptions as comments, where tools look for them."""
    kind = "table" if relation.query is None else "view"
    serving.execute(f"comment on {kind} {_published(relation)} is '{quoted(relation.description)}'")
    cursor = serving.execute(f"select * from {_published(relation)} limit 0")
    for column in [column[0] for column in cursor.description or ()]:
        if description := relation.columns.get(column):
            serving.execute(
                f"comment on column {_published(relation)}.\"{column}\" is '{quoted(description)}'"
            )


def _write_audit_generation(
    serving: duckdb.DuckDBPyConnection, declared: DeclaredTable, generations: list[Run]
) -> None:
    """One row per generation, as the yml declares it."""
    table = Relation(
        schema="main",
        name="audit_generation",
        warehouse_name="",
        description=declared.description,
        columns={column.name: column.description for column in declared.columns},
    )
    definitions = ", ".join(
        f"{column.name} {column.data_type}{' not null' if column.is_required else ''}"
        for column in declared.columns
    )
    serving.execute(f"create table {_published(table)} ({definitions})")
    rows = [_audit_row(run) for run in generations]
    if rows[0].keys() != {column.name for column in declared.columns}:
        raise ValueError(f"audit_generation has {', '.join(rows[0])}, and its yml declares other columns")
    names = ", ".join(rows[0])
    serving.executemany(
        f"insert into {_published(table)} ({names}) values ({', '.join('?' * len(rows[0]))})",
        [list(row.values()) for row in rows],
    )
    _describe(serving, table)


def _audit_row(run: Run) -> dict[str, object]:
    return {
        "generation_id": run.generation_id,
        "as_of_on": run.as_of_on,
        "parameters_hash": run.parameters_hash,
        "code_version": run.code_version,
        "checks_passed": run.checks_passed,
        VERSION: CURRENT[Format.GENERATION],
    }


def quoted(text: object) -> str:
    """The text, or a path, between the quotes of a DuckDB statement that takes no parameter."""
    return str(text).replace("'", "''")
