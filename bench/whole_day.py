"""A whole day of a large company: `tolerance run` as a user starts it, Airflow, dbt and all.

News is one contact of every thousandth customer: calls, tickets, and a mail for every tenth; in `make bench`
also the twenty of the urgent runs before. The date after it has none.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import psutil

from bench import urgent
from tolerance.state import State

CUSTOMERS, CONTACTS = urgent.CUSTOMERS, urgent.CONTACTS
_NEWS = 1 / 1_000
DAY = urgent.DAY + timedelta(days=1)
_SAMPLED_EVERY_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took, all its processes together."""

    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: int
    """Of memory of its own and its share of what processes share, at one time."""

    steps: dict[str, tuple[float, float]]
    """CPU and wall seconds by step, all sources together."""


def _run(state: Path, inbox: Path, as_of: str) -> Cost:
    began, before, began_at = time.monotonic(), os.times(), datetime.now(UTC).replace(tzinfo=None).isoformat()
    log = state.parent / "whole_day.log"
    with log.open("a") as output:
        process = psutil.Popen(
            [
                *(sys.executable, "-m", "tolerance", "run"),
                *("--extracts", str(inbox), "--as-of", as_of, "--state", str(state)),
            ],
            stdout=output,
            stderr=output,
        )
    peak = 0
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(_SAMPLED_EVERY_SECONDS):
            peak = max(peak, _held(process))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    ended.set()
    watcher.join()
    if code:
        raise RuntimeError(f"the run for {as_of} failed: its output is in {log}")
    after = os.times()
    cpu = (after.children_user - before.children_user) + (after.children_system - before.children_system)
    return Cost(
        round(cpu, 1), round(time.monotonic() - began, 1), peak >> 20, _steps(State(state), as_of, began_at)
    )


def _steps(state: State, as_of: str, since: str) -> dict[str, tuple[float, float]]:
    """What each step of the run of a date took that began at an instant or later."""
    found: dict[str, tuple[float, float]] = {}
    for line in (state.run_steps / f"{as_of}.ndjson").read_text("utf-8").splitlines():
        step = json.loads(line)
        if step["started_at"] >= since and step["cpu_seconds"] is not None:
            cpu, wall = found.get(step["step"], (0.0, 0.0))
            found[step["step"]] = (
                round(cpu + step["cpu_seconds"], 2),
                round(wall + step["wall_seconds"], 2),
            )
    return found


def _held(process: psutil.Popen) -> int:
    """The proportional share of memory of a process and all below it, in bytes."""
    held = 0
    for each in [process, *process.children(recursive=True)]:
        try:
            held += each.memory_full_info().pss
        except psutil.Error:  # it has ended meanwhile
            continue
    return held


def _deliver(state: Path, inbox: Path, count: int) -> None:
    """One contact of each of so many customers, on DAY."""
    chosen = urgent.customers(State(state), count)
    at = f"{DAY}T09:{{:02d}}:{{:02d}}+01:00"
    tickets = [urgent.TICKET_HEADER]
    calls = ["call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language"]
    for number, (customer, email) in enumerate(chosen):
        moment = at.format(number // 60 % 60, number % 60)
        if not number % 10:
            urgent.write_mail(inbox, DAY, f"day{number}", email, moment)
        elif number % 3:
            tickets.append(urgent.ticket(f"day{number}", customer, moment))
        else:
            calls.append(f"DAY{number};{customer};{moment};delivery_lost;My parcel never came.;yes;team;en")
    for source, lines in (("tickets", tickets), ("faq", calls)):
        folder = inbox / source / str(DAY)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "day.csv").write_text("\n".join([*lines, ""]), "utf-8")


def measure(folder: Path, customers: int) -> dict[str, Cost]:
    """A day with news, and the next without, of the company that lies in `folder`."""
    state, inbox = folder / "state", folder / "inbox"
    _deliver(state, inbox, int(customers * _NEWS))
    return {
        "0.1 % news": _run(state, inbox, str(DAY)),
        "nothing new": _run(state, inbox, str(DAY + timedelta(days=1))),
    }


def write(out: Path, folder: Path, load: float, customers: int = CUSTOMERS, contacts: int = CONTACTS) -> str:
    """Measure and write the report; return its sentence. The company is made where `folder` has none."""
    urgent.prepare(folder, customers, contacts)
    found = measure(folder, customers)
    told = {name: asdict(cost) for name, cost in found.items()}
    report = {
        "customers": customers,
        "contacts": contacts,
        "cores": os.cpu_count(),
        "load_before": round(load, 2),
    }
    (out / "benchmark_day.json").write_text(json.dumps(report | {"days": told}, indent=2) + "\n", "utf-8")
    sentence = f"A whole day, {customers:,} customers: " + "; ".join(
        f"{name} {cost.cpu_seconds} CPU s, {cost.wall_seconds} s, {cost.peak_megabytes:,} MB"
        for name, cost in found.items()
    )
    rows = "\n".join(
        f"| {name} | {cost.cpu_seconds} | {cost.wall_seconds} | {cost.peak_megabytes:,} |"
        for name, cost in found.items()
    )
    steps = "\n".join(
        f"| {step} | " + " | ".join(f"{cpu:.1f} | {wall:.1f}" for cpu, wall in of_days) + " |"
        for step, of_days in _by_step(found).items()
    )
    text = f"""# A whole day

Written by `make bench` (`python -m bench.whole_day --customers 1000000` for a larger company). {customers:,}
customers with {contacts:,} contacts, {os.cpu_count()} cores, load {load:.2f} before. `tolerance run` as a
user starts it: Airflow, the ingestion, dbt, the tests, the published file, the list. Memory is that of all
its processes at one time.

| date | CPU s | wall s | peak MB |
|---|---:|---:|---:|
{rows}

By step, CPU and wall seconds of each date. The first `build` holds the start of dbt, about 3.5 CPU seconds;
`audit` waits for `check_list`.

| step | {" | | ".join(found)} | |
|---|{"---:|---:|" * len(found)}
{steps}
"""
    (out / "benchmark_day.md").write_text(text, "utf-8")
    return sentence


def _by_step(found: dict[str, Cost]) -> dict[str, list[tuple[float, float]]]:
    """Each step's costs in each run, and what is left: Airflow, imports, the summary."""
    names = list(dict.fromkeys(name for cost in found.values() for name in cost.steps))
    table = {name: [cost.steps.get(name, (0.0, 0.0)) for cost in found.values()] for name in names}
    table["all else: Airflow, imports, the summary"] = [
        (
            cost.cpu_seconds - sum(cpu for cpu, _ in cost.steps.values()),
            # The wall seconds of `audit` hold those of `check_list`.
            cost.wall_seconds - sum(wall for name, (_, wall) in cost.steps.items() if name != "check_list"),
        )
        for cost in found.values()
    ]
    return table


@click.command()
@click.option("--customers", default=CUSTOMERS, show_default=True, help="How many.")
@click.option("--contacts", default=None, type=int, help="Of all years.  [default: three for each customer]")
@click.option(
    "--folder", type=click.Path(path_type=Path), required=True, help="The company lies here, or is made here."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs"), help="Where the report goes.")
def main(customers: int, contacts: int | None, folder: Path, out: Path) -> None:
    """Measure a day with 0.1 % news and one with none; write benchmark_day.md and .json."""
    folder.mkdir(parents=True, exist_ok=True)
    click.echo(write(out, folder, os.getloadavg()[0], customers, contacts or 3 * customers))


if __name__ == "__main__":
    main()
