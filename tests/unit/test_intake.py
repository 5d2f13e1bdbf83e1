"""The four steps of an intake: nothing lost, nothing twice, whatever is delivered or killed."""

from __future__ import annotations

import gzip
import importlib
import itertools
import os
import resource
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import expectations.faq
from tolerance import gates, inbox, intake, limits
from tolerance.intake import LoadSummary
from tolerance.records import Position, raw_schema
from tolerance.state import State

AS_OF = date(2026, 11, 20)
LOADED_AT = datetime(2026, 11, 21, 3, tzinfo=UTC).replace(tzinfo=None)
CALLS = "call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language\n"
CUSTOMERS = "customer_id;email;phone;relationship_started_on;relationship_ended_on;preferred_language\n"

Deliver = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    inbox._first_looks.clear()
    monkeypatch.setattr(inbox, "LOOK_INTERVAL_SECONDS", 0.0)
    monkeypatch.setenv("TOLERANCE_IDENTITY_KEY", "key")


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


@pytest.fixture
def deliver(tmp_path: Path) -> Deliver:
    def write(name: str, text: str) -> None:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    (tmp_path / "in").mkdir()
    return write


def call(number: int, day: str = "2026-11-01") -> str:
    return f"K{number};C1;{day};code;question {number};yes;team;fr\n"


def take_in(state: State, source: str = "faq") -> LoadSummary | None:
    load_id = intake.land(source, state.root.parent / "in", AS_OF, state, LOADED_AT)
    if load_id is None:
        return None
    intake.read(source, load_id, state)
    return intake.load(source, load_id, state)


def counts(summary: LoadSummary | None) -> dict[str, tuple[str, int, int, int, int]]:
    assert summary is not None
    return {
        file.file_name: (
            file.status,
            file.landed_records,
            file.loaded_records,
            file.duplicate_records,
            file.quarantined_records,
        )
        for file in summary.files
    }


