"""Limits what one record may cost: reading happens in a child process that is stopped when it costs more.

Time is processor time, not clock time: a busy machine quarantines nothing that an idle one loads.

Two lines of defence. Inside the child, a timer ends a record that takes too long, and the memory limit of
the process ends one that grows too large; only that record is lost. Where neither helps, because the time
passes in code that handles no signals, the parent kills the child and starts another one, which skips the
record at fault.
"""

from __future__ import annotations

import contextlib
import gc
import mmap
import os
import pickle
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, NoReturn, cast

from tolerance.errors import ToleranceError
from tolerance.stopping import with_its_parent

RECORD_SECONDS = 2.0
RECORD_BYTES = 256 << 20
SILENT_SECONDS = 4.0
"""How long a child may compute without a sign of life before it is killed."""

_TICK_SECONDS = 0.1
_LOOK_SECONDS = 0.1
_OBJECTS_BETWEEN_COLLECTIONS = 200_000
"""Readers make many objects and hardly any cycles; looking for cycles as often as usual takes a third of
their time."""

_BASE_BYTES = 96 << 20
"""What a child needs besides its records: rows on their way to disk, compression."""


A_BLOCK = -1
"""In place of a record's number, when many records are read together and none can be named."""

_FILE, _RECORD, _BEGAN, _ALIVE = range(4)
_PULSE_BYTES = 4 * 8
_AT_ONCE = 1e-9  # a start time other than "none"


class TooCostlyError(Exception):
    """A record took more time than allowed."""


class ChildFailedError(ToleranceError):
    """The child process ended by a bug of this program or for lack of memory, not by a delivered file."""

    can_retry = True

    def __init__(self, what: str, remedy: str = "run it again, and report it if it comes back.") -> None:
        super().__init__(what, remedy)


@dataclass(frozen=True, slots=True)
class Killed:
    """A child that was killed: what it was reading then."""

    file_no: int
    record_no: int
    why: str


class _Pulse:
    """Where a process is: file, record, since when, last sign of life.

    The cells of a child are in a file that its parent reads.
    """

    def __init__(self) -> None:
        self.cells = memoryview(bytearray(_PULSE_BYTES)).cast("d")
        self.passed_over: frozenset[tuple[int, int]] = frozenset()


_pulse = _Pulse()

_now = 0.0
"""The processor time of this process at the last tick: reading it for each record would cost more than
many records do."""


def begin_file(file_no: int) -> None:
    """Say which file is read from now on."""
    cells = _pulse.cells
    cells[_FILE], cells[_RECORD] = file_no, 0
    cells[_ALIVE] = _now


def alive() -> None:
    """Give a sign of life during work that belongs to no single record."""
    _pulse.cells[_ALIVE] = _now


class one_record:  # noqa: N801  (reads as `with one_record(7):`)
    """The scope of one record: it raises `TooCostlyError` when the record takes too long.

    Also at once when the record killed an earlier child.
    """

    __slots__ = ("_record_no",)

    def __init__(self, record_no: int) -> None:
        self._record_no = record_no

    def __enter__(self) -> None:
        pulse = _pulse
        cells = pulse.cells
        cells[_RECORD] = self._record_no
        if pulse.passed_over and (int(cells[_FILE]), self._record_no) in pulse.passed_over:
            raise TooCostlyError
        cells[_ALIVE] = _now
        cells[_BEGAN] = _now or _AT_ONCE

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _pulse.cells[_BEGAN] = 0.0


def _tick(_signal: int, _frame: FrameType | None) -> None:
    global _now  # noqa: PLW0603  (written here alone)
    _now = time.process_time()
    began = _pulse.cells[_BEGAN]
    if began and _now - began > RECORD_SECONDS:
        _pulse.cells[_BEGAN] = 0.0
        raise TooCostlyError


@dataclass(frozen=True, slots=True)
class _Job:
    """The work of a child, which it reads from its standard input."""

    work: Callable[..., None]
    arguments: dict[str, Any]
    passed_over: frozenset[tuple[int, int]]
    pulse: Path
    parent: int
    answer: int


