"""Promise 2: any sequence of daily runs equals one full rebuild, and what a reference says."""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.properties.company import Company
from tests.properties.comparing import against_rebuild, against_reference, alerts_against_acknowledgements
from tests.properties.pipeline import MODELS_ONLY, WITHOUT_LEAVES, Pipeline, Project
from tests.properties.records import Record
from tests.properties.reference import Truth
from tests.properties.schedules import Schedule

FIRST_DAY = date(2024, 11, 27)
BUILT_BEFORE_THE_KILL = (
    "tag:staging",
    "tag:staging tag:intermediate",
    "tag:staging +int_contacts",
    "tag:staging +int_incidents",
    "tag:staging +int_segment_versions",
    "tag:staging +int_balance_counts",
    "tag:staging +fct_tolerance_ledger",
    "tag:staging tag:intermediate fct_incident fct_tolerance_monthly",
    "tag:staging tag:intermediate tag:marts",
)

DATED = ("acknowledgements", "customers", "customer_merges", "reviews")
"""The sources of which the later delivery wins."""


@dataclass
class Warehouse:
    """Many schedules side by side, one run after the other."""

    root: Path
    seed: int
    schedule_count: int
    checked_every: int = 5
    is_dated: bool = True
    kill_share: float = 0.2
    repeat_share: float = 0.1
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        project = Project.copied_to(self.root / "project")
        self.company = Company(project)
        self.pipeline = Pipeline(self.root / "warehouse", project)
        self.schedules = [
            Schedule(number, Random(f"{self.seed}/{number}")) for number in range(1, self.schedule_count + 1)
        ]
        self.files = 0
        self.kills = self.repeats = self.rebuilds = 0

    def live(self, days: int) -> date:
        """`days` published runs, with what goes wrong between them; the last as-of date."""
        today = FIRST_DAY
        for day_no in range(1, days + 1):
            self._write(today)
            if self.random.random() < self.kill_share or day_no in {2, 7, 12}:
                self.kills += 1
                self.pipeline.run_killed(today, self.random.choice(BUILT_BEFORE_THE_KILL))
                if self.random.random() < 0.5:  # the next run comes only days later
                    today += timedelta(days=self.random.randint(1, 3))
                    self._write(today)
            self._change_the_taxonomy(day_no, today)
            is_checked = day_no % self.checked_every == 0 or day_no == days
            run = self.pipeline.run(
                today, exclude=MODELS_ONLY if is_checked or day_no == 1 else WITHOUT_LEAVES
            )
            self.rebuilds += day_no > 1 and run.is_full_rebuild
            if self.random.random() < self.repeat_share or day_no in {3, 8, 13}:
                self.repeats += 1
                if self.random.random() < 0.5:
                    self._write(today)
                self.pipeline.run(today)
            if is_checked:
                self._check(today)
            if self.problems or day_no == days:
                break
            today += timedelta(days=self._days_until_next(day_no))
        return today

    def _days_until_next(self, day_no: int) -> int:
        if day_no == 6:
            return 40  # a month without any run
        if day_no == 11:
            return 75
        return self.random.choice((1, 1, 1, 1, 2, 5))

    def _change_the_taxonomy(self, day_no: int, today: date) -> None:
        if day_no == 5:
            self.company.reprice("refund_missing", 150)
        if day_no == 10:
            self.company.reclassify_from("delivery_late", today - timedelta(days=20), "cumulative", 100)

    # What comes in

    def _write(self, today: date) -> None:
        by_source: dict[str, list[Record]] = defaultdict(list)
        for schedule in self.schedules:
            for record in schedule.day(today):
                by_source[record.source].append(record)
        for source, records in by_source.items():
            self.random.shuffle(records)
            cut = self.random.randint(0, len(records))
            for part in (records[:cut], records[cut:]):
                if part:
                    self._deliver(part + self._replayed(source), today)
        self._deliver_an_old_file_again(today)

    def _replayed(self, source: str) -> list[Record]:
        known = [delivery.record for delivery in self.pipeline.deliveries if delivery.record.source == source]
        return self.random.sample(known, min(len(known), self.random.choice((0, 0, 1, 4))))

    def _deliver(self, records: list[Record], today: date) -> None:
        self.files += 1
        suffix = "mbox" if records[0].source == "mail" else "csv"
        # Mostly in the folder of its day, sometimes in that of an earlier day, sometimes in none. When
        # a customers file was delivered decides what it says, and only a folder tells another state.
        delivered_on = today - timedelta(days=self.random.choice((0, 0, 0, 3)))
        name = f"{self.random.choice('azm')}{self.files}.{suffix}"
        if self.random.random() < 0.8 or (self.is_dated and records[0].source in DATED):
            name = f"{delivered_on}/{name}"
        else:
            delivered_on = today
        self.pipeline.deliver(name, records, delivered_on)

    def _deliver_an_old_file_again(self, today: date) -> None:
        if self.random.random() < 0.3 and self.pipeline.deliveries:
            again = self.random.choice(self.pipeline.deliveries)
            records = [
                delivery.record
                for delivery in self.pipeline.deliveries
                if delivery.file_name == again.file_name and delivery.record.source == again.record.source
            ]
            self._deliver(records, today)

    # What must come out

    def truth(self, today: date) -> Truth:
        hashes = self.pipeline.record_hashes()
        return Truth(self.pipeline.deliveries, hashes, self.company.rules, today)

    def _check(self, today: date) -> None:
        truth = self.truth(today)
        problems = against_reference(self.pipeline, truth.tables())
        problems += alerts_against_acknowledgements(self.pipeline, truth)
        self.problems += [f"{today}, against the reference: {line}" for line in problems]

    def check_against_rebuild(self) -> None:
        rebuilt = self.pipeline.copied_to(self.root / "rebuilt")
        rebuilt.rebuild()
        problems = against_rebuild(self.pipeline, rebuilt)
        self.problems += [f"against a full rebuild: {line}" for line in problems]

    def check_another_state(self, today: date) -> None:
        """One run into a new state takes all files at once, and must end where the days ended."""
        other = Pipeline(self.root / "other", self.pipeline.project)
        shutil.copytree(self.pipeline.extracts, other.extracts)
        other.run(today)
        problems = against_reference(other, self.truth(today).tables())
        self.problems += [f"another state, one run: {line}" for line in problems]


