"""What the tables of stages, roles, channels and playbooks say of incidents, and what each service sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.properties.comparing import against_rebuild
from tests.properties.pipeline import MODELS_ONLY, OF_TREE, WITHOUT_LEAVES, Pipeline
from tests.properties.records import Call, Customer, Record, Ticket, at

FRIDAY = date(2025, 12, 5)
NEXT, THIRD = FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=2)
FIRST = date(2025, 8, 4)

TEAMS = {
    # Its status on FRIDAY: calls a working day, first and last day with calls.
    "usual": (4, FIRST, FRIDAY),
    "usual after a holiday": (4, FIRST, date(2025, 12, 3)),
    "silent": (4, FIRST, date(2025, 12, 2)),
    "silent though small": (1, FIRST, date(2025, 11, 28)),
    "quiet for long": (4, FIRST, date(2025, 9, 30)),
    "new": (4, date(2025, 11, 10), date(2025, 11, 28)),
    "far_below": (4, FIRST, date(2025, 11, 28)),
}
FEW = date(2025, 12, 1), date(2025, 12, 3), date(2025, 12, 5)
"""The days on which the last team has one call each."""


def _calls() -> list[Record]:
    found: list[Record] = []
    for team, (count, first, last) in TEAMS.items():
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        counts = [(day, count) for day in days if day.weekday() < 5]
        if team == "far_below":
            counts += [(day, 1) for day in FEW]
        for day, of_day in counts:
            for _ in range(of_day):
                name = str(len(found) + 100)
                found.append(Call(name, name, None, at(day), "opening_hours", team))
    return found


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    pipeline = Pipeline(tmp_path_factory.mktemp("taxonomy") / "warehouse", OF_TREE)
    names = ("called_first", "defrauded", "locked_out", "waits")
    pipeline.deliver(f"{FRIDAY}/customers.csv", [Customer(name) for name in names], FRIDAY)
    calls = [
        *_calls(),
        Call("first", "1", "called_first", at(FRIDAY, "08:00:00"), "colis_perdu", "usual"),
    ]
    pipeline.deliver(f"{FRIDAY}/calls.csv", calls, FRIDAY)

    def ticket(number: int, customer: str, tag: str, clock: str) -> Ticket:
        opened_at = at(FRIDAY, clock)
        return Ticket(f"t{number}", str(number), opened_at, opened_at, customer, tags=(tag,))

    tickets: list[Record] = [
        ticket(1, "called_first", "delivery_lost", "12:00:00"),
        ticket(2, "defrauded", "payment_fraud", "12:00:00"),
        ticket(3, "waits", "no_answer", "12:00:00"),
        replace(
            ticket(4, "locked_out", "account_access", "12:00:00"),
            status="solved",
            solved_at=at(FRIDAY, "13:00:00"),
            version_at=at(FRIDAY, "13:00:00"),
        ),
    ]
    pipeline.deliver(f"{FRIDAY}/tickets.csv", tickets, FRIDAY)
    pipeline.run(FRIDAY)
    return pipeline


def rows(pipeline: Pipeline, query: str) -> list[tuple[Any, ...]]:
    with pipeline.tables() as warehouse:
        return warehouse.execute(query).fetchall()


def test_an_incident_has_the_channel_of_its_first_contact_and_its_types_stage_and_department(
    published: Pipeline,
) -> None:
    columns = "customer_id, incident_type, journey_stage, channel, department, contact_count"
    assert rows(published, f"select {columns} from fct_incident order by customer_id") == [
        ("called_first", "delivery_lost", "receive", "phone", "supply_chain", 2),
        ("defrauded", "payment_fraud", "pay", "ticket", "quality_and_safety", 1),
        ("locked_out", "account_access", "use", "ticket", "information_technology", 1),
        ("waits", "no_answer", "get_help", "ticket", "customer_service", 1),
    ]


def test_the_owner_of_an_alert_takes_its_playbooks_first_step(published: Pipeline) -> None:
    found = rows(
        published,
        "select count(*), count(*) filter (where fct_alert.owner_role = playbooks.owner_role) "
        "from fct_alert join playbooks using (playbook_code) where step_no = 1",
    )
    assert found == [(2, 2)]


def test_a_service_is_silent_within_days_but_not_for_a_holiday(published: Pipeline) -> None:
    found = dict(
        rows(
            published,
            "select team, status from audit_service_completeness "
            f"where source = 'faq' and sent_on = '{FRIDAY}'",
        )
    )
    assert found == {team: team.split(" ")[0] for team in TEAMS}
    weekends = rows(
        published,
        "select count(*), count(*) filter (where status = 'silent') from audit_service_completeness "
        "where team = 'usual' and isodow(sent_on) > 5",
    )
    assert weekends[0][0] > 20
    assert weekends[0][1] == 0


def test_a_role_has_the_steps_of_what_is_open_each_once_and_by_when(published: Pipeline) -> None:
    columns = (
        "role, open_incidents, open_alerts, open_steps, overdue_steps, steps_due_in_24_hours, "
        "steps_due_in_7_days, steps_due_later, oldest_on, effort_hours"
    )
    found = {
        row[0]: (*row[1:9], float(row[9]))
        for row in rows(published, f"select {columns} from mart_workload_by_role")
    }
    nothing = (0, 0, 0, 0, 0, 0, 0, None, 0.0)
    assert found == {
        "logistics": (1, 1, 2, 0, 0, 2, 0, FRIDAY, 1.5),  # due in 24 and 72 hours
        "customer_care": (
            3,
            2,
            3,
            0,
            1,
            3,
            0,
            FRIDAY,
            1.25,
        ),  # 24 hours from the ticket, 24 and 48 from alerts
        "security": (1, 1, 1, 0, 1, 1, 0, FRIDAY, 1.0),
        "billing": (1, 1, 1, 0, 0, 1, 0, FRIDAY, 0.5),
        "quality": nothing,
        "operations": nothing,
        "it_support": nothing,
    }


BY_DAY = {
    NEXT: (
        ("incident_type_stages.csv", "payment_fraud,pay", "payment_fraud,use"),
        ("channels.csv", "faq,,phone", "faq,,hotline"),
    ),
    THIRD: (
        ("roles.csv", "Customer care,customer_service", "Customer care,operations"),
        (
            "code_stages.csv",
            "journey_stage\n",
            "journey_stage\nfaq,colis_perdu,buy\ntickets,payment_fraud,get_help\nfaq,payment_fraud,use\n",
        ),
    ),
}
"""The changed tables; on one day none concerns a customer of another one."""

BYSTANDER = ("locked_out", "use", "ticket", "information_technology")
WHERE = "select customer_id, journey_stage, channel, department from fct_incident order by customer_id"


def test_a_changed_table_moves_exactly_the_incidents_concerned_and_equals_a_rebuild(
    published: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = published.copied_to(tmp_path / "changed")
    seeds = tmp_path / "company" / "seeds"
    seeds.mkdir(parents=True)
    monkeypatch.setenv("TOLERANCE_COMPANY", str(seeds.parent))
    touched, moved = {}, {}
    for day, changes in BY_DAY.items():
        for name, before, after in changes:
            table = (OF_TREE.seeds / name).read_text("utf-8")
            assert table.count(before) == 1
            (seeds / name).write_text(table.replace(before, after), "utf-8")
        assert (
            pipeline.run(day, exclude=WITHOUT_LEAVES if day == NEXT else MODELS_ONLY).full_rebuild_reason
            is None
        )
        touched[day] = {name for (name,) in rows(pipeline, "select customer_id from int_touched_customers")}
        moved[day] = rows(pipeline, WHERE)
    rebuilt = pipeline.copied_to(tmp_path / "rebuilt")
    rebuilt.rebuild()
    assert touched == {
        NEXT: {"defrauded", "called_first", "waits"},  # the deadline of the one who waits passes
        THIRD: {"waits", "called_first", "defrauded"},
    }
    assert moved == {
        NEXT: [
            ("called_first", "receive", "hotline", "supply_chain"),
            ("defrauded", "use", "ticket", "quality_and_safety"),
            BYSTANDER,
            ("waits", "get_help", "ticket", "customer_service"),
        ],
        THIRD: [
            ("called_first", "buy", "hotline", "supply_chain"),
            ("defrauded", "get_help", "ticket", "quality_and_safety"),
            BYSTANDER,
            ("waits", "get_help", "ticket", "operations"),
        ],
    }
    assert against_rebuild(pipeline, rebuilt) == []
