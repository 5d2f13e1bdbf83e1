"""What surrounds a run changes nothing in it: another project's environment, a closed terminal, a link to a
secret, files that others may read, a signal.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest

from tests.e2e.conftest import Cycle, Inbox, published, published_rows, ticket
from tests.fixtures import canaries
from tolerance.contracts import CONTRACTS

DAY = date(2026, 10, 28)
CANARY = "canary-5b1f3c"
SHARED = ("serving", "outbox", "inbox_crm")
OF_ANOTHER_PROJECT = {
    "HOME": "/nowhere",
    "DBT_EMPTY": "1",
    "DBT_TARGET": "elsewhere",
    "DBT_PROFILES_DIR": "/nowhere",
    "DBT_FULL_REFRESH": "1",
    "DBT_PROJECT_DIR": "/nowhere",
    "DBT_WARN_ERROR_OPTIONS": "nonsense",
    "AIRFLOW_HOME": "/nowhere",
    "AIRFLOW__CORE__EXECUTOR": "NoSuchExecutor",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://nobody@nowhere/none",
    "AIRFLOW__CORE__DAGS_FOLDER": "/nowhere",
    "TOLERANCE_STATE_LOCK_HELD": "/nowhere",
    "TOLERANCE_STATE": "/nowhere",
    "TOLERANCE_SEEDS": "/nowhere",
    "TOLERANCE_EXTRACTS": "/nowhere",
}
"""What a shell may hold that has nothing to do with the run."""
Surrounded = tuple[Inbox, Path, "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def surrounded(
    tmp_path_factory: pytest.TempPathFactory,
) -> Surrounded:
    """A first run in hostile surroundings. Gives inbox, state, and the finished process."""
    folder = tmp_path_factory.mktemp("surroundings")
    (folder / "secret").write_text(f"customer_id;email\n{CANARY};x@y.test\n", "utf-8")
    inbox = Inbox(folder / "inbox")
    inbox.customers(f"A;{CANARY}@example.test;;2020-01-01;;fr", "B;;;2020-01-01;;fr")
    inbox.tickets(ticket("1", "A", DAY), ticket("2", "B", DAY - timedelta(days=60)))
    _deliver_canaries(inbox)
    (inbox.root / "customers" / "2026-10-27").mkdir()
    (inbox.root / "customers" / "2026-10-27" / "linked.csv").symlink_to(folder / "secret")
    state = folder / "état de l été"
    (state / "landing").mkdir(parents=True, mode=0o777)
    (state / "landing" / "of an earlier release").write_text(CANARY, "utf-8")
    (state / "landing" / "of an earlier release").chmod(0o666)
    modules = folder / "modules"
    modules.mkdir()
    for name in ("duckdb", "click", "yaml", "dbt"):
        (modules / f"{name}.py").write_text("raise SystemExit('a module of another project')", "utf-8")
    reading, writing = os.pipe()
    os.close(reading)  # nobody looks at the terminal
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "tolerance", "run", "--extracts", str(inbox.root)),
            *("--state", str(state), "--as-of", DAY.isoformat()),
        ],
        env={
            **OF_ANOTHER_PROJECT,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{modules}",
            "TOLERANCE_STATE_LOCK_HELD": str(state),
        },
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    return inbox, state, finished


def _deliver_canaries(inbox: Inbox) -> None:
    """A customer who breaks, a call and a mail of nobody, each with a word in every field that is secret."""
    who = {"customer_id": "canary", "tags": "product_defect", "type": "incident"}
    for source, records in {
        "customers": [{**who, "relationship_ended_on": ""}],
        "faq": [who, {"call_id": "2", "customer_id": "", "faq_code": "", "answered": "no"}],
        "tickets": [{**who, "ticket_id": f"canary_{n}", "status": "open"} for n in (1, 2)],
    }.items():
        contract = CONTRACTS[source]
        lines = [canaries.header(contract), *(canaries.line(contract, **record) for record in records)]
        inbox.write(source, "canaries.csv", "\n".join([*lines, ""]))
    inbox.write("mail", "canary.eml", canaries.MAIL)


def below(state: Path) -> Iterator[tuple[Path, int]]:
    for path in (state, *state.rglob("*")):
        if not path.is_symlink():
            yield path, stat.S_IMODE(path.stat().st_mode)


def test_a_run_ends_well_whatever_the_environment_says_and_with_nobody_looking(
    surrounded: Surrounded,
) -> None:
    _, state, finished = surrounded
    assert finished.returncode == 0, finished.stderr
    assert "Traceback" not in finished.stderr
    rows = published_rows(state)
    assert len(rows["fct_incident"]) == 4
    assert len(rows["dim_customer"]) == 3
    assert (state / "outbox" / "crm" / DAY.isoformat() / "manifest.json").exists()


def test_what_holds_personal_data_is_its_owners_alone_and_the_rest_its_groups(surrounded: Surrounded) -> None:
    _, state, _ = surrounded
    for path, mode in below(state):
        if path == state:
            wanted = 0o711
        elif path.relative_to(state).parts[0] in SHARED:
            wanted = 0o750 if path.is_dir() else 0o640
        else:
            wanted = mode & 0o700
        assert mode == wanted, f"{path}: {mode:o}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look with another user's eyes")
def test_another_user_reads_no_secret(
    surrounded: Surrounded, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _, state, _ = surrounded
    holding = [path for path, _ in below(state) if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert holding, "the canary was landed nowhere: the test looks for nothing"
    for folder in state.parents:  # only the state itself is to keep the secret
        if folder.is_relative_to(tmp_path_factory.getbasetemp().parent):
            folder.chmod(0o755)
    readable = []
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(65534)
    os.seteuid(65534)
    try:
        for path in holding:
            with suppress(OSError), path.open("rb"):
                readable.append(path)
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
    assert readable == []


def _text_of(path: Path) -> str:
    if not zipfile.is_zipfile(path):
        return path.read_text("utf-8")
    with zipfile.ZipFile(path) as workbook:
        return " ".join(workbook.read(name).decode("utf-8") for name in workbook.namelist())


def test_no_field_that_is_secret_is_published_listed_or_told(surrounded: Surrounded) -> None:
    _, state, finished = surrounded
    cycle = Cycle(state, finished)
    tables = cycle.rows("select table_schema, table_name from information_schema.tables")
    texts = [str(row) for schema, table in tables for row in cycle.rows(f"from {schema}.{table}")]
    assert any("canary_1" in text for text in texts), "the customer with the secrets is published"
    unknown = cycle.rows("select native_id, file_name from main.audit_contact_review where source = 'mail'")
    assert [name for _, name in unknown] == ["canary.eml"]
    (alerts,) = (state / "outbox" / "crm").rglob("alerts.csv")
    assert "canary" in alerts.read_text("utf-8")
    texts += [_text_of(path) for path in (state / "outbox").rglob("*") if path.is_file()]
    texts += [finished.stderr, (state / "airflow" / "logs" / "run.log").read_text("utf-8")]
    texts += [path.read_text("utf-8") for path in (state / "runs").glob("*.json")]
    assert not [text for text in texts if canaries.CANARY in text.lower()]
    landed = [path.read_text("utf-8") for path in (state / "landing").iterdir()]
    assert sum(canaries.CANARY in text for text in landed) == 4, "they are there to be found"


def test_a_link_to_a_secret_is_told_and_its_target_nowhere(surrounded: Surrounded) -> None:
    _, state, _ = surrounded
    for path, _ in below(state):
        assert path.is_dir() or f"{CANARY};x@y.test".encode() not in path.read_bytes()
    with duckdb.connect(str(state / "warehouse.duckdb"), read_only=True) as warehouse:
        found = warehouse.execute("select 1 from int_customers where customer_id = $1", [CANARY]).fetchall()
    assert found == []
    log = (state / "airflow" / "logs" / "run.log").read_text("utf-8")
    assert "linked.csv is not ingested yet: it is a link that leads out of the inbox" in log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_and_its_children_and_nothing_is_published(
    surrounded: Surrounded, number: signal.Signals
) -> None:
    inbox, state, _ = surrounded
    before = (state / "serving" / "tolerance.duckdb").read_bytes()
    # A shell's background job ignores Ctrl-C, and its children too: then these would do so rightly.
    former = signal.signal(number, signal.SIG_DFL)
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "tolerance", "run", "--extracts", str(inbox.root)),
            *("--state", str(state), "--as-of", (DAY + timedelta(days=1)).isoformat()),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        signal.signal(number, former)
        assert run.stdout is not None
        assert run.stderr is not None
        awaited = "building staging" if number == signal.SIGTERM else "looking into the inbox"
        assert any(awaited in line for line in run.stdout)
        run.send_signal(number)
        run.wait(10)
        told = run.stderr.read()
    assert run.returncode == 128 + number
    assert told == f"Stopped by {number.name} before the end: run the same date again, which makes it good.\n"
    assert not processes_of(run.pid)
    assert (state / "serving" / "tolerance.duckdb").read_bytes() == before
    assert not (state / "outbox" / "crm" / (DAY + timedelta(days=1)).isoformat()).exists()


def processes_of(session: int, patience: float = 10) -> list[int]:
    """The processes of a session that still live after some seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        alive = []
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text("utf-8", "replace").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                alive.append(int(entry.parent.name))
        if not alive:
            return []
        time.sleep(0.1)
    return alive


