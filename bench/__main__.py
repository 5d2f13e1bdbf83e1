"""Run the benchmark and write its report: `python -m bench [--scale 10m]`."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import click
import duckdb
import psutil

from bench import company, intake, lists, models, peers, report, urgent, whole_day
from bench.measured import Cost, Step, measure

SCALES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}
ROUNDS = 3
_SLOW_PEERS_TO = 1_000_000

_INPUTS = """
copy (
    select incidents.customer_id, incidents.occurred_on, cast(incidents.penalty_points as double)
        as penalty_points
    from int_incidents as incidents
) to '{folder}/incidents.parquet' (format parquet, compression zstd);
copy (select customer_id, relationship_ended_on from int_customers)
to '{folder}/customers.parquet' (format parquet, compression zstd)
"""

# Points have too many values for dictionaries: building them takes a fifth longer and a larger file. Half the
# usual rows a group need half the memory while they are packed, and are no slower.
_PARQUET = "format parquet, compression zstd, dictionary_size_limit 1, row_group_size 61440"

# What DuckDB may take beside the data-frame libraries; it spills what does not fit.
_LITTLE_MEMORY = "set memory_limit = '150MB'"

_CHECK = """
select
    count(*), sum(opening_points), sum(new_penalty_points), sum(recovered_points), sum(closing_points),
    count(*) filter (where is_negative), count(*) filter (where became_negative)
