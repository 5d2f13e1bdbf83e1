"""The whole pipe as a user runs it: extracts as files, the command line, the published file."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.e2e.command_line import tolerance

CUSTOMERS_HEADER = "customer_id;email;phone;relationship_started_on;relationship_ended_on;preferred_language"
CALLS_HEADER = "call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language"
TICKETS_HEADER = (
    "ticket_id;customer_id;requester_email;created_at;updated_at;solved_at;status;type;priority;"
    "tags;subject;description;satisfaction;reopens;is_deleted"
)


TABLES = (
    "dim_customer",
    "fct_incident",
    "fct_incident_contact",
    "fct_reclassification",
    "fct_tolerance_ledger",
    "fct_tolerance_monthly",
    "fct_tolerance_current",
    "agg_tolerance_monthly",
    "fct_alert",
    "audit_load",
)
"""The tables whose rows must not depend on how the days were run."""


@dataclass
class Inbox:
    """Hand-made extracts. Each `write_*` call delivers one file."""

    root: Path
    names: dict[str, int] = field(default_factory=dict)

    def write(self, source: str, name: str, text: str) -> Path:
        path = self.root / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def customers(self, *lines: str, name: str = "customers.csv") -> None:
        self.write("customers", name, "\n".join([CUSTOMERS_HEADER, *lines, ""]))

    def calls(self, *lines: str, name: str = "calls.csv") -> None:
        self.write("faq", name, "\n".join([CALLS_HEADER, *lines, ""]))

    def tickets(self, *lines: str, name: str = "tickets.csv") -> None:
        self.write("tickets", name, "\n".join([TICKETS_HEADER, *lines, ""]))


def ticket(
    ticket_id: str,
    customer_id: str,
    on: date | str,
    *,
    tags: str = "product_defect",
    kind: str = "incident",
) -> str:
    """A CSV line of an open ticket, opened at noon of `on`."""
    at = f"{on}T12:00:00+00:00"
    return f"{ticket_id};{customer_id};;{at};{at};;open;{kind};normal;{tags};A subject;A text;;0;false"


@dataclass
class Cycle:
    """One call of `tolerance run` and what it left."""

    state: Path
    finished: subprocess.CompletedProcess[str]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.state / "serving" / "tolerance.duckdb"), read_only=True) as serving:
            return serving.execute(query).fetchall()


# Airflow's empty metadata database, made by the first run of this process and given to later ones.
_METADATA = Path(tempfile.mkdtemp(prefix="airflow-metadata-"))
atexit.register(shutil.rmtree, _METADATA, ignore_errors=True)


def _lend_metadata(source: Path, target: Path) -> None:
    """Copy a finished metadata database; one whose making was cut short has no marker and stays."""
    if (target / "airflow.db").exists():
        return
    for marker in source.glob("metadata-*"):
        target.mkdir(parents=True, exist_ok=True)
        # With its write-ahead log, in which a kill leaves half of it.
        for path in (*source.glob("airflow.db*"), marker):
            shutil.copy(path, target)


def run_cycle(extracts: Path, state: Path, as_of: date | str | None = None) -> Cycle:
    """Call the command line as `make run` does."""
    if extracts.exists() and as_of is not None:
        _lend_metadata(_METADATA, state / "airflow")
    arguments = ["run", "--extracts", str(extracts), "--state", str(state)]
    if as_of is not None:
        arguments += ["--as-of", str(as_of)]
    finished = tolerance(*arguments)
    _lend_metadata(state / "airflow", _METADATA)
    return Cycle(state, finished)


def published(extracts: Path, state: Path, as_of: date | str | None = None) -> Cycle:
    """Call `run_cycle` and insist that it published."""
    cycle = run_cycle(extracts, state, as_of)
    assert cycle.finished.returncode == 0, cycle.finished.stdout + cycle.finished.stderr
    return cycle


def published_rows(state: Path) -> dict[str, list[str]]:
    """All rows of all published tables, as sorted text."""
    with duckdb.connect(str(state / "serving" / "tolerance.duckdb"), read_only=True) as serving:
        serving.execute("set TimeZone = 'UTC'")
        return {
            table: sorted(str(row) for row in serving.execute(f"select * from main.{table}").fetchall())
            for table in TABLES
        }


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")
