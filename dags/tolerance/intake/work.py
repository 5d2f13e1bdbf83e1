"""Where the unfinished files of one load are between its steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tolerance.state import State


@dataclass(frozen=True, slots=True)
class Work:
    """The unfinished files of one load."""

    state: State
    source: str
    load_id: str

    @property
    def root(self) -> Path:
        """The folder of all of them."""
        return self.state.work / self.source / self.load_id

    @property
    def plan(self) -> Path:
        """The files to be read."""
        return self.root / "plan.ndjson"

    @property
    def staged(self) -> Path:
        """Rows that fit their contract."""
        return self.root / "staged"

    @property
    def quarantined(self) -> Path:
        """Records that do not fit it."""
        return self.root / "quarantined"

    @property
    def batches(self) -> Path:
        """What each reading process counted."""
        return self.root / "batches"

    @property
    def counted(self) -> Path:
        """The files with their counts."""
        return self.root / "counted.ndjson"

    @property
    def loaded(self) -> Path:
        """The rows that are new, on their way to `raw/`."""
        return self.root / "loaded"

    @property
    def evidence(self) -> Path:
        """Quarantine on its way to its place."""
        return self.root / "evidence"

    @property
    def scratch(self) -> Path:
        """Decompressed files and whatever else a step needs only while it runs."""
        return self.root / "scratch"