from {rows}
"""


@dataclass
class Bench:
    """One scale: its folder, the models' SQL and the costs so far."""

    scale: str
    folder: Path
    engine: dict[str, models.Model]
    small: Path
    costs: list[Cost] = field(default_factory=list)
    checks: dict[str, list[object]] = field(default_factory=dict)

    @property
    def warehouse(self) -> str:
        """The warehouse of this scale; its file's name is the database's name in dbt's SQL."""
        return str(self.folder / "warehouse.duckdb")

    def step(
        self,
        name: str,
        *statements: str,
        beside: bool = False,
        memory_limit: str = "",
        warehouse: str = "",
        check: str = "",
        prepared: tuple[str, ...] = (),
        parts: tuple[str, ...] = (),
    ) -> None:
        """Measure statements on the warehouse, or `beside` it in a new file that is then deleted."""
        output = self.folder / "beside.duckdb"
        self._add(
            Step(
                name,
                warehouse or self.warehouse,
                statements=statements,
                output=str(output) if beside else "",
                memory_limit=memory_limit,
                prepared=prepared,
                parts=parts,
            )
        )
        if check and name not in self.checks and not self.costs[-1].failure:
            with duckdb.connect(str(output), read_only=True) as connection:
                self.checks[name] = list(connection.execute(check).fetchall()[0])
        output.unlink(missing_ok=True)

    def function(self, name: str, function: str) -> None:
        """Measure a Python function that reads the Parquet inputs and writes one Parquet file."""
        output = self.folder / "result.parquet"
        self._add(Step(name, str(self.folder), output=str(output), function=function))
        self._check_parquet(name, output)

    def _check_parquet(self, name: str, output: Path) -> None:
        if name not in self.checks and output.exists():
            with duckdb.connect() as connection:
                rows = f"read_parquet('{output}')"
                self.checks[name] = list(connection.execute(_CHECK.format(rows=rows)).fetchall()[0])
        output.unlink(missing_ok=True)

    def _add(self, step: Step) -> None:
        cost = measure(step)
        self.costs.append(cost)
        said = cost.failure or f"{cost.cpu_seconds:8.2f} CPU s {cost.peak_megabytes:8.0f} MB"
        limit = f" within {step.memory_limit}" if step.memory_limit else ""
        click.echo(f"  {self.scale:>4} {step.name + limit:<52} {said}")

    # The steps, in the order in which they are interleaved.

    def make_company(self) -> None:
        """The inputs, not measured."""
        with duckdb.connect(self.warehouse) as connection:
            connection.execute("set preserve_insertion_order = false")
            for statement in [
                *company.tables(SCALES[self.scale]),
                *models.seeds(self.small),
                *(part for name in models.SMALL for part in self.engine[name].full()),
                *_INPUTS.format(folder=str(self.folder).replace("'", "''")).split(";"),
            ]:
                connection.execute(statement)

    def rebuild(self, warehouse: str = "", suffix: str = "", memory_limit: str = "") -> None:
        """The engine, all of it, as after a changed parameter."""
        for name in models.ENGINE:
            model = self.engine[name]
            self.step(f"full{suffix}: {name}", *model.full(), warehouse=warehouse, memory_limit=memory_limit)

    def ledger_floor(self) -> None:
        """What writing the ledger's rows costs when nothing is computed."""
        self.step(
            "ledger: floor",
            "create table result as select * from warehouse.main.int_tolerance_ledger",
            beside=True,
        )

    def monthly(self, memory_limit: str = "") -> None:
        """Writing the monthly table, and the same rows from a table, when nothing is computed."""
        self.step(
            "monthly: the view as a table",
            "create table result as select * from warehouse.main.fct_tolerance_monthly",
            beside=True,
            check=_CHECK.format(rows="result"),
            memory_limit=memory_limit,
        )
        if memory_limit:
            return
        rows = self.folder / "rows.duckdb"
        if not rows.exists():
            with duckdb.connect(str(rows)) as connection:
                connection.execute("set preserve_insertion_order = false")
                connection.execute(f"attach '{self.warehouse}' as warehouse (read_only)")
                connection.execute("create table monthly as select * from warehouse.fct_tolerance_monthly")
        attach = (f"attach '{rows}' as rows (read_only)",)
        self.step(
            "monthly: floor",
            "create table result as select * from rows.monthly",
            beside=True,
            check=_CHECK.format(rows="result"),
            prepared=attach,
        )
        output = str(self.folder / "result.parquet").replace("'", "''")
        parquet = f"to '{output}' ({_PARQUET})"
        self.step("parquet: floor", f"copy rows.monthly {parquet}", beside=True, prepared=attach)

    def from_incidents(self, *, slow: bool) -> None:
        """The monthly table from the incidents on: the engine beside its peers."""
        output = self.folder / "result.parquet"
        as_table = self._own_from_incidents("create table result as {}")
        as_parquet = self._own_from_incidents(f"copy ({{}}) to '{output}' ({_PARQUET})")
        self.step("from incidents: engine", *as_table, beside=True)
        self.step("from incidents to parquet: engine", *as_parquet, beside=True, prepared=(_LITTLE_MEMORY,))
        self._check_parquet("from incidents to parquet: engine", output)
        self.function("from incidents to parquet: polars", "bench.peers:polars_months")
        if slow:
            check = _CHECK.format(rows="result")
            self.step("from incidents: naive join", peers.NAIVE_JOIN, beside=True, check=check)
            self.step("from incidents: cross join", peers.CROSS_JOIN, beside=True, check=check)
            self.step("from incidents: month loop", *peers.month_loop(), beside=True, check=check)
            self.function("from incidents to parquet: pandas", "bench.peers:pandas_months")

    def _own_from_incidents(self, last: str) -> list[str]:
        """The models' queries, each reading what the one before made; `last` takes in the monthly table's."""
        made = ("int_account_incidents", "int_touched_segments")

        def own(name: str) -> str:
            query = self.engine[name].full_query.replace("int_tolerance_segments", made[-1])
            for earlier in made:
                query = query.replace(f'"warehouse"."main"."{earlier}"', earlier)
            return query

        tables = [f"create temp table {name} as {own(name)}" for name in made]
        return [*tables, last.format(own("fct_tolerance_monthly"))]

    def days(self, *, is_compared: bool) -> None:
        """A day with changes, then one with none; and the 1st of a month with the same changes."""
        copy = self.folder / "day" / "warehouse.duckdb"
        copy.parent.mkdir(exist_ok=True)
        for name, as_of in (("day", company.NEXT_DAY), ("1st", company.FIRST_OF_NEXT_MONTH)):
            copy.unlink(missing_ok=True)
            shutil.copy(self.warehouse, copy)
            with duckdb.connect(str(copy)) as connection:
                for statement in company.changes_of_a_day(SCALES[self.scale]):
                    connection.execute(statement)
                connection.execute(company.run_of(as_of, company.AS_OF, 2))
                touched = connection.execute("select count(*) from int_touched_customers").fetchall()
            self.checks[f"{name}: touched customers"] = list(touched[0])
            self._day(name, copy)
            if is_compared:
                self._compare_with_rebuild(name, copy)
        with duckdb.connect(str(copy)) as connection:
            connection.execute("delete from int_touched_customers")
            connection.execute(company.run_of(as_of, as_of, 3))
        self._day("nothing new", copy)
        copy.unlink()

    def _day(self, name: str, warehouse: Path) -> None:
        """A day's run of all models in one process, as dbt runs them."""
        run = [(statement, model) for model in models.ENGINE for statement in self.engine[model].day()]
        statements, parts = zip(*run, strict=True)
        self.step(name, *statements, warehouse=str(warehouse), parts=parts)

    def _compare_with_rebuild(self, name: str, warehouse: Path) -> None:
        """The incremental tables hold what a full rebuild of the same inputs holds."""
        with duckdb.connect(str(self.folder / "compare.duckdb")) as connection:
            connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
            connection.execute("set preserve_insertion_order = false")
            rebuilt: list[str] = []
            for model in models.ENGINE:
                query = self.engine[model].full_query.replace("int_incidents", company.EVERY_INCIDENT)
                query = query.replace("int_touched_customers", "int_customers")
                for earlier in rebuilt:
                    query = query.replace(f'"warehouse"."main"."{earlier}"', f'"compare"."main"."{earlier}"')
                connection.execute(f'create or replace table compare.main."{model}" as {query}')
                rebuilt.append(model)
            for model in ("int_tolerance_ledger", "agg_tolerance_monthly"):
                one, other = (f'{database}.main."{model}"' for database in ("warehouse", "compare"))
                row = connection.execute(
                    f"select (select count(*) from (from {one} except from {other})) + "
                    f"(select count(*) from (from {other} except from {one}))"
                ).fetchall()[0]
                self.checks[f"{name}: rows of {model} unlike a rebuild"] = list(row)
        (self.folder / "compare.duckdb").unlink()


