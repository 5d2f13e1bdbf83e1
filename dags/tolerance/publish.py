"""Publish a generation: copy the checked marts into one new file and rename it into place.

Readers open either yesterday's file or today's, never one that is half written.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tolerance import files, progress
from tolerance.lock import open_read_only
from tolerance.runs import Run, all_runs, current_run, record_published
from tolerance.state import State
from tolerance.versions import CURRENT, VERSION, Format, refuse_newer

_SCHEMAS = {"marts": "main", "exports": "exports"}

# How DuckDB writes a relation of the warehouse into the text of a view.
_RELATION = re.compile(r'"?\bwarehouse"?\."?main"?\."?(\w+)"?')

_AUDIT_GENERATION = """
create table main.audit_generation (
    generation_id varchar not null,
    as_of_on date not null,
    parameters_hash varchar not null,
    code_version varchar not null,
    checks_passed integer not null,
    format_version integer not null
)
"""


@dataclass(frozen=True, slots=True)
class Generation:
    """What a published file holds: name of each relation, with the schema it stands in."""

    tables: dict[str, str]
    views: tuple[str, ...]


def contents(state: State) -> Generation:
    """What readers get: marts in main, exports apart, and in `engine` the tables below the views.

    A model that says `is_published_as_view` would be larger as a table than all others together; its
    query is carried instead, with the few tables that it reads.
    """
    manifest = json.loads((state.dbt / "target" / "manifest.json").read_text("utf-8"))
    nodes = {
        node["unique_id"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] in {"model", "seed"}
    }
    published = {node_id: node for node_id, node in nodes.items() if node["fqn"][1] in _SCHEMAS}
    views = {
        node_id: node
        for node_id, node in published.items()
        if node["config"]["meta"].get("is_published_as_view", False)
    }
    below = {
        parent: nodes[parent]["name"]
        for node in views.values()
        for parent in node["depends_on"]["nodes"]
        if parent not in published
    }
    return Generation(
        tables={
            node["name"]: _SCHEMAS[node["fqn"][1]]
            for node_id, node in published.items()
            if node_id not in views
        }
        | dict.fromkeys(below.values(), "engine"),
        views=tuple(node["name"] for node in views.values()),
    )


def publish(state: State) -> Run:
    """Make the run under way the generation that readers see, and return its record."""
    run = current_run(state)
    with files.appearing(state.serving) as temporary:
        _write_generation(state, temporary, [*_published_before(state), run])
    record_published(state, run)
    return run


def finish_interrupted_publication(state: State) -> None:
    """Note the publication of a run that died between the rename and its note.

    Readers see its generation, so it is the one that later runs build upon. A published file that cannot
    be read makes room: the run that follows publishes anew.
    """
    _set_unreadable_generation_aside(state)
    generation = published_generation(state)
    runs = [run for run in all_runs(state) if generation and run.generation_id == generation[0]]
    if runs and not any(run.published for run in runs):
        record_published(state, runs[-1])


def _set_unreadable_generation_aside(state: State) -> None:
    try:
        published_generation(state)
    except duckdb.Error:
        state.serving.replace(state.serving.with_name(f"{state.serving.name}.unreadable"))
        progress.LOGGER.warning(
            "tolerance: %s cannot be read: kept as .unreadable, the run makes it again", state.serving
        )


def published_generation(state: State) -> tuple[str, str] | None:
    """Generation id and as-of date (ISO) of the published file, or None when there is none.

    Raises `NewerFormatError` for a file that a newer release published, `StateBusyError` for one that
    another program writes to.
    """
    if not state.serving.exists():
        return None
    remedy = "close it there, readers open it read-only, and run again."
    with open_read_only(state.serving, remedy) as serving:
        cursor = serving.execute(
            "select * from main.audit_generation where rowid = (select max(rowid) from main.audit_generation)"
        )
        row = cursor.fetchone()
        if row is None:
            return None
        newest = dict(zip((column[0] for column in cursor.description or ()), row, strict=True))
    refuse_newer(Format.GENERATION, newest.get(VERSION), state.serving)
    return newest["generation_id"], newest["as_of_on"].isoformat()


def _published_before(state: State) -> list[Run]:
    """One run per earlier generation; a generation that was published again counts once."""
    run = current_run(state)
    newest = {one.generation_id: one for one in all_runs(state) if one.published}
    newest.pop(run.generation_id, None)
    return list(newest.values())


def _write_generation(state: State, path: Path, generations: list[Run]) -> None:
    with duckdb.connect(str(path)) as serving:
        serving.execute("set preserve_insertion_order = false")
        serving.execute(f"attach '{quoted(state.warehouse)}' as warehouse (read_only)")
        _copy(serving, contents(state))
        serving.execute(_AUDIT_GENERATION)
        serving.executemany(
            "insert into main.audit_generation values (?, ?, ?, ?, ?, ?)",
            [
                (
                    one.generation_id,
                    one.as_of_on,
                    one.parameters_hash,
                    one.code_version,
                    one.checks_passed,
                    CURRENT[Format.GENERATION],
                )
                for one in generations
            ],
        )
        serving.execute("detach warehouse")


def _copy(serving: duckdb.DuckDBPyConnection, generation: Generation) -> None:
    """Copy the tables, then say the views anew in terms of the copies."""
    for schema in sorted({*generation.tables.values()} - {"main"}):
        serving.execute(f"create schema {schema}")
    for table, schema in sorted(generation.tables.items()):
        serving.execute(f'create table {schema}."{table}" as select * from warehouse.main."{table}"')
    definitions = dict(
        serving.execute(
            "select view_name, sql from duckdb_views() where database_name = 'warehouse' and not internal"
        ).fetchall()
    )
    schemas = generation.tables | dict.fromkeys(generation.views, "main")
    # A view is bound when it is made, so one that reads another comes after it.
    waiting = {view: definitions[view] for view in generation.views}
    while waiting:
        ready = [
            view
            for view, sql in waiting.items()
            if not any(name in waiting and name != view for name in _RELATION.findall(sql))
        ]
        for view in ready:
            serving.execute(_RELATION.sub(lambda found: f"{schemas[found[1]]}.{found[1]}", waiting.pop(view)))


def quoted(path: Path) -> str:
    """The path between the quotes of a DuckDB statement that takes no parameter, such as `attach`."""
    return str(path).replace("'", "''")
