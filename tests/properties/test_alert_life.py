"""The life of a red alert over runs: raised once, told once, taken back once, the same bytes for a date."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from hashlib import md5
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from tests.properties.pipeline import LAYERS, OF_TREE, Pipeline, Project
from tests.properties.records import Call, Customer, Mail, Ticket, at
from tolerance.aliases import Alias, Kind, record_aliases
from tolerance.cli import main

DAY = date(2026, 3, 10)
NEXT = DAY + timedelta(days=1)
THIRD = DAY + timedelta(days=2)
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
    """Customer -> alert id, as-of date that raised it, status; each customer here has one."""
    with pipeline.tables() as warehouse:
        rows = warehouse.execute(
            "select customer_id, alert_id, cast(raised_on as varchar), status from fct_alert"
        ).fetchall()
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def stands_for(pipeline: Pipeline) -> dict[str, str | None]:
    """Customer -> the incident that the alert stands for today."""
    with pipeline.tables() as warehouse:
        rows = warehouse.execute("select customer_id, current_incident_id from fct_alert").fetchall()
    return dict(rows)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Three days of one company, with all that the rules below look at."""
    root = tmp_path_factory.mktemp("alerts")
    pipeline = Pipeline(root / "company", OF_TREE)
    names = ("kept", "withdrawn", "old", "old_withdrawn", "back", "anchored", "moved", "moved_to", "tried")
    customers = {name: Customer(name) for name in names} | {"moved": Customer("moved", ("m@example.org",))}
    pipeline.deliver("customers.csv", list(customers.values()), DAY)
    first = {
        "kept": ticket(1, DAY, "kept"),
        "withdrawn": ticket(2, DAY, "withdrawn"),
        "old": ticket(3, OLD, "old"),
        "old_withdrawn": ticket(4, OLD, "old_withdrawn"),
        "back": ticket(5, DAY, "back"),
        "moved": replace(ticket(7, DAY, "moved"), customer_id=None, email="m@example.org"),
    }
    pipeline.deliver("first.csv", list(first.values()), DAY)
    pipeline.deliver("calls.csv", [Call("c1", "c1", "anchored", at(DAY), "product_defect")], DAY)
    pipeline.run(DAY)
    seen: dict[str, object] = {"day": listed(pipeline, DAY), "alerts_day": alerts(pipeline)}
    gone = [
        replace(first[name], marker=f"{name}-gone", version_at=at(NEXT), status="deleted")
        for name in ("withdrawn", "old_withdrawn", "back")
    ]
    pipeline.deliver("second.csv", [*gone, ticket(6, NEXT, "anchored")], NEXT)
    # An address that moves takes its ticket along.
    moved = [Customer("moved"), Customer("moved_to", ("m@example.org",))]
    pipeline.deliver("moved.csv", moved, NEXT)
    pipeline.run(NEXT)
    seen |= {
        "next": listed(pipeline, NEXT),
        "reasons_next": reasons(pipeline, NEXT),
        "alerts_next": alerts(pipeline),
        "stands_for_next": stands_for(pipeline),
    }
    pipeline.run(NEXT)
    seen |= {"next_again": listed(pipeline, NEXT)}
    again = replace(first["back"], marker="back-again", version_at=at(THIRD))
    moved_gone = replace(first["moved"], marker="moved-gone", version_at=at(THIRD), status="deleted")
    tried = ticket(8, THIRD, "tried")
    pipeline.deliver("third.csv", [again, moved_gone, tried], THIRD)
    pipeline.run_killed(THIRD, LAYERS)
    with pipeline.tables() as warehouse:
        assert warehouse.execute("select status from fct_alert where customer_id = 'tried'").fetchall()
    tried_gone = replace(tried, marker="tried-gone", version_at=at(THIRD, "13:00:00"), status="deleted")
    pipeline.deliver("third_again.csv", [tried_gone], THIRD)
    pipeline.run(THIRD)
    seen |= {
        "third": listed(pipeline, THIRD),
        "reasons_third": reasons(pipeline, THIRD),
        "alerts_third": alerts(pipeline),
        "stands_for_third": stands_for(pipeline),
    }
    return seen