@click.command()
@click.option(
    "--scale",
    "largest",
    type=click.Choice(list(SCALES)),
    default="1m",
    show_default=True,
    help="The largest number of customers; the smaller ones are measured too, for the growth.",
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs"), help="Where the report goes.")
@click.option("--records", default=intake.RECORDS, show_default=True, help="Calls in the CSV of the intake.")
@click.option("--mails", default=intake.MAILS, show_default=True, help="Mails in the mailbox of the intake.")
def main(largest: str, out: Path, records: int, mails: int) -> None:
    """Measure the engine beside its peers and the floor, the doors, the lists; write reports into docs/."""
    names = list(SCALES)
    scales = names[1 : names.index(largest) + 1] or [largest]
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="tolerance-bench-") as folder:
        root = Path(folder)
        needed = SCALES[largest] * 3_000
        if shutil.disk_usage(root).free < needed:
            raise click.ClickException(
                f"The benchmark needs {needed / 1e9:.0f} GB in {root.parent}: free some, or set TMPDIR."
            )
        engine = models.engine(root / "small")
        dbt_cpu = models.dbt_cpu_seconds(root / "small")
        click.echo(f"dbt: {dbt_cpu[0]} CPU s per call, {dbt_cpu[1]} per model")
        benches = []
        for scale in scales:
            (root / scale).mkdir()
            bench = Bench(scale, root / scale, engine, root / "small")
            bench.make_company()
            is_small = SCALES[scale] <= _SLOW_PEERS_TO
            for no in range(ROUNDS):
                bench.rebuild()
                bench.ledger_floor()
                if is_small or no == 0:
                    bench.monthly()
                if is_small:
                    bench.from_incidents(slow=no == 0)
                bench.days(is_compared=no == 0)
            if not is_small:
                for limit in ("8GB", "4GB"):
                    bench.rebuild(memory_limit=limit)
                    bench.monthly(memory_limit=limit)
            shutil.rmtree(bench.folder)
            benches.append(report.Scale(scale, SCALES[scale], bench.costs, bench.checks))
        machine = report.Machine(
            cores=os.cpu_count() or 1,
            memory_gigabytes=round(psutil.virtual_memory().total / 2**30),
            load_before=round(load, 2),
        )
        click.echo(report.write(out, machine, dbt_cpu, benches))
    click.echo(intake.write(out, load, records, mails))
    click.echo(lists.write(out, load))
    with tempfile.TemporaryDirectory(prefix="tolerance-bench-") as folder:
        click.echo(urgent.write(out, Path(folder), load))
        click.echo(whole_day.write(out, Path(folder), load))


if __name__ == "__main__":
    main()
