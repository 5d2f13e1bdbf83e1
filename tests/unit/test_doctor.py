"""The doctor finds each thing that is broken, says what to do, and changes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from tolerance import configured_airflow, doctor, files, inbox, runs
from tolerance.cli import main
from tolerance.file_modes import put_right
from tolerance.findings import Verdict
from tolerance.intake.land import land
from tolerance.intake.load import ensure_empty_sources, load
from tolerance.intake.read import read
from tolerance.lock import state_lock
from tolerance.state import State
from tolerance.storage import bytes_of_a_day

DAY = date(2026, 11, 20)
CALLS = "call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language\n"
HOUR = 3600


@pytest.fixture(autouse=True, scope="module")
def _quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "LOOK_INTERVAL_SECONDS", 0.0)
        patch.delenv("TOLERANCE_IDENTITY_KEY", raising=False)
        yield


def publish(state: State) -> None:
    """What a run leaves, as far as the doctor looks at it."""
    run = runs.open_run(state, DAY)
    state.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(state.warehouse)) as warehouse:
        warehouse.execute(f"create table int_run as select {run.run_no} as run_no")
    state.serving.parent.mkdir(exist_ok=True)
    with files.appearing(state.serving) as path, duckdb.connect(str(path)) as serving:
        serving.execute(
            f"create table audit_generation as select '{run.generation_id}' as generation_id, "
            f"date '{DAY}' as as_of_on"
        )
    runs.record_published(state, run)
    files.write_text(state.outbox / str(DAY) / "manifest.json", f'{{"generation_id": "{run.generation_id}"}}')


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    for source in ("customers", "faq", "mail", "tickets"):
        (folder / "in" / source).mkdir(parents=True)
        (folder / "in" / source / "a.csv").write_text(CALLS + "K1;C1;2026-11-01;;q;yes;t;fr\n")
    state = State(folder / "state")
    ensure_empty_sources(state)
    loaded_at = datetime(2026, 11, 21, tzinfo=UTC).replace(tzinfo=None)
    load_id = land("faq", folder / "in", DAY, state, loaded_at)
    assert load_id
    read("faq", load_id, state)
    load("faq", load_id, state)
    publish(state)
    put_right(state)
    return folder


@pytest.fixture
def state(sound: Path, tmp_path: Path) -> State:
    shutil.copytree(sound, tmp_path, dirs_exist_ok=True)
    return State(tmp_path / "state")


def examine(state: State) -> dict[str, doctor.Finding]:
    inbox._first_looks.clear()
    found = list(doctor.examine(state, state.root.parent / "in"))
    assert len({finding.check for finding in found}) == len(found)
    return {finding.check: finding for finding in found}


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_sound_state_is_ok_in_every_line_and_nothing_is_changed(state: State) -> None:
    before = everything(state.root)
    found = examine(state)
    assert list(found) == [
        *("python", "packages", "company", "connections", "inbox", "state", "disk", "clock", "modes", "key"),
        *("lock", "raw", "landing", "unfinished", "warehouse", "generation", "alert list", "deliveries"),
    ]
    assert {finding.check: finding.what for finding in found.values() if finding.verdict != Verdict.OK} == {}
    assert everything(state.root) == before


def test_a_state_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = list(doctor.examine(State(tmp_path / "state"), None))
    assert [finding.check for finding in found] == [
        *("python", "packages", "company", "connections", "state")
    ]
    assert not (tmp_path / "state").exists()


def _open_run(state: State) -> None:
    runs.open_run(state, date(2026, 11, 21))


def _plan(state: State) -> None:
    files.write_text(state.work / "mail" / "0123" / "plan.ndjson", "")


def _old_warehouse(state: State) -> None:
    old = state.warehouse.read_bytes()
    publish(state)
    state.warehouse.write_bytes(old)


def _unbalanced(state: State) -> None:
    (path,) = state.loads.glob("*-faq-*")
    path.write_text(path.read_text().replace('"landed_records":1', '"landed_records":2'))


def _old_file(state: State) -> None:
    then = state.serving.stat().st_mtime - 75 * HOUR
    os.utime(state.serving, (then, then))


def _forget_publication(state: State) -> None:
    for path in state.runs.glob("*.json"):
        path.write_text(path.read_text().replace('"published": true', '"published": false'))


def _delivery(state: State, *events: str) -> None:
    lines = [
        '{"event": "started", "format_version": 1, "line_no": 1, "unit": "alert", "most_tries": 5}',
        *(
            f'{{"event": "{event}", "line_no": {no}, "key": "a", "fingerprint": "f"}}'
            for no, event in enumerate(events, 2)
        ),
    ]
    path = state.deliveries / "crm" / "000001.ndjson"
    files.write_text(path, "\n".join(lines) + "\n")


def _written_tomorrow(state: State) -> None:
    (path,) = state.runs.glob("*.json")
    later = path.stat().st_mtime + 20 * HOUR
    os.utime(path, (later, later))


BROKEN: dict[str, tuple[Callable[[State], object], str, Verdict, str]] = {
    "key lost": (lambda s: s.identity_key.unlink(), "key", Verdict.PROBLEM, "put it back"),
    "key empty": (lambda s: s.identity_key.write_text(" "), "key", Verdict.PROBLEM, "holds no key"),
    "key public": (lambda s: s.identity_key.chmod(0o640), "key", Verdict.PROBLEM, "mode 640): chmod 600"),
    "killed run": (
        lambda s: (s.root / "run.lock.holder").write_text("1"),
        *("lock", Verdict.WARNING, "was killed"),
    ),
    "raw lost": (lambda s: shutil.rmtree(s.raw), "raw", Verdict.PROBLEM, "tolerance rebuild"),
    "unbalanced": (_unbalanced, "raw", Verdict.PROBLEM, "the counts of a.csv are wrong"),
    "landed lost": (
        lambda s: next(s.landing.iterdir()).unlink(),
        *("landing", Verdict.PROBLEM, "1 delivered files are gone or cut (a.csv)"),
    ),
    "landed cut": (
        lambda s: os.truncate(next(s.landing.iterdir()), 3),
        *("landing", Verdict.PROBLEM, "gone or cut"),
    ),
    "landed, not loaded": (
        lambda s: (s.landing / ("0" * 64)).write_text("x"),
        *("landing", Verdict.WARNING, "1 files were landed and never loaded"),
    ),
    "run unpublished": (_open_run, "unfinished", Verdict.WARNING, "1 runs, the last for 2026-11-21"),
    "load unfinished": (_plan, "unfinished", Verdict.WARNING, "the load of mail"),
    "rebuild unfinished": (
        lambda s: (s.work / "rebuild").mkdir(parents=True),
        *("unfinished", Verdict.WARNING, "a rebuild"),
    ),
    "warehouse lost": (lambda s: s.warehouse.unlink(), "warehouse", Verdict.WARNING, "missing"),
    "warehouse damaged": (
        lambda s: s.warehouse.write_text("none"),
        *("warehouse", Verdict.WARNING, "cannot be read"),
    ),
    "warehouse old": (_old_warehouse, "warehouse", Verdict.WARNING, "is of run 1, the published"),
    "nothing published": (
        lambda s: (s.serving.unlink(), _forget_publication(s)),
        *("generation", Verdict.WARNING, "run a date"),
    ),
    "published file lost": (
        lambda s: s.serving.unlink(),
        "generation",
        Verdict.PROBLEM,
        "run 2026-11-20 again",
    ),
    "published file damaged": (
        lambda s: s.serving.write_text("none"),
        *("generation", Verdict.PROBLEM, "cannot be read"),
    ),
    "published, not noted": (_forget_publication, "generation", Verdict.WARNING, "the next run corrects it"),
    "stale": (_old_file, "generation", Verdict.WARNING, "published 3 days ago: find out why"),
    "list missing": (lambda s: shutil.rmtree(s.outbox), "alert list", Verdict.WARNING, "next run writes it"),
    "inbox incomplete": (
        lambda s: (s.root.parent / "in" / "faq" / "a.csv.part").write_text(""),
        *("inbox", Verdict.WARNING, "1 files wait (faq/a.csv: a .part"),
    ),
    "inbox without mails": (
        lambda s: shutil.rmtree(s.root.parent / "in" / "mail"),
        *("inbox", Verdict.WARNING, "no file of mail"),
    ),
    "landed file open": (
        lambda s: next(s.landing.iterdir()).chmod(0o644),
        *("modes", Verdict.WARNING, "1 files or folders are open"),
    ),
    "published file open": (lambda s: s.serving.chmod(0o644), "modes", Verdict.WARNING, "serving/tolerance"),
    "state open": (lambda s: s.root.chmod(0o755), "modes", Verdict.WARNING, "the next run closes them"),
    "clock behind": (_written_tomorrow, "clock", Verdict.WARNING, "000001.json was written"),
    "refused by the CRM": (
        lambda s: _delivery(s, "sending", "refused"),
        *("deliveries", Verdict.WARNING, "1 at crm"),
    ),
    "mapping mistaken": (
        lambda s: (s.root.parent / "in" / "mappings.yml").write_text("profile: x"),
        *("inbox", Verdict.PROBLEM, "there is no such key"),
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_broken_is_found_with_what_to_do(state: State, how: str) -> None:
    break_it, check, verdict, words = BROKEN[how]
    break_it(state)
    found = examine(state)[check]
    assert found.verdict == verdict
    assert words in found.what


def test_a_disk_too_small_for_a_rebuild_is_a_warning_and_for_a_generation_a_problem(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(state.root)
    for spare, verdict in ((100, Verdict.WARNING), (-100, Verdict.PROBLEM)):
        free = bytes_of_a_day(state) + spare
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        assert examine(state)["disk"].verdict == verdict


def test_who_holds_the_state_is_told_and_the_warehouse_is_left_alone(state: State) -> None:
    with state_lock(state):
        found = examine(state)
    assert found["lock"].verdict == Verdict.WARNING
    assert f"in use by process {os.getpid()} since" in found["lock"].what
    assert "not looked at" in found["warehouse"].what


def test_a_package_of_another_version_than_the_locks_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "duckdb==0.1 \\\n    --hash=sha256:00\nnothing==1 ; python_version < '3'\nnothing-else==2\n"
    )
    found = doctor._packages(lock)
    assert found.verdict == Verdict.PROBLEM
    assert found.what.startswith("2 of 3 differ from the lock (duckdb ")
    assert "nothing-else missing instead of 2" in found.what


def test_folders_on_another_file_system_are_a_problem(state: State) -> None:
    if Path("/dev/shm").stat().st_dev == state.root.stat().st_dev:
        pytest.skip("one file system only")
    shutil.rmtree(state.landing)
    state.landing.symlink_to("/dev/shm")
    found = examine(state)["state"]
    assert found.verdict == Verdict.PROBLEM
    assert found.what.startswith("landing are on another file system")


def test_the_exit_code_is_1_for_a_problem_and_0_for_a_warning(state: State) -> None:
    def examined() -> tuple[int, str]:
        result = CliRunner().invoke(main, ["doctor", "--state", str(state.root)])
        return result.exit_code, result.output

    state.warehouse.unlink()
    code, output = examined()
    assert (code, "warning" in output, "problem" in output) == (0, True, False)
    state.identity_key.unlink()
    code, output = examined()
    assert (code, "problem" in output) == (1, True)


def test_what_a_crm_accepted_is_ok(state: State) -> None:
    _delivery(state, "sending", "refused", "sending", "accepted")
    assert examine(state)["deliveries"].verdict == Verdict.OK


def test_a_date_to_come_that_was_published_makes_the_clock_doubtful(state: State) -> None:
    then = datetime(2026, 11, 18, tzinfo=UTC)
    for path in state.root.rglob("*"):
        os.utime(path, (then.timestamp(), then.timestamp()))
    found = doctor._clock(state, then)
    assert found.verdict == Verdict.WARNING
    assert "2026-11-20 is published" in found.what


def test_an_installed_wheel_without_a_lock_is_compared_with_what_it_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = doctor._packages(tmp_path / "requirements.lock")
    assert found.verdict == Verdict.OK
    assert "duckdb 1." in found.what
    monkeypatch.setattr(doctor, "_installed", lambda name: None if name == "babel" else "0.1")
    found = doctor._packages(tmp_path / "requirements.lock")
    assert found.verdict == Verdict.PROBLEM
    assert "apache-airflow 0.1 instead of" in found.what


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """What Airflow's commands answer; the variables that tell of an Airflow are none of this machine's."""
    for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
        monkeypatch.delenv(name)
    answers: dict[str, str | None] = {}
    monkeypatch.setattr(configured_airflow, "_airflow", lambda *command: answers.get(command[0]))
    return answers


def _of_airflow() -> dict[str, doctor.Finding]:
    return {finding.check: finding for finding in configured_airflow.examine_airflow()}


@pytest.mark.usefixtures("asked")
def test_a_connection_that_a_setting_names_and_airflow_does_not_know_is_a_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _of_airflow()["connections"].verdict == Verdict.OK
    monkeypatch.setenv("TOLERANCE_DIGEST", "mail:crm@example.com,slack:team")
    monkeypatch.setenv("TOLERANCE_ON_FAILURE", "webhook:night")
    found = _of_airflow()
    assert {*found} == {"connections"}, "where no Airflow is configured nothing is said of its DAGs"
    assert found["connections"].verdict == Verdict.PROBLEM
    for name in (
        "smtp_default (TOLERANCE_DIGEST)",
        "team (TOLERANCE_DIGEST)",
        "night (TOLERANCE_ON_FAILURE)",
    ):
        assert name in found["connections"].what
    for name in ("SMTP_DEFAULT", "TEAM", "NIGHT"):
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", "http://there")
    assert _of_airflow()["connections"].verdict == Verdict.OK
    monkeypatch.setenv("TOLERANCE_DIGEST", "pigeon:x")
    assert "names 'pigeon:x'" in _of_airflow()["connections"].what


def test_paused_dags_of_ours_are_named_and_those_of_others_are_not(
    asked: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////none")
    assert _of_airflow()["dags"].verdict == Verdict.PROBLEM
    asked["dags"] = "No data found"
    assert "knows no DAG tolerance_" in _of_airflow()["dags"].what
    asked["dags"] = '2026 [warning  ] no graphviz\n[{"dag_id": "others", "is_paused": "True"}]'
    assert "knows no DAG tolerance_" in _of_airflow()["dags"].what
    asked["dags"] = (
        '[{"dag_id": "others", "is_paused": "True"}, {"dag_id": "tolerance_daily", "is_paused": "True"}, '
        '{"dag_id": "tolerance_ingest_mail", "is_paused": "False"}]'
    )
    found = _of_airflow()["dags"]
    assert found.verdict == Verdict.WARNING
    assert found.what.startswith("tolerance_daily paused")
    asked["dags"] = asked["dags"].replace("True", "False")
    assert _of_airflow()["dags"].what == "all 2 run"


@pytest.mark.parametrize(
    ("pools", "verdict", "what"),
    [
        ("", Verdict.PROBLEM, "tolerance_state is missing, so no task starts: `airflow pools set"),
        ('{"pool": "tolerance_state", "slots": "1"}', Verdict.OK, "tolerance_state has its one slot"),
        ('{"pool": "tolerance_state", "slots": "0"}', Verdict.PROBLEM, "has 0 slots instead of one"),
    ],
)
def test_the_pool_without_which_no_task_starts_has_one_slot(
    asked: dict[str, str | None],
    monkeypatch: pytest.MonkeyPatch,
    pools: str,
    verdict: Verdict,
    what: str,
) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////none")
    assert _of_airflow()["pool"].verdict == Verdict.WARNING
    asked["pools"] = f"a warning\n[{pools}]"
    found = _of_airflow()["pool"]
    assert found.verdict == verdict
    assert what in found.what
