"""A warm dbt: one process that imports dbt and parses the project once, and forks for every command.

Starting and parsing cost more than most commands do. A fork saves both and is still a process of its own:
each command opens and closes the warehouse by itself, because a dbt process keeps it open while it lives.

Nothing outlives the calling process: the server ends when its socket is closed, a command with its server.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

_DEATH_OF_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_PARTS_OF_DBT = (
    "dbt.adapters.duckdb",
    "dbt.parser.manifest",
    "dbt.parser.schemas",
    "dbt.task.build",
    "pandas",
    "re2",
)
"""Modules that every command needs, but that dbt imports only once it knows the command or the model."""

_COLLECT_AFTER = 100_000
"""New objects after which Python looks for garbage: what dbt makes mostly lives as long as its command."""

_GLOBAL_OPTIONS = (
    # Nobody reads standard output, and dbt would make each line for it.
    *("--log-level", "none"),
    # The log at its default level, debug, takes a quarter of the time of a day's models. What failed and why
    # is in it at this level too, and the SQL of each node in `target/run`.
    *("--log-level-file", "info"),
    # dbt would write the manifest again beside the results, which takes as long as a dozen models.
    "--no-write-json",
)


@dataclass(frozen=True, slots=True)
class Command:
    """One dbt command, and the file that takes its results.

    `parsed` identifies the project: when it differs from the last, dbt parses again.
    """

    arguments: tuple[str, ...]
    results: str
    places: tuple[str, ...]
    parse_options: tuple[str, ...]
    environment: dict[str, str]
    parsed: str


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended, what it and the server used since the answer before, what it held."""

    is_well: bool
    cpu_seconds: float
    peak_kb: int


class WarmDbt:
    """The connection to the server, which starts with the first command unless `line` leads to one."""

    def __init__(self, line: socket.socket | None = None) -> None:
        self._server: subprocess.Popen[bytes] | None = None
        self._line = line
        self.cpu_seconds = 0.0
        """What a living server used for this process; once it has ended the system counts it as a child."""
        self.peak_kb = 0
        """The most memory that the last command or its server has held."""

    def line(self, environment: dict[str, str]) -> socket.socket:
        """The connection itself; `environment` is that of a server that has to start."""
        return self._line or self._start(environment)

    def run(self, command: Command) -> bool:
        """Whether the command succeeded. If the server was killed, the next command starts another."""
        line = self.line(command.environment)
        answer = b""
        self.peak_kb = 0
        try:
            with suppress(ConnectionError), line.makefile("rb") as answers:
                line.sendall(json.dumps(asdict(command)).encode("ascii") + b"\n")
                answer = answers.readline()
        finally:
            if not answer.endswith(b"\n"):  # also when this process was interrupted: nobody waits for it
                answer = b""
                self.end()
        if not answer:
            return False
        told = Answer(**json.loads(answer))
        self.cpu_seconds += told.cpu_seconds
        self.peak_kb = told.peak_kb
        return told.is_well

    def _start(self, environment: dict[str, str]) -> socket.socket:
        self._line, theirs = socket.socketpair()
        with theirs, _log(environment) as log:
            self._server = subprocess.Popen(
                # As a file, not as a module of the library: a fork imports the library of its own project.
                [sys.executable, "-P", __file__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # dbt's output may hold customers' values; it is in dbt's log
                stderr=log,
                pass_fds=(theirs.fileno(),),
                env=environment,
            )
        return self._line

    def end(self) -> None:
        """Close the connection and wait until the server and its command have ended."""
        if self._line is not None:
            self._line.close()
        if self._server is not None:
            self._server.wait()
        self._line = self._server = None
        self.cpu_seconds = 0.0


_warm: list[WarmDbt] = []


def cpu_seconds() -> float:
    """What the warm dbt of this process has used, while it lives."""
    return _warm[0].cpu_seconds if _warm else 0.0


@contextmanager
def warm_dbt(line: socket.socket | None = None) -> Iterator[WarmDbt]:
    """The warm dbt of this process: started in the outermost `with`, ended with it.

    With `line`, it is that of another process, which waits meanwhile.
    """
    if _warm:
        yield _warm[0]
        return
    warm = WarmDbt(line)
    _warm.append(warm)
    try:
        yield warm
    finally:
        _warm.clear()
        warm.end()


def _log(environment: dict[str, str]) -> IO[bytes]:
    """Where faults go that dbt does not log itself: beside its log, which holds personal data too."""
    path = Path(environment["TOLERANCE_STATE"]) / "dbt" / "logs" / "warm_dbt.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")


# The server --------------------------------------------------------------------------


