"""Promise 2: any sequence of daily runs equals one full rebuild, and what a reference says."""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.properties.company import Company
from tests.properties.comparing import against_rebuild, against_reference, alerts_against_acknowledgements
from tests.properties.pipeline import MODELS_ONLY, WITHOUT_LEAVES, Pipeline, Project
from tests.properties.records import Record
from tests.properties.reference import Rows, Truth
from tests.properties.schedules import Schedule
from tolerance import dbt as door

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

PLANNED_KILLS, PLANNED_REPEATS = {2, 5, 9}, {3, 6, 10}
LONG_GAPS = {4: 40, 8: 75}
"""After which day how many pass without any run."""

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
        self.kills = self.repeats = self.rebuilds = self.checks = 0
        self.last_day = FIRST_DAY
        self.expected: dict[str, Rows] = {}

    def live(self, days: int) -> None:
        """`days` published runs, with what goes wrong between them, until one differs from the reference."""
        today = FIRST_DAY
        for day_no in range(1, days + 1):
            self._write(today)
            if self.random.random() < self.kill_share or day_no in PLANNED_KILLS:
                self.kills += 1
                self.pipeline.run_killed(today, self.random.choice(BUILT_BEFORE_THE_KILL))
                if self.random.random() < 0.5:  # the next run comes only days later
                    today += timedelta(days=self.random.randint(1, 3))
                    self._write(today)
            self._change_the_taxonomy(day_no, today)
            is_checked = day_no % self.checked_every == 0 or day_no == days
            exclude = MODELS_ONLY if day_no in {1, days} else WITHOUT_LEAVES
            run = self.pipeline.run(today, exclude=exclude)
            self.rebuilds += day_no > 1 and run.is_full_rebuild
            if self.random.random() < self.repeat_share or day_no in PLANNED_REPEATS:
                self.repeats += 1
                if self.random.random() < 0.5:
                    self._write(today)
                self.pipeline.run(today, exclude=exclude)
            if is_checked:
                self._check(today)
            self.last_day = today
            if self.problems:
                break
            today += timedelta(days=LONG_GAPS.get(day_no) or self.random.choice((1, 1, 1, 1, 2, 5)))

    def _change_the_taxonomy(self, day_no: int, today: date) -> None:
        if day_no == 3:
            self.company.reprice("refund_missing", 150)
        if day_no == 7:
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

    def _check(self, today: date) -> None:
        self.checks += 1
        hashes = self.pipeline.record_hashes()
        truth = Truth(self.pipeline.deliveries, hashes, self.company.rules, today)
        self.expected = truth.tables()
        problems = against_reference(self.pipeline, self.expected)
        problems += alerts_against_acknowledgements(self.pipeline, truth)
        self.problems += [f"{today}, against the reference: {line}" for line in problems]

    def against_rebuild(self) -> list[str]:
        """A full refresh of all tables together, elsewhere."""
        rebuilt = self.pipeline.copied_to(self.root / "rebuilt")
        rebuilt.rebuild()
        problems = against_rebuild(self.pipeline, rebuilt)
        before, after = rows_of_some(self.pipeline), rows_of_some(rebuilt)
        problems += [f"{name} has other rows" for name in before if before[name] != after[name]]
        return [f"against a full rebuild: {line}" for line in problems]

    def against_another_state(self) -> list[str]:
        """One run into a new state takes all files at once, and must end where the days ended."""
        other = Pipeline(self.root / "other", self.pipeline.project)
        shutil.copytree(self.pipeline.extracts, other.extracts)
        other.run(self.last_day)
        return [f"another state, one run: {line}" for line in against_reference(other, self.expected)]


SOME = ("fct_incident", "int_customer_records", "int_tolerance_segments")
BY_ARRIVAL = ("customer_no", "changed_on", "changed_load_no")
"""Columns inside that remember in which order and when the files came."""


def rows_of_some(pipeline: Pipeline) -> dict[str, list[tuple[object, ...]]]:
    query = f"select columns(name -> name not in {BY_ARRIVAL}) from {{}} order by all"
    with pipeline.tables() as warehouse:
        return {name: warehouse.execute(query.format(name)).fetchall() for name in SOME}


def assert_nothing_differs(warehouse: Warehouse, problems: list[str]) -> None:
    assert not problems, f"seed {warehouse.seed}: {len(problems)} differences\n" + "\n".join(problems[:30])


@pytest.fixture(scope="module")
def ten_days(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Three kills and three repeated dates, the least that tells; the soak has many at random.

    A day costs what its models cost, whatever the schedules write: many schedules and few days tell more in
    a minute.
    """
    root = tmp_path_factory.mktemp("cache")
    warehouse = Warehouse(root, seed=1, schedule_count=38, kill_share=0, repeat_share=0)
    warehouse.live(10)
    return warehouse


@pytest.mark.timeout(1200)
def test_ten_days_of_38_schedules_equal_the_reference(ten_days: Warehouse) -> None:
    assert_nothing_differs(ten_days, ten_days.problems)
    assert ten_days.checks >= 2
    assert ten_days.kills >= 3
    assert ten_days.repeats >= 3
    # The days were computed by the touched customers alone, or this would prove nothing.
    assert ten_days.rebuilds == 0


NOT_ALL = {"fct_incident": "fct_incident", "+int_tolerance_ledger": "int_customer_records"}
"""What is selected, and which of its models is the first to refuse."""


@pytest.mark.parametrize(("selected", "refusing"), NOT_ALL.items())
def test_some_tables_are_not_refreshed_without_the_others(
    ten_days: Warehouse, selected: str, refusing: str
) -> None:
    pipeline = ten_days.pipeline
    before = rows_of_some(pipeline)
    with pipeline.tables() as warehouse:
        touched, all_customers = warehouse.execute(
            "select (select count(*) from int_touched_customers), (select count(*) from dim_customer)"
        ).fetchall()[0]
    assert touched < all_customers, "a refresh would forget nobody"
    with pipeline.project.used(), pytest.raises(door.DbtFailedError, match=rf"tolerance\.{refusing}"):
        door.dbt("build", selected, pipeline.state, exclude="resource_type:test", full_refresh=True)
    log = (pipeline.state.dbt / "logs" / "dbt.log").read_text("utf-8")
    assert f"{refusing} cannot be refreshed without" in log
    assert rows_of_some(pipeline) == before


def test_the_log_of_dbt_tells_what_it_did_and_no_more(ten_days: Warehouse) -> None:
    log = (ten_days.pipeline.state.dbt / "logs" / "dbt.log").read_text("utf-8")
    assert "OK created sql" in log
    assert "[debug]" not in log


def test_ten_days_equal_a_refresh_of_all_tables_together(ten_days: Warehouse) -> None:
    assert_nothing_differs(ten_days, ten_days.against_rebuild())


def test_ten_days_equal_one_run_into_another_state(ten_days: Warehouse) -> None:
    assert_nothing_differs(ten_days, ten_days.against_another_state())


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(2, 7))
def test_fifty_days_of_42_schedules_equal_a_rebuild_and_the_reference(tmp_path: Path, seed: int) -> None:
    warehouse = Warehouse(tmp_path, seed, schedule_count=42, is_dated=seed % 2 == 0)
    warehouse.live(50)
    assert_nothing_differs(warehouse, warehouse.problems or warehouse.against_rebuild())
    if warehouse.is_dated:
        assert_nothing_differs(warehouse, warehouse.against_another_state())
    assert warehouse.rebuilds == 0
