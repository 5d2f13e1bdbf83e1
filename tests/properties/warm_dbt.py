"""dbt in a process of its own without paying for its imports each time.

A run of thirty days starts dbt more than thirty times. Each start here is a fork of one server
process that has imported dbt and nothing else, so every command still opens and closes the
warehouse by itself, as a process of its own does.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    [
        "dbt.cli.main",
        "dbt.adapters.duckdb",
        "dbt.task.build",
        "dbt.parser.manifest",
        "dbt.parser.schemas",
        "duckdb",
        "agate",
        "tests.properties.warm_dbt",
    ]
)


def _invoke(arguments: Sequence[str], environment: Mapping[str, str], folder: str, log: str) -> None:
    """Run one dbt command in this, a forked, process, its words going to `log`."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(words, 1)
    os.dup2(words, 2)
    from dbt.cli.main import cli

    sys.argv = ["dbt", *arguments]
    cli()


def run(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, **_: object
) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run` does with `python -m dbt.cli.main ARGUMENTS`, but forked."""
    assert list(command[1:3]) == ["-m", "dbt.cli.main"]
    log = Path(env["TOLERANCE_STATE"]) / "dbt.out"
    process = _SERVER.Process(target=_invoke, args=(tuple(command[3:]), dict(env), str(cwd), str(log)))
    process.start()
    process.join()
    return subprocess.CompletedProcess(list(command), process.exitcode or 0, log.read_text("utf-8"))
