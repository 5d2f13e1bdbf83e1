"""The one door to dbt: every dbt command is composed here and runs in a process of its own (`warm_dbt`)."""

from __future__ import annotations

import errno
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tolerance import company, run_steps, steps, storage
from tolerance.code_hashes import digest, files_hash
from tolerance.errors import ToleranceError
from tolerance.settings import DBT_PROJECT, LIBRARY, PROJECT_ROOT
from tolerance.state import State
from tolerance.warm_dbt import Command, warm_dbt

_DATA_TESTS = "test_type:data"
_PARSED_FOLDERS = ("models", "macros", "tests/data")
_PARSED_SUFFIXES = {".sql", ".yml", ".csv", ".py", ".md"}


class DbtFailedError(ToleranceError):
    """A dbt command failed. It names the nodes, never a customer's values."""


@dataclass(frozen=True, slots=True)
class DbtResult:
    """The outcome of one dbt command, counted from its run results."""

    nodes: int
    tests: int
    seconds: float


def dbt(
    command: str, select: str, state: State, *, exclude: str = "", full_refresh: bool = False
) -> DbtResult:
    """Run `dbt COMMAND --select SELECT [--exclude EXCLUDE]` on the warehouse of `state`.

    Raises:
        DbtFailedError: when a model or a test failed, or dbt itself did.
    """
    arguments = [
        command,
        "--select",
        select,
        *(("--exclude", exclude) if exclude else ()),
        # A test runs with the last layer that it reads; unit tests run in `make test`. Finding tests costs as
        # much as ten models: where none is wanted none is looked for.
        f"--indirect-selection={'empty' if _DATA_TESTS in exclude.split() else 'buildable'}",
        "--exclude-resource-type=unit_test",
        "--warn-error",
        *(("--full-refresh",) if full_refresh else ()),
    ]
    target = state.dbt / "target"
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    seeds = _seeds(state)
    files = parsed_files_hash(seeds)
    parsed = target / "parsed_files"
    # dbt finds changed models by itself; after a change of macros, the stored parse has stale dependencies.
    beside_nodes = parsed_files_hash(seeds, beside_nodes=True)
    stored, _, of_manifest = parsed.read_text("utf-8").partition(" ") if parsed.exists() else ("", "", "")
    is_parsed = stored == beside_nodes
    is_written = is_parsed and of_manifest == files and (target / "manifest.json").exists()
    if not is_parsed:
        parsed.unlink(missing_ok=True)
    project = DBT_PROJECT.resolve()  # in a checkout a link: from it `..` leads elsewhere than its path says
    with warm_dbt() as warm:
        is_well = warm.run(
            Command(
                arguments=tuple(arguments),
                results=str(results),
                parse_options=(
                    "--warn-error",
                    *(() if is_parsed else ("--no-partial-parse",)),
                    *(("--no-write-json",) if is_written else ()),
                ),
                places=(
                    *("--project-dir", str(project), "--profiles-dir", str(project)),
                    *("--target-path", str(target), "--log-path", str(state.dbt / "logs")),
                    *_variables(),
                ),
                environment=environment(state)
                | {"TOLERANCE_SEEDS": os.path.relpath(seeds.resolve(), project)},
                parsed=f"{PROJECT_ROOT} {seeds} {_variables()} {files}",
            )
        )
        run_steps.count_command(warm.peak_kb)
    if results.exists():  # dbt got beyond parsing
        parsed.write_text(f"{beside_nodes} {files}", "utf-8")
    outcomes = json.loads(results.read_text("utf-8"))["results"] if results.exists() else []
    if not is_well:
        if os.strerror(errno.ENOSPC) in json.dumps(outcomes) and (full := storage.full_disk(state)):
            raise full
        failed = [
            outcome["unique_id"].split(".", 1)[1]
            for outcome in outcomes
            if outcome["status"] in {"error", "fail", "runtime error"}
        ]
        what = ", ".join(failed) or "dbt did not start its nodes"
        raise DbtFailedError(
            f"dbt {command} of {select} failed ({what})",
            f"nothing was published. The reason is in {state.dbt / 'logs' / 'dbt.log'}; fix it and run "
            "the same date again.",
        )
    steps.passed(f"building {select.removeprefix('tag:').removeprefix('+')}")
    return DbtResult(
        nodes=len(outcomes),
        tests=sum(outcome["unique_id"].startswith("test.") for outcome in outcomes),
        seconds=sum(outcome["execution_time"] for outcome in outcomes),
    )


def environment(state: State) -> dict[str, str]:
    """The environment of a dbt process: ours, and where the files of `state` are.

    dbt takes flags from there too (`DBT_EMPTY`, `DBT_TARGET`): those of another project are removed, and
    its Python modules.
    """
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("DBT_", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"))
    }
    return own | {
        "TOLERANCE_STATE": str(state.root),
        "TOLERANCE_PROJECT": str(PROJECT_ROOT),
        "TOLERANCE_LIBRARY": str(LIBRARY.parent),
        "DO_NOT_TRACK": "1",
    }


def _seeds(state: State) -> Path:
    """The folder of seeds that dbt reads: the tree's, or a copy with the company's own seeds."""
    tree = DBT_PROJECT / "seeds"
    chosen = company.seeds(tree)
    if all(path.parent == tree for path in chosen.values()):
        return tree
    folder = state.dbt / "seeds"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in (*tree.glob("*.yml"), *chosen.values()):
        shutil.copy(path, folder)
    return folder


def _variables() -> tuple[str, ...]:
    """The company's settings as dbt vars; lists are left out, only readers use them."""
    own = company.own_variables(DBT_PROJECT / "dbt_project.yml")
    for_models = {name: value for name, value in own.items() if not isinstance(value, list)}
    return ("--vars", json.dumps(for_models)) if for_models else ()


def parsed_files_hash(seeds: Path, *, beside_nodes: bool = False) -> str:
    """A hash of all files that dbt parses, or of all but the models' SQL and the seeds' CSV.

    While the first is the same, the parse in memory is valid; while the second is, the stored one is,
    which dbt brings up to date with the models and seeds that changed. The stored one also holds the place
    of each seed, which another installation has elsewhere.
    """
    folders = (DBT_PROJECT, *(PROJECT_ROOT / name for name in _PARSED_FOLDERS), seeds)
    return digest(
        str(DBT_PROJECT).encode() if beside_nodes else b"",
        *(
            files_hash(
                [
                    path
                    for path in folder.rglob("*")
                    if path.suffix in _PARSED_SUFFIXES and not (beside_nodes and _is_node(path, folder))
                ],
                folder,
            ).encode()
            for folder in folders
        ),
    )


def _is_node(path: Path, folder: Path) -> bool:
    """Whether a file is a model's SQL or a seed's CSV."""
    return path.suffix == ".csv" or (path.suffix == ".sql" and folder.name == "models")
