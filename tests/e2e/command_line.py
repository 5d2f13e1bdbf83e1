"""The command line in a process of its own that need not import the engines again.

A server imports them once and forks for each call, so that every call still has a process, an environment
and files of its own. Its dbt commands go to the warm dbt of the test. Airflow itself is left to the call: it
reads its settings when it is imported. That the program starts from nothing is tested where it is killed, and
by the tests of wrong usage.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import tempfile
from pathlib import Path

from tolerance.warm_dbt import warm_dbt

_ENGINES = (
    "cadwyn",
    "duckdb",
    "fastapi",
    "great_expectations.expectations",
    "httpx",
    "libcst",
    "orjson",
    "pandas",
    "pendulum",
    "pyarrow.parquet",
    "re2",
    "rich.console",
    "sqlalchemy.orm",
    "structlog",
)
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(list(_ENGINES))


def tolerance(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Call `tolerance`, by default with the environment of this process; what it wrote is text."""
    own = environment or dict(os.environ)
    with tempfile.TemporaryDirectory() as folder, warm_dbt() as warm:
        out, err = Path(folder) / "out", Path(folder) / "err"
        line = warm.line({"TOLERANCE_STATE": folder, **own})
        call = FORKS.Process(target=_live, args=(arguments, own, out, err, line))
        call.start()
        call.join()
        assert call.exitcode is not None
        return subprocess.CompletedProcess(
            arguments, call.exitcode, out.read_text("utf-8"), err.read_text("utf-8")
        )


def _live(
    arguments: tuple[str, ...], environment: dict[str, str], out: Path, err: Path, line: socket.socket
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for path, descriptor in ((out, 1), (err, 2)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), descriptor)
    from tolerance.cli import main

    with warm_dbt(line):
        main(list(arguments), prog_name="tolerance")
