"""How fast the doors are: records and mails a second and core, peak memory, beside plain readers.

By itself: `python -m bench.intake [--records 1000000] [--mails 100000]`; it also ends `make bench`. Each
figure is made in a process of its own; seconds are the processor's, those of reading children included.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import click
import duckdb
import psutil

from bench import report
from bench.measured import Cost, Step, cpu_seconds, measure, peak_megabytes

RECORDS, MAILS = 1_000_000, 100_000
CSV_ROUNDS = 3
MOST_MEGABYTES = 512.0

AS_OF = date(2026, 11, 20)
LOADED_AT = datetime(2026, 11, 21, 3, tzinfo=UTC).replace(tzinfo=None)
HEADER = "call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language\n"
CALL = "F{n:08d};C{c:06d};{at}+01:00;Q{q:03d};où est mon colis {n};{answer};N{team};fr\n"
FIRST_CALL = datetime(2025, 12, 1)  # noqa: DTZ001  (its zone is written beside it)
SECONDS_BETWEEN_CALLS, SECONDS_OF_CALLS = 29, 340 * 86_400
ENVELOPE = b"From ana@example.com Mon Mar  2 10:00:00 2026\r\n"
MAIL = (
    "From: Ana Durand <ana{c}@example.com>\r\nDate: Mon, {d} Mar 2026 10:{m:02d}:00 +0100\r\n"
    "Message-ID: <m{n}@example.com>\r\nIn-Reply-To: <r{n}@example.com>\r\nTo: service@example.com\r\n"
    "Received: from a by b; Mon, {d} Mar 2026 10:{m:02d}:01 +0100\r\n"
    "Subject: =?utf-8?q?O=C3=B9_est_mon_colis_{n}?=\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/alternative; boundary="b{n}"\r\n\r\n--b{n}\r\n'
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "Bonjour,\r\n\r\nToujours rien reçu, numéro {n}. C'est la troisième fois que j'écris.\r\n\r\n"
    "Ana\r\n\r\nLe 1 mars 2026 à 10:00, Service <service@example.com> a écrit :\r\n> Bonjour\r\n"
    "--b{n}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    "<p>Bonjour,</p><p>Toujours rien.</p>\r\n--b{n}--\r\n"
)


def make_calls(path: Path, records: int) -> None:
    """A clean CSV of calls, each at a second of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        for n in range(records):
            at = FIRST_CALL + timedelta(seconds=n * SECONDS_BETWEEN_CALLS % SECONDS_OF_CALLS)
            values = {"n": n, "c": n * 7919 % 200_003, "q": n % 77, "team": n % 5}
            file.write(CALL.format(at=at.isoformat(), answer="yes" if n % 3 else "no", **values))


def make_mails(path: Path, mails: int) -> None:
    """An mbox of mails of an ordinary shape."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for n in range(mails):
            file.write(ENVELOPE)
            file.write(MAIL.format(n=n, c=n % 997, d=n % 28 + 1, m=n % 60).encode() + b"\r\n")


# What is measured; each runs in a process of its own, by its name ------------------------


def our_csv(folder: str, _output: str) -> list[Any]:
    """The four steps of an intake of calls."""
    return _take_in(Path(folder), "faq")


def our_mail(folder: str, _output: str) -> list[Any]:
    """The four steps of an intake of a mailbox."""
    return _take_in(Path(folder), "mail")


def _take_in(folder: Path, source: str) -> list[Any]:
    """Records loaded; then of each step its name, its CPU seconds and the peaks so far of both processes."""
    from tolerance import inbox
    from tolerance.intake.land import land
    from tolerance.intake.load import load
    from tolerance.intake.loads import load_records
    from tolerance.intake.read import read
    from tolerance.state import State

    told: list[Any] = []

    def step(name: str, work: Callable[[], Any]) -> Any:
        begin = cpu_seconds()
        made = work()
        childrens = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        told.append([name, round(cpu_seconds() - begin, 3), round(peak_megabytes()), round(childrens)])
        return made

    with (
        patch.object(inbox, "LOOK_INTERVAL_SECONDS", 0.0),
        patch.dict(os.environ, {"TOLERANCE_IDENTITY_KEY": "bench"}),
        tempfile.TemporaryDirectory(dir=folder) as state_folder,
    ):
        state = State(Path(state_folder))
        load_id = step("land", lambda: land(source, folder / "in", AS_OF, state, LOADED_AT))
        step("read", lambda: read(source, load_id, state))
        step("load", lambda: load(source, load_id, state))
        loaded = sum(record.loaded_records for record in load_records(state, source))
    return [loaded, *told]


def plain_csv(folder: str, _output: str) -> list[Any]:
    """Python's csv module: rows of texts."""
    with (Path(folder) / CALLS).open(encoding="utf-8", newline="") as file:
        return [sum(1 for _ in csv.reader(file, delimiter=";")) - 1]