def test_a_new_cumulative_incident_is_told_once(told: dict[str, dict[str, str]]) -> None:
    assert told["day"] == {
        "kept": "new",
        "withdrawn": "new",
        "back": "new",
        "anchored": "new",
        "moved": "new",
    }
    assert "kept" not in told["next"]
    assert "kept" not in told["third"]


def test_an_incident_that_is_too_old_is_entered_and_never_told(
    told: dict[str, dict[str, tuple[str, str, str]]],
) -> None:
    assert told["alerts_day"]["old"][2] == "too_old"
    assert "old" not in {*told["day"], *told["next"], *told["third"]}


def test_the_crm_hears_of_a_withdrawal_only_where_it_heard_of_the_alert(
    told: dict[str, dict[str, str]],
) -> None:
    retracted = {name for name, change in told["next"].items() if change == "retracted"}
    assert retracted == {"withdrawn", "back", "moved"}
    assert told["reasons_next"]["withdrawn"] == "deleted"
    # Also when the same date runs again: it never heard of old_withdrawn.
    assert told["next_again"] == told["next"]


def test_an_alert_whose_incident_comes_back_opens_again_under_its_id(
    told: dict[str, dict[str, tuple[str, str, str]]],
) -> None:
    assert told["third"]["back"] == "changed"
    assert told["reasons_third"]["back"] == "reopened"
    assert told["alerts_next"]["back"][2] == "retracted"
    assert told["alerts_third"]["back"][2] == "open"
    assert told["alerts_third"]["back"][:2] == told["alerts_day"]["back"][:2]


def test_a_stronger_anchor_keeps_the_alert_and_raises_no_second(
    told: dict[str, dict[str, tuple[str, str, str]]],
) -> None:
    # The call's incident is now the ticket's: another incident id, the same alert.
    assert told["alerts_next"]["anchored"] == told["alerts_day"]["anchored"]
    assert "anchored" not in told["next"]


def test_an_incident_that_moves_takes_its_alert_back_and_raises_one_for_the_new_customer(
    told: dict[str, dict[str, str]],
) -> None:
    assert (told["next"]["moved"], told["reasons_next"]["moved"]) == ("retracted", "moved")
    assert (told["next"]["moved_to"], told["reasons_next"]["moved_to"]) == ("new", "new")
    assert told["alerts_next"]["moved_to"][0] != told["alerts_next"]["moved"][0]
    assert told["stands_for_next"]["moved"] is None
    # When it goes, the one is taken back that stands, and the other is not told again.
    assert told["third"] == {"back": "changed", "moved_to": "retracted"}
    assert told["reasons_third"]["moved_to"] == "deleted"


def test_what_an_unpublished_attempt_raised_is_gone_with_its_incident(
    told: dict[str, dict[str, tuple[str, str, str]]],
) -> None:
    assert "tried" not in told["alerts_third"]


def test_a_cap_holds_back_the_least_urgent_who_goes_first_the_next_day_and_never_ages_out(
    tmp_path: Path,
) -> None:
    project = Project.copied_to(tmp_path / "project")
    project.replace("dbt_project/dbt_project.yml", "alert_daily_cap: 0", "alert_daily_cap: 2")
    pipeline = Pipeline(tmp_path / "company", project)
    names = ("negative", "first_a", "first_b", "rush_a", "rush_b")
    pipeline.deliver("customers.csv", [Customer(name) for name in names], DAY)
    pipeline.deliver(
        "tickets.csv",
        [
            ticket(1, OLD, "negative"),
            ticket(2, DAY, "negative"),
            ticket(3, DAY, "first_a"),
            ticket(4, DAY, "first_b"),
            ticket(5, OLD, "rush_a"),
            ticket(6, OLD, "rush_b"),
        ],
        DAY,
    )
    pipeline.run(DAY)
    through = listed(pipeline, DAY)
    assert len(through) == 2
    assert "negative" in through
    pipeline.run(DAY)
    assert listed(pipeline, DAY) == through
    (held,) = {"first_a", "first_b"} - set(through)
    pipeline.deliver("rush.csv", [ticket(7, NEXT, "rush_a"), ticket(8, NEXT, "rush_b")], NEXT)
    pipeline.run(NEXT)
    after = listed(pipeline, NEXT)
    assert len(after) == 2
    assert held in after
    much_later = NEXT + timedelta(days=45)
    pipeline.run(much_later)
    assert set(listed(pipeline, much_later)) == {"rush_a", "rush_b"} - set(after)


