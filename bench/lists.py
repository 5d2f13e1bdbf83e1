"""How fast are the lists? A million alerts as the canonical list and one CRM's, beside DuckDB's own COPY.

By itself: `python -m bench.lists [--alerts 1000000]`; it also ends `make bench`. Each figure is made in a
process of its own.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import click
import duckdb
import psutil

from bench import report
from bench.measured import Cost, Step, cpu_seconds, measure, peak_megabytes

ALERTS = 1_000_000
CRM = "salesforce"
ROUNDS = 3
MOST_TIMES, MOST_MEGABYTES = 3.0, 512.0

_ORDER = "priority, coalesce(is_solved, false), respond_by, alert_id"
_MAKE = """
create schema exports;
create table dim_incident_type as from (values
    ('service_outage', true, 'Service interrompu', 'Service outage'),
    ('billing_error', true, 'Erreur de facturation', 'Billing error')
) as types (incident_type, is_current, label_fr, label_en);
create table exports.crm_alert_list as
select
    md5('alert' || i) as alert_id,
    md5('incident' || i) as incident_id,
    'C' || lpad(cast(i * 7919 % 2000003 as varchar), 7, '0') as customer_id,
    date '2026-11-20' as raised_on,
    date '2026-11-20' - cast(i % 25 as integer) as occurred_on,
    cast(i % 4 + 1 as integer) as priority,
    i % 4 = 2 as is_first_cumulative,
    i % 4 = 0 as turns_negative,
    i % 8 = 0 as was_already_negative,
    i % 16 = 0 as is_negative_when_raised,
    i % 4 = 1 as is_long_tenure,
    cast(i % 15000 / 100 as decimal(18, 6)) as balance_before_points,
    cast(i % 15000 / 100 - 100 as decimal(18, 6)) as balance_after_points,
    case when i % 3 = 0 then 'service_outage' else 'billing_error' end as playbook_code,
    case when i % 3 = 0 then 'operations' else 'billing' end as owner_role,
    timestamptz '2026-11-20 23:00:00+00' + interval (i % 5 * 24) hour as respond_by,
    'Service interrompu le ' || (i % 28 + 1) || ' novembre 2026. C''est son 2ᵉ incident grave : sa '
    || 'tolérance est épuisée (de ' || (i % 150) || ',75 à -40,25 points). Relation depuis ' || (i % 9 + 1)
    || ' ans. À faire d''abord : Rétablir le service et donner une heure.' as reason_fr,
    'Service outage on ' || (i % 28 + 1) || ' November 2026, the second serious incident. It uses the '
    || 'tolerance up (from ' || (i % 150) || '.75 to -40.25 points). A customer for ' || (i % 9 + 1)
    || ' years. To do first: Restore the service and name an hour.' as reason_en,
    case when i % 3 = 0 then 'service_outage' else 'billing_error' end as incident_type,
    '2026-11-' || lpad(cast(i % 20 + 1 as varchar), 2, '0') || '/tickets.csv' as evidence_file_name,
    cast(i % 100000 as bigint) as evidence_record_no,
    'open' as status,
    'new' as change_reason,
    'new' as change,
    case when i % 5 = 0 then 'solved' else 'open' end as incident_status,
    i % 5 = 0 as is_solved,
    case
        when i % 5 = 0 then timestamptz '2026-11-19 10:00:00+00' + interval (i % 86400) second
    end as resolved_at,
    timestamptz '2026-11-22 10:00:00+00' + interval (i % 86400) second as incident_deadline_at,
    case when i % 3 = 0 then 'phone' else 'ticket' end as channel,
    'zendesk' as ticket_system,
    cast(i as varchar) as ticket_number,
    'https://desk.example/agent/tickets/' || i as ticket_link,
    case when i % 2 = 0 then 'fr' else 'en' end as preferred_language,
    cast(i % 200 as integer) as tenure_months,
    cast(i % 15000 / 100 - 90 as decimal(18, 6)) as balance_today_points,
    date '2027-01-01' + cast(i % 20 * 31 as integer) as first_safe_month,
    cast(2 as integer) as cumulative_count,
    '2026-11-18 service_outage, 2026-03-02 billing_error' as last_cumulative,
    'Rétablir le service et informer' as playbook_title_fr,
    'Restore the service and keep informed' as playbook_title_en,
    'Rétablir le service et donner une heure' as first_step_fr,
    'Restore the service and name an hour' as first_step_en
from range({alerts}) as numbers (i)
"""


# What is measured; each runs in a process of its own, by its name ------------------------


def copy(folder: str, _output: str) -> list[Any]:
    """DuckDB's own COPY of the rows as they lie, on one thread."""
    return _copied(folder, "exports.crm_alert_list")


def copy_sorted(folder: str, _output: str) -> list[Any]:
    """The same in the order of a list."""
    return _copied(folder, f"(from exports.crm_alert_list order by {_ORDER})")


def _copied(folder: str, rows: str) -> list[Any]:
    with duckdb.connect(str(Path(folder) / PUBLISHED), read_only=True) as published:
        published.execute("set threads = 1")
        published.execute("set memory_limit = '250MB'")
        published.execute(f"set temp_directory = '{folder}/scratch'")
        begin = cpu_seconds()
        path = Path(folder) / "copied.csv"
        published.execute(f"copy {rows} to '{path}' (header)")
        cost = cpu_seconds() - begin
    path.unlink()
    return [["written", round(cost, 2), round(peak_megabytes())]]


