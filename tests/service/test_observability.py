"""With the settings of `docs/observability.md` a run of a DAG is seen by StatsD and by OpenLineage."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import REPOSITORY
from tests.fixtures.packages import installed
from tests.properties.records import Customer, write_file
from tests.service.test_four_days import DAYS
from tolerance.settings import PROJECT_ROOT

pytestmark = pytest.mark.service

DAG = "tolerance_ingest_customers"
_RUN = """
import sys
from airflow.dag_processing.dagbag import DagBag

dag = DagBag(sys.argv[1]).dags[sys.argv[2]]
print("ENDED", dag.test(run_conf={"as_of": sys.argv[3]}).state)
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed("observability.lock", tmp_path_factory.mktemp("observability"))


def documented() -> dict[str, str]:
    """The settings of the page, as the lines to paste."""
    text = (REPOSITORY / "docs" / "observability.md").read_text("utf-8")
    lines = [
        line for block in re.findall(r"```ini\n(.*?)```", text, re.DOTALL) for line in block.splitlines()
    ]
    return dict(line.split("=", 1) for line in lines)


def test_a_run_is_seen_by_statsd_and_openlineage_and_no_record_in_it(packages: Path, tmp_path: Path) -> None:
    write_file(tmp_path / "inbox", "customers.csv", DAYS[0], [Customer("SECRET-1", ("secret@example.org",))])
    events = tmp_path / "lineage.json"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(0.5)
        daemon.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        settings = {name: value for name, value in documented().items() if not name.startswith("OTEL")}
        assert settings.keys() >= {"AIRFLOW__METRICS__STATSD_ON", "AIRFLOW__OPENLINEAGE__TRANSPORT"}
        del settings["AIRFLOW__METRICS__OTEL_ON"]  # Airflow sends to one of the two
        to_file = {"type": "file", "log_file_path": str(events), "append": True}
        environment = os.environ | {
            "PYTHONPATH": str(packages),
            "AIRFLOW_HOME": str(tmp_path / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
            "TOLERANCE_STATE": str(tmp_path / "state"),
            "TOLERANCE_EXTRACTS": str(tmp_path / "inbox"),
            "TOLERANCE_IDENTITY_KEY": "of the tests",
            **settings,
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(daemon.getsockname()[1]),
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(to_file),
        }
        airflow = Path(sys.executable).with_name("airflow")
        subprocess.run([airflow, "db", "migrate"], env=environment, check=True, capture_output=True)
        dags = PROJECT_ROOT / "dags" / "tolerance_dags.py"
        ran = subprocess.run(
            [sys.executable, "-c", _RUN, str(dags), DAG, DAYS[0].isoformat()],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert "ENDED success" in ran.stdout, ran.stdout[-3000:] + ran.stderr[-3000:]
        lines = []
        try:
            while True:
                lines += daemon.recv(65536).decode().splitlines()
        except TimeoutError:
            pass
    assert any(re.match(rf"airflow\.ti\.finish.*{DAG}.*land.*success.*:1\|c", line) for line in lines), lines[
        :40
    ]
    told = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
    of_load = {event["eventType"] for event in told if event["job"]["name"] == f"{DAG}.load"}
    assert of_load == {"START", "COMPLETE"}
    assert {event["job"]["namespace"] for event in told} == {"tolerance"}
    for text in (*lines, events.read_text("utf-8")):
        assert "secret" not in text.lower()