def lived(root: Path, *, seed: int, schedules: int, days: int, **options: Any) -> Warehouse:
    warehouse = Warehouse(root, seed, schedules, **options)
    last_day = warehouse.live(days)
    if not warehouse.problems:
        warehouse.check_against_rebuild()
    if not warehouse.problems and warehouse.is_dated:
        warehouse.check_another_state(last_day)
    return warehouse


def assert_nothing_differs(warehouse: Warehouse) -> None:
    assert not warehouse.problems, (
        f"seed {warehouse.seed}: {len(warehouse.problems)} differences\n" + "\n".join(warehouse.problems[:30])
    )
    # Most days were computed by the touched customers alone, or this would prove nothing.
    assert warehouse.rebuilds == 0


@pytest.mark.timeout(1200)
def test_fifteen_days_of_38_schedules_equal_a_rebuild_another_state_and_the_reference(tmp_path: Path) -> None:
    # Three kills and three repeated dates, the least that tells; the soak has many at random. A day costs
    # what its models cost, whatever the schedules write: many schedules and few days tell more in a minute.
    warehouse = lived(tmp_path, seed=1, schedules=38, days=15, kill_share=0, repeat_share=0)
    assert_nothing_differs(warehouse)
    assert warehouse.kills >= 3
    assert warehouse.repeats >= 3


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(2, 7))
def test_fifty_days_of_42_schedules_equal_a_rebuild_and_the_reference(tmp_path: Path, seed: int) -> None:
    assert_nothing_differs(lived(tmp_path, seed=seed, schedules=42, days=50, is_dated=seed % 2 == 0))
