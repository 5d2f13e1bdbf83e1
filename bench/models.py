"""The SQL that dbt runs for the engine, taken from dbt itself: nothing is written down twice."""

from __future__ import annotations

import json
import os
import re
import resource
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb

from bench import company
from tolerance.dbt import dbt
from tolerance.state import State

# In the order in which dbt builds them.
SMALL = ("int_customers", "int_months", "int_span_months", "int_tenure_budgets")
ENGINE = (
    "int_account_incidents",
    "int_touched_segments",
    "int_segment_versions",
    "int_tolerance_segments",
    "int_balance_counts",
    "int_tolerance_ledger",
    "fct_tolerance_ledger",
    "fct_tolerance_monthly",
    "fct_tolerance_current",
    "int_monthly_statistics",
    "agg_tolerance_monthly",
)
_TESTS = "resource_type:test"
_TEMPORARY = re.compile(r'from\s+("?[\w."]*__dbt_tmp\w*"?)')


@dataclass(frozen=True, slots=True)
class Model:
    """One model: its kind, its query in both modes, and the statements that replace touched rows."""

    name: str
    materialized: str
    full_query: str
    day_query: str
    day_replace: str

    @property
    def relation(self) -> str:
        """Its name in the warehouse, quoted."""
        return f'"warehouse"."main"."{self.name}"'

    def full(self) -> list[str]:
        """What a full rebuild executes."""
        kind = "view" if self.materialized == "view" else "table"
        return [f"create or replace {kind} {self.relation} as {self.full_query}"]

    def day(self) -> list[str]:
        """What the run of a day executes, in one transaction; nothing for a view."""
        if self.materialized == "view":
            return []
        if self.materialized == "table":
            return [f"create or replace table {self.relation} as {self.day_query}"]
        found = _TEMPORARY.search(self.day_replace)
        assert found is not None, f"dbt's statements for {self.name} name no temporary relation"  # noqa: S101
        return [
            "begin",
            f"create temp table {found[1].split('.')[-1]} as {self.day_query}",
            *(
                part.replace(found[1], found[1].split(".")[-1])
                for part in self.day_replace.split(";")
                if part.strip()
            ),
            "commit",
        ]


def _texts(folder: Path, name: str) -> str:
    found = [path for path in folder.rglob(f"{name}.sql") if path.is_file()]
    return found[0].read_text("utf-8").strip().rstrip(";") if found else ""


def engine(folder: Path) -> dict[str, Model]:
    """Build the engine with dbt on a small company, twice, and return what dbt executed."""
    state = State(folder)
    folder.mkdir(parents=True)
    select = " ".join((*SMALL, *ENGINE))
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        for statement in company.tables(1000):
            warehouse.execute(statement)
    target = state.dbt / "target"
    dbt("build", f"tolerance_budgets {select}", state, exclude=_TESTS, full_refresh=True)
    full = {name: _texts(target / "compiled", name) for name in (*SMALL, *ENGINE)}
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        warehouse.execute(company.run_of(company.NEXT_DAY, company.AS_OF, 2))
    dbt("build", select, state, exclude=_TESTS)
    nodes = {
        node["name"]: node
        for node in json.loads((target / "manifest.json").read_text("utf-8"))["nodes"].values()
    }
    return {
        name: Model(
            name,
            nodes[name]["config"]["materialized"],
            full[name],
            _texts(target / "compiled", name),
            _texts(target / "run", name),
        )
        for name in (*SMALL, *ENGINE)
    }


def seeds(folder: Path) -> list[str]:
    """Statements that copy the loaded seeds from the small company's warehouse."""
    small = str(folder / "warehouse.duckdb").replace("'", "''")
    return [
        f"attach '{small}' as small (read_only)",
        "create or replace table tolerance_budgets as select * from small.main.tolerance_budgets",
        "detach small",
    ]


def dbt_cpu_seconds(folder: Path) -> tuple[float, float]:
    """CPU seconds of a call of dbt with one model, and of each further model: medians of three calls each."""
    state = State(folder)

    def cost(select: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        dbt("build", select, state, exclude=_TESTS)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    names = (*SMALL, *ENGINE)
    cost(names[0])  # the first call writes what later ones read
    turns = [(cost(names[0]), cost(" ".join(names))) for _ in range(3)]
    one, all_of_them = (median(costs) for costs in zip(*turns, strict=True))
    return round(one, 2), round((all_of_them - one) / (len(names) - 1), 3)
