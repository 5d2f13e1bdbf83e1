"""Third step: what only the whole extract shows is measured; `all_clear` holds it against its past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tolerance.intake.loads import is_loaded, read_records, write_records
from tolerance.intake.measures import measure
from tolerance.intake.work import Work

if TYPE_CHECKING:
    from tolerance.state import State


def expect(source: str, load_id: str, state: State) -> None:
    """Measure the staged rows for the expectations in `expectations/extracts.py`; `load` keeps the counts.

    Nothing is judged here: what is unusual is a warning, and no reason to refuse what the readers accepted.
    """
    work = Work(state, source, load_id)
    staged = sorted(work.staged.glob("*.parquet"))
    if not staged or is_loaded(state, source, load_id):
        return
    files = read_records(work.counted)
    measure(work, files, staged)
    write_records(work.counted, files)