def test_ids_that_a_release_makes_otherwise_tell_nothing_twice(tmp_path: Path) -> None:
    project = Project.copied_to(tmp_path / "project")
    pipeline = Pipeline(tmp_path / "company", project)
    pipeline.deliver("customers.csv", [Customer("kept"), Customer("withdrawn"), Customer("new")], DAY)
    gone = ticket(2, DAY, "withdrawn")
    pipeline.deliver("first.csv", [ticket(1, DAY, "kept"), gone], DAY)
    pipeline.run(DAY)
    before = alerts(pipeline)

    # The release: contacts, and so incidents, have other ids, and the record says which.
    project.replace("macros/contacts/contact_id.sql", "|| '|' ||", "|| '#' ||")
    former, current = (
        {number: md5(f"tickets{mark}{number}".encode()).hexdigest() for number in "12"} for mark in "|#"
    )
    record_aliases(
        pipeline.state,
        [Alias(Kind.CONTACT, former[number], current[number], NEXT, "other ids") for number in "12"],
    )
    gone_now = replace(gone, marker="gone", version_at=at(NEXT), status="deleted")
    pipeline.deliver("second.csv", [gone_now, ticket(3, NEXT, "new")], NEXT)
    assert pipeline.run(NEXT).full_rebuild_reason == "the models changed"

    assert listed(pipeline, NEXT) == {"withdrawn": "retracted", "new": "new"}
    after = alerts(pipeline)
    assert after["kept"] == before["kept"]
    assert after["withdrawn"][0] == before["withdrawn"][0]
    assert stands_for(pipeline)["kept"] == current["1"]


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


def test_a_ticket_and_its_mail_are_one_alert_through_retagging_a_late_line_a_merge_and_a_way_back(
    tmp_path: Path,
) -> None:
    pipeline = Pipeline(tmp_path / "company", OF_TREE)
    names = ("retagged", "late", "there_and_back", "elsewhere", "merged", "harmless")
    customers = [Customer(name, (f"{name}@example.test",)) for name in names]
    pipeline.deliver("customers.csv", list(customers), DAY)
    tagged = ticket(1, DAY, "retagged")
    moving, into = ticket(3, DAY, "there_and_back"), ticket(5, DAY, "merged", tags=("billing_error",))
    harmless = ticket(7, DAY, "harmless")
    pipeline.deliver(
        "first.csv", [tagged, ticket(2, DAY, "late"), moving, ticket(4, DAY, "merged"), into, harmless], DAY
    )
    mail = Mail("complaint", "1@mail", "retagged@example.test", at(DAY, "13:00:00"), "product_defect")
    pipeline.deliver("mails.mbox", [mail], DAY)
    pipeline.run(DAY)
    before = alerts_of(pipeline)
    assert len(before["retagged"]) == 1
    changes = [
        replace(tagged, marker="retagged", version_at=at(NEXT), tags=(), kind="question"),
        ticket(6, DAY - timedelta(days=3), "late"),
        replace(moving, marker="moves", version_at=at(NEXT), customer_id="elsewhere"),
        replace(harmless, marker="decided", version_at=at(NEXT), tags=("other_incident",)),
    ]
    pipeline.deliver("second.csv", list(changes), NEXT)
    pipeline.run(NEXT)
    assert alerts_of(pipeline)["retagged"] == before["retagged"]
    assert reasons(pipeline, NEXT) == {
        "late": "new",
        "there_and_back": "moved",
        "elsewhere": "new",
        "harmless": "became_transient",
    }
    with pipeline.tables() as warehouse:
        late = warehouse.execute(
            "select priority, is_negative_when_raised from fct_alert"
            " where raised_on = $on and customer_id = 'late'",
            {"on": NEXT},
        )
        assert late.fetchall() == [(1, True)]
    back = replace(moving, marker="back", version_at=at(THIRD))
    pipeline.deliver("third.csv", [back], THIRD)
    pipeline.run(THIRD)
    assert reasons(pipeline, THIRD) == {"there_and_back": "reopened", "elsewhere": "moved"}
    assert alerts_of(pipeline)["there_and_back"] == before["there_and_back"]


