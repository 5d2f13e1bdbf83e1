"""The warm dbt, with a stand-in for dbt that writes down what it was asked."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tolerance.warm_dbt import Command, WarmDbt

_STAND_IN = """
import json, os, sys, time
from pathlib import Path
from types import SimpleNamespace

class Manifest(str):
    macros = {}
    nodes = {}

class dbtRunner:
    def __init__(self, manifest=None):
        self.manifest = manifest

    def invoke(self, arguments):
        asked = {
            "process": os.getpid(),
            "server": os.getppid(),
            "arguments": arguments,
            "manifest": self.manifest,
            "empty": os.environ.get("DBT_EMPTY"),
            "library": sys.path[0],
        }
        with Path(os.environ["ASKED"]).open("a") as file:
            file.write(json.dumps(asked) + "\\n")
        if "parse" in arguments:
            parsed = None if "broken" in arguments else Manifest("parsed once")
            return SimpleNamespace(result=parsed, success=True)
        fault = ValueError("no such profile") if "failing" in arguments else None
        if "long" in arguments:
            time.sleep(600)
        if "busy" in arguments:
            held = bytearray(b"x" * (200 << 20))
            while time.process_time() < 0.5:
                pass
        return SimpleNamespace(result=None, success=fault is None, exception=fault)
"""

_STAND_INS = {"cli/main": _STAND_IN, "artifacts/schemas/run": "class RunExecutionResult: pass"}


@pytest.fixture
def stand_in(tmp_path: Path) -> dict[str, str]:
    """An environment in which `import dbt` finds the stand-in."""
    for module in (
        "__init__",
        "adapters/duckdb",
        "artifacts/schemas/run",
        "parser/manifest",
        "parser/schemas",
        "task/build",
        "cli/main",
    ):
        path = tmp_path / "dbt" / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_STAND_INS.get(module, ""), "utf-8")
        (path.parent / "__init__.py").touch()
    places = {
        "PYTHONPATH": tmp_path,
        "ASKED": tmp_path / "asked",
        "TOLERANCE_LIBRARY": tmp_path / "library",
        "TOLERANCE_STATE": tmp_path / "state",
    }
    return {**os.environ, **{name: str(place) for name, place in places.items()}}


@pytest.fixture
def warm() -> Iterator[WarmDbt]:
    warm = WarmDbt()
    yield warm
    warm.end()


def command(environment: dict[str, str], *arguments: str, parsed: str = "a", options: str = "") -> Command:
    return Command(arguments, "results.json", ("--places",), (options or "--options",), environment, parsed)


def asked(environment: dict[str, str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in Path(environment["ASKED"]).read_text("utf-8").splitlines()]


def wait_until_asked(environment: dict[str, str], what: str) -> dict[str, object]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if Path(environment["ASKED"]).exists():
            for told in asked(environment):
                if what in told["arguments"]:  # type: ignore[operator]
                    return told
        time.sleep(0.02)
    raise AssertionError(f"nobody asked for {what}")


def is_gone(process: object) -> bool:
    """Whether a process ends within a while; one that nobody has waited for yet has ended too."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_the_project_is_parsed_once_for_all_commands_and_each_is_a_process_of_its_own(
    warm: WarmDbt, stand_in: dict[str, str]
) -> None:
    assert warm.run(command(stand_in, "build"))
    assert warm.run(command(stand_in, "test"))
    parse, build, test = asked(stand_in)
    assert parse["arguments"] == ["--quiet", "parse", "--options", "--places"]
    assert build["arguments"][-2:] == ["build", "--places"]
    assert build["manifest"] == test["manifest"] == "parsed once"
    assert len({parse["process"], build["process"], test["process"]}) == 3
    assert build["server"] == test["server"] == parse["process"]


def test_each_command_computes_with_the_library_that_it_names(
    warm: WarmDbt, stand_in: dict[str, str]
) -> None:
    other = {**stand_in, "TOLERANCE_LIBRARY": "/another/library"}
    warm.run(command(stand_in, "build"))
    warm.run(command(other, "build"))
    assert [told["library"] for told in asked(stand_in) if "build" in told["arguments"]] == [  # type: ignore[operator]
        stand_in["TOLERANCE_LIBRARY"],
        "/another/library",
    ]


def test_what_changed_is_parsed_again(warm: WarmDbt, stand_in: dict[str, str]) -> None:
    warm.run(command(stand_in, "build", parsed="a"))
    warm.run(command(stand_in, "build", parsed="b"))
    assert ["parse" in told["arguments"] for told in asked(stand_in)] == [True, False, True, False]  # type: ignore[operator]