def rows(state: State, source: str = "faq") -> list[dict[str, object]]:
    paths = sorted((state.raw / source).glob("*/*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def quarantined(state: State, source: str = "faq") -> list[dict[str, object]]:
    paths = sorted((state.quarantine / source).glob("*/*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def test_every_landed_record_is_loaded_duplicate_or_quarantined(state: State, deliver: Deliver) -> None:
    deliver("faq/a.csv", CALLS + call(1) + call(2) + call(1) + "too;short\n")
    deliver("faq/b.csv", CALLS + call(2) + call(3))
    deliver("faq/c.csv", CALLS)
    deliver("faq/d.csv", "no header\n")
    deliver("faq/e.csv", CALLS + call(2) + call(3))
    assert counts(take_in(state)) == {
        "a.csv": ("loaded_with_quarantine", 4, 2, 1, 1),
        "b.csv": ("loaded", 2, 1, 1, 0),
        "c.csv": ("empty", 0, 0, 0, 0),
        "d.csv": ("refused", 0, 0, 0, 0),
        "e.csv": ("already_loaded", 2, 0, 2, 0),
    }
    assert sorted(str(row["call_id"]) for row in rows(state)) == ["K1", "K2", "K3"]
    (bad,) = quarantined(state)
    assert (bad["raw"], bad["record_no"], bad["reason"]) == (b"too;short", 4, "wrong_field_count")
    content = (CALLS + call(1) + call(2) + call(1) + "too;short\n").encode()
    assert content[bad["byte_start"] : bad["byte_end"]] == b"too;short"  # type: ignore[misc]


def test_the_same_again_is_no_delivery_and_known_content_brings_nothing(
    state: State, deliver: Deliver
) -> None:
    deliver("faq/a.csv", CALLS + call(1) + call(2))
    take_in(state)
    before = rows(state)
    assert take_in(state) is None
    deliver("faq/again.csv", CALLS + call(1) + call(2))
    deliver("faq/sorted_otherwise.csv", CALLS + call(2) + call(1))
    assert counts(take_in(state)) == {
        "again.csv": ("already_loaded", 2, 0, 2, 0),
        "sorted_otherwise.csv": ("loaded", 2, 0, 2, 0),
    }
    assert rows(state) == before


def test_of_customers_the_latest_delivery_counts_also_when_known(state: State, deliver: Deliver) -> None:
    deliver("customers/1.csv", CUSTOMERS + "C1;a@b.fr;;;;\n")
    deliver("customers/2.csv", CUSTOMERS + "C1;z@b.fr;;;;\nC2;nothing;;;;\n")
    deliver("customers/3.csv", CUSTOMERS + "C1;a@b.fr;;;;\n")
    assert counts(take_in(state, "customers")) == {
        "1.csv": ("loaded", 1, 1, 0, 0),
        "2.csv": ("loaded_with_quarantine", 2, 1, 0, 1),
        "3.csv": ("already_loaded", 1, 0, 1, 0),
    }
    deliver("customers/4.csv", CUSTOMERS + "C1;z@b.fr;;;;\nC2;nothing;;;;\n")
    assert counts(take_in(state, "customers"))["4.csv"] == ("already_loaded", 2, 0, 2, 0)
    assert [row["_is_duplicate"] for row in rows(state, "customers")].count(True) == 2
    assert len(quarantined(state, "customers")) == 1


def test_a_file_of_mostly_bad_records_is_refused_whole_from_a_hundred_on(
    state: State, deliver: Deliver
) -> None:
    good, bad = "".join(call(n) for n in range(49)), "x\n" * 51
    deliver("faq/many.csv", CALLS + good + bad)
    deliver("faq/half.csv", CALLS + "".join(call(n) for n in range(100, 150)) + "y\n" * 50)
    deliver("faq/small.csv", CALLS + call(200) + "z\n" * 90)
    assert counts(take_in(state)) == {
        "half.csv": ("loaded_with_quarantine", 100, 50, 0, 50),
        "many.csv": ("refused", 100, 0, 0, 100),
        "small.csv": ("loaded_with_quarantine", 91, 1, 0, 90),
    }
    of_many = [row for row in quarantined(state) if row["file_name"] == "many.csv"]
    assert sorted(row["record_no"] for row in of_many) == list(range(1, 101))  # type: ignore[type-var]
    kept = {row["raw"] for row in of_many if row["reason"] == "file_refused"}
    assert kept == {call(n).strip().encode() for n in range(49)}


def test_a_file_larger_than_a_batch_is_loaded_or_refused_whole(
    state: State, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BATCH_ROWS", 10)
    deliver("faq/good.csv", CALLS + "".join(call(n) for n in range(95)))
    deliver("faq/bad.csv", CALLS + "".join(call(n) for n in range(200, 249)) + "x\n" * 51)
    summary = counts(take_in(state))
    assert summary["good.csv"] == ("loaded", 95, 95, 0, 0)
    assert summary["bad.csv"] == ("refused", 100, 0, 0, 100)
    assert len(rows(state)) == 95
    assert len(quarantined(state)) == 100


def test_an_empty_raw_layer_has_the_schema_of_each_source(state: State) -> None:
    intake.ensure_empty_sources(state)
    for source in ("customers", "faq", "mail", "tickets"):
        (path,) = (state.raw / source).glob("*/*.parquet")
        assert pq.read_schema(path) == raw_schema(source)
        assert rows(state, source) == []


def test_loads_are_numbered_and_named_by_content_alone(state: State, deliver: Deliver) -> None:
    deliver("faq/a.csv", CALLS + call(1))
    first = take_in(state)
    deliver("faq/b.csv", CALLS + call(2))
    second = take_in(state)
    other = State(state.root.with_name("other"))
    both = take_in(other)
    assert first is not None
    assert second is not None
    assert both is not None
    assert (first.load_no, second.load_no, both.load_no) == (1, 2, 1)
    assert len({first.load_id, second.load_id, both.load_id}) == 3
    assert [record.load_id for record in intake.load_records(state)] == [
        first.load_id,
        second.load_id,
    ]


def test_the_newest_date_is_that_of_tickets_and_calls_read_or_known(state: State, deliver: Deliver) -> None:
    extracts = state.root.parent / "in"
    assert intake.newest_business_date(extracts, state) is None
    deliver("faq/2026-12-24/a.csv", CALLS + call(1, "2026-12-24T23:30:00Z") + call(2, "2062-01-01"))
    deliver("faq/broken.csv", "nothing")
    assert intake.newest_business_date(extracts, state) == date(2026, 12, 25)
    deliver("faq/b.csv", CALLS + call(3, "2026-12-31"))
    take_in(state)
    (state.root.parent / "in" / "faq" / "2026-12-24" / "a.csv").unlink()
    assert intake.newest_business_date(extracts, state) == date(2026, 12, 31)


def test_a_file_that_breaks_the_limits_is_told_and_does_not_end_the_search_for_the_date(
    state: State, deliver: Deliver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deliver("faq/a.csv", CALLS + call(1, "2026-12-31"))
    deliver("faq/b.csv", CALLS + call(2, "2026-12-24"))
    ends = iter([limits.Killed(0, 0, "it took too long"), None])

    def child(work: Callable[..., None], arguments: dict[str, object], **_: object) -> limits.Killed | None:
        (killed := next(ends)) or work(**arguments)
        return killed

    (state.work / "dates").mkdir(parents=True)
    monkeypatch.setattr(limits, "run_in_child", child)
    assert intake.newest_business_date(state.root.parent / "in", state) == date(2026, 12, 24)
    assert "faq/a.csv takes more time or memory than a file may" in caplog.text
    assert "faq/b.csv" not in caplog.text


def test_a_gate_that_fails_says_so_in_counts(
    state: State, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver("faq/a.csv", CALLS + call(1) + call(10))
    too_short = gates.great_expectations().expectations.ExpectColumnValueLengthsToBeBetween(
        column="call_id", max_value=2
    )
    monkeypatch.setattr(expectations.faq, "suite", lambda: gates.new_suite("faq", [too_short]))
    load_id = intake.land("faq", state.root.parent / "in", AS_OF, state, LOADED_AT)
    assert load_id is not None
    intake.read("faq", load_id, state)
    with pytest.raises(gates.GateFailedError, match=r"faq: 1 of \d+ expectations failed \(2 rows\)"):
        intake.expect("faq", load_id, state)
    assert rows(state) == []


BOMB = gzip.compress(b"a" * (16 << 20), 9) * 64
MAIL = b"From: Ana <ana@example.fr>\nDate: Thu, 1 Oct 2026 10:00:00 +0200\nMessage-ID: <%d@x>\n"
NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(3_000))
FORWARDED = b"Content-Type: message/rfc822\n\n" * 3_000


LIMIT_SECONDS = 5.0


def line_of_256_megabytes(before: bytes, after: bytes) -> Iterator[bytes]:
    yield before
    yield from itertools.repeat(b"x" * (1 << 20), 256)
    yield after


BOMBS: dict[str, Callable[[], Iterable[bytes]]] = {
    "mail/gigabyte.eml.gz": lambda: [BOMB],
    "mail/subject.eml": lambda: [MAIL % 1 + b"Subject: " + b"=?utf-8?q?=C3=A9?= " * 105_000 + b"\n\nx"],
    "mail/nested.eml": lambda: [MAIL % 2 + NESTED],
    "mail/forwarded.eml": lambda: [MAIL % 3 + FORWARDED],
    "mail/line.mbox": lambda: line_of_256_megabytes(
        b"From a@b Thu Oct  1 10:00:00 2026\n" + MAIL % 5 + b"\n", b""
    ),
    "faq/gigabyte.csv.gz": lambda: [BOMB],
    "tickets/gigabyte.json.gz": lambda: [BOMB],
    "tickets/line.ndjson": lambda: line_of_256_megabytes(b'{"id": "', b'"}\n'),
}
GOOD_NEIGHBOURS = {
    "mail": ("good.eml", MAIL % 4 + b"\nWhere is my parcel?\n"),
    "faq": ("good.csv", (CALLS + call(1)).encode()),
    "tickets": (
        "good.ndjson",
        b'{"id": 1, "status": "open", "created_at": "2026-10-01T10:00:00Z"}\n',
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_set_aside_within_five_seconds_and_its_neighbour_loads(state: State, bomb: str) -> None:
    """Of the processor's time, with all that surrounds it: two reading processes, landing, loading."""
    source, _, name = bomb.partition("/")
    folder = state.root.parent / "in" / source
    folder.mkdir(parents=True)
    with (folder / name).open("wb") as file:
        file.writelines(BOMBS[bomb]())
    good, content = GOOD_NEIGHBOURS[source]
    (folder / good).write_bytes(content)
    begin = time.process_time() + _children()
    found = counts(take_in(state, source))
    assert time.process_time() + _children() - begin < LIMIT_SECONDS
    assert found == {good: ("loaded", 1, 1, 0, 0), name: ("loaded_with_quarantine", 1, 0, 0, 1)}
    assert [row["reason"] for row in quarantined(state, source)] == ["resource_limit"]


def test_all_bombs_of_one_day_cost_one_record_each_and_the_other_files_load(state: State) -> None:
    mails = state.root.parent / "in" / "mail"
    mails.mkdir(parents=True)
    names = [bomb.partition("/")[2] for bomb in BOMBS if bomb.startswith("mail/")]
    for name in names:
        with (mails / name).open("wb") as file:
            file.writelines(BOMBS[f"mail/{name}"]())
    good, content = GOOD_NEIGHBOURS["mail"]
    (mails / good).write_bytes(content)
    assert counts(take_in(state, "mail")) == {good: ("loaded", 1, 1, 0, 0)} | dict.fromkeys(
        names, ("loaded_with_quarantine", 1, 0, 0, 1)
    )
    assert {row["reason"] for row in quarantined(state, "mail")} == {"resource_limit"}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_line_of_256_megabytes_is_set_aside_and_its_neighbours_load(state: State) -> None:
    calls = state.root.parent / "in" / "faq"
    calls.mkdir(parents=True)
    with (calls / "a.csv").open("wb") as file:
        file.write((CALLS + call(1)).encode())
        for _ in range(256):
            file.write(b"x" * (1 << 20))
        file.write(b"\n" + call(2).encode())
    assert counts(take_in(state)) == {"a.csv": ("loaded_with_quarantine", 3, 2, 0, 1)}
    assert [row["reason"] for row in quarantined(state)] == ["resource_limit"]


PEAK = """
import resource
from datetime import date, datetime
from pathlib import Path
from tolerance import inbox, intake
from tolerance.state import State

inbox.LOOK_INTERVAL_SECONDS = 0.0
state = State(Path("state"))
load_id = intake.land("faq", Path("in"), date(2026, 11, 20), state, datetime(2026, 11, 21, 3))
intake.read("faq", load_id, state)
intake.load("faq", load_id, state)
[own] = [line for line in Path("/proc/self/status").read_text("ascii").splitlines() if "VmHWM" in line]
print(int(own.split()[1]) << 10)  # getrusage would count what the parent had before this began
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10)
"""


@pytest.mark.parametrize("form", ["a line without end", "a million records"])
def test_whatever_a_files_size_neither_reading_nor_loading_it_takes_half_a_gigabyte(
    tmp_path: Path, form: str
) -> None:
    calls = tmp_path / "in" / "faq"
    calls.mkdir(parents=True)
    with (calls / "a.csv").open("wb") as file:
        file.write(CALLS.encode())
        for number in range(256 if form == "a line without end" else 100):
            many = "".join(call(10_000 * number + n) for n in range(10_000)).encode()
            file.write(b"x" * (1 << 20) if form == "a line without end" else many)
    # A process of its own: the peak of this one and its children may be that of other tests.
    told = subprocess.run(
        [sys.executable, "-c", PEAK],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert all(64 << 20 < int(peak) < 512 << 20 for peak in told.stdout.split()), told.stdout


def test_positions_on_disk_come_back_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_POSITIONS_BYTES", 100)
    positions = intake._Positions(tmp_path / "scratch")
    wanted = [Position(n, 10 * n, 10 * n + 9) for n in range(1, 50)]
    for position in wanted:
        positions.add(array("q", (position.record_no, position.byte_start, position.byte_end)))
    assert (len(positions), list(positions)) == (49, wanted)
    positions.clear()
    assert (len(positions), list(positions)) == (0, [])


STEPS = [
    ("tolerance.intake", "sync_folder", "land"),
    ("tolerance.intake", "_read_batch", "read"),
    ("tolerance.intake", "_write_loaded", "load"),
    ("tolerance.intake", "_assert_balanced", "load"),
    ("tolerance.intake", "_publish", "load"),
    ("tolerance.intake", "_write_load_record", "load"),
]


@pytest.mark.parametrize("killed_in", STEPS)
@pytest.mark.parametrize("again", ["the step", "the run"])
def test_a_killed_step_run_again_ends_like_an_undisturbed_one(
    state: State, deliver: Deliver, killed_in: tuple[str, str, str], again: str
) -> None:
    module, function, step = killed_in
    deliver("faq/a.csv", CALLS + call(1) + "too;short\n")
    deliver("faq/b.csv", CALLS + call(1) + call(2))
    calm = State(state.root.with_name("calm"))
    take_in(calm)
    child = os.fork()
    if child == 0:
        _die_in(module, function, state)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    if again == "the run" or step == "land":
        take_in(state)
    else:
        (plan,) = (state.work / "faq").glob("*/plan.ndjson")
        if step == "read":
            intake.read("faq", plan.parent.name, state)
        intake.load("faq", plan.parent.name, state)
    assert rows(state) == rows(calm)
    assert quarantined(state) == quarantined(calm)
    assert intake.load_records(state) == intake.load_records(calm)
    assert take_in(state) is None


def _die_in(module: str, function: str, state: State) -> None:
    """Run an intake whose process ends without a word just after `function` did its work."""
    owner = importlib.import_module(module)
    real = getattr(owner, function)

    def killed(*arguments: object, **named: object) -> None:
        if function != "_write_load_record":  # that one is killed before: it makes a load real
            real(*arguments, **named)
        os._exit(9)

    setattr(owner, function, killed)
    take_in(state)
    os._exit(0)


@pytest.mark.parametrize(
    ("source", "bad"),
    [
        ("customers", "C2;;;;;f\n"),
        ("customers", "C2;;;;;" + "x" * 36 + "\n"),
        ("customers", "C" * 256 + ";;;;;fr\n"),
        ("faq", call(2).replace("K2", "K" * 256)),
        ("faq", call(2).replace("C1", "C" * 256)),
        ("faq", call(2).replace(";code", ";" + "c" * 101)),
        ("faq", call(2).replace(";fr", ";f")),
    ],
)
def test_a_cell_that_the_gate_would_not_pass_costs_its_record_alone(
    deliver: Deliver, state: State, tmp_path: Path, source: str, bad: str
) -> None:
    sound = CALLS + call(1) if source == "faq" else CUSTOMERS + "C1;;;;;fr\n"
    deliver(f"{source}/a.csv", sound + bad)
    load_id = intake.land(source, tmp_path / "in", AS_OF, state, LOADED_AT)
    assert load_id is not None
    intake.read(source, load_id, state)
    intake.expect(source, load_id, state)
    (file,) = intake.load(source, load_id, state).files
    assert (file.loaded_records, file.quarantined_records) == (1, 1)