def serve(line: socket.socket) -> None:
    """Answer each command on `line` with a line until the connection is closed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])
    for module in _PARTS_OF_DBT:
        __import__(module)
    _leave_out_debug_events()
    parsed, manifest, written = "", None, _Written()
    used_before = 0.0
    with line.makefile("r", encoding="ascii") as commands:
        for text in commands:
            command = Command(**json.loads(text))
            os.environ.clear()
            os.environ.update(command.environment)
            if parsed != command.parsed:
                manifest = _parse(command)
                parsed = command.parsed if manifest else ""
                if manifest:
                    _compile_macros(manifest)
                gc.collect()
                gc.freeze()  # keeps the forks' garbage collector from touching, and so copying, shared memory
                written = _Written.by(command)
            written.also_for(command)
            answer = _run_in_fork(command, manifest, line, used_before)
            used_before += answer.cpu_seconds
            line.sendall(json.dumps(asdict(answer)).encode("ascii") + b"\n")


def _leave_out_debug_events() -> None:
    """Drop events below the log's level where they begin.

    dbt makes a message of each, scrubs it and formats its line before the log leaves it out, which takes a
    sixth of the time of a day's models.
    """
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager import EventManager

    fire_event = EventManager.fire_event

    def fire_unless_debug(self: Any, event: Any, level: Any = None, *rest: Any, **others: Any) -> None:
        if (level or event.level_tag()) not in {EventLevel.DEBUG, EventLevel.TEST}:
            fire_event(self, event, level, *rest, **others)

    EventManager.fire_event = fire_unless_debug  # type: ignore[method-assign,assignment]


def _parse(command: Command) -> Any:
    """The project's manifest; None when it cannot be parsed, which the command itself will report."""
    from dbt.cli.main import dbtRunner

    gc.unfreeze()
    return dbtRunner().invoke(["--quiet", "parse", *command.parse_options, *command.places]).result


class _Written:
    """What parsing writes for others to read, also for a STATE that takes the parse of another."""

    _NAME = "manifest.json"

    def __init__(self, content: bytes = b"", *folders: Path) -> None:
        self._content = content
        self._folders = set(folders)

    @classmethod
    def by(cls, command: Command) -> _Written:
        path = _target(command) / cls._NAME
        return cls(path.read_bytes(), path.parent) if path.exists() else cls()

    def also_for(self, command: Command) -> None:
        folder = _target(command)
        if self._content and not (folder in self._folders and (folder / self._NAME).exists()):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / self._NAME).write_bytes(self._content)
            self._folders.add(folder)


def _target(command: Command) -> Path:
    """Where dbt writes what it made for the command."""
    return Path(command.results).parent


def _compile_macros(manifest: Any) -> None:
    """Fill dbt's cache of compiled macros, which each fork would have to fill by itself, with those in use.

    The cache goes by a macro's text, so what is there already costs nothing.
    """
    from dbt_common.clients.jinja import template_cache

    waiting = [name for node in manifest.nodes.values() for name in node.depends_on.macros]
    waiting += [name for name in manifest.macros if ".materialization_" in name]  # no node names them
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        macro = manifest.macros.get(name)
        if name in seen or macro is None:
            continue
        seen.add(name)
        waiting += macro.depends_on.macros
        with suppress(Exception):  # one that does not compile is reported by the model that calls it
            template_cache.get_node_template(macro)


def _run_in_fork(command: Command, manifest: Any, line: socket.socket, used_before: float) -> Answer:
    """Run the command in a fork; when the connection is closed meanwhile, end it and this process."""
    server = os.getpid()
    child = os.fork()
    if child == 0:
        _live(command, manifest, line, server)
    ended = os.pidfd_open(child)
    waiting = select.poll()
    waiting.register(ended, select.POLLIN)
    waiting.register(line, 0)  # a closed connection is always reported
    events = dict(waiting.poll())
    os.close(ended)
    if line.fileno() in events:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        sys.exit(1)
    _, status, used = os.wait4(child, 0)
    # With the fork's own, the server's: parsing is what may need the most.
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Answer(
        is_well=os.waitstatus_to_exitcode(status) == 0,
        cpu_seconds=sum(each.ru_utime + each.ru_stime for each in both) - used_before,
        peak_kb=max(used.ru_maxrss, _own_peak_kb()),
    )


def _own_peak_kb() -> int:
    """The most memory of this program; the system's mark of the process includes what it was started from."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def _live(command: Command, manifest: Any, line: socket.socket, server: int) -> NoReturn:
    """The whole life of a fork."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGKILL)
        line.close()
        if os.getppid() == server:  # the server may have ended before the signal was set
            # The library of the command's own project, wherever the server found one.
            sys.path.insert(0, os.environ["TOLERANCE_LIBRARY"])
            from dbt.artifacts.schemas.run import RunExecutionResult
            from dbt.cli.main import dbtRunner

            options = () if manifest else command.parse_options
            arguments = [*_GLOBAL_OPTIONS, *command.arguments, *options, *command.places]
            result = dbtRunner(manifest).invoke(arguments)
            code = 0 if result.success else 1
            if isinstance(result.result, RunExecutionResult):
                result.result.write(command.results)
            if result.exception is not None:
                traceback.print_exception(result.exception)  # what dbt did not get to log
            atexit._run_exitfuncs()  # closes the warehouse
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as line_to_parent:
        serve(line_to_parent)
