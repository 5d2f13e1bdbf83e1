"""What the Airflow of this environment knows: connections by id, our DAGs that are paused, and their pool.

Airflow is asked in a process of its own, because the library does not import it. What it answers of a
connection holds a password and is thrown away.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tolerance import channels, failure_notice
from tolerance.crm import digest
from tolerance.crm.delivery.destinations import destinations
from tolerance.dag_ids import POOL, dag_id
from tolerance.errors import ToleranceError
from tolerance.findings import Finding, Verdict
from tolerance.settings import settings

_DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
_SECRETS = "AIRFLOW__SECRETS__BACKEND"
_PATIENCE_SECONDS = 60
_OF_CHANNELS = {"mail": "smtp_default"}
"""The connection of a channel that is not named by one."""


def examine_airflow() -> Iterator[Finding]:
    """The lines on connections, and where a metadata database is configured on paused DAGs and the pool."""
    yield _connections()
    if _has_metadata():
        yield from _paused()
        yield from _pool()


def needed_connections() -> dict[str, str]:
    """The id of each Airflow connection that a setting names, and what names it."""
    needed = {each.connection: f"destination {each.name}" for each in destinations() if each.connection}
    for variable in (digest.VARIABLE, failure_notice.VARIABLE):
        for channel in channels.channels(variable):
            needed.setdefault(_OF_CHANNELS.get(channel.kind, channel.target), variable)
    return needed


def _connections() -> Finding:
    try:
        needed = needed_connections()
    except ToleranceError as error:
        return Finding("connections", Verdict.PROBLEM, str(error))
    missing = [f"{conn_id} ({by})" for conn_id, by in needed.items() if not _is_known(conn_id)]
    if missing:
        return Finding(
            "connections",
            Verdict.PROBLEM,
            f"Airflow does not know {', '.join(missing)}: make it there, or set AIRFLOW_CONN_ and its id",
        )
    return Finding(
        "connections",
        Verdict.OK,
        f"all {len(needed)} that are named are there" if needed else "none is named",
    )


def _is_known(conn_id: str) -> bool:
    if os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}", "").strip():
        return True
    asks = _has_metadata() or _SECRETS in os.environ
    return asks and _airflow("connections", "get", conn_id) is not None


def _has_metadata() -> bool:
    home = os.environ.get("AIRFLOW_HOME", "")
    return any(name.startswith(_DATABASE) for name in os.environ) or (
        home != "" and (Path(home) / "airflow.db").is_file()
    )


def _paused() -> Iterator[Finding]:
    told = _airflow("dags", "list", "--output", "json", "--columns", "dag_id,is_paused")
    if told is None:
        yield Finding(
            "dags",
            Verdict.PROBLEM,
            "Airflow's metadata cannot be read: start its database, or run `airflow db migrate`",
        )
        return
    ours = {
        dag["dag_id"]: dag["is_paused"] == "True"
        for dag in _rows(told)
        if dag["dag_id"].startswith(settings().dag_prefix)
    }
    paused = sorted(name for name, is_paused in ours.items() if is_paused)
    if not ours:
        yield Finding(
            "dags",
            Verdict.WARNING,
            f"Airflow knows no DAG {settings().dag_prefix}…: link tolerance_dags.py into its DAG folder",
        )
    elif paused:
        yield Finding(
            "dags",
            Verdict.WARNING,
            f"{', '.join(paused)} paused: unpause what is to run; the daily run waits for every source",
        )
    else:
        yield Finding("dags", Verdict.OK, f"all {len(ours)} run")


def _pool() -> Iterator[Finding]:
    name = dag_id(POOL)
    if (told := _airflow("pools", "list", "--output", "json")) is None:
        yield Finding(
            "pool", Verdict.WARNING, f"whether {name} is there cannot be read: `airflow pools list`"
        )
        return
    slots = {pool["pool"]: pool["slots"] for pool in _rows(told)}.get(name)
    if slots == "1":
        yield Finding("pool", Verdict.OK, f"{name} has its one slot")
        return
    what = "is missing, so no task starts" if slots is None else f"has {slots} slots instead of one"
    yield Finding(
        "pool",
        Verdict.PROBLEM,
        f'{name} {what}: `airflow pools set {name} 1 "STATE has one writer"`',
    )


def _rows(told: str) -> list[dict[str, str]]:
    """The rows of a list in JSON, a line behind whatever Airflow says before; "[warning" begins none."""
    [*_, listed] = ["[]", *(line for line in told.splitlines() if line.startswith(("[{", "[]")))]
    rows: list[dict[str, str]] = json.loads(listed)
    return rows


def _airflow(*command: str) -> str | None:
    """What an Airflow command writes; None when it fails or takes too long."""
    try:
        finished = subprocess.run(
            [sys.executable, "-m", "airflow", *command],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return finished.stdout if finished.returncode == 0 else None