def duckdb_csv(folder: str, output: str) -> list[Any]:
    """DuckDB's typed read of the same file on one thread, into Parquet; its start is not counted."""
    types = {"asked_at": "timestamptz"}
    columns = {name: types.get(name, "varchar") for name in HEADER.strip().split(";")}
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute("select '2026-01-01 00:00:00+01'::timestamptz::varchar").fetchall()
        begin = cpu_seconds()
        (records,) = connection.execute(
            f"copy (select * from read_csv(?, delim = ';', header = true, columns = {columns})) "
            f"to '{output}' (format parquet, compression zstd)",
            [str(Path(folder) / CALLS)],
        ).fetchall()[0]
        return [records, ["read", round(cpu_seconds() - begin, 3), round(peak_megabytes()), 0]]


def plain_mail(folder: str, _output: str) -> list[Any]:
    """Python's email with compat32 on messages cut at their envelope lines, texts decoded."""
    from email import message_from_bytes

    count = 0
    for raw in (Path(folder) / MAILBOX).read_bytes().split(ENVELOPE)[1:]:
        message = message_from_bytes(raw)
        count += any(part.get_payload(decode=True) for part in message.walk() if not part.is_multipart())
    return [count]


# The run and its page --------------------------------------------------------------------

CALLS, MAILBOX = "in/faq/calls.csv", "in/mail/box.mbox"
OUR_CSV, DUCKDB, PYTHON_CSV = (
    "csv: tolerance",
    "csv: DuckDB typed, to Parquet",
    "csv: Python's csv, texts only",
)
OUR_MAIL, COMPAT32 = "mail: tolerance", "mail: email with compat32"
_FUNCTIONS = {
    OUR_CSV: our_csv,
    DUCKDB: duckdb_csv,
    PYTHON_CSV: plain_csv,
    OUR_MAIL: our_mail,
    COMPAT32: plain_mail,
}


def run(folder: Path, records: int, mails: int) -> list[Cost]:
    """Make the inputs in `folder` and measure every reader on them, CSV readers in turns."""
    make_calls(folder / CALLS, records)
    make_mails(folder / MAILBOX, mails)
    costs = []
    for name in [OUR_CSV, DUCKDB, PYTHON_CSV] * CSV_ROUNDS + [OUR_MAIL, COMPAT32]:
        function = f"bench.intake:{_FUNCTIONS[name].__name__}"
        begin = time.monotonic()
        cost = measure(Step(name, str(folder), output=str(folder / "plain.parquet"), function=function))
        costs.append(cost)
        click.echo(f"  {name:<40} {cost.failure or cost.result}  {time.monotonic() - begin:.1f} s")
    return costs


def read_seconds(costs: list[Cost], name: str) -> float:
    """Median CPU seconds of one reader: of the step that reads, where it tells of steps."""
    runs = [cost for cost in costs if cost.name == name]
    steps = [{step: seconds for step, seconds, *_ in cost.result[1:]} for cost in runs]
    return float(median(own.get("read", cost.cpu_seconds) for own, cost in zip(steps, runs, strict=True)))


def _peak(costs: list[Cost], name: str) -> float:
    """The highest peak of a process: of its own or of its reading child."""
    runs = [cost for cost in costs if cost.name == name]
    return float(max(max([cost.peak_megabytes, *(step[3] for step in cost.result[1:])]) for cost in runs))


