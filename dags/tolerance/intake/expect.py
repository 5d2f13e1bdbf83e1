"""Third step: the staged rows are held against the source's suite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from expectations import extracts
from tolerance import gates
from tolerance.intake.loads import is_loaded
from tolerance.intake.work import Work

if TYPE_CHECKING:
    import pandas as pd

    from tolerance.state import State


def expect(source: str, load_id: str, state: State) -> None:
    """Hold the staged rows against the source's suite in `expectations/extracts.py`.

    Raises `gates.GateFailedError` with a sentence in counts. No rows, nothing to expect.
    """
    paths = sorted(Work(state, source, load_id).staged.glob("*.parquet"))
    if not paths or is_loaded(state, source, load_id):
        return
    result = gates.check_batches(frames(paths), extracts.suite(source), source)
    if not result.is_passed:
        raise gates.GateFailedError(result.sentence)


def frames(paths: list[Path]) -> Iterator[pd.DataFrame]:
    """Rows of Parquet files as data frames of at most a batch; dates are comparable in them."""
    for path in paths:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):  # bounded in rows and bytes
                yield file.read_row_group(group).to_pandas(date_as_object=False)
