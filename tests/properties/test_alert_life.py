"""The life of a red alert over runs: raised once, told once, taken back once, the same bytes for a date."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from tests.properties.pipeline import LAYERS, MODELS_ONLY, OF_TREE, WITHOUT_LEAVES, Pipeline, Project
from tests.properties.records import Call, Customer, Mail, Ticket, at, contact_id
from tolerance import all_clear
from tolerance.aliases import Alias, Kind, record_aliases
from tolerance.cli import main

DAY = date(2026, 3, 10)
NEXT = DAY + timedelta(days=1)
THIRD = DAY + timedelta(days=2)
LATE = NEXT + timedelta(days=45)
"""Beyond every deadline, and beyond the age at which an incident raises no alert any more."""

OLD = DAY - timedelta(days=90)

CUMULATIVE = ("product_defect",)


def ticket(number: int, on: date, customer: str, *, tags: tuple[str, ...] = CUMULATIVE) -> Ticket:
    return Ticket(f"m{number}", str(number), at(on), at(on), customer_id=customer, tags=tags)


def rows_of_list(pipeline: Pipeline, day: date) -> list[dict[str, str]]:
    path = pipeline.state.outbox / day.isoformat() / "alerts.csv"
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert len({row["alert_id"] for row in rows}) == len(rows)
    return rows


def listed(pipeline: Pipeline, day: date) -> dict[str, str]:
    """What the list of a day says: customer and change."""
    return {row["customer_id"]: row["change"] for row in rows_of_list(pipeline, day)}


def reasons(pipeline: Pipeline, day: date) -> dict[str, str]:
    """Why the list of a day has an alert: customer and reason."""
    return {row["customer_id"]: row["change_reason"] for row in rows_of_list(pipeline, day)}


def alerts(pipeline: Pipeline) -> dict[str, tuple[str, str, str]]:
    """Customer -> alert id, as-of date that raised it, status, of each customer who has one and no second."""
    with pipeline.tables() as warehouse:
        rows = warehouse.execute(
            "select customer_id, alert_id, cast(raised_on as varchar), status from fct_alert "
            "qualify count(*) over (partition by customer_id) = 1"
        ).fetchall()
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def stands_for(pipeline: Pipeline) -> dict[str, str | None]:
    """Customer -> the incident that the alert stands for today."""
    with pipeline.tables() as warehouse:
        rows = warehouse.execute("select customer_id, current_incident_id from fct_alert").fetchall()
    return dict(rows)


@dataclass(frozen=True)
class Seen:
    """What stood on the list of a day and in the table after it."""

    listed: dict[str, str]
    reasons: dict[str, str]
    alerts: dict[str, tuple[str, str, str]]
    stands_for: dict[str, str | None]
    raised: set[tuple[Any, ...]]
    """Customer, as-of date, priority, whether negative then, of each alert."""


def seen(pipeline: Pipeline, day: date) -> Seen:
    with pipeline.tables() as warehouse:
        query = "select customer_id, raised_on, priority, is_negative_when_raised from fct_alert"
        raised = set(warehouse.execute(query).fetchall())
    return Seen(listed(pipeline, day), reasons(pipeline, day), alerts(pipeline), stands_for(pipeline), raised)


FIRST = {
    "kept": ticket(1, DAY, "kept"),
    "withdrawn": ticket(2, DAY, "withdrawn"),
    "old": ticket(3, OLD, "old"),
    "old_withdrawn": ticket(4, OLD, "old_withdrawn"),
    "back": ticket(5, DAY, "back"),
    "moved": replace(ticket(7, DAY, "moved"), customer_id=None, email="m@example.org"),
    "retagged": ticket(11, DAY, "retagged"),
    "late": ticket(12, DAY, "late"),
    "there_and_back": ticket(13, DAY, "there_and_back"),
    "merged": ticket(14, DAY, "merged"),
    "harmless": ticket(17, DAY, "harmless"),
}
"""The tickets of the first day, by customer."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """Three days of one company, with all that the rules below look at."""
    pipeline = Pipeline(tmp_path_factory.mktemp("alerts") / "company", OF_TREE)
    emails = {"moved": "m@example.org", "retagged": "retagged@example.test"}
    customers = [
        Customer(name, (emails[name],) if name in emails else ())
        for name in (*FIRST, "moved_to", "elsewhere", "anchored", "tried")
    ]
    pipeline.deliver("customers.csv", list(customers), DAY)
    into = ticket(15, DAY, "merged", tags=("billing_error",))
    pipeline.deliver("first.csv", [*FIRST.values(), into], DAY)
    pipeline.deliver("calls.csv", [Call("c1", "c1", "anchored", at(DAY), "product_defect")], DAY)
    mail = Mail("complaint", "1@mail", "retagged@example.test", at(DAY, "13:00:00"), "product_defect")
    pipeline.deliver("mails.mbox", [mail], DAY)
    pipeline.run(DAY)
    days = {"day": seen(pipeline, DAY)}
    gone = [
        replace(FIRST[name], marker=f"{name}-gone", version_at=at(NEXT), status="deleted")
        for name in ("withdrawn", "old_withdrawn", "back")
    ]
    changes: dict[str, dict[str, Any]] = {
        "retagged": {"tags": (), "kind": "question"},
        "there_and_back": {"customer_id": "elsewhere"},
        "merged": {"tags": ("closed_by_merge", "merged_into_15", *CUMULATIVE)},
        "harmless": {"tags": ("other_incident",)},
    }
    changed = [
        replace(FIRST[name], marker=f"{name}-changed", version_at=at(NEXT), **change)
        for name, change in changes.items()
    ]
    late = ticket(16, DAY - timedelta(days=3), "late")
    pipeline.deliver("second.csv", [*gone, *changed, late, ticket(6, NEXT, "anchored")], NEXT)
    # An address that moves takes its ticket along.
    pipeline.deliver("moved.csv", [Customer("moved"), Customer("moved_to", ("m@example.org",))], NEXT)
    for name in ("next", "next_again"):
        pipeline.run(NEXT, exclude=WITHOUT_LEAVES)
        days[name] = seen(pipeline, NEXT)
    again = [
        replace(FIRST[name], marker=f"{name}-again", version_at=at(THIRD))
        for name in ("back", "there_and_back")
    ]
    moved_gone = replace(FIRST["moved"], marker="moved-gone", version_at=at(THIRD), status="deleted")
    tried = ticket(8, THIRD, "tried")
    pipeline.deliver("third.csv", [*again, moved_gone, tried], THIRD)
    pipeline.run_killed(THIRD, LAYERS)
    with pipeline.tables() as warehouse:
        assert warehouse.execute("select status from fct_alert where customer_id = 'tried'").fetchall()
    tried_gone = replace(tried, marker="tried-gone", version_at=at(THIRD, "13:00:00"), status="deleted")
    pipeline.deliver("third_again.csv", [tried_gone], THIRD)
    pipeline.run(THIRD, exclude=WITHOUT_LEAVES)
    days["third"] = seen(pipeline, THIRD)
    return days


def test_a_new_cumulative_incident_is_told_once(told: dict[str, Seen]) -> None:
    assert told["day"].listed == {
        name: "new" for name in (*FIRST, "anchored") if name not in ("old", "old_withdrawn")
    }
    assert "kept" not in told["next"].listed
    assert "kept" not in told["third"].listed


def test_an_incident_that_is_too_old_is_entered_and_never_told(told: dict[str, Seen]) -> None:
    assert told["day"].alerts["old"][2] == "too_old"
    assert all("old" not in day.listed for day in told.values())


def test_every_change_is_told_with_its_reason_and_nothing_else_is(told: dict[str, Seen]) -> None:
    assert told["next"].reasons == {
        "withdrawn": "deleted",
        "back": "deleted",
        "moved": "moved",
        "moved_to": "new",
        "late": "new",
        "there_and_back": "moved",
        "elsewhere": "new",
        "merged": "merged",
        "harmless": "became_transient",
    }
    assert told["third"].reasons == {
        "back": "reopened",
        "moved_to": "deleted",
        "there_and_back": "reopened",
        "elsewhere": "moved",
    }


def test_the_crm_hears_of_a_withdrawal_only_where_it_heard_of_the_alert(told: dict[str, Seen]) -> None:
    retracted = {name for name, change in told["next"].listed.items() if change == "retracted"}
    assert retracted == {"withdrawn", "back", "moved", "there_and_back", "merged", "harmless"}
    # Also when the same date runs again: it never heard of old_withdrawn.
    assert told["next_again"].listed == told["next"].listed


def test_an_alert_whose_incident_comes_back_opens_again_under_its_id(told: dict[str, Seen]) -> None:
    assert told["third"].listed["back"] == "changed"
    assert told["next"].alerts["back"][2] == "retracted"
    assert told["third"].alerts["back"][2] == "open"
    assert told["third"].alerts["back"][:2] == told["day"].alerts["back"][:2]


def test_a_stronger_anchor_keeps_the_alert_and_raises_no_second(told: dict[str, Seen]) -> None:
    # The call's incident is now the ticket's: another incident id, the same alert.
    assert told["next"].alerts["anchored"] == told["day"].alerts["anchored"]
    assert told["next"].stands_for["anchored"] != told["day"].stands_for["anchored"]
    assert "anchored" not in told["next"].listed


def test_an_incident_that_moves_takes_its_alert_back_and_raises_one_for_the_new_customer(
    told: dict[str, Seen],
) -> None:
    assert (told["next"].listed["moved"], told["next"].listed["moved_to"]) == ("retracted", "new")
    assert told["next"].alerts["moved_to"][0] != told["next"].alerts["moved"][0]
    assert told["next"].stands_for["moved"] is None
    # When it goes, the one is taken back that stands, and the other is not told again.
    assert told["third"].listed == {
        "back": "changed",
        "moved_to": "retracted",
        "there_and_back": "changed",
        "elsewhere": "retracted",
    }


def test_an_incident_that_moves_and_comes_back_has_its_first_alert_again(told: dict[str, Seen]) -> None:
    assert told["third"].alerts["there_and_back"] == told["day"].alerts["there_and_back"]


def test_a_ticket_and_its_mail_are_one_alert_also_when_the_ticket_is_retagged(
    told: dict[str, Seen],
) -> None:
    assert told["day"].alerts["retagged"][2] == "open"
    assert told["next"].alerts["retagged"] == told["day"].alerts["retagged"]


def test_a_line_that_comes_late_raises_an_alert_by_what_the_balance_is_today(told: dict[str, Seen]) -> None:
    assert ("late", NEXT, 1, True) in told["next"].raised


def test_what_an_unpublished_attempt_raised_is_gone_with_its_incident(told: dict[str, Seen]) -> None:
    assert "tried" not in told["third"].stands_for


@dataclass
class Capped:
    """A company that calls three customers a day, and takes another release twice."""

    pipeline: Pipeline
    lists: list[list[dict[str, str]]] = field(default_factory=list)
    """What each run told."""

    warnings: list[list[str]] = field(default_factory=list)
    """Of the first day, and of the tables of the last."""

    printed: list[str] = field(default_factory=list)
    """What `explain` said on the first day of the alert of 'solved', in two languages and of its customer."""

    solved: set[str] = field(default_factory=set)
    """Whose tickets are solved too late: one alert is of the earlier release, the other of this one."""

    alerts: list[set[tuple[Any, ...]]] = field(default_factory=list)
    """Before the other release and after it: customer, id, date that raised it, status."""

    def run(self, day: date, exclude: str = WITHOUT_LEAVES) -> str | None:
        """Run a day, and say why it was a rebuild."""
        run = self.pipeline.run(day, exclude=exclude)
        self.lists.append(rows_of_list(self.pipeline, day))
        return run.full_rebuild_reason

    def warnings_of_tables(self) -> list[str]:
        with duckdb.connect(str(self.pipeline.state.serving), read_only=True) as serving:
            return all_clear.of_tables(serving, [])

    def explain(self, *arguments: str) -> None:
        told = CliRunner().invoke(main, ["explain", *arguments, "--state", str(self.pipeline.state.root)])
        assert told.exit_code == 0, told.output
        self.printed.append(told.output)

    def keep_alerts(self) -> None:
        with self.pipeline.tables() as warehouse:
            query = "select customer_id, alert_id, raised_on, status from fct_alert"
            self.alerts.append(set(warehouse.execute(query).fetchall()))

    def told(self, number: int) -> dict[str, str]:
        """Customer -> change, of the list that the run of this number left."""
        return {row["customer_id"]: row["change"] for row in self.lists[number]}

    def row(self, number: int, customer: str) -> dict[str, str]:
        (row,) = (row for row in self.lists[number] if row["customer_id"] == customer)
        return row


FIRST_RUN, NEXT_RUN, LATE_RUN, LATE_AGAIN, AFTER_LATE, OTHER_RELEASE = range(6)
"""The runs of the capped company by number."""


@pytest.fixture(scope="module")
def capped(tmp_path_factory: pytest.TempPathFactory) -> Capped:
    root = tmp_path_factory.mktemp("capped")
    project = Project.copied_to(root / "project")
    project.replace("dbt_project/dbt_project.yml", "alert_daily_cap: 0", "alert_daily_cap: 3")
    (project.seeds / "ticket_links.csv").write_text(
        "system,link_template\nzendesk,https://desk.example/tickets/{ticket_id}\n", "utf-8"
    )
    pipeline = Pipeline(root / "company", project)
    capped = Capped(pipeline)
    lates = ("late_a", "late_b", "late_c")
    rushes = ("rush_a", "rush_b", "rush_c")
    customers = [
        Customer("solved", (), date(2021, 2, 1), language="en"),
        *(Customer(name) for name in ("withdrawn", "first_a", "first_b", "new", *rushes, *lates)),
    ]
    pipeline.deliver("customers.csv", list(customers), DAY)
    solved, withdrawn = ticket(1, DAY, "solved"), ticket(3, DAY, "withdrawn")
    first = [
        solved,
        ticket(2, DAY - timedelta(days=100), "solved", tags=("billing_error",)),
        withdrawn,
        ticket(4, OLD, "withdrawn"),
        ticket(5, DAY, "first_a"),
        ticket(6, DAY, "first_b"),
        *(ticket(number, OLD, name) for number, name in enumerate(rushes, start=7)),
    ]
    pipeline.deliver("first.csv", list(first), DAY)
    capped.run(DAY, MODELS_ONLY)
    capped.warnings.append([*all_clear.of_loads(pipeline.state, DAY), *capped.warnings_of_tables()])
    alert = capped.row(FIRST_RUN, "solved")["alert_id"]
    capped.explain("--alert", alert)
    capped.explain("--alert", alert, "--language", "fr")
    capped.explain("solved", "--json")

    of_an_earlier_release(pipeline.state.history / "alerts" / f"{DAY}.parquet")
    # Another release computes everybody again; here a changed record has the same effect.
    pipeline.deliver("changed.csv", [Customer("solved", (), date(2020, 1, 1), language="en")], NEXT)
    rush = [ticket(number, NEXT, name) for number, name in enumerate(rushes, start=10)]
    pipeline.deliver("rush.csv", list(rush), NEXT)
    capped.run(NEXT)

    rushed = next(each for each in rush if each.customer_id in capped.told(NEXT_RUN))
    too_late = [
        replace(
            each, marker=f"{each.marker}-solved", version_at=at(LATE), solved_at=at(LATE), status="solved"
        )
        for each in (solved, rushed)
    ]
    capped.solved = {str(each.customer_id) for each in too_late}
    late = [ticket(number, LATE, name) for number, name in enumerate(lates, start=13)]
    pipeline.deliver("late.csv", [*too_late, *late], LATE)
    capped.run(LATE)
    capped.run(LATE)
    capped.run(LATE + timedelta(days=1))
    capped.keep_alerts()

    # The release: contacts, and so incidents, have other ids, and the record says which.
    project.replace("macros/contacts/contact_id.sql", "|| '|' ||", "|| '#' ||")
    day = LATE + timedelta(days=2)
    record_aliases(
        pipeline.state,
        [
            Alias(Kind.CONTACT, contact_id(each), of_the_other_release(each), day, "other ids")
            for each in (*first, *rush, *late)
        ],
    )
    gone = replace(withdrawn, marker="gone", version_at=at(day), status="deleted")
    pipeline.deliver("release.csv", [gone, ticket(16, day, "new")], day)
    assert capped.run(day, MODELS_ONLY) == "the models changed"
    capped.warnings.append(capped.warnings_of_tables())
    capped.keep_alerts()
    return capped


def of_an_earlier_release(history: Path) -> None:
    """Leave what was told as a release left it that kept less."""
    with duckdb.connect() as memory:
        memory.execute(f"create table kept as from read_parquet('{history}')")
        memory.execute(f"""
            copy (select * exclude (raised_for, contact_ids, is_solved, change_reason) from kept)
            to '{history}' (format parquet)
        """)


def of_the_other_release(ticket: Ticket) -> str:
    return md5(f"tickets#{ticket.native_id}".encode()).hexdigest()


def test_a_cap_holds_back_the_least_urgent_who_goes_first_the_next_day_and_never_ages_out(
    capped: Capped,
) -> None:
    through = capped.told(FIRST_RUN)
    assert len(through) == 3
    assert {"solved", "withdrawn"} < through.keys()
    (held,) = {"first_a", "first_b"} - through.keys()
    after = capped.told(NEXT_RUN)
    assert len(after) == 3
    assert held in after
    (waiting,) = {"rush_a", "rush_b", "rush_c"} - after.keys()
    assert capped.told(LATE_RUN)[waiting] == "new"


def test_a_date_that_runs_again_lets_the_same_through_its_cap(capped: Capped) -> None:
    told = capped.told(LATE_RUN)
    assert list(told.values()).count("new") == 3
    assert capped.told(LATE_AGAIN) == told
    (held,) = {"late_a", "late_b", "late_c"} - told.keys()
    assert capped.told(AFTER_LATE) == {held: "new"}


def test_a_row_has_what_an_agent_needs(capped: Capped) -> None:
    row = capped.row(FIRST_RUN, "solved")
    expected = {
        "change_reason": "new",
        "incident_status": "open",
        "is_solved": "false",
        "ticket_system": "zendesk",
        "ticket_number": "1",
        "ticket_link": "https://desk.example/tickets/1",
        "channel": "ticket",
        "preferred_language": "en",
        "tenure_months": "61",
        "cumulative_count": "2",
        "last_cumulative": "2026-03-10 product_defect, 2025-11-30 billing_error",
        "balance_today_points": row["balance_after_points"],
        "playbook_title_en": "Replace a defective product",
        "first_step_en": "Replace the product before the return",
    }
    assert {column: row[column] for column in expected} == expected
    assert row["reason_en"].startswith(
        "Defective or wrong product on 10 March 2026, the second serious incident. It uses the tolerance up"
    )


def test_explain_says_of_an_alert_what_its_row_says_and_where_it_comes_from(capped: Capped) -> None:
    row = capped.row(FIRST_RUN, "solved")
    explained, french, of_the_customer = capped.printed
    assert "Priority 1, open, raised on 10 March 2026; quality answers by 16 March 2026." in explained
    assert row["reason_en"] in explained
    assert "ticket zendesk 1 of 10 March 2026: first.csv, record 1" in explained
    assert "billing" not in explained
    assert "ticket zendesk 1 du 10 mars 2026 : first.csv, enregistrement 1" in french
    facts = json.loads(of_the_customer)
    assert facts["account"]["balance_points"] == row["balance_after_points"]
    assert [len(incident["contacts"]) for incident in facts["incidents"]] == [1, 1]


def test_an_alert_is_told_again_once_when_its_ticket_is_solved_too_late(capped: Capped) -> None:
    assert len(capped.solved) == 2
    for number in (LATE_RUN, LATE_AGAIN):
        for customer in capped.solved:
            row = capped.row(number, customer)
            assert (row["change_reason"], row["is_solved"]) == ("resolved", "true")
        others = [row for row in capped.lists[number] if row["customer_id"] not in capped.solved]
        assert sorted((row["change_reason"], row["is_solved"]) for row in others) == [
            ("new", "false"),
            ("new", "false"),
            ("released", "false"),
        ]
    assert not capped.solved & capped.told(AFTER_LATE).keys()


def test_a_history_of_an_earlier_release_tells_nothing_twice_and_what_is_solved_later(
    capped: Capped,
) -> None:
    assert not {"solved", "withdrawn"} & capped.told(NEXT_RUN).keys()
    assert capped.row(LATE_RUN, "solved")["change_reason"] == "resolved"


def test_ids_that_a_release_makes_otherwise_tell_nothing_twice(capped: Capped) -> None:
    assert capped.told(OTHER_RELEASE) == {"withdrawn": "retracted", "new": "new"}
    before, after = capped.alerts
    changed = {(customer, alert, status) for customer, alert, _, status in before ^ after}
    withdrawn = capped.row(FIRST_RUN, "withdrawn")["alert_id"]
    new = capped.row(OTHER_RELEASE, "new")["alert_id"]
    assert changed == {
        ("withdrawn", withdrawn, "open"),
        ("withdrawn", withdrawn, "retracted"),
        ("new", new, "open"),
    }
    assert stands_for(capped.pipeline)["first_a"] == of_the_other_release(ticket(5, DAY, "first_a"))


def test_a_company_whose_crm_never_answers_is_told_of_nothing(capped: Capped) -> None:
    with capped.pipeline.tables() as warehouse:
        query = "select count(*) from mart_alert_follow_up where is_unacknowledged"
        assert warehouse.execute(query).fetchall() != [(0,)]
    assert capped.warnings == [[], []]


@pytest.mark.soak
def test_a_new_column_of_the_mart_is_two_files_and_an_old_history_opens(tmp_path: Path) -> None:
    project = Project.copied_to(tmp_path / "project")
    pipeline = Pipeline(tmp_path / "company", project)
    pipeline.deliver("customers.csv", [Customer("known"), Customer("new")], DAY)
    known = ticket(1, DAY, "known")
    pipeline.deliver("first.csv", [known], DAY)
    pipeline.run(DAY)
    before = alerts(pipeline)

    project.replace(
        "models/marts/fct_alert.sql",
        "        {{ alert_id('incident_id', 'customer_id') }} as alert_id,\n",
        "        7 as extra,\n        {{ alert_id('incident_id', 'customer_id') }} as alert_id,\n",
    )
    project.replace(
        "models/marts/_incidents__models.yml",
        "      - name: current_incident_id\n",
        "      - name: extra\n        data_type: integer\n        description: Whatever comes next.\n"
        "      - name: current_incident_id\n",
    )
    gone = replace(known, marker="gone", version_at=at(NEXT), status="deleted")
    pipeline.deliver("second.csv", [gone, ticket(2, NEXT, "new")], NEXT)
    pipeline.run(NEXT)
    assert alerts(pipeline)["known"][:2] == before["known"][:2]
    path = pipeline.state.outbox / NEXT.isoformat() / "alerts.csv"
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    # The old alert is told as it was kept; what it was not asked for then is empty.
    assert {row["customer_id"]: (row["change"], row["extra"]) for row in rows} == {
        "known": ("retracted", ""),
        "new": ("new", "7"),
    }
    pipeline.run(NEXT)  # its history is read back, new column and all
    assert list(csv.DictReader(path.read_text("utf-8").splitlines())) == rows