def figures(costs: list[Cost], mails: int) -> list[report.Figure]:
    """The figures of the issue beside what was measured."""
    slower = read_seconds(costs, OUR_CSV) / read_seconds(costs, DUCKDB)
    speed = mails / read_seconds(costs, OUR_MAIL)
    peak = max(_peak(costs, OUR_CSV), _peak(costs, OUR_MAIL))
    return [
        report.Figure("CSV: our reading / DuckDB's typed read", "≤ 3", slower, slower <= 3, " times"),  # noqa: PLR2004
        report.Figure("mails a second and core", "≥ 1500", speed, speed >= 1_500),  # noqa: PLR2004
        report.Figure("peak memory", f"≤ {MOST_MEGABYTES:.0f} MB", peak, peak <= MOST_MEGABYTES, " MB"),
    ]


def write(out: Path, load_before: float, records: int = RECORDS, mails: int = MAILS) -> str:
    """Measure, write `benchmark_intake.md` and `.json` into `out`; return the table of figures.

    `load_before` is the machine's load before anything was measured.
    """
    with tempfile.TemporaryDirectory(prefix="tolerance-bench-") as folder:
        costs = run(Path(folder), records, mails)
    failed = [f"{cost.name}: {cost.failure}" for cost in costs if cost.failure]
    if failed:
        raise click.ClickException("; ".join(failed))
    machine = report.Machine(
        os.cpu_count() or 1, round(psutil.virtual_memory().total / 2**30), round(load_before, 2)
    )
    judged = report.verdict(machine, [report.Scale("intake", records, costs, {})])
    lines = figures(costs, mails)
    table = report.table(lines, judged)
    versions = f"DuckDB {duckdb.__version__}, Python {platform.python_version()}, {platform.system()}"
    text = [
        "# How fast are the doors?",
        "",
        f"Written by `make bench`. {machine.cores} cores, {machine.memory_gigabytes} GB; {versions}. "
        f"{records:,} calls as CSV, {mails:,} mails as mbox, made by the benchmark. CPU seconds are user and "
        f"system time, of CSV the medians of {CSV_ROUNDS} runs in turns; a reader's own processes count in "
        "full. Our reading is framing, decoding, the contract's rules, hashing, staging in Parquet and the "
        "second count, with the start of the reading process; DuckDB's is a typed read on one thread, "
        "written to Parquet, without its start.",
        "",
        judged,
        "",
        *table,
        "",
        *_readers_table(costs),
        "",
        *_steps_table(costs),
    ]
    out.mkdir(parents=True, exist_ok=True)
    (out / "benchmark_intake.md").write_text("\n".join(text) + "\n", "utf-8")
    told = {
        "machine": asdict(machine) | {"versions": versions},
        "verdict": judged,
        "figures": [asdict(line) for line in lines],
        "costs": [asdict(cost) for cost in costs],
    }
    (out / "benchmark_intake.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return "\n".join([judged, "", *table])


def _readers_table(costs: list[Cost]) -> list[str]:
    lines = ["| reader | records | CPU s | records/s and core | peak MB |", "|---|---:|---:|---:|---:|"]
    for name in _FUNCTIONS:
        records = next(cost.result[0] for cost in costs if cost.name == name)
        seconds = read_seconds(costs, name)
        lines.append(
            f"| {name} | {records:,} | {seconds:.2f} | {records / seconds:,.0f} | {_peak(costs, name):.0f} |"
        )
    return lines


def _steps_table(costs: list[Cost]) -> list[str]:
    """Our steps: the peak of the process itself up to then, and of its reading children."""
    lines = [
        "The steps of an intake in each run, without the expectations. Peaks are those up to the step's end.",
        "",
        "| step | CPU s | peak MB | of its children |",
        "|---|---:|---:|---:|",
    ]
    for cost in costs:
        if cost.name not in (OUR_CSV, OUR_MAIL):
            continue
        lines += [
            f"| {cost.name}, {step} | {seconds:.2f} | {own} | {childrens} |"
            for step, seconds, own, childrens in cost.result[1:]
        ]
    return lines


@click.command()
@click.option("--records", default=RECORDS, show_default=True, help="Calls in the CSV file.")
@click.option("--mails", default=MAILS, show_default=True, help="Mails in the mailbox.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs"), help="Where the report goes.")
def main(records: int, mails: int, out: Path) -> None:
    """Measure the doors beside plain readers; write benchmark_intake.md and .json."""
    click.echo(write(out, os.getloadavg()[0], records, mails))


if __name__ == "__main__":
    main()
