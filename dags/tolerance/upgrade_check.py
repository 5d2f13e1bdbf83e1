"""What will this release's next run do with a STATE that an earlier one left? Only looks: changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tolerance import doctor, runs
from tolerance.contracts import SOURCES
from tolerance.crm.history import refuse_newer_history
from tolerance.dag_ids import dag_id, ingestion
from tolerance.findings import Finding, Verdict, looked
from tolerance.intake.loads import known_loads
from tolerance.parameters import reading_version
from tolerance.settings import settings
from tolerance.state import State


def upgrade_check(state: State) -> Iterator[Finding]:
    """Check the company's files, formats, what is computed and read again, new sources, the disk."""
    company = doctor.company()
    yield company
    formats = looked(_formats, state)
    yield formats
    if Verdict.PROBLEM in (company.verdict, formats.verdict):
        return  # whatever else was said could be wrong
    tables = looked(_tables, state)
    yield tables
    yield looked(_reading, state)
    yield looked(_sources, state)
    yield _disk(state, is_rebuilt=tables.verdict == Verdict.WARNING)


def _formats(state: State) -> Finding:
    refuse_newer_history(state)
    return Finding(
        "formats",
        Verdict.OK,
        f"{len(runs.all_runs(state)):,} runs and {len(known_loads(state)):,} loads can be read",
    )


def _tables(state: State) -> Finding:
    run = runs.expected(state)
    if run is None:
        return Finding("tables", Verdict.OK, "nothing was published yet: the next run computes everything")
    if run.is_full_rebuild:
        return Finding(
            "tables",
            Verdict.WARNING,
            f"the next run makes all tables again, because {run.full_rebuild_reason}: run {run.as_of_on} "
            "again when there is time for it",
        )
    changed = [
        *(["the decision tables"] if run.is_redecided else []),
        *(["the detector"] if run.former_detector_versions else []),
        *([f"the incident types {run.changed_incident_types}"] if run.changed_incident_types else []),
    ]
    if changed:
        return Finding(
            "tables",
            Verdict.OK,
            f"the next run computes the customers concerned again: {' and '.join(changed)} changed",
        )
    return Finding("tables", Verdict.OK, "the next run goes on where the last one ended")


def _reading(state: State) -> Finding:
    """Files stay as they were read until a person wants otherwise."""
    loads = known_loads(state)
    otherwise = sum(any(file.reading_version != reading_version() for file in load) for load in loads)
    if otherwise:
        return Finding(
            "reading",
            Verdict.OK,
            f"{otherwise:,} of {len(loads):,} loads were read by another release and stay so; `tolerance "
            "rebuild` reads them again",
        )
    return Finding("reading", Verdict.OK, f"all {len(loads):,} loads were read as this release reads")


def _sources(state: State) -> Finding:
    known = {path.name for path in state.raw.glob("*") if path.is_dir() and path != state.loads}
    if state.contracts.is_file():
        known |= {json.loads(line)["source"] for line in state.contracts.read_text("utf-8").splitlines()}
    new = [source for source in SOURCES if source not in known]
    if known and new:
        dags = ", ".join(dag_id(ingestion(source)) for source in new)
        return Finding(
            "sources",
            Verdict.WARNING,
            f"{', '.join(new)} are new: unpause {dags}; {settings().dag_prefix}daily waits for them",
        )
    return Finding("sources", Verdict.OK, "none is new")


def _disk(state: State, *, is_rebuilt: bool) -> Finding:
    found = doctor.disk(state)
    if is_rebuilt and found.verdict == Verdict.WARNING:
        return Finding(found.check, Verdict.PROBLEM, found.what)
    return found
