"""docs/data_dictionary.md, made from dbt's yml: what each published table, seed and column means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tolerance.settings import DBT_PROJECT, PROJECT_ROOT

_INTRODUCTION = """\
# Data dictionary

Made by `make data-dictionary` from dbt's yml; a test says when it is stale. In the published file each
description is also the comment of its table, view or column.
"""

_PARTS = (
    ("Published tables", "In schema `main`.", PROJECT_ROOT / "models" / "marts"),
    ("Lists that leave the house", "In schema `exports`.", PROJECT_ROOT / "models" / "exports"),
    ("Seeds", "The company's numbers and words, files in `dbt_project/seeds/`.", DBT_PROJECT / "seeds"),
)


def data_dictionary() -> str:
    """The text of the dictionary."""
    lines = [_INTRODUCTION]
    for title, introduction, folder in _PARTS:
        lines += [f"## {title}\n", f"{introduction}\n"]
        for table in sorted(_tables(folder), key=lambda table: str(table["name"])):
            lines += _described(table)
    return "\n".join(lines).rstrip() + "\n"


def _tables(folder: Path) -> Iterator[dict[str, Any]]:
    """Models, seeds and the tables that Python adds, as the yml of a folder declares them."""
    for path in sorted(folder.glob("*.yml")):
        properties = yaml.safe_load(path.read_text("utf-8"))
        yield from properties.get("models", [])
        yield from properties.get("seeds", [])
        for source in properties.get("sources", []):
            yield from source["tables"]


def _described(table: dict[str, Any]) -> Iterator[str]:
    types = table.get("config", {}).get("column_types", {})
    yield f"### {table['name']}\n"
    yield f"{_text(table)}\n"
    yield "| column | type | meaning |"
    yield "|---|---|---|"
    for column in table.get("columns", []):
        data_type = column.get("data_type") or types.get(column["name"], "")
        yield f"| {column['name']} | {data_type} | {_text(column)} |"
    yield ""


def _text(described: dict[str, Any]) -> str:
    return " ".join(described["description"].split()).replace("|", "\\|")


if __name__ == "__main__":
    print(data_dictionary(), end="")