def test_a_project_that_cannot_be_parsed_is_left_to_the_command_that_tells_of_it(
    warm: WarmDbt, stand_in: dict[str, str]
) -> None:
    warm.run(command(stand_in, "build", options="broken"))
    assert asked(stand_in)[1]["manifest"] is None
    assert asked(stand_in)[1]["arguments"][-3:] == ["build", "broken", "--places"]
    warm.run(command(stand_in, "build"))
    assert asked(stand_in)[3]["manifest"] == "parsed once"


def test_a_command_that_failed_did_not_end_well(warm: WarmDbt, stand_in: dict[str, str]) -> None:
    assert not warm.run(command(stand_in, "failing"))
    # What dbt did not get to log is beside its log.
    log = Path(stand_in["TOLERANCE_STATE"]) / "dbt" / "logs" / "warm_dbt.log"
    assert "ValueError: no such profile" in log.read_text("utf-8")
    assert warm.run(command(stand_in, "build"))


def test_what_a_command_took_is_known_while_the_server_lives_and_is_the_systems_afterwards(
    warm: WarmDbt, stand_in: dict[str, str]
) -> None:
    warm.run(command(stand_in, "build"))
    idle, before = warm.peak_kb, warm.cpu_seconds
    warm.run(command(stand_in, "busy"))
    assert warm.peak_kb >= idle + (150 << 10)
    assert 0.3 < warm.cpu_seconds - before < 30
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = warm.cpu_seconds
    warm.end()
    assert warm.cpu_seconds == 0
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert now.ru_utime + now.ru_stime - ended.ru_utime - ended.ru_stime >= used


def test_a_process_that_takes_over_a_line_counts_what_was_done_for_it_alone(
    warm: WarmDbt, stand_in: dict[str, str]
) -> None:
    warm.run(command(stand_in, "busy"))
    other = WarmDbt(warm.line(stand_in))
    other.run(command(stand_in, "build"))
    assert other.cpu_seconds < warm.cpu_seconds / 2


def test_every_command_has_the_environment_it_was_given(warm: WarmDbt, stand_in: dict[str, str]) -> None:
    warm.run(command(stand_in | {"DBT_EMPTY": "1"}, "build"))
    warm.run(command(stand_in, "build"))
    assert [told["empty"] for told in asked(stand_in)] == ["1", "1", None]


_PARENT = """
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
from tolerance.warm_dbt import Command, warm_dbt
with warm_dbt() as warm:
    warm.run(Command(("long",), "", (), (), dict(os.environ), "a"))
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_leaves_nobody_behind(stand_in: dict[str, str], ending: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], env=stand_in, stderr=subprocess.DEVNULL) as parent:
        running = wait_until_asked(stand_in, "long")
        parent.send_signal(ending)
        try:
            assert parent.wait(30) != 0
        finally:
            parent.kill()
    assert is_gone(running["process"])
    assert is_gone(running["server"])


def test_a_killed_server_takes_its_command_along_and_the_next_command_has_another(
    warm: WarmDbt, stand_in: dict[str, str], tmp_path: Path
) -> None:
    killer = subprocess.Popen(
        [sys.executable, "-c", _KILLER, str(tmp_path / "asked")], stdout=subprocess.PIPE, text=True
    )
    with killer:
        assert not warm.run(command(stand_in, "long"))
        assert killer.stdout is not None
        assert is_gone(killer.stdout.read())
    assert warm.run(command(stand_in, "build"))


_KILLER = """
import json, os, signal, sys, time
from pathlib import Path
asked = Path(sys.argv[1])
while not asked.exists() or '"long"' not in asked.read_text():
    time.sleep(0.02)
told = json.loads(asked.read_text().splitlines()[-1])
os.kill(told["server"], signal.SIGKILL)
print(told["process"], end="")
"""


def test_the_outermost_with_ends_the_server(stand_in: dict[str, str]) -> None:
    program = """
import os, subprocess
from tolerance.warm_dbt import Command, warm_dbt
asked = Command(("build",), "", (), (), dict(os.environ), "a")
with warm_dbt() as outer:
    with warm_dbt() as inner:
        assert inner is outer
        assert inner.run(asked)
    assert outer.run(asked)
"""
    subprocess.run([sys.executable, "-c", program], env=stand_in, check=True)
    told = asked(stand_in)
    assert [each["manifest"] for each in told] == [None, "parsed once", "parsed once"]
    assert not Path(f"/proc/{told[0]['process']}").exists()
