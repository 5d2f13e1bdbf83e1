"""The extract of a day: all that a source delivered for it, whatever files and loads brought it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tolerance.intake.measures import RECORDS, WINDOW_DAYS, dated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tolerance.intake.loads import FileRecord


@dataclass(slots=True)
class Extract:
    """One day's extract of one source. A load of release 0.1.0 has no measures, and neither has a file
    whose content was loaded before.
    """

    day: date
    landed_records: int = 0
    newest_on: date | None = None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def measured_records(self) -> int:
        """How many records the other counts are of."""
        return self.counts[RECORDS]

    @property
    def days_since_newest(self) -> int | None:
        """How old the newest record was on the day of delivery."""
        return None if self.newest_on is None else (self.day - self.newest_on).days

    def dated_on(self, day: date) -> int:
        """How many records have this business date; none where it is too long ago to be counted."""
        return self.counts[dated((self.day - day).days)]

    @property
    def fullest_day(self) -> date:
        """The day that most of the counted records are of."""
        days = [self.day - timedelta(days=days_before) for days_before in range(WINDOW_DAYS)]
        return max(days, key=self.dated_on)

    @property
    def fullest_share(self) -> float:
        """The share of its records that are of one day; 0 where none is measured."""
        if not self.measured_records:
            return 0.0
        return self.dated_on(self.fullest_day) / self.measured_records

    def share(self, part: str, whole: str) -> float | None:
        """One count as a share of another; None where either is not measured or there is nothing."""
        if part not in self.counts or not self.counts[whole]:
            return None
        return self.counts[part] / self.counts[whole]


def extracts_by_day(files: Iterable[FileRecord]) -> dict[date, Extract]:
    """The extracts that the load records of one source tell of."""
    extracts: dict[date, Extract] = {}
    for file in files:
        extract = extracts.setdefault(file.delivered_on, Extract(file.delivered_on))
        extract.landed_records += file.landed_records
        extract.counts.update(file.measures)
        if file.newest_event_on is not None:
            newest = extract.newest_on
            extract.newest_on = max(newest or file.newest_event_on, file.newest_event_on)
    return extracts
