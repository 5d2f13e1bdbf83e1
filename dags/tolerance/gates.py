"""The gates: Great Expectations on a frame, answered in counts only.

Great Expectations takes seconds to import, so it is imported inside functions and only when there is
something to check. What was judged is not judged again: see `remembered`.
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from tolerance import expectations, files
from tolerance.code_hashes import code_hash, digest
from tolerance.errors import ToleranceError

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import ExpectationSuite
    from great_expectations.data_context.data_context.abstract_data_context import (
        AbstractDataContext,
    )
    from great_expectations.expectations.expectation import Expectation


class GateFailedError(ToleranceError):
    """Data does not meet what is expected of it: what follows must not run."""


@dataclass(frozen=True, slots=True)
class GateResult:
    """What a gate found: expectations checked, those that failed (by name), rows looked at, warnings.

    `failed` names expectation and column, never a value.
    """

    name: str
    expectations: int
    failed: tuple[str, ...]
    rows: int
    warnings: tuple[str, ...] = ()

    @property
    def is_passed(self) -> bool:
        """Whether every expectation held, but for those that only warn."""
        return not self.failed

    @property
    def sentence(self) -> str:
        """One sentence in counts, such as `crm_alert_list: 1 of 11 expectations failed (93 rows): …`."""
        rows = f"{self.rows:,}".replace(",", " ")
        if self.is_passed:
            return f"{self.name}: {self.expectations} expectations hold ({rows} rows)"
        return (
            f"{self.name}: {len(self.failed)} of {self.expectations} expectations failed "
            f"({rows} rows): {', '.join(self.failed)}"
        )


def new_suite(name: str, expectations: list[Expectation]) -> ExpectationSuite:
    """A suite of that name; the suites in `expectations/` are made by it."""
    suite: ExpectationSuite = great_expectations().ExpectationSuite(name=name, expectations=expectations)
    return suite


def great_expectations() -> ModuleType:
    """The package, imported without its news, its analytics and its progress bars."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports, not ours to mend
        import great_expectations as gx
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    return gx


def check(frame: pd.DataFrame, suite: ExpectationSuite, name: str) -> GateResult:
    """Hold one frame against one suite. `name` is what the result's sentence begins with.

    An unmet expectation of the severity "warning" fails nothing; it tells the warnings of its `meta`.
    """
    definition = (
        context()
        .data_sources.add_pandas(name)
        .add_dataframe_asset(name)
        .add_batch_definition_whole_dataframe(name)
    )
    batch = definition.get_batch({"dataframe": frame})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = batch.validate(suite, result_format="BOOLEAN_ONLY")
    unmet: list[Any] = [result.expectation_config for result in outcome.results if not result.success]
    return GateResult(
        name,
        expectations=len(suite.expectations),
        failed=tuple(sorted(_label(expectation) for expectation in unmet if not _only_warns(expectation))),
        rows=len(frame),
        warnings=tuple(
            sentence
            for expectation in unmet
            if _only_warns(expectation)
            for sentence in expectation.meta["warnings"]
        ),
    )


def remembered(path: Path, judged: bytes, judge: Callable[[], GateResult]) -> GateResult:
    """What `judge` finds, or what it found before of the same `judged` with the same expectations.

    The last finding is kept in `path`: a repeated date does without Great Expectations.
    """
    suites = Path(expectations.__file__).parent
    code = code_hash([*suites.glob("*.py"), Path(__file__)], suites.parent)
    key = digest(judged, code.encode(), version("great-expectations").encode())
    known = _kept(path)
    if known.get("key") == key:
        found = known["found"]
        return GateResult(**found | {name: tuple(found[name]) for name in ("failed", "warnings")})
    result = judge()
    files.write_text(path, json.dumps({"key": key, "found": asdict(result)}))
    return result


def has_passed(path: Path) -> bool:
    """Whether what was judged last passed, or nothing was judged yet."""
    return not _kept(path).get("found", {}).get("failed")


def _kept(path: Path) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):  # none yet, or one that was cut short: judged again
        return {}


def context() -> AbstractDataContext:
    """A context that lives in memory alone: no docs folder, no progress bars, no news home."""
    gx = great_expectations()
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return cast(
        "AbstractDataContext",
        gx.get_context(
            mode="ephemeral",
            project_config=DataContextConfig(
                store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
                progress_bars=ProgressBarsConfig(globally=False),
                analytics_enabled=False,
            ),
        ),
    )


def _only_warns(expectation: Any) -> bool:
    return bool(expectation.severity == "warning")


def _label(expectation: Any) -> str:
    """Expectation and column, such as `values_to_not_be_null(call_id)`."""
    column = expectation.kwargs.get("column", "table")
    return f"{expectation.type.removeprefix('expect_').removeprefix('column_')}({column})"
