"""What a generation holds, read from dbt's manifest: tables, views with their queries, descriptions.

Nothing here knows an engine: queries and names are as dbt compiled them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tolerance.state import State

_SCHEMAS = {"marts": "main", "exports": "exports"}
_BELOW_VIEWS = "engine"


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view that readers see.

    Attributes:
        schema: where readers find it.
        name: its name, in the file and in the warehouse.
        warehouse_name: its full name in the warehouse, as in compiled queries.
        description: what a row is.
        columns: what each column means.
        query: the compiled query of a view; None for a table, whose rows are copied.
    """

    schema: str
    name: str
    warehouse_name: str
    description: str
    columns: dict[str, str]
    query: str | None = None


@dataclass(frozen=True, slots=True)
class DeclaredColumn:
    """A column of a table that is declared in yml and made by Python."""

    name: str
    data_type: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class DeclaredTable:
    """A table that is declared in yml and made by Python."""

    description: str
    columns: tuple[DeclaredColumn, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into the file: `views` in an order in which each reads only those before it."""

    tables: tuple[Relation, ...]
    views: tuple[Relation, ...]
    audit_generation: DeclaredTable


def contents(state: State) -> Contents:
    """What readers get: marts in `main`, exports in `exports`, and the tables below the views in `engine`.

    A model that says `is_published_as_view` would be larger as a table than all others together; its
    query is carried instead, with the few tables that it reads.
    """
    manifest = json.loads((state.dbt / "target" / "manifest.json").read_text("utf-8"))
    nodes = manifest["nodes"]
    schemas = {
        node_id: _SCHEMAS[node["fqn"][1]]
        for node_id, node in nodes.items()
        if node["resource_type"] == "model" and node["fqn"][1] in _SCHEMAS
    }
    views = [node_id for node_id in schemas if nodes[node_id]["config"]["meta"].get("is_published_as_view")]
    below = {parent for view in views for parent in _parents(nodes[view])} - schemas.keys()
    tables = (schemas.keys() - set(views)) | below
    schemas |= dict.fromkeys(below, _BELOW_VIEWS)
    columns = described_columns(nodes)

    def relation(node_id: str, query: str | None = None) -> Relation:
        node = nodes[node_id]
        return Relation(
            schema=schemas[node_id],
            name=node["name"],
            warehouse_name=node["relation_name"],
            description=node["description"].strip(),
            columns=columns[node_id],
            query=query,
        )

    return Contents(
        tables=tuple(relation(table) for table in sorted(tables)),
        views=tuple(relation(view, _compiled(state, nodes[view])) for view in _in_order(views, nodes)),
        audit_generation=_declared(manifest["sources"]["source.tolerance.publication.audit_generation"]),
    )


def described_columns(nodes: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What each column of each node means.

    A column that a model hands on and does not describe is described where it comes from.
    """
    described: dict[str, dict[str, str]] = {}

    def describe(node_id: str) -> dict[str, str]:
        if node_id not in nodes:  # a source: staging describes what it hands on
            return {}
        if node_id not in described:
            handed_on: dict[str, str] = {}
            for parent in _parents(nodes[node_id]):
                handed_on = describe(parent) | handed_on
            own = {name: column["description"] for name, column in nodes[node_id]["columns"].items()}
            described[node_id] = handed_on | {name: text.strip() for name, text in own.items() if text}
        return described[node_id]

    return {node_id: describe(node_id) for node_id in nodes}


def _parents(node: dict[str, Any]) -> list[str]:
    return list(node.get("depends_on", {}).get("nodes", []))


def _compiled(state: State, node: dict[str, Any]) -> str:
    """The query of a model as dbt compiled it last; the manifest has those of the last command alone."""
    compiled = state.dbt / "target" / "compiled" / node["package_name"] / node["original_file_path"]
    return Path(os.path.normpath(compiled)).read_text("utf-8")


def _in_order(views: list[str], nodes: dict[str, Any]) -> list[str]:
    """The views, each after those that it reads: an engine looks at what a view reads when it is made."""
    ordered: list[str] = []

    def add(view: str) -> None:
        for parent in _parents(nodes[view]):
            if parent in views:
                add(parent)
        if view not in ordered:
            ordered.append(view)

    for view in sorted(views):
        add(view)
    return ordered


def _declared(source: dict[str, Any]) -> DeclaredTable:
    return DeclaredTable(
        description=source["description"].strip(),
        columns=tuple(
            DeclaredColumn(
                name=column["name"],
                data_type=column["data_type"],
                is_required=any(constraint["type"] == "not_null" for constraint in column["constraints"]),
                description=column["description"].strip(),
            )
            for column in source["columns"].values()
        ),
    )
