"""The wheel on a machine without a checkout: in an empty environment, and in an Airflow with other DAGs."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests import REPOSITORY
from tests.e2e.test_golden_numbers import AS_OF, BALANCES, REMAINS, SERIES, golden_inbox
from tolerance.contracts import NEEDED, SOURCES

pytestmark = pytest.mark.service

OTHERS = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

for name in ("ingest_mail", "daily"):
    with DAG(name, schedule=None):
        EmptyOperator(task_id="of_somebody_else")
"""

LOOK = """
import json, sys
from airflow.dag_processing.dagbag import DagBag

bag = DagBag(sys.argv[1])
states = {}
for dag_id in sys.argv[3:]:
    states[dag_id] = str(bag.dags[dag_id].test(run_conf={"as_of": sys.argv[2]}).state)
print("LOOKED " + json.dumps({
    "errors": [str(error) for error in bag.import_errors.values()],
    "dags": {dag_id: dag.fileloc for dag_id, dag in bag.dags.items()},
    "states": states,
}))
"""


class Machine:
    """An environment with the wheel in it, and nothing of the checkout or of this process's surroundings."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": f"{folder}/venv/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "AIRFLOW_HOME": str(folder / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "airflow" / "dags"),
        }
        uv = Path(sys.executable).with_name("uv")
        python = folder / "venv" / "bin" / "python"
        lock = REPOSITORY / "requirements.lock"
        into = (uv, "pip", "install", "--quiet", "--python", python, "--compile-bytecode")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
        subprocess.run([*into, "--require-hashes", "--requirement", lock], check=True)
        subprocess.run([*into, "--no-deps", wheel], check=True)

    def __call__(self, *command: str | Path, **more: str) -> str:
        finished = subprocess.run(
            [self.folder / "venv" / "bin" / command[0], *command[1:]],
            env=self.environment | more,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-4000:]
        return finished.stdout

    def packages(self) -> dict[str, tuple[int, int]]:
        """All that is installed, folders too: who writes and takes away again changes the folder's time."""
        [places] = self.folder.glob("venv/lib/python*/site-packages")
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in (places, *places.rglob("*"))
        }

    def look(self, *run: str, **more: str) -> dict[str, dict[str, str]]:
        """What Airflow makes of its DAG folder, after the DAGs of `run` ran."""
        told = self("python", "-c", LOOK, self.folder / "airflow" / "dags", str(AS_OF), *run, **more)
        [line] = [line for line in told.splitlines() if line.startswith("LOOKED ")]
        found: dict[str, dict[str, str]] = json.loads(line.removeprefix("LOOKED "))
        return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(["make", "wheel", f"OUT={folder}"], cwd=REPOSITORY, check=True)
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def machine(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    machine = Machine(tmp_path_factory.mktemp("machine"), wheel)
    golden_inbox(machine.folder / "inbox")
    machine("tolerance", "init", "company")
    return machine


def wrong_numbers(state: Path) -> list[str]:
    """The customers of the golden numbers whose published number is another."""
    with duckdb.connect(str(state / "serving" / "tolerance.duckdb"), read_only=True) as serving:
        current = {
            name: (remembered, balance)
            for name, remembered, balance in serving.execute(
                "select customer_id, remembered_points, balance_points from main.fct_tolerance_current"
            ).fetchall()
        }
        last = dict(
            serving.execute(
                "select customer_id, arg_max(balance_after_points, (occurred_on, -balance_after_points)) "
                "from main.fct_tolerance_ledger group by customer_id"
            ).fetchall()
        )
    assert len(current) == len(REMAINS) + len(SERIES) + 1
    return [
        *(
            f"one_{months}"
            for months, points in REMAINS.items()
            if current[f"one_{months}"][0] != Decimal(points)
        ),
        *(
            f"one_{months}"
            for months, points in BALANCES.items()
            if current[f"one_{months}"][1] != Decimal(points)
        ),
        *(
            name
            for name, (_, points, _) in SERIES.items()
            if abs(Decimal(str(last[name])) - Decimal(points)) >= Decimal("0.001")
        ),
    ]


def test_the_wheel_has_no_top_level_package_but_tolerance(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        top = {name.split("/")[0] for name in packed.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"tolerance"}


def test_in_an_empty_environment_it_says_its_version_and_computes_the_golden_numbers(
    machine: Machine,
) -> None:
    assert "tolerance 0." in machine("tolerance", "--version")
    before = machine.packages()
    company = {"TOLERANCE_COMPANY": str(machine.folder / "company")}
    arguments = ("--extracts", "inbox", "--state", "state", "--as-of", str(AS_OF))
    told = json.loads(machine("tolerance", "run", *arguments, "--json", **company))
    assert told["as_of_on"] == str(AS_OF)
    assert wrong_numbers(machine.folder / "state") == []
    assert machine.packages() == before, "a run writes nothing where the package is installed"


def test_in_an_airflow_with_dags_of_others_both_are_there_and_ours_compute_the_golden_numbers(
    machine: Machine,
) -> None:
    dags = machine.folder / "airflow" / "dags"
    dags.mkdir(parents=True)
    (dags / "others.py").write_text(OTHERS, "utf-8")
    (dags / "tolerance_dags.py").symlink_to(machine.folder / "company" / "dags" / "tolerance_dags.py")
    variables = {
        "TOLERANCE_COMPANY": str(machine.folder / "company"),
        "TOLERANCE_EXTRACTS": str(machine.folder / "inbox"),
        "TOLERANCE_STATE": str(machine.folder / "state_of_airflow"),
    }
    machine("airflow", "db", "migrate", **variables)
    found = machine.look(**variables)
    assert found["errors"] == []
    of_others = {dag_id for dag_id, file in found["dags"].items() if file.endswith("others.py")}
    assert of_others == {"ingest_mail", "daily"}
    assert {*found["dags"]} - of_others >= {
        "tolerance_daily",
        *(f"tolerance_ingest_{source}" for source in SOURCES),
    }
    assert all(dag_id.startswith("tolerance_") for dag_id in {*found["dags"]} - of_others)

    settings = machine.folder / "company" / "settings.yml"
    settings.write_text(
        settings.read_text("utf-8").replace("# dag_prefix: tolerance_", "dag_prefix: loyalty_")
    )
    ours = (*(f"loyalty_ingest_{source}" for source in SOURCES if source in NEEDED), "loyalty_daily")
    found = machine.look(*ours, **variables)
    assert found["errors"] == []
    assert {dag_id for dag_id in found["dags"] if not dag_id.startswith("loyalty_")} == {
        "ingest_mail",
        "daily",
    }
    assert {*found["states"].values()} == {"success"}, found["states"]
    assert wrong_numbers(Path(variables["TOLERANCE_STATE"])) == []
