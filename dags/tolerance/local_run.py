"""One daily cycle on this machine: the DAGs themselves, run by Airflow in this process.

Does at once what the scheduler does over a day: the ingestion DAGs, then the daily one, each through
`dag.test()`, with SQLite for Airflow's own metadata.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO

from tolerance import files, progress
from tolerance.channels import channels
from tolerance.contracts import CONTRACTS, NEEDED, SOURCES
from tolerance.crm import digest
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.destinations import destinations
from tolerance.dag_ids import DAILY, DELIVERY, dag_id, ingestion
from tolerance.settings import PROJECT_ROOT
from tolerance.state import State
from tolerance.warm_dbt import warm_dbt

_LOG_IN = ("AIRFLOW_CONN_", "AIRFLOW__SECRETS__")


_COLLECT_AFTER = 100_000
"""New objects after which Python looks for garbage; at its own 700 it looks through all of Airflow again and
again, for a tenth of a cycle's time."""

_VERSIONS_OF_TASK_API = {"3.3.2": 2}
"""How many versions of Airflow's API for tasks suffice in a process that is its own only client, by Airflow's
version: all nine take as long to make as everything else that Airflow does for a cycle."""


class _Listener(logging.Handler):
    """Writes progress sentences to the terminal and keeps those of failures."""

    def __init__(self, terminal: TextIO) -> None:
        super().__init__(logging.INFO)
        self.terminal = terminal
        self.failures: list[str] = []

    @staticmethod
    def line(record: logging.LogRecord) -> str:
        """A step for a person, or where TOLERANCE_LOG asks for it an object for a collector of logs."""
        if os.environ.get("TOLERANCE_LOG") != "json":
            return f"  {record.getMessage()}"
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = {"at": at, "level": record.levelname.lower(), "message": record.getMessage()}
        return json.dumps(told, ensure_ascii=False)

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.failures.append(record.getMessage())
        else:
            try:
                print(self.line(record), file=self.terminal, flush=True)
            except OSError:  # nobody looks any more; the run goes on
                os.dup2(os.open(os.devnull, os.O_WRONLY), self.terminal.fileno())


def run_dags(
    state: State,
    extracts: Path | None,
    as_of: date,
    *,
    crm: str = "",
    quiet: frozenset[str] = frozenset(),
) -> list[str]:
    """Run the DAGs for `as_of`; return the messages of failed steps, none on success.

    `extracts` is the inbox to ingest; without one nothing is ingested, nor are the `quiet` sources. `crm`
    names list profiles. A failed DAG stops those that follow.
    Airflow's own output goes to `airflow/logs/run.log` below STATE.
    """
    channels(digest.VARIABLE)  # a wrong one is refused before a day's work
    _configure_airflow(state, extracts, crm)
    return _run(state, _dags(state, extracts, quiet), as_of)


def deliver(state: State, as_of: date) -> list[str]:
    """Send what `as_of` has told, where a destination or a channel of the digest is set; why that failed.

    It waits for others, so the caller holds no lock on STATE any more.
    """
    return _run(state, [DELIVERY], as_of) if destinations() or channels(digest.VARIABLE) else []


def _run(state: State, names: list[str], as_of: date) -> list[str]:
    log = state.airflow_home / "logs" / "run.log"
    with _terminal_kept_for_people(log) as terminal, _collecting_rarely():
        listener = _Listener(terminal)
        progress.LOGGER.setLevel(logging.INFO)
        progress.LOGGER.addHandler(listener)
        try:
            _ensure_metadata(state)
            _make_small_task_api()
            with warm_dbt():
                dags = _dags_by_id()
                for name in names:
                    run = dags[dag_id(name)].test(run_conf={"as_of": as_of.isoformat()})
                    if run.state != "success":
                        return listener.failures or [f"{dag_id(name)} failed: the reason is in {log}."]
        finally:
            progress.LOGGER.removeHandler(listener)
    return []


def airflow_connection(state: State, conn_id: str) -> Connection:
    """An Airflow connection from the environment, or a secrets backend of the Airflow that is set up here."""
    os.environ.setdefault("AIRFLOW_HOME", str(state.airflow_home))
    from tolerance.orchestration.delivering import connection

    return connection(conn_id)


def _dags(state: State, extracts: Path | None, quiet: frozenset[str] = frozenset()) -> list[str]:
    """The names of the DAGs of a cycle.

    A source that has nothing new, and an optional one that has nothing, is left out: each costs time.
    """
    if extracts is None:
        return [DAILY]
    has_acknowledgements = state.acknowledgements.is_dir() and any(state.acknowledgements.iterdir())
    sources = [
        source
        for source in SOURCES
        if source not in quiet
        and (
            source in NEEDED
            or (extracts / source).exists()
            or (CONTRACTS[source].comes_from_crm and has_acknowledgements)
        )
    ]
    return [*(ingestion(source) for source in sources), DAILY]


def _configure_airflow(state: State, extracts: Path | None, crm: str) -> None:
    home = state.airflow_home
    (home / "logs").mkdir(parents=True, exist_ok=True)
    # This run has an Airflow of its own, whatever else this machine runs; it may log in where that one may.
    for name in [name for name in os.environ if name.startswith("AIRFLOW") and not name.startswith(_LOG_IN)]:
        del os.environ[name]
    os.environ |= {
        "TOLERANCE_STATE": str(state.root),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    if extracts is not None:
        os.environ["TOLERANCE_EXTRACTS"] = str(extracts)
    if crm:
        os.environ["TOLERANCE_CRM"] = crm


def _ensure_metadata(state: State) -> None:
    """Make Airflow's SQLite database once; an unfinished one of a killed run is made again."""
    import airflow

    made = state.airflow_home / f"metadata-{airflow.__version__}"
    if made.exists():
        return
    progress.say("airflow: making its metadata database (once)")
    (state.airflow_home / "airflow.db").unlink(missing_ok=True)
    from airflow.utils.db import initdb

    initdb()
    files.write_text(made, "")


def _make_small_task_api() -> None:
    import airflow
    from airflow.api_fastapi.execution_api.versions import bundle

    bundle.versions = bundle.versions[: _VERSIONS_OF_TASK_API.get(airflow.__version__)]


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(_COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _dags_by_id() -> dict[str, Any]:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(PROJECT_ROOT / "dags" / "tolerance_dags.py")
    if bag.import_errors:
        raise RuntimeError(f"the DAGs cannot be imported: {bag.import_errors}")
    for dag in bag.dags.values():
        for task in dag.tasks:
            task.retries = 0  # whoever asked for the run is there and can ask again
    return dict(bag.dags)


@contextmanager
def _terminal_kept_for_people(log: Path) -> Iterator[TextIO]:
    """Send this process's stdout and stderr to `log`, where Airflow's output goes; yield the terminal."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        with os.fdopen(os.dup(kept[0]), "w", encoding="utf-8") as terminal:
            yield terminal
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, target in zip(kept, (1, 2), strict=True):
            os.dup2(descriptor, target)
            os.close(descriptor)
