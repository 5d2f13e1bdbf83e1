"""The worker of docker-compose.yml makes what LocalExecutor makes, even a killed one."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fixtures import redis
from tests.fixtures.packages import installed
from tests.service import services
from tests.service.services import COMPOSE, PROCESSES, Service, waited_for
from tests.service.test_four_days import (
    DAILY,
    DAYS,
    deliver,
    holder,
    ingest,
    new_run,
    published_on,
    unlike_quiet_days,
    wait_for_task,
)

pytestmark = pytest.mark.service

BROKER = {"REDIS_PASSWORD": "a-password_of-the-broker", "REDISCLI_AUTH": "a-password_of-the-broker"}
DAY = DAYS[0]
_BIN = Path(sys.executable).parent
_WORKER = COMPOSE["services"]["worker"]
_REDIS = COMPOSE["services"]["redis"]


def in_shell(text: str) -> str:
    """What a container's shell gets of a compose file's text."""
    return text.replace("$$", "$")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company") / "own"
    subprocess.run([str(_BIN / "tolerance"), "init", str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def broker() -> Iterator[int]:
    with redis.running(in_shell(_REDIS["command"][2]), {"PATH": os.environ["PATH"], **BROKER}) as port:
        yield port


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, company: Path, broker: int) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("celery")
    packages = installed("celery.lock", tmp_path_factory.mktemp("packages"))
    of_stack = _WORKER["environment"]
    settings = {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": of_stack["AIRFLOW__CELERY__BROKER_URL"]
        .replace("${REDIS_PASSWORD:-}", BROKER["REDIS_PASSWORD"])
        .replace("redis:6379", f"127.0.0.1:{broker}"),
        "AIRFLOW__CELERY__RESULT_BACKEND": of_stack["AIRFLOW__CELERY__RESULT_BACKEND"].replace(
            "@postgres/", "@127.0.0.1:{database}/"
        ),
        "REDIS_PASSWORD": BROKER["REDIS_PASSWORD"],
        "PYTHONPATH": str(packages),
        "PATH": f"{packages}/bin:{_BIN}:{os.environ['PATH']}",
        "HOSTNAME": socket.gethostname(),
    }
    quick = {
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "40",
    }
    commands = {**PROCESSES, "worker": tuple(shlex.split(_WORKER["command"]))}
    identity = {"TOLERANCE_IDENTITY_KEY": "of the tests"}
    with services.running(folder, company, commands=commands, **settings, **quick, **identity) as running:
        waited_for(lambda: True if DAILY in running.dag_ids() else None, "the DAGs")
        yield running


def is_well(service: Service) -> bool:
    """What the health check of the compose file says."""
    asked = ["sh", "-c", in_shell(_WORKER["healthcheck"]["test"][1])]
    return subprocess.run(asked, env=service.environment, capture_output=True, check=False).returncode == 0


def taken_twice(service: Service) -> set[str]:
    """The messages that came again."""
    log = (service.folder / "worker.log").read_text("utf-8", "replace")
    taken = Counter(re.findall(r"execute_workload\[([\w-]+)\] received", log))
    return {message for message, times in taken.items() if times > 1}


def test_the_broker_refuses_whoever_has_no_password(broker: int) -> None:
    with_it = {"PATH": os.environ["PATH"], **BROKER}
    asked = ["redis-cli", "-p", str(broker), *_REDIS["healthcheck"]["test"][2:]]
    assert subprocess.run(asked, env=with_it, capture_output=True, check=False).returncode == 0
    without = {"PATH": os.environ["PATH"]}
    assert subprocess.run(asked, env=without, capture_output=True, check=False).returncode != 0
    started = ["sh", "-c", in_shell(_REDIS["command"][2])]
    refused = subprocess.run(started, env=without, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "see .env.example" in refused.stderr


def test_a_day_of_a_worker_that_is_killed_and_starts_again_is_published(service: Service) -> None:
    assert is_well(service)
    deliver(service.extracts, DAY)
    assert {*ingest(service, DAY).values()} == {"success"}
    run_id = new_run(service, set())
    working = wait_for_task(service, run_id, "build_intermediate")
    service.kill("worker")
    with suppress(ProcessLookupError):  # a machine that goes down takes the task with it
        os.kill(working, signal.SIGKILL)
    assert not is_well(service)
    service.start("worker")
    assert service.ended(DAILY, run_id) == "success"
    tasks = service.tasks(DAILY, run_id)
    assert tasks["build_intermediate"]["try_number"] == 2
    waited_for(lambda: taken_twice(service) or None, "the message that the killed worker had taken")
    assert is_well(service)
    assert published_on(service) == {DAY}
    assert "tolerance" in service.log(DAILY, run_id, "build_intermediate")  # a file, without a log server


def test_table_and_list_are_those_of_a_quiet_day(service: Service, company: Path, tmp_path: Path) -> None:
    assert unlike_quiet_days(service, company, [DAY], tmp_path) == []


def test_no_password_is_in_a_log_and_nothing_listens_but_on_this_machine(service: Service) -> None:
    for log in service.folder.glob("*.log"):
        text = log.read_text("utf-8", "replace")
        for secret in (BROKER["REDIS_PASSWORD"], services.PASSWORD, services.LOGIN):
            assert secret not in text, log.name
    assert service.listening_on() == {"127.0.0.1"}


def test_the_stack_with_a_worker_stops_cleanly(service: Service) -> None:
    assert service.stop() == []
    assert holder(service) is None
