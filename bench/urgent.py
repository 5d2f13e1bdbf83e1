"""From the arrival of a file to its alert in the outbox: the urgent run of a service with many customers.

Each arrival is one ticket or one mail, renamed into the inbox. Then a process starts, as the scheduler starts
a task, and runs the DAG by `dag.test()`; what is waited for is the row in the day's list.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from tolerance.dag_ids import URGENT, dag_id
from tolerance.sample import make_sample
from tolerance.state import State

CUSTOMERS, CONTACTS, ARRIVALS = 100_000, 300_000, 20
UNTIL = date(2026, 10, 31)
DAY = UNTIL + timedelta(days=1)
_PAUSE_SECONDS = 1.5
"""A file without a sidecar is looked at twice; the next one is of another second."""

_TASK = """
import os, sys
from airflow.dag_processing.dagbag import DagBag
from tolerance.settings import PROJECT_ROOT
bag = DagBag(PROJECT_ROOT / "dags" / "tolerance_dags.py")
run = bag.dags[sys.argv[1]].test(run_conf={"as_of": sys.argv[2]})
sys.exit(run.state != "success")
"""


def prepare(folder: Path, customers: int = CUSTOMERS, contacts: int = CONTACTS) -> None:
    """A company of that size with a published day, made once; its folder can be used again."""
    made = folder / "made"
    if made.exists():
        return
    inbox = folder / "inbox"
    if not inbox.exists():
        make_sample(inbox, customers=customers, contacts=contacts, until=UNTIL)
    tolerance = [sys.executable, "-m", "tolerance"]
    subprocess.run(
        [
            *tolerance,
            "run",
            "--extracts",
            str(inbox),
            "--as-of",
            str(UNTIL),
            "--state",
            str(folder / "state"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    made.touch()


def measure(folder: Path, arrivals: int = ARRIVALS) -> dict[str, Any]:
    """Let files arrive one after the other; how long each took to its alert, in seconds."""
    state, inbox = State(folder / "state"), folder / "inbox"
    chosen = customers(state, arrivals)
    seconds, nothing_new = [], []
    for number, (customer, email) in enumerate(chosen):
        before = _listed(state)
        began = _arrive(inbox, number, customer, email)
        _task(state, inbox)
        seconds.append(time.monotonic() - began)
        if customer in before or customer not in _listed(state):
            raise RuntimeError(f"arrival {number} raised no alert")
        if number == 0:
            began = time.monotonic()
            _task(state, inbox)
            nothing_new.append(time.monotonic() - began)
    return {
        "customers": CUSTOMERS,
        "arrivals": arrivals,
        "seconds": [round(each, 1) for each in seconds],
        "median_seconds": round(median(seconds), 1),
        "p95_seconds": round(quantiles(seconds, n=20, method="inclusive")[-1], 1),
        "nothing_new_seconds": round(median(nothing_new), 1),
    }


def customers(state: State, count: int) -> list[tuple[str, str]]:
    """Customers of whom nothing is on a list, by their addresses."""
    inbox = state.root.parent / "inbox" / "customers"
    addresses: dict[str, str] = {}
    for path in sorted(inbox.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter=";"):
                if row["email"] and not row["relationship_ended_on"]:
                    addresses[row["customer_id"]] = row["email"].split(",")[0]
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        alerted = {row[0] for row in serving.execute("select customer_id from main.fct_alert").fetchall()}
    free = sorted(addresses.keys() - alerted)
    step = len(free) // count
    return [(customer, addresses[customer]) for customer in free[::step][:count]]


def _arrive(inbox: Path, number: int, customer: str, email: str) -> float:
    """Put one file in its place by a rename; when that was, by the monotonic clock."""
    at = datetime.combine(DAY, datetime.min.time(), ZoneInfo("Europe/Paris")) + timedelta(
        hours=8, minutes=number
    )
    if number % 2:
        write_mail(inbox, DAY, f"bench{number}", email, at.isoformat())
        return time.monotonic()
    folder = inbox / "tickets" / str(DAY)
    folder.mkdir(parents=True, exist_ok=True)
    text = f"{TICKET_HEADER}\n{ticket(f'bench{number}', customer, at.isoformat())}\n"
    _put(folder / f"bench{number}.csv", text)
    return time.monotonic()


TICKET_HEADER = (
    "ticket_id;customer_id;requester_email;created_at;updated_at;solved_at;status;type;priority;"
    "tags;subject;description;satisfaction;reopens;is_deleted"
)


def ticket(ticket_id: str, customer: str, at: str) -> str:
    """A line about a defective product; `at` is an instant in ISO 8601."""
    return (
        f"{ticket_id};{customer};;{at};{at};;open;incident;high;product_defect;"
        "Produit;Le produit est defectueux;;0;false"
    )


def write_mail(inbox: Path, day: date, name: str, email: str, at: str) -> None:
    """A mail about a lost parcel, in the folder of a day; `at` is an instant in ISO 8601."""
    folder = inbox / "mail" / str(day)
    folder.mkdir(parents=True, exist_ok=True)
    sent = format_datetime(datetime.fromisoformat(at))
    text = (
        f"From: <{email}>\nTo: <contact@company.example>\nDate: {sent}\n"
        f"Message-ID: <{name}@mail.example>\nSubject: Colis perdu\n\n"
        f"Bonjour, mon colis est perdu, je n'ai rien recu. Dossier {name}.\n"
    )
    _put(folder / f"{name}.eml", text)


def _put(path: Path, text: str) -> None:
    """In place by a rename, as a whole."""
    written = path.with_name(f".{path.name}")
    written.write_text(text, "utf-8")
    written.rename(path)


def _listed(state: State) -> set[str]:
    path = state.outbox / str(DAY) / "alerts.csv"
    if not path.exists():
        return set()
    with path.open(encoding="utf-8", newline="") as file:
        return {row["customer_id"] for row in csv.DictReader(file)}


def _task(state: State, inbox: Path) -> None:
    """One run of the DAG in a process of its own, with the Airflow of the first cycle."""
    home = state.airflow_home
    own = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    finished = subprocess.run(
        [sys.executable, "-c", _TASK, dag_id(URGENT), str(DAY)],
        check=False,
        capture_output=True,
        text=True,
        env=own
        | {
            "TOLERANCE_STATE": str(state.root),
            "TOLERANCE_EXTRACTS": str(inbox),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        },
    )
    if finished.returncode:
        raise RuntimeError(f"the task failed: {finished.stdout[-2000:]} {finished.stderr[-2000:]}")


def write(out: Path, folder: Path, load: float) -> str:
    """Measure and write the report; return its sentence."""
    prepare(folder)
    found = measure(folder) | {"cores": os.cpu_count(), "load_before": round(load, 2)}
    (out / "benchmark_urgent.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    sentence = (
        f"From a file's arrival to its alert, {CUSTOMERS:,} customers, {found['arrivals']} arrivals: median "
        f"{found['median_seconds']} s, p95 {found['p95_seconds']} s; with nothing new "
        f"{found['nothing_new_seconds']} s."
    )
    text = f"""# From a file to its alert

{sentence}

Measured on {found["cores"]} cores, load {found["load_before"]} before. Half of the arrivals are mails, half
tickets, one at a time. From the rename into the inbox to the row in `outbox/crm/{DAY}/alerts.csv`: the start
of a process, Airflow's and the DAGs' import, `dag.test()` of `{dag_id(URGENT)}` and all of its work. What a
service adds is the wait for the schedule (`urgent_schedule`, two minutes at most) or the trigger.

Seconds: {", ".join(map(str, found["seconds"]))}.
"""
    (out / "benchmark_urgent.md").write_text(text, "utf-8")
    return sentence


if __name__ == "__main__":
    print(write(Path("docs"), Path(sys.argv[1]), os.getloadavg()[0]))
