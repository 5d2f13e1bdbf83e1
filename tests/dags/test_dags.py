"""The DAG folder: what is in it, and that it stays thin."""

from __future__ import annotations

import ast
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tolerance.contracts import SOURCES

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "dags"
DELIVERY = "tolerance_deliver_alerts"
URGENT = "tolerance_urgent"
DAG_IDS = {*(f"tolerance_ingest_{source}" for source in SOURCES), "tolerance_daily", DELIVERY, URGENT}
INGESTION = ["land", "read", "expect", "load"]
DAILY = [
    "open_run",
    "build_staging",
    "build_intermediate",
    "build_marts",
    "audit",
    "publish",
    "export_alerts",
]

TASKS = {
    "tolerance_daily": DAILY,
    DELIVERY: ["deliver", "send_digest"],
    URGENT: ["tell_urgent"],
}

# Airflow reads its configuration when it is first imported: a process of its own keeps it out of ours.
_LOOK = """
import json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag({folder!r})
print("LOOKED " + json.dumps({{
    "errors": {{str(path): error for path, error in bag.import_errors.items()}},
    "dags": {{
        dag_id: {{
            "tasks": [task.task_id for task in dag.topological_sort()],
            "edges": sorted([task.task_id, down] for task in dag.tasks for down in task.downstream_task_ids),
            "doc": dag.doc_md,
            "catchup": dag.catchup,
            "max_active_runs": dag.max_active_runs,
            "timetable": dag.timetable.__class__.__name__,
            "pools": sorted({{task.pool for task in dag.tasks}}),
            "retries": sorted({{task.retries for task in dag.tasks}}),
            "undescribed": [task.task_id for task in dag.tasks if not task.doc_md],
            "unbounded": [task.task_id for task in dag.tasks if not task.execution_timeout],
            "unheard": [task.task_id for task in dag.tasks if not task.on_failure_callback],
        }}
        for dag_id, dag in bag.dags.items()
    }},
}}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, object]]]:
    import json

    home = tmp_path_factory.mktemp("airflow")
    looked = subprocess.run(
        [sys.executable, "-c", _LOOK.format(folder=str(DAGS))],
        env=os.environ
        | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in looked.stdout.splitlines() if line.startswith("LOOKED ")]
    assert lines, looked.stderr
    seen: dict[str, dict[str, dict[str, object]]] = json.loads(lines[0].removeprefix("LOOKED "))
    return seen


def test_the_folder_holds_exactly_the_documented_dags(folder: dict[str, dict[str, object]]) -> None:
    assert folder["errors"] == {}
    assert set(folder["dags"]) == DAG_IDS
    timetable = (DAGS / "README.md").read_text("utf-8")
    for dag_id in DAG_IDS:
        assert f"`{dag_id}`" in timetable


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_each_dag_runs_its_tasks_in_one_chain_and_tells_what_to_do_when_it_fails(
    folder: dict[str, dict[str, dict[str, object]]], dag_id: str
) -> None:
    dag = folder["dags"][dag_id]
    tasks = TASKS.get(dag_id, INGESTION)
    assert dag["tasks"] == tasks
    if dag_id == DELIVERY:  # a CRM that is out of order keeps nobody from the digest
        assert dag["edges"] == []
    else:  # each task waits for the one before it: a failed gate stops what follows
        for earlier, later in itertools.pairwise(tasks):
            assert [earlier, later] in dag["edges"]
    assert "If it fails:" in str(dag["doc"])
    assert dag["catchup"] is False
    assert dag["max_active_runs"] == 1


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_each_task_is_described_bounded_tried_again_and_heard_of(
    folder: dict[str, dict[str, dict[str, object]]], dag_id: str
) -> None:
    dag = folder["dags"][dag_id]
    assert dag["undescribed"] == dag["unbounded"] == []
    # What stops an urgent run stops the next one too, in two minutes; the daily run says what it is.
    assert dag["unheard"] == (["tell_urgent"] if dag_id == URGENT else [])
    assert dag["retries"] == ([0] if dag_id == URGENT else [2])
    # One writer of STATE: in a slot of their own its tasks wait for each other without holding one.
    assert dag["pools"] == (["default_pool"] if dag_id == DELIVERY else ["tolerance_state"])


def test_a_day_starts_when_all_is_ingested_and_at_its_deadline(
    folder: dict[str, dict[str, dict[str, object]]],
) -> None:
    assert folder["dags"]["tolerance_daily"]["timetable"] == "AssetOrTimeSchedule"


def test_the_export_is_the_last_task(folder: dict[str, dict[str, dict[str, object]]]) -> None:
    dag = folder["dags"]["tolerance_daily"]
    assert list(dag["tasks"])[-1] == "export_alerts"  # type: ignore[call-overload]
    assert not [edge for edge in dag["edges"] if edge[0] == "export_alerts"]  # type: ignore[attr-defined]


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


def test_only_the_glue_imports_airflow_at_its_top() -> None:
    modules = sorted((DAGS / "tolerance").rglob("*.py"))
    assert len(modules) > 20
    # local_run is the scheduler's stand-in: it imports Airflow inside functions, once it is configured.
    outside = [module for module in modules if module.parent.name != "orchestration"]
    assert [module.name for module in outside if "airflow" in _imports(module)] == ["local_run.py"]
    tree = ast.parse((DAGS / "tolerance" / "local_run.py").read_text("utf-8"))
    top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert not [node for node in top if "airflow" in ast.unparse(node)]


_FAIL = """
import sys
from types import SimpleNamespace
from tolerance import errors, lock
from tolerance.orchestration import step as module
from tolerance.orchestration.step import step
task = {"ti": SimpleNamespace(task_id="build_marts"), "params": {"as_of": "2026-11-20"}}
module.get_current_context = lambda: task
for error in (errors.ToleranceError("no use"), lock.StateBusyError("busy"), ValueError("ours")):
    try:
        with step("a step"):
            raise error
    except Exception as raised:
        print(f"RAISED {type(raised).__name__} {raised} {type(getattr(raised, 'fault', None)).__name__}")
"""


def test_a_fault_fails_its_task_with_a_sentence_and_is_tried_again_only_where_that_can_help(
    tmp_path: Path,
) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", _FAIL],
        env=os.environ | {"AIRFLOW_HOME": str(tmp_path), "TOLERANCE_STATE": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in finished.stdout.splitlines() if line.startswith("RAISED ")] == [
        "RAISED AirflowFailException no use ToleranceError",
        "RAISED AirflowException busy StateBusyError",
        "RAISED ValueError ours NoneType",
    ], finished.stderr
    recorded = (tmp_path / "state" / "runs" / "steps" / "2026-11-20.ndjson").read_text("utf-8").splitlines()
    assert [(line["step"], line["outcome"]) for line in map(json.loads, recorded)] == [
        ("build_marts", "failed")
    ] * 3


def test_the_library_never_reads_the_clock_for_a_business_date() -> None:
    forbidden = ("date.today(", "datetime.today(", "time.time(", "utcnow(")
    offenders = [
        f"{module.name}: {word}"
        for module in sorted((DAGS / "tolerance").rglob("*.py"))
        for word in forbidden
        if word in module.read_text("utf-8")
    ]
    assert offenders == []
    models = [*(ROOT / "models").rglob("*.sql"), *(ROOT / "macros").rglob("*.sql")]
    assert len(models) > 20
    for model in models:
        text = model.read_text("utf-8").lower()
        assert "now()" not in text
        assert "current_date" not in text
        assert "current_timestamp" not in text