def lists(folder: str, _output: str) -> list[Any]:
    """The canonical list and one CRM's, each written, then held against its rules."""
    from tolerance.crm import lint, told, writing
    from tolerance.crm.list_profiles import profiles_named

    steps: list[list[Any]] = []

    def done(name: str, begin: float) -> None:
        steps.append([name, round(cpu_seconds() - begin, 2), round(peak_megabytes())])

    with told.listing(Path(folder) / PUBLISHED, Path(folder) / "scratch") as published:
        rows = published.execute("select count(*) from listed").fetchall()[0][0]
        for chosen in profiles_named(CRM):
            if chosen.columns is not None:
                told.tell(published)
            profile = writing.with_columns(chosen, published)
            begin = cpu_seconds()
            parts = writing.write(published, profile, Path(folder), rows)
            done(f"{profile.name}: written", begin)
            told.give_back_memory(published)
            begin = cpu_seconds()
            faults = lint.faults(profile, parts, rows)
            done(f"{profile.name}: looked at", begin)
            if faults:
                raise AssertionError(faults[0])
            for part in parts:
                part.path.unlink()
    return steps


# The run and its page --------------------------------------------------------------------

PUBLISHED = "published.duckdb"
COPY, COPY_SORTED, LISTS = "COPY", "COPY, sorted", "both lists"
_FUNCTIONS = {COPY: copy, COPY_SORTED: copy_sorted, LISTS: lists}


def run(folder: Path, alerts: int) -> list[Cost]:
    """Make the alerts in `folder` and measure the three in turns."""
    with duckdb.connect(str(folder / PUBLISHED)) as published:
        published.execute("set TimeZone = 'UTC'")
        published.execute(_MAKE.format(alerts=alerts))
    costs = []
    for name in [*_FUNCTIONS] * ROUNDS:
        cost = measure(Step(name, str(folder), function=f"bench.lists:{_FUNCTIONS[name].__name__}"))
        costs.append(cost)
        click.echo(f"  {name:<20} {cost.failure or cost.result}")
    return costs


def _seconds(costs: list[Cost], name: str, step: str = "") -> float:
    """Median over the rounds, of the steps whose name ends so."""
    totals = [
        sum(seconds for told, seconds, _ in cost.result if told.endswith(step))
        for cost in costs
        if cost.name == name
    ]
    return float(median(totals))


def figures(costs: list[Cost]) -> list[report.Figure]:
    """The figures of the issue beside what was measured: two lists, so beside two copies of the rows."""
    sorted_copies = 2 * _seconds(costs, COPY_SORTED)
    written = _seconds(costs, LISTS, "written") / sorted_copies
    whole = _seconds(costs, LISTS) / sorted_copies
    bare = _seconds(costs, LISTS) / (2 * _seconds(costs, COPY))
    peak = max(step[2] for cost in costs if cost.name == LISTS for step in cost.result)
    return [
        report.Figure(
            "two lists written / two sorted COPYs", "≤ 3", written, written <= MOST_TIMES, " times"
        ),
        report.Figure("the same with the linter", "≤ 3", whole, whole <= MOST_TIMES, " times"),
        report.Figure("the same / two COPYs unsorted", "≤ 3", bare, bare <= MOST_TIMES, " times"),
        report.Figure("peak memory", f"≤ {MOST_MEGABYTES:.0f} MB", peak, peak <= MOST_MEGABYTES, " MB"),
    ]


def write(out: Path, load_before: float, alerts: int = ALERTS) -> str:
    """Measure, write `benchmark_lists.md` and `.json` into `out`; return the table of figures."""
    with tempfile.TemporaryDirectory(prefix="tolerance-bench-") as folder:
        costs = run(Path(folder), alerts)
    failed = [f"{cost.name}: {cost.failure}" for cost in costs if cost.failure]
    if failed:
        raise click.ClickException("; ".join(failed))
    machine = report.Machine(
        os.cpu_count() or 1, round(psutil.virtual_memory().total / 2**30), round(load_before, 2)
    )
    judged = report.verdict(machine, [report.Scale("lists", alerts, costs, {})])
    lines = figures(costs)
    table = report.table(lines, judged)
    versions = f"DuckDB {duckdb.__version__}, Python {platform.python_version()}, {platform.system()}"
    text = [
        "# How fast are the lists?",
        "",
        f"Written by `make bench`. {machine.cores} cores, {machine.memory_gigabytes} GB; {versions}. "
        f"{alerts:,} alerts of the benchmark's own making as the canonical list and the list for {CRM}, "
        "beside DuckDB's COPY of the same rows to CSV, with as much memory and one thread. CPU seconds, "
        f"medians of {ROUNDS} runs in turns.",
        "",
        judged,
        "",
        *table,
        "",
        "| step | CPU s | peak MB |",
        "|---|---:|---:|",
        *(
            f"| {cost.name}, {step} | {seconds:.2f} | {peak} |"
            for cost in costs[-len(_FUNCTIONS) :]
            for step, seconds, peak in cost.result
        ),
    ]
    out.mkdir(parents=True, exist_ok=True)
    (out / "benchmark_lists.md").write_text("\n".join(text) + "\n", "utf-8")
    told = {
        "machine": asdict(machine) | {"versions": versions},
        "verdict": judged,
        "figures": [asdict(line) for line in lines],
        "costs": [asdict(cost) for cost in costs],
    }
    (out / "benchmark_lists.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return "\n".join([judged, "", *table])


@click.command()
@click.option("--alerts", default=ALERTS, show_default=True, help="How many alerts.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs"), help="Where the report goes.")
def main(alerts: int, out: Path) -> None:
    """Measure the lists beside DuckDB's COPY; write benchmark_lists.md and .json."""
    click.echo(write(out, os.getloadavg()[0], alerts))


if __name__ == "__main__":
    main()
