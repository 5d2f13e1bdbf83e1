"""Airflow's four processes and PostgreSQL, started natively from the settings of docker-compose.yml."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import yaml

from tests import REPOSITORY
from tests.fixtures import postgres

PASSWORD = "a pass/word @ 100% of the metadata"  # every character that would break a URL
LOGIN = "a login of the tests"
PROCESSES = {
    "api-server": ("airflow", "api-server"),
    "scheduler": ("airflow", "scheduler", "--skip-serve-logs"),
    "dag-processor": ("airflow", "dag-processor"),
    "triggerer": ("airflow", "triggerer", "--skip-serve-logs"),
}
"""The commands of docker-compose.yml. A log server would listen on all addresses."""

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text("utf-8"))

_BIN = Path(sys.executable).parent
T = TypeVar("T")


def shared_settings() -> dict[str, str]:
    """What `deploy/airflow.env` says."""
    lines = (REPOSITORY / "deploy" / "airflow.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def waited_for(look: Callable[[], T | None], what: str, seconds: float = 240) -> T:
    """What `look` gives as soon as it gives anything."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


@dataclass
class Service:
    """A running service in one folder."""

    folder: Path
    environment: dict[str, str]
    port: int
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: PROCESSES)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _token: str = ""

    @property
    def state(self) -> Path:
        return Path(self.environment["TOLERANCE_STATE"])

    @property
    def extracts(self) -> Path:
        return Path(self.environment["TOLERANCE_EXTRACTS"])

    # Processes

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(_BIN / self.commands[name][0]), *self.commands[name][1:]],
                env=self.environment,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """End a process and all that it started, as a machine that loses power does."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> list[str]:
        """Ask each process to end; give the names of those that had to be killed or left others behind."""
        for process in self.processes.values():
            process.terminate()
        unwilling = []
        for name, process in self.processes.items():
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                unwilling.append(name)
            try:
                os.killpg(process.pid, signal.SIGKILL)
                unwilling.append(f"{name} left others behind")
            except ProcessLookupError:
                pass
        self.processes.clear()
        return unwilling

    def listening_on(self) -> set[str]:
        """The addresses on which any of its processes listens."""
        parents = [psutil.Process(process.pid) for process in self.processes.values()]
        all_of_them = [child for each in parents for child in (each, *each.children(recursive=True))]
        return {
            connection.laddr.ip
            for each in all_of_them
            for connection in each.net_connections(kind="inet")
            if connection.status == psutil.CONN_LISTEN
        }

    # The API

    def ask(self, method: str, path: str, **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        answer = httpx.request(
            method,
            f"http://127.0.0.1:{self.port}{path}",
            headers=headers,
            timeout=30,
            trust_env=False,
            **given,
        )
        answer.raise_for_status()
        return answer.json()

    def log_in(self) -> None:
        self._token = self.ask("POST", "/auth/token", json={"username": "admin", "password": LOGIN})[
            "access_token"
        ]

    def is_healthy(self) -> bool | None:
        try:
            health = self.ask("GET", "/api/v2/monitor/health")
        except httpx.HTTPError:
            return None
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return True if all(health[part]["status"] == "healthy" for part in parts) else None

    def dag_ids(self) -> set[str]:
        return {dag["dag_id"] for dag in self.ask("GET", "/api/v2/dags")["dags"]}

    def trigger(self, dag_id: str, as_of: date) -> str:
        body = {"logical_date": None, "conf": {"as_of": as_of.isoformat()}}
        return str(self.ask("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def runs(self, dag_id: str) -> dict[str, str]:
        """The state of each run of a DAG."""
        found = self.ask("GET", f"/api/v2/dags/{dag_id}/dagRuns", params={"limit": 100})["dag_runs"]
        return {run["dag_run_id"]: run["state"] for run in found}

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        found = self.ask("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {task["task_id"]: task for task in found}

    def log(self, dag_id: str, run_id: str, task_id: str) -> str:
        """What a task's last try has logged."""
        task = self.tasks(dag_id, run_id)[task_id]
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{task['try_number']}"
        return str(self.ask("GET", path, params={"full_content": True}))

    def clear(self, dag_id: str, run_id: str) -> None:
        """Run the failed tasks of a run again, as somebody does who has mended what they failed of."""
        body = {"dry_run": False, "dag_run_id": run_id, "only_failed": True, "include_downstream": True}
        self.ask("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", json=body)

    def ended(self, dag_id: str, run_id: str) -> str:
        """How a run ended."""
        return waited_for(
            lambda: state if (state := self.runs(dag_id).get(run_id)) in ("success", "failed") else None,
            f"{dag_id} {run_id}",
            600,
        )


@contextmanager
def running(
    folder: Path, company: Path, *, commands: Mapping[str, tuple[str, ...]] = PROCESSES, **more: str
) -> Iterator[Service]:
    """A service that was prepared as the README says, healthy, with its DAGs running.

    A `{database}` in one of `more` becomes the port of PostgreSQL.
    """
    home = folder / "airflow"
    for place in (home / "dags", folder / "inbox"):
        place.mkdir(parents=True)
    (home / "dags" / "tolerance_dags.py").symlink_to(company / "dags" / "tolerance_dags.py")
    api, health = postgres.free_port(), postgres.free_port()
    with postgres.running("airflow", "airflow", password=PASSWORD) as database:
        environment = {
            "PATH": f"{_BIN}:{os.environ['PATH']}",
            "HOME": str(folder),
            "AIRFLOW_HOME": str(home),
            **shared_settings(),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://airflow@127.0.0.1:{database}/airflow",
            "PGPASSWORD": PASSWORD,
            "AIRFLOW__API_AUTH__JWT_SECRET": "the tests' own secret of a service",
            "AIRFLOW__CORE__FERNET_KEY": "VGhlIHRlc3RzJyBvd24ga2V5IG9mIDMyIGJ5dGVzISE=",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
            "AIRFLOW_ADMIN_PASSWORD": LOGIN,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{api}/execution/",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(api),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(health),
            "TOLERANCE_COMPANY": str(company),
            "TOLERANCE_EXTRACTS": str(folder / "inbox"),
            "TOLERANCE_STATE": str(folder / "state"),
            **{name: value.replace("{database}", str(database)) for name, value in more.items()},
        }
        subprocess.run([str(_BIN / "tolerance"), "prepare-service"], env=environment, check=True)
        service = Service(folder, environment, api, commands)
        try:
            for name in commands:
                service.start(name)
            waited_for(service.is_healthy, "a healthy service")
            service.log_in()
            yield service
        finally:
            service.stop()
