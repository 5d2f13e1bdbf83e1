"""Publish a generation: copy the checked marts into one new file and rename it into place.

Readers open either yesterday's file or today's, never one that is half written.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from tolerance import files
from tolerance.runs import Run, all_runs, current_run, record_published
from tolerance.state import State

_AUDIT_GENERATION = """
create table main.audit_generation (
    generation_id varchar not null,
    as_of_on date not null,
    parameters_hash varchar not null,
    code_version varchar not null,
    checks_passed integer not null,
    is_full_rebuild boolean not null
)
"""


def published_models(state: State) -> dict[str, str]:
    """The models that readers get, with the schema they stand in: marts in main, exports apart."""
    manifest = json.loads((state.dbt / "target" / "manifest.json").read_text("utf-8"))
    schemas = {"marts": "main", "exports": "exports"}
    return {
        node["name"]: schemas[node["fqn"][1]]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] in schemas
    }


def publish(state: State) -> Run:
    """Make the run under way the generation that readers see, and return its record."""
    run = current_run(state)
    with files.appearing(state.serving) as temporary:
        _write_generation(state, temporary, [*_published_before(state), run])
    record_published(state, run)
    return run


def published_generation(state: State) -> tuple[str, str] | None:
    """Generation id and as-of date (ISO) of the published file, or None when there is none."""
    if not state.serving.exists():
        return None
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        row = serving.execute(
            "select generation_id, cast(as_of_on as varchar) from main.audit_generation "
            "where rowid = (select max(rowid) from main.audit_generation)"
        ).fetchone()
    return (row[0], row[1]) if row else None


def _published_before(state: State) -> list[Run]:
    """One run per earlier generation; a generation that was published again counts once."""
    run = current_run(state)
    newest = {one.generation_id: one for one in all_runs(state) if one.published}
    newest.pop(run.generation_id, None)
    return list(newest.values())


def _write_generation(state: State, path: Path, generations: list[Run]) -> None:
    with duckdb.connect(str(path)) as serving:
        serving.execute("set preserve_insertion_order = false")
        serving.execute(f"attach '{_quoted(state.warehouse)}' as warehouse (read_only)")
        serving.execute("create schema exports")
        for model, schema in sorted(published_models(state).items()):
            serving.execute(f'create table {schema}."{model}" as select * from warehouse.main."{model}"')
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
                    one.is_full_rebuild,
                )
                for one in generations
            ],
        )
        serving.execute("detach warehouse")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
