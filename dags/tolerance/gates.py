"""The gates at the doors: Great Expectations on a frame, answered in counts only.

Great Expectations takes seconds to import, so it is imported inside functions and only
when there is something to check.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, cast

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
    """What a gate found: expectations checked, those that failed (by name), rows looked at.

    `failed` names expectation and column, never a value.
    """

    name: str
    expectations: int
    failed: tuple[str, ...]
    rows: int

    @property
    def is_passed(self) -> bool:
        """Whether every expectation held."""
        return not self.failed

    @property
    def sentence(self) -> str:
        """One sentence in counts, such as `faq: 2 of 14 expectations failed (1 203 rows): …`."""
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
    """Hold one frame against one suite. `name` is what the result's sentence begins with."""
    return check_batches([frame], suite, name)


def check_batches(frames: Iterable[pd.DataFrame], suite: ExpectationSuite, name: str) -> GateResult:
    """Hold a frame that comes in batches against a suite whose expectations judge single rows."""
    definition = (
        context()
        .data_sources.add_pandas(name)
        .add_dataframe_asset(name)
        .add_batch_definition_whole_dataframe(name)
    )
    failed: dict[str, None] = {}
    rows = 0
    for frame in frames:
        rows += len(frame)
        batch = definition.get_batch({"dataframe": frame})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outcome = batch.validate(suite, result_format="BOOLEAN_ONLY")
        failed.update(dict.fromkeys(_label(one) for one in outcome.results if not one.success))
    return GateResult(name, len(suite.expectations), tuple(sorted(failed)), rows)


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


def _label(outcome: object) -> str:
    """Expectation and column, such as `values_to_not_be_null(call_id)`."""
    configuration = outcome.expectation_config  # type: ignore[attr-defined]
    column = configuration.kwargs.get("column", "table")
    return f"{configuration.type.removeprefix('expect_').removeprefix('column_')}({column})"
