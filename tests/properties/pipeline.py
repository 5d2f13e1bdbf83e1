"""The pipe without Airflow: files in, the project's own steps in their order, tables out.

Left out against a real cycle: Airflow, and the processes in which files are read. Everything else is the
library and the dbt project.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from tests import REPOSITORY
from tests.fixtures.ingesting import looking_quickly, reading_here
from tests.properties.records import AGAIN, IDENTITY_KEY, Delivery, Record, write_file
from tolerance import dbt as door
from tolerance import detection, parameters, runs
from tolerance.contracts import SOURCES
from tolerance.crm import export
from tolerance.crm.history import ensure_empty_history
from tolerance.former_ids import continue_former_ids
from tolerance.identity import KEY_VARIABLE
from tolerance.intake.expect import expect
from tolerance.intake.land import land
from tolerance.intake.load import ensure_empty_sources, load
from tolerance.intake.read import read
from tolerance.publishing.generations import publish
from tolerance.state import State

LAYERS = "tag:staging tag:intermediate tag:marts"
MODELS_ONLY = "test_type:data"
WITHOUT_LEAVES = (
    f"{MODELS_ONLY} audit_decision audit_customer_merge audit_service_completeness classification_backlog"
    " classification_backlog_by_code classification_disagreement mart_workload_by_role audit_acknowledgement"
    " mart_alert_follow_up mart_alert_follow_up_by_role audit_run audit_source_freshness"
)
"""Excludes what is computed whole and feeds nothing, for days, not the first, of which nobody looks at it."""
_VIEWS = "config.materialized:view"
_LOADED_AT = datetime.fromisoformat("2000-01-01")  # nothing is ordered by it, and nobody reads it
_MARKER_COLUMNS = {
    "stg_faq__calls": "question",
    "stg_mail__messages": "subject",
    "stg_tickets__tickets": "subject",
}


@dataclass(frozen=True)
class Project:
    """A copy of the dbt project and of the library that its models call: a test may change both.

    dbt imports the copied library, because `profiles.yml` names the project's own; the test itself
    stays with the installed one.
    """

    root: Path

    @classmethod
    def copied_to(cls, root: Path) -> Project:
        for folder in ("models", "macros", "dags/tolerance", "dbt_project", "tests/data"):
            shutil.copytree(
                REPOSITORY / folder,
                root / folder,
                symlinks=True,  # the library's links lead into the copy
                ignore=shutil.ignore_patterns("__pycache__", "target", "logs"),
            )
        return cls(root)

    @property
    def seeds(self) -> Path:
        return self.root / "dbt_project" / "seeds"

    def replace(self, file: str, old: str, new: str) -> None:
        """Change one place of one file; the place must be there exactly once."""
        path = self.root / file
        text = path.read_text("utf-8")
        found = text.count(old)
        assert found == 1, f"{file} holds {found} times, not once: {old!r}. Bring the pair up to date."
        path.write_text(text.replace(old, new), encoding="utf-8")

    @contextmanager
    def used(self) -> Iterator[None]:
        """Let the library compute with this copy."""
        library = self.root / "dags" / "tolerance"
        places: dict[str, Any] = {
            "PROJECT_ROOT": library / "project",
            "DBT_PROJECT": library / "project" / "dbt_project",
        }
        with (
            patch.multiple(door, **places, LIBRARY=library),
            patch.multiple(parameters, **places),
            patch.object(detection, "DBT_PROJECT", places["DBT_PROJECT"]),
        ):
            yield


OF_TREE = Project(REPOSITORY)
"""The tree itself, for tests that change nothing in it: dbt parses it once for all of them."""


@dataclass
class Pipeline:
    """One state and its inbox. Every delivery is remembered for the reference."""

    root: Path
    project: Project
    deliveries: list[Delivery] = field(default_factory=list)
    identity_key: str = IDENTITY_KEY
    """The key of the environment; empty for one that the state makes for itself."""

    @property
    def state(self) -> State:
        return State(self.root / "state")

    @property
    def extracts(self) -> Path:
        return self.root / "inbox"

    # In

    def deliver(self, name: str, records: list[Record], delivered_on: date) -> None:
        """Put one file into the inbox. A name below a folder of a day tells its day of delivery."""
        self.deliveries += write_file(self.extracts, name, delivered_on, records)

    def take_in(self, as_of: date) -> None:
        """What the ingestion DAGs do."""
        self.extracts.mkdir(parents=True, exist_ok=True)
        ensure_empty_sources(self.state)
        with (
            patch.dict(os.environ, {KEY_VARIABLE: self.identity_key}),
            looking_quickly(),
            reading_here(),  # no file of ours is hostile
        ):
            for source in SOURCES:
                load_id = land(source, self.extracts, as_of, self.state, _LOADED_AT)
                if load_id:
                    read(source, load_id, self.state)
                    expect(source, load_id, self.state)
                    load(source, load_id, self.state)

    # Through

    def open(self, as_of: date) -> runs.Run:
        ensure_empty_history(self.state)
        continue_former_ids(self.state, as_of)
        export.finish_interrupted_export(self.state)
        return runs.open_run(self.state, as_of)

    def build(self, run: runs.Run, select: str = LAYERS, exclude: str = MODELS_ONLY) -> door.DbtResult:
        with self.project.used():
            viewed = self._what_is_viewed()
            marker = self.state.root / "viewed"
            stands = select == LAYERS and marker.exists() and marker.read_text("utf-8") == viewed
            excluded = f"{exclude} {_VIEWS} resource_type:seed" if stands else exclude
            built = door.dbt("build", select, self.state, exclude=excluded, full_refresh=run.is_full_rebuild)
            if select == LAYERS:
                marker.write_text(viewed, "utf-8")
            elif marker.exists() and marker.read_text("utf-8") != viewed:
                marker.unlink()  # other seeds or views stand there now
            return built

    def _what_is_viewed(self) -> str:
        """Views of the same files and tables by the same code, and the same seeds, need not be made again."""
        seeds = door._seeds(self.state)  # a company may have its own
        return f"{self.state.root} {door._variables()} {door.parsed_files_hash(seeds)}"

    def publish(self) -> None:
        publish(self.state)
        export.export_alerts(self.state)

    def run(self, as_of: date, *, exclude: str = MODELS_ONLY) -> runs.Run:
        """One whole cycle, published."""
        self.take_in(as_of)
        with self.project.used():
            run = self.open(as_of)
        self.build(run, exclude=exclude)
        self.publish()
        return run

    def run_killed(self, as_of: date, select: str) -> None:
        """An attempt that builds some models and dies before it publishes."""
        self.take_in(as_of)
        with self.project.used():
            run = self.open(as_of)
        self.build(run, select)

    # Copies

    def copied_to(self, root: Path) -> Pipeline:
        """The same state elsewhere, as it is now."""
        shutil.copytree(self.root, root)
        return Pipeline(root, self.project, list(self.deliveries), self.identity_key)

    def rebuild(self) -> None:
        """`--full-refresh` of everything, from the same files and the same run record."""
        with self.project.used():
            door.dbt("build", LAYERS, self.state, full_refresh=True)

    # Out

    @contextmanager
    def tables(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, for reading."""
        with duckdb.connect(str(self.state.warehouse), read_only=True) as warehouse:
            warehouse.execute("set TimeZone = 'UTC'")
            yield warehouse

    def record_hashes(self) -> dict[str, str]:
        """The content hash of every version that was loaded, by its marker: it breaks ties."""
        with self.tables() as warehouse:
            return {
                str(marker): str(content_hash)
                for model, column in _MARKER_COLUMNS.items()
                for marker, content_hash in warehouse.execute(
                    f"select replace({column}, '{AGAIN}', ''), _content_hash from {model}"
                ).fetchall()
            }