STRANGE_INBOXES = (
    "o'brien [1] {a} #%20 ?",
    "{{ target.name }}",
    "-- ; drop table",
    "état de l été",
    "*.duckdb",
)
HOSTILE_DAYS = 5


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", STRANGE_INBOXES)
def test_days_in_ever_other_surroundings_end_as_in_quiet_ones(name: str, tmp_path: Path) -> None:
    random = Random(name)
    quiet, strange = Inbox(tmp_path / "inbox"), Inbox(tmp_path / "inbox of" / name)
    calm, troubled = tmp_path / "quiet", tmp_path / "états de l été"
    (tmp_path / "secret").write_text(f"customer_id;email\n{CANARY};x@y.test\n", "utf-8")
    for number in range(HOSTILE_DAYS):
        day = DAY + timedelta(days=number)
        for inbox in (quiet, strange):
            inbox.customers("A;;;2020-01-01;;fr", "B;;;2020-01-01;;fr", name=f"{day}/customers.csv")
            inbox.tickets(
                ticket(f"{number}", "AB"[number % 2], day - timedelta(days=5 * number)), name=f"{day}/t.csv"
            )
        _put_strange_things(strange.root / "tickets" / f"{day}", tmp_path / "secret", random)
        published(quiet.root, calm, day)
        chosen = random.sample(sorted(OF_ANOTHER_PROJECT), k=random.randint(1, len(OF_ANOTHER_PROJECT)))
        finished = _run_with_nobody_looking(
            strange,
            troubled,
            day,
            environment={each: OF_ANOTHER_PROJECT[each] for each in chosen},
            umask=random.choice((0o000, 0o022, 0o077, 0o777)),
        )
        assert finished.returncode == 0, finished.stderr
        assert "Traceback" not in finished.stderr
    assert published_rows(troubled) == published_rows(calm)
    assert _lists(troubled) == _lists(calm)
    for path, mode in below(troubled):
        assert mode & 0o007 == (0o001 if path == troubled else 0), f"{path}: {mode:o}"
        assert path.is_dir() or f"{CANARY};x@y.test".encode() not in path.read_bytes()


def _put_strange_things(folder: Path, secret: Path, random: Random) -> None:
    """What somebody with a right to deliver may put beside the files."""
    for thing in random.sample(("link", "device", "pipe", "environment", "loop"), k=3):
        path = folder / f"{thing}.csv"
        if thing == "pipe":
            os.mkfifo(path)
        else:
            target = {"link": secret, "device": Path("/dev/zero"), "environment": Path("/proc/self/environ")}
            path.symlink_to(target.get(thing, path))


def _run_with_nobody_looking(
    inbox: Inbox, state: Path, day: date, *, environment: dict[str, str], umask: int
) -> subprocess.CompletedProcess[str]:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [
                *(sys.executable, "-m", "tolerance", "run", "--extracts", str(inbox.root)),
                *("--state", str(state), "--as-of", day.isoformat()),
            ],
            env={"PATH": os.environ["PATH"], **environment},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            umask=umask,
            check=False,
        )
    finally:
        os.close(writing)


def _lists(state: Path) -> dict[str, bytes]:
    outbox = state / "outbox"
    return {f"{path.relative_to(outbox)}": path.read_bytes() for path in outbox.rglob("alerts.csv")}
