"""Great Expectations' own Data Docs, on demand: what is expected at each door, and how the last load met it.

Results are counts only: no page holds a value, so the pages may be shown to whoever may know the counts.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from expectations import crm_alert_list, extracts
from tolerance import gates
from tolerance.contracts import SOURCES
from tolerance.intake.expect import frames
from tolerance.intake.loads import load_records
from tolerance.publishing.generations import published_generation
from tolerance.state import State

if TYPE_CHECKING:
    import pandas as pd

_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
_ADDED_UP = ("element_count", "unexpected_count", "missing_count")
ALERT_LIST = "crm_alert_list"


@dataclass(frozen=True, slots=True)
class Validated:
    """One suite held against the latest data: rows looked at, expectations failed."""

    suite: str
    rows: int
    failed: int


@dataclass(frozen=True, slots=True)
class _Latest:
    """The latest data of one suite: what it is called, since when it is there, its rows in batches."""

    name: str
    at: datetime
    frames: Iterator[pd.DataFrame]


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
    for name in (*SOURCES, ALERT_LIST):
        suite = context.suites.add(crm_alert_list.suite() if name == ALERT_LIST else extracts.suite(name))
        latest = _latest_load(state, name) if name in SOURCES else _published_list(state)
        yield _validate(context, suite, latest) if latest else Validated(name, 0, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.build_data_docs()
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made, folder)


def _latest_load(state: State, source: str) -> _Latest | None:
    """The last load of a source that brought rows."""
    for record in reversed(load_records(state, source)):
        paths = sorted((state.raw / source / record.load_id).glob("*.parquet"))
        if paths:
            return _Latest(f"load {record.load_no} as of {record.as_of_on}", record.loaded_at, frames(paths))
    return None


def _published_list(state: State) -> _Latest | None:
    """The alert list of the published generation."""
    generation = published_generation(state)
    if generation is None:
        return None
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        alerts = serving.execute("select * from exports.crm_alert_list").df()
    at = datetime.combine(datetime.fromisoformat(generation[1]), time.min)
    return _Latest(f"as of {generation[1]}", at, iter([alerts] if len(alerts) else []))


def _validate(context: Any, suite: Any, latest: _Latest) -> Validated:
    """Hold all batches against the suite, add their counts up and leave them in the context's store."""
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
    whole: Any = None
    rows = 0
    for frame in latest.frames:
        rows += len(frame)
        batch = definition.get_batch({"dataframe": frame})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            part = batch.validate(suite, result_format=_COUNTS_ONLY)
        whole = part if whole is None else _added(whole, part)
    if whole is None:
        return Validated(suite.name, 0, 0)
    for one in whole.results:
        one.result = _counts(one.result)
        one.exception_info = {
            "raised_exception": _is_raised(one.exception_info),
            "exception_message": "it could not be judged: a column is missing or of another type",
            "exception_traceback": "",
        }
    failed = sum(not one.success for one in whole.results)
    whole.success = not failed
    whole.statistics = {
        "evaluated_expectations": len(whole.results),
        "successful_expectations": len(whole.results) - failed,
        "unsuccessful_expectations": failed,
        "success_percent": 100 * (len(whole.results) - failed) / len(whole.results),
    }
    run_id = RunIdentifier(run_name=latest.name, run_time=latest.at.replace(tzinfo=UTC))
    whole.meta["run_id"] = run_id
    key = ValidationResultIdentifier(
        expectation_suite_identifier=ExpectationSuiteIdentifier(suite.name),
        run_id=run_id,
        batch_identifier=suite.name,
    )
    context.validation_results_store.set(key, whole)
    return Validated(suite.name, rows, failed)


def _is_raised(exception_info: dict[str, Any]) -> bool:
    """Whether an expectation could not be judged; the flag stands there, or once for each metric."""
    told = [exception_info, *(one for one in exception_info.values() if isinstance(one, dict))]
    return any(one.get("raised_exception") for one in told)


def _added(whole: Any, part: Any) -> Any:
    """Both results as one: an expectation on single rows holds for all when it holds for each batch."""
    for one, other in zip(whole.results, part.results, strict=True):
        one.success = one.success and other.success
        for counter in _ADDED_UP:
            if counter in other.result:
                one.result[counter] = one.result.get(counter, 0) + other.result[counter]
    return whole


def _counts(result: dict[str, Any]) -> dict[str, Any]:
    """What a result tells in counts; whatever else an expectation may add to it is dropped."""
    counts = {counter: result[counter] for counter in _ADDED_UP if counter in result}
    if counts.get("element_count") and "unexpected_count" in counts:
        counts["unexpected_percent"] = 100 * counts["unexpected_count"] / counts["element_count"]
        counts["partial_unexpected_list"] = []
    return counts
