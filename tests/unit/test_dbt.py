"""The one door to dbt."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from tolerance import dbt as door
from tolerance.settings import PROJECT_ROOT
from tolerance.state import State
from tolerance.warm_dbt import Command


def test_flags_of_another_dbt_project_in_the_environment_change_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DBT_EMPTY", "DBT_TARGET", "DBT_PROFILE", "DBT_ENGINE_EMPTY", "dbt_full_refresh"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    given = door.environment(State(tmp_path))
    assert not [name for name in given if name.upper().startswith("DBT_")]
    assert given["HTTPS_PROXY"] == "http://proxy.example"
    assert given["TOLERANCE_STATE"] == str(tmp_path)
    assert given["DO_NOT_TRACK"] == "1"


@pytest.mark.parametrize(
    "file",
    [
        "models/marts/fct_alert.sql",
        "models/staging/runs/_runs__sources.yml",
        "macros/account/decay.sql",
        "macros/python/incident_detection.py",
        "tests/data/assert_month_adds_up.sql",
        "dbt_project/dbt_project.yml",
        "dbt_project/profiles.yml",
        "dbt_project/seeds/_seeds.yml",
        "dbt_project/seeds/tolerance_budgets.csv",
    ],
)
def test_a_changed_file_is_parsed_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str) -> None:
    for folder in ("models", "macros", "tests/data", "dbt_project"):
        shutil.copytree(PROJECT_ROOT / folder, tmp_path / folder)
    monkeypatch.setattr(door, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(door, "DBT_PROJECT", tmp_path / "dbt_project")
    before = door.parsed_files_hash(tmp_path / "dbt_project/seeds")
    beside_nodes = door.parsed_files_hash(tmp_path / "dbt_project/seeds", beside_nodes=True)
    assert door.parsed_files_hash(tmp_path / "dbt_project/seeds") == before
    with (tmp_path / file).open("a", encoding="utf-8") as changed:
        changed.write("\n")
    assert door.parsed_files_hash(tmp_path / "dbt_project/seeds") != before
    # The stored parse takes a changed model or seed by itself, and no other change.
    is_a_node = file.endswith(".csv") or (file.startswith("models/") and file.endswith(".sql"))
    is_stored = door.parsed_files_hash(tmp_path / "dbt_project/seeds", beside_nodes=True) == beside_nodes
    assert is_stored is is_a_node


def test_what_another_installation_has_parsed_is_parsed_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """dbt's stored parse would look for the seeds where that installation was."""
    hashes = []
    for installation in ("here", "there"):
        for folder in ("models", "macros", "tests/data", "dbt_project"):
            shutil.copytree(PROJECT_ROOT / folder, tmp_path / installation / folder)
        monkeypatch.setattr(door, "PROJECT_ROOT", tmp_path / installation)
        monkeypatch.setattr(door, "DBT_PROJECT", tmp_path / installation / "dbt_project")
        seeds = tmp_path / installation / "dbt_project" / "seeds"
        hashes.append(door.parsed_files_hash(seeds, beside_nodes=True))
    assert hashes[0] != hashes[1]


def test_the_manifest_is_written_again_unless_it_is_that_of_the_same_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[Command] = []

    class Recorder:
        peak_kb = 0

        def run(self, command: Command) -> bool:
            given.append(command)
            Path(command.results).write_text('{"results": []}', "utf-8")
            return True

    state = State(tmp_path)
    manifest = state.dbt / "target" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    hashes = {"all": "1", "beside_nodes": "1"}

    def parsed_files_hash(_: Path, *, beside_nodes: bool = False) -> str:
        return hashes["beside_nodes" if beside_nodes else "all"]

    monkeypatch.setattr(door, "parsed_files_hash", parsed_files_hash)
    monkeypatch.setattr(door, "warm_dbt", lambda: nullcontext(Recorder()))

    def is_written() -> bool:
        door.dbt("build", "tag:marts", state)
        return "--no-write-json" not in given[-1].parse_options

    assert is_written()
    assert is_written(), "there is none yet"
    manifest.write_text("{}", "utf-8")
    assert not is_written()
    for changed in hashes:  # first a model alone, then a macro
        hashes[changed] = "2"
        assert is_written()
        assert not is_written()
