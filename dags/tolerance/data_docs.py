"""Great Expectations' own Data Docs, on demand: what is expected of extracts and lists, and how it was met.

Results are counts only: no page holds a value of a record, so the pages may be shown to whoever may know the
counts.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from tolerance import audits, gates
from tolerance.contracts import SOURCES
from tolerance.expectations import crm_alert_list, extracts
from tolerance.intake.loads import load_records
from tolerance.publishing.generations import published_generation
from tolerance.state import State

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import ExpectationSuite

_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
_KEPT_COUNTS = ("element_count", "unexpected_count", "missing_count")
ALERT_LIST = "crm_alert_list"


@dataclass(frozen=True, slots=True)
class Validated:
    """One suite held against the latest data: the records it tells of, expectations failed."""

    suite: str
    rows: int
    failed: int


@dataclass(frozen=True, slots=True)
class _Latest:
    """The latest data of one suite: what it is called, since when it is there, its frame, its records."""

    name: str
    at: datetime
    frame: pd.DataFrame
    records: int


def build_data_docs(state: State, folder: Path) -> Iterator[Validated]:
    """Write the pages of all suites below `folder`, which is made anew; yield what each validation found.

    A suite without data has the page of its expectations alone. The pages take their style from the
    network when they are opened.
    """
    context = gates.context()
    made = state.work / "data_docs"
    shutil.rmtree(made, ignore_errors=True)
    context.add_data_docs_site(
        site_name="data_docs",
        site_config={
            "class_name": "SiteBuilder",
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(made)},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False},
        },
    )
    for suite, latest in (*(_latest_extract(state, source) for source in SOURCES), _latest_list(state)):
        context.suites.add(suite)
        yield _validate(context, suite, latest) if latest else Validated(suite.name, 0, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.build_data_docs()
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made, folder)


def _latest_extract(state: State, source: str) -> tuple[ExpectationSuite, _Latest | None]:
    """What the last load of a source brought for its date."""
    files = load_records(state, source)
    if not files:
        return extracts.suite(source, []), None
    last = files[-1]
    expected = extracts.expected_of(source, files, last.as_of_on)
    records = sum(file.landed_records for file in files if file.load_no == last.load_no)
    name = f"load {last.load_no} as of {last.as_of_on}"
    latest = _Latest(name, last.loaded_at, extracts.row(expected), records)
    return extracts.suite(source, expected), latest


def _latest_list(state: State) -> tuple[ExpectationSuite, _Latest | None]:
    """The alert list that was kept back, else that of the published generation."""
    suite = crm_alert_list.suite()
    kept_back = audits.list_kept_back(state)
    if kept_back is not None:
        as_of, alerts = kept_back
        name = f"as of {as_of}, kept back"
        return suite, _Latest(name, datetime.combine(as_of, time.min), alerts, len(alerts))
    generation = published_generation(state)
    if generation is None:
        return suite, None
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        alerts = serving.execute("select * from exports.crm_alert_list").df()
    at = datetime.combine(date.fromisoformat(generation[1]), time.min)
    return suite, _Latest(f"as of {generation[1]}", at, alerts, len(alerts)) if len(alerts) else None


def _validate(context: Any, suite: ExpectationSuite, latest: _Latest) -> Validated:
    """Hold the latest data against its suite and leave the result, in counts, in the context's store."""
    from great_expectations.core import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    definition = (
        context.data_sources.add_pandas(suite.name)
        .add_dataframe_asset(suite.name)
        .add_batch_definition_whole_dataframe(suite.name)
    )
    batch = definition.get_batch({"dataframe": latest.frame})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = batch.validate(suite, result_format=_COUNTS_ONLY)
    for result in found.results:
        result.result = _counts(result.result)
        result.exception_info = {
            "raised_exception": _is_raised(result.exception_info),
            "exception_message": "it could not be judged: a column is missing or of another type",
            "exception_traceback": "",
        }
    run_id = RunIdentifier(run_name=latest.name, run_time=latest.at.replace(tzinfo=UTC))
    found.meta["run_id"] = run_id
    key = ValidationResultIdentifier(
        expectation_suite_identifier=ExpectationSuiteIdentifier(suite.name),
        run_id=run_id,
        batch_identifier=suite.name,
    )
    context.validation_results_store.set(key, found)
    return Validated(suite.name, latest.records, sum(not result.success for result in found.results))


def _is_raised(exception_info: dict[str, Any]) -> bool:
    """Whether an expectation could not be judged; the flag stands there, or once for each metric."""
    parts = [exception_info, *(part for part in exception_info.values() if isinstance(part, dict))]
    return any(part.get("raised_exception") for part in parts)


def _counts(result: dict[str, Any]) -> dict[str, Any]:
    """What a result tells in counts; whatever else an expectation may add to it is dropped."""
    counts = {counter: result[counter] for counter in _KEPT_COUNTS if counter in result}
    if counts.get("element_count") and "unexpected_count" in counts:
        counts["unexpected_percent"] = 100 * counts["unexpected_count"] / counts["element_count"]
        counts["partial_unexpected_list"] = []
    return counts
