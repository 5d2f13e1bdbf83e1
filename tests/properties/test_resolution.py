"""How an incident was resolved decides what it costs, also when nothing but its deadline passes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.properties.comparing import against_rebuild
from tests.properties.pipeline import MODELS_ONLY, OF_TREE, WITHOUT_LEAVES, Pipeline
from tests.properties.records import Customer, Record, Ticket, at
from tests.properties.test_alert_life import listed

DAY = date(2026, 3, 10)
NOON = at(DAY)
NEXT, THIRD = DAY + timedelta(days=1), DAY + timedelta(days=2)
MIDNIGHT = at(DAY - timedelta(days=1), "23:00:00")
"""The first instant of the first day, in the business time zone."""

Row = tuple[Any, ...]


def ticket(number: int, customer: str, tag: str, opened_at: datetime = NOON) -> Ticket:
    return Ticket(f"m{number}", str(number), opened_at, opened_at, customer, tags=(tag,))


def version(ticket: Ticket, day: date, **changes: Any) -> Ticket:
    return replace(ticket, marker=f"{ticket.marker} on {day}", version_at=at(day), **changes)


@dataclass
class Seen:
    """What stands in the tables after a day, by customer."""

    categories: dict[str, str]
    balances: dict[str, float]
    alerts: dict[str, tuple[str, str]]
    touched: set[str]
    listed: dict[str, str]


def seen(pipeline: Pipeline, day: date) -> Seen:
    with pipeline.tables() as warehouse:

        def rows(query: str) -> list[Row]:
            return warehouse.execute(query).fetchall()

        return Seen(
            dict(rows("select customer_id, category from fct_incident")),
            {
                name: float(points)
                for name, points in rows("select customer_id, balance_points from fct_tolerance_current")
            },
            {
                name: (str(raised_on), status)
                for name, raised_on, status in rows("select customer_id, raised_on, status from fct_alert")
            },
            {name for (name,) in rows("select customer_id from int_touched_customers")},
            listed(pipeline, day),
        )


@dataclass
class Lived:
    pipeline: Pipeline
    days: dict[date, Seen]

    def rows(self, query: str) -> list[Row]:
        with self.pipeline.tables() as warehouse:
            return warehouse.execute(query).fetchall()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Three days, on the second of which nothing is delivered."""
    pipeline = Pipeline(tmp_path_factory.mktemp("resolution"), OF_TREE)
    solved = ticket(1, "solved_in_time", "product_defect")
    ahead = ticket(4, "solved_ahead", "product_defect")
    records: list[Record] = [
        solved,
        ticket(2, "waits", "no_answer"),
        ticket(3, "waits_until_midnight", "no_answer", MIDNIGHT),
        ticket(6, "waits_until_before", "no_answer", MIDNIGHT - timedelta(seconds=1)),
        version(ahead, DAY, status="solved", solved_at=at(NEXT)),
        replace(ticket(5, "solved_at_once", "product_defect"), status="solved"),
    ]
    customers: list[Record] = [
        Customer(record.customer_id) for record in records if isinstance(record, Ticket)
    ]
    pipeline.deliver("customers.csv", customers, DAY)
    pipeline.deliver("tickets.csv", records, DAY)
    days = {}
    for day in (DAY, NEXT, THIRD):
        if day == THIRD:
            pipeline.deliver("solved.csv", [version(solved, THIRD, status="solved")], THIRD)
        pipeline.run(day, exclude=WITHOUT_LEAVES if day == NEXT else MODELS_ONLY)
        days[day] = seen(pipeline, day)
    return Lived(pipeline, days)


def test_a_ticket_resolved_in_time_gives_its_points_back_and_the_statement_says_why(lived: Lived) -> None:
    before, after = lived.days[NEXT], lived.days[THIRD]
    assert (before.categories["solved_in_time"], before.balances["solved_in_time"]) == ("cumulative", 50)
    assert (after.categories["solved_in_time"], after.balances["solved_in_time"]) == ("transient", 150)
    assert lived.rows(
        "select line_kind, cast(points as integer), reason from fct_tolerance_statement "
        "where customer_id = 'solved_in_time' order by line_no"
    ) == [
        ("opening_budget", 150, None),
        ("penalty", -100, None),
        ("reclassification", 100, "resolved_in_time"),
    ]
    assert lived.rows(
        "select from_category, to_category, cast(penalty_before_points as integer), "
        "cast(penalty_after_points as integer), reason, effective_on, "
        f"decided_at = timestamptz '{THIRD} 12:00:00Z', evidence_file_name, evidence_record_no "
        "from fct_reclassification where customer_id = 'solved_in_time'"
    ) == [("cumulative", "transient", 100, 0, "resolved_in_time", DAY, True, "solved.csv", 1)]


def test_its_alert_is_taken_back_and_what_is_resolved_before_anybody_looks_raises_none(lived: Lived) -> None:
    assert lived.days[DAY].alerts["solved_in_time"] == (str(DAY), "open")
    assert lived.days[THIRD].alerts["solved_in_time"] == (str(DAY), "retracted")
    assert lived.days[THIRD].listed["solved_in_time"] == "retracted"
    assert all("solved_at_once" not in day.alerts for day in lived.days.values())


def test_a_deadline_that_passes_without_any_delivery_turns_its_incident_on_that_day(lived: Lived) -> None:
    assert lived.days[DAY].categories["waits"] == "transient"
    assert lived.days[NEXT].categories["waits"] == "cumulative"
    assert lived.days[NEXT].balances["waits"] == 50
    assert lived.days[NEXT].alerts["waits"] == (str(NEXT), "open")
    assert lived.days[NEXT].listed["waits"] == "new"
    assert lived.days[NEXT].touched == {"waits", "waits_until_midnight", "solved_ahead"}
    [(fr, en)] = lived.rows("select reason_fr, reason_en from fct_alert where customer_id = 'waits'")
    assert " Non résolu dans le délai. À faire d'abord" in fr
    assert " Not resolved by its deadline. To do first" in en
    [row] = lived.rows(
        "select reason, effective_on, decided_at = deadline_at, evidence_file_name "
        "from fct_reclassification where customer_id = 'waits'"
    )
    assert row == ("deadline_passed", DAY, True, None)


def test_a_deadline_has_passed_when_it_lies_before_the_end_of_the_day(lived: Lived) -> None:
    assert lived.days[DAY].categories["waits_until_before"] == "cumulative"
    assert lived.days[DAY].categories["waits_until_midnight"] == "transient"
    assert lived.days[NEXT].categories["waits_until_midnight"] == "cumulative"


def test_a_resolution_ahead_of_its_day_counts_from_that_day(lived: Lived) -> None:
    assert [day.categories["solved_ahead"] for day in lived.days.values()] == [
        "cumulative",
        "transient",
        "transient",
    ]
    assert lived.days[NEXT].alerts["solved_ahead"] == (str(DAY), "retracted")


def test_three_days_equal_a_rebuild(lived: Lived, tmp_path: Path) -> None:
    rebuilt = lived.pipeline.copied_to(tmp_path / "rebuilt")
    rebuilt.rebuild()
    assert against_rebuild(lived.pipeline, rebuilt) == []