def alerts_of(pipeline: Pipeline) -> dict[str, set[str]]:
    """Customer -> the ids of all alerts."""
    with pipeline.tables() as warehouse:
        found = warehouse.execute("select customer_id, list(alert_id) from fct_alert group by all").fetchall()
    return {name: set(ids) for name, ids in found}


def test_a_row_has_what_an_agent_needs_and_is_told_again_when_its_ticket_is_solved_too_late(
    tmp_path: Path,
) -> None:
    project = Project.copied_to(tmp_path / "project")
    (project.seeds / "ticket_links.csv").write_text(
        "system,link_template\nzendesk,https://desk.example/tickets/{ticket_id}\n", "utf-8"
    )
    pipeline = Pipeline(tmp_path / "company", project)
    customers = [
        Customer("solved", (), date(2021, 2, 1), language="en"),
        Customer("open", (), date(2021, 2, 1)),
    ]
    pipeline.deliver("customers.csv", list(customers), DAY)
    first = ticket(1, DAY, "solved")
    earlier = ticket(2, DAY - timedelta(days=100), "solved", tags=("billing_error",))
    pipeline.deliver("first.csv", [first, earlier], DAY)
    pipeline.run(DAY)
    (row,) = rows_of_list(pipeline, DAY)
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
    explained = explain(pipeline, "--alert", row["alert_id"])
    assert "Priority 1, open, raised on 10 March 2026; quality answers by 16 March 2026." in explained
    assert row["reason_en"] in explained
    assert "ticket zendesk 1 of 10 March 2026: first.csv, record 1" in explained
    assert "billing" not in explained
    french = explain(pipeline, "--alert", row["alert_id"], "--language", "fr")
    assert "ticket zendesk 1 du 10 mars 2026 : first.csv, enregistrement 1" in french
    facts = json.loads(explain(pipeline, "solved", "--json"))
    assert facts["account"]["balance_points"] == row["balance_after_points"]
    assert [len(incident["contacts"]) for incident in facts["incidents"]] == [1, 1]
    late = DAY + timedelta(days=6)
    solved = replace(first, marker="solved", version_at=at(late), solved_at=at(late), status="solved")
    pipeline.deliver("second.csv", [solved, ticket(3, late, "open")], late)
    pipeline.run(late)
    told = [
        (row["customer_id"], row["change_reason"], row["is_solved"]) for row in rows_of_list(pipeline, late)
    ]
    assert sorted(told) == [("open", "new", "false"), ("solved", "resolved", "true")]
    pipeline.run(late)
    assert told == [
        (row["customer_id"], row["change_reason"], row["is_solved"]) for row in rows_of_list(pipeline, late)
    ]
    pipeline.run(late + timedelta(days=1))
    assert rows_of_list(pipeline, late + timedelta(days=1)) == []


def test_a_history_of_an_earlier_release_tells_nothing_twice_and_what_is_solved_later(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "company", OF_TREE)
    pipeline.deliver("customers.csv", [Customer("known")], DAY)
    known = ticket(1, DAY, "known")
    pipeline.deliver("first.csv", [known], DAY)
    pipeline.run(DAY)
    kept = pipeline.state.history / "alerts" / f"{DAY}.parquet"
    with duckdb.connect() as memory:
        memory.execute(f"create table kept as from read_parquet('{kept}')")
        memory.execute(f"""
            copy (select * exclude (raised_for, contact_ids, is_solved, change_reason) from kept)
            to '{kept}' (format parquet)
        """)
    # Another release computes everybody again; here a changed record has the same effect.
    pipeline.deliver("changed.csv", [Customer("known", (), date(2020, 1, 1))], NEXT)
    pipeline.run(NEXT)
    assert rows_of_list(pipeline, NEXT) == []
    late = DAY + timedelta(days=6)
    solved = replace(known, marker="solved", version_at=at(late), solved_at=at(late), status="solved")
    pipeline.deliver("second.csv", [solved], late)
    pipeline.run(late)
    assert reasons(pipeline, late) == {"known": "resolved"}


def explain(pipeline: Pipeline, *arguments: str) -> str:
    """What the command prints."""
    told = CliRunner().invoke(main, ["explain", *arguments, "--state", str(pipeline.state.root)])
    assert told.exit_code == 0, told.output
    return told.output