def run_in_child(
    work: Callable[..., None],
    arguments: dict[str, Any],
    *,
    scratch: Path,
    passed_over: frozenset[tuple[int, int]] = frozenset(),
) -> Killed | None:
    """Run `work(**arguments)` in a process of its own under the limits; None when it succeeded.

    `work` is a function of a module, its arguments can be pickled. `passed_over` are (file, record)
    numbers that killed earlier children. What `work` raises is raised here. The child ends with its
    parent, so a killed run leaves no writer behind.

    A new process, not a fork: engines with threads of their own do not survive forks.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=scratch, prefix="pulse-") as file:
        file.write(bytes(_PULSE_BYTES))
        file.flush()
        cells = memoryview(mmap.mmap(file.fileno(), _PULSE_BYTES)).cast("d")
        answer, write_end = os.pipe()
        job = _Job(work, arguments, passed_over, Path(file.name), os.getpid(), write_end)
        try:
            child = subprocess.Popen(
                [sys.executable, "-c", "from tolerance.sandbox.limits import live; live()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=(write_end,),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        finally:
            os.close(write_end)
        try:
            with child:
                _give(child, job)
                return _watch(child, answer, cells)
        finally:
            os.close(answer)


def _give(child: subprocess.Popen[bytes], job: _Job) -> None:
    pipe = cast("IO[bytes]", child.stdin)
    with contextlib.suppress(BrokenPipeError), pipe:
        pipe.write(pickle.dumps(job))


class _WithoutPandas(MetaPathFinder):
    """Arrow tries to import pandas at its first array, for a third of a second; no child uses it."""

    def find_spec(self, fullname: str, *_: object) -> None:
        """Say that it is not installed."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def live() -> NoReturn:
    """The whole life of a child process: read the job, do it under the limits, report what failed."""
    with_its_parent(signal.SIGKILL)
    sys.meta_path.insert(0, _WithoutPandas())
    job: _Job = pickle.load(sys.stdin.buffer)  # noqa: S301  (written by our own parent)
    code = 1
    try:
        with job.pulse.open("r+b") as file:
            _pulse.cells = memoryview(mmap.mmap(file.fileno(), _PULSE_BYTES)).cast("d")
        _pulse.passed_over = job.passed_over
        signal.signal(signal.SIGPROF, lambda number, frame: _tick_of(job.parent, number, frame))
        signal.setitimer(signal.ITIMER_PROF, _TICK_SECONDS, _TICK_SECONDS)
        _limit_memory()
        gc.freeze()
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        job.work(**job.arguments)
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        code = 0
    except BaseException as error:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        os.write(job.answer, _pickled(error))
    finally:
        os._exit(code)


def _tick_of(parent: int, number: int, frame: FrameType | None) -> None:
    if os.getppid() != parent:
        os._exit(1)
    _tick(number, frame)


def _limit_memory() -> None:
    """Bound the memory that this process may write; files mapped for reading do not count."""
    allowed = _written_bytes() + RECORD_BYTES + _BASE_BYTES
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or allowed < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))


def _written_bytes() -> int:
    """The data segment of this process, in bytes; 0 where the system does not say."""
    try:
        with open("/proc/self/status", "rb") as status:  # noqa: PTH123
            return next(int(line.split()[1]) << 10 for line in status if line.startswith(b"VmData:"))
    except (OSError, StopIteration):
        return 0


_MOST_ERROR_BYTES = 32 << 10  # fits a pipe: the child never waits for its parent


def _pickled(error: BaseException) -> bytes:
    """An error for the parent to raise: the error itself, else the places it passed, without values."""
    try:
        pickled = pickle.dumps(error)
        pickle.loads(pickled)  # noqa: S301  (our own bytes)
    except Exception:
        pickled = b""
    if isinstance(error, Exception) and pickled and len(pickled) <= _MOST_ERROR_BYTES:
        return pickled
    places = "".join(traceback.format_tb(error.__traceback__)[-3:])
    return pickle.dumps(ChildFailedError(f"{type(error).__name__} in\n{places}"[:_MOST_ERROR_BYTES]))


def _watch(child: subprocess.Popen[bytes], answer: int, cells: memoryview[float]) -> Killed | None:
    """Wait for the child's end; kill it when it stops giving signs of life."""
    is_killed = False
    while not select.select([answer], [], [], _LOOK_SECONDS)[0]:
        if _processor_seconds(child.pid) - cells[_ALIVE] > SILENT_SECONDS:
            child.kill()
            is_killed = True
            break
    pickled = b"" if is_killed else _all_of(answer)
    code = child.wait()
    if pickled:
        raise pickle.loads(pickled)  # noqa: S301  (written by our own child)
    if code == 0:
        return None
    if code > 0:
        raise ChildFailedError(f"the reading process ended with code {code}")
    why = "it took too long" if is_killed else f"it ended the reading process (signal {-code})"
    return Killed(int(cells[_FILE]), int(cells[_RECORD]), why)


def _processor_seconds(child: int) -> float:
    """The processor time that a child has used; 0 where the system does not say."""
    try:
        with open(f"/proc/{child}/stat", "rb") as status:  # noqa: PTH123
            fields = status.read().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _all_of(answer: int) -> bytes:
    parts = []
    while part := os.read(answer, 1 << 16):
        parts.append(part)
    return b"".join(parts)
