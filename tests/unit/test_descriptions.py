"""Whatever dbt knows is described: models, sources, seeds, macros, and the columns that people read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tolerance.settings import DBT_PROJECT, PROJECT_ROOT

_MODELS = PROJECT_ROOT / "models"
_MACROS = PROJECT_ROOT / "macros"
_SEEDS = DBT_PROJECT / "seeds"
_READ_BY_PEOPLE = [_MODELS / "staging", _MODELS / "marts", _MODELS / "exports", _SEEDS]
_MACRO = re.compile(r"\{%-?\s*(macro|test)\s+(\w+)")


def declared(kind: str, folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.yml")):
        yield from yaml.safe_load(path.read_text("utf-8")).get(kind, [])


def described(kind: str, folder: Path) -> set[str]:
    return {entry["name"] for entry in declared(kind, folder) if entry.get("description", "").strip()}


def test_every_model_is_described() -> None:
    models = {path.stem for path in _MODELS.rglob("*.sql")}
    assert len(models) > 30
    assert models - described("models", _MODELS) == set()


def test_every_seed_is_described() -> None:
    seeds = {path.stem for path in _SEEDS.glob("*.csv")}
    assert seeds
    assert seeds - described("seeds", _SEEDS) == set()


def test_every_source_is_described() -> None:
    tables = [table for source in declared("sources", _MODELS) for table in source["tables"]]
    assert len(tables) > 5
    assert [table["name"] for table in tables if not table.get("description")] == []


def test_every_macro_is_described_but_for_what_an_engine_makes_of_it() -> None:
    macros = {
        f"test_{name}" if kind == "test" else name
        for path in _MACROS.rglob("*.sql")
        for kind, name in _MACRO.findall(path.read_text("utf-8"))
        if "__" not in name
    }
    assert len(macros) > 20
    assert macros - described("macros", _MACROS) == set()


def test_every_argument_of_a_macro_is_described() -> None:
    arguments = [
        (macro["name"], argument)
        for macro in declared("macros", _MACROS)
        for argument in macro.get("arguments", [])
    ]
    assert arguments
    assert [macro for macro, argument in arguments if not argument.get("description")] == []


def test_every_column_that_people_read_is_described() -> None:
    tables = [
        table
        for folder in _READ_BY_PEOPLE
        for table in [
            *declared("models", folder),
            *declared("seeds", folder),
            *(table for source in declared("sources", folder) for table in source["tables"]),
        ]
    ]
    columns = [(table["name"], column) for table in tables for column in table.get("columns", [])]
    assert len(columns) > 200
    assert [(table, column["name"]) for table, column in columns if not column.get("description")] == []


def test_every_column_of_a_seed_is_declared() -> None:
    columns = {
        seed["name"]: [column["name"] for column in seed["columns"]] for seed in declared("seeds", _SEEDS)
    }
    for path in _SEEDS.glob("*.csv"):
        with path.open(encoding="utf-8") as file:
            assert columns[path.stem] == file.readline().strip().split(","), path.name


def test_every_list_and_published_table_has_a_reader_with_an_owner() -> None:
    exposures = list(declared("exposures", _MODELS))
    assert all(exposure["description"] and exposure["owner"]["name"] for exposure in exposures)
    read = {name for exposure in exposures for name in exposure["depends_on"]}
    lists = {f"ref('{path.stem}')" for path in (_MODELS / "exports").glob("crm_*.sql")}
    marts = {f"ref('{path.stem}')" for path in (_MODELS / "marts").glob("*.sql")}
    assert lists
    assert lists | marts <= read
