"""Two ids that turn out to be one customer are one account, and nobody is called twice about it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.properties.comparing import against_rebuild
from tests.properties.pipeline import OF_TREE, Pipeline, Project
from tests.properties.records import Call, Customer, Mail, Merge, Ticket, at
from tests.properties.test_alert_life import listed
from tolerance.cli import main

DAYS = [date(2025, 1, 20), date(2025, 1, 21), date(2025, 1, 22), date(2025, 1, 23)]
CONTACT = at(date(2025, 1, 18))


def rows(pipeline: Pipeline, query: str) -> list[tuple[object, ...]]:
    with pipeline.tables() as warehouse:
        return warehouse.execute(query).fetchall()


def alerts(pipeline: Pipeline) -> list[tuple[object, ...]]:
    return rows(pipeline, "select alert_id, customer_id, status from fct_alert order by all")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A published day: of two customers each has an alert, of a third one nobody has delivered a record."""
    root = tmp_path_factory.mktemp("merges")
    pipeline = Pipeline(root / "warehouse", Project.copied_to(root / "project"))
    customers = [
        Customer("current", ("both@example.test", "current@example.test"), date(2023, 1, 1)),
        Customer("former", ("both@example.test", "former@example.test"), date(2019, 5, 17)),
        Customer("round", (), date(2019, 5, 17)),
        Customer("about", (), date(2019, 5, 17)),
    ]
    pipeline.deliver(f"{DAYS[0]}/customers.csv", customers, DAYS[0])
    tickets = [
        Ticket("t1", "1", CONTACT, CONTACT, "current", tags=("product_defect",)),
        Ticket("t2", "2", CONTACT, CONTACT, "former", tags=("billing_error",)),
        Ticket("t3", "3", CONTACT, CONTACT, "only_named", tags=("contract_dispute",)),
    ]
    pipeline.deliver(f"{DAYS[0]}/tickets.csv", list(tickets), DAYS[0])
    mail = Mail("of both", "1@mail", "both@example.test", CONTACT, "no_answer")
    pipeline.deliver(f"{DAYS[0]}/mails.mbox", [mail], DAYS[0])
    pipeline.run(DAYS[0])
    assert listed(pipeline, DAYS[0]) == {"current": "new", "former": "new"}
    reasons = rows(pipeline, "select review_reason from audit_contact_review order by all")
    assert reasons == [("shared_address",), ("unknown_customer_id",)]
    return pipeline


@pytest.fixture(scope="module")
def merged(before: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The day on which they are merged."""
    pipeline = before.copied_to(tmp_path_factory.mktemp("merged") / "warehouse")
    merges = [
        Merge("former", "current", DAYS[1]),
        Merge("only_named", "former", DAYS[1]),
        Merge("round", "about", DAYS[1]),
        Merge("about", "round", DAYS[1]),
        Merge("current", "later", DAYS[3]),
        Merge("about", "not_delivered_yet", date(2024, 1, 1)),
    ]
    pipeline.deliver(f"{DAYS[1]}/merges.csv", list(merges), DAYS[1])
    call = Call("under the former id", "c1", "former", at(DAYS[1]), "fraude_carte")
    pipeline.deliver(f"{DAYS[1]}/calls.csv", [call], DAYS[1])
    run = pipeline.run(DAYS[1])
    assert run.full_rebuild_reason is None
    return pipeline


def test_one_customer_is_left_with_what_both_had(merged: Pipeline) -> None:
    assert rows(merged, "select customer_id, relationship_started_on from dim_customer order by all") == [
        ("about", date(2019, 5, 17)),
        ("current", date(2019, 5, 17)),
        ("round", date(2019, 5, 17)),
    ]
    incidents = rows(merged, "select incident_type, customer_id from fct_incident order by all")
    types = ("billing_error", "contract_dispute", "no_answer", "payment_fraud", "product_defect")
    assert incidents == [(incident_type, "current") for incident_type in types]
    assert rows(merged, "select * from audit_contact_review") == []
    for table in ("fct_tolerance_current", "fct_tolerance_monthly", "fct_tolerance_ledger"):
        assert rows(merged, f"select 1 from {table} where customer_id in ('former', 'only_named')") == []


def test_an_alert_keeps_its_id_and_is_told_as_changed(before: Pipeline, merged: Pipeline) -> None:
    ids = {alert_id for alert_id, *_ in alerts(before)}
    kept = [alert for alert in alerts(merged) if alert[0] in ids]
    assert [alert[1:] for alert in kept] == [("current", "open"), ("current", "open")]
    told = (merged.state.outbox / DAYS[1].isoformat() / "alerts.csv").read_text("utf-8")
    lines = [(line["alert_id"] in ids, line["change"]) for line in csv.DictReader(told.splitlines())]
    assert sorted(lines) == [(False, "new"), (False, "new"), (True, "changed")]


def test_a_list_says_a_merge_once(merged: Pipeline, tmp_path: Path) -> None:
    pipeline = merged.copied_to(tmp_path / "warehouse")
    pipeline.deliver(f"{DAYS[2]}/again.csv", [Merge("former", "current", DAYS[1])], DAYS[2])
    pipeline.run(DAYS[2])
    assert listed(pipeline, DAYS[2]) == {}


def test_every_merge_is_accounted_for_and_a_circle_is_told(merged: Pipeline) -> None:
    query = "select from_customer_id, status, current_customer_id from audit_customer_merge order by all"
    assert rows(merged, query) == [
        ("about", "leads_in_a_circle", None),
        ("about", "replaced", None),
        ("current", "waits_for_its_day", None),
        ("former", "counts", "current"),
        ("only_named", "counts", "current"),
        ("round", "leads_in_a_circle", None),
    ]
    manifest = json.loads((merged.state.outbox / DAYS[1].isoformat() / "manifest.json").read_text("utf-8"))
    told = "merges.csv, record 4: about is merged into round, which leads back to about, and 1 more;"
    assert any(told in warning for warning in manifest["warnings"])


def test_explain_says_what_became_of_a_merged_customer(merged: Pipeline) -> None:
    told = CliRunner().invoke(main, ["explain", "only_named", "--state", str(merged.state.root)]).output
    merge = "only_named is current since 21 January 2025 (customer_merges/2025-01-21/merges.csv, record 2)."
    assert merge in told
    assert "current as of 21 January 2025" in told


def test_a_rebuild_gives_the_same(merged: Pipeline, tmp_path: Path) -> None:
    rebuilt = merged.copied_to(tmp_path / "rebuilt")
    rebuilt.rebuild()
    assert against_rebuild(merged, rebuilt) == []


def test_a_merge_waits_for_its_customer_and_one_into_oneself_undoes_it(
    before: Pipeline, merged: Pipeline, tmp_path: Path
) -> None:
    pipeline = merged.copied_to(tmp_path / "warehouse")
    pipeline.run(DAYS[3])
    waiting = "select status from audit_customer_merge where from_customer_id = 'current'"
    assert rows(pipeline, waiting) == [("unknown_customer",)]
    day = date(2025, 1, 24)
    pipeline.deliver(f"{day}/customers.csv", [Customer("later", (), date(2025, 1, 1))], day)
    pipeline.run(day)
    owners = "select distinct customer_id from fct_incident"
    assert rows(pipeline, owners) == [("later",)]
    day = date(2025, 1, 27)
    undone = [Merge(name, name, day) for name in ("current", "former", "only_named")]
    pipeline.deliver(f"{day}/undone.csv", list(undone), day)
    run = pipeline.run(day)
    assert run.full_rebuild_reason is None
    assert rows(pipeline, f"{owners} order by all") == [("current",), ("former",)]
    assert set(alerts(before)) <= set(alerts(pipeline))


def test_a_merge_after_a_move_and_one_on_the_day_of_raising_tell_nothing_twice(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "warehouse", OF_TREE)
    names = ("here", "there", "raised", "other")
    pipeline.deliver(f"{DAYS[0]}/customers.csv", [Customer(name) for name in names], DAYS[0])
    moving = Ticket("moving", "1", CONTACT, CONTACT, "here", tags=("product_defect",))
    raised = Ticket("raised", "2", CONTACT, CONTACT, "raised", tags=("product_defect",))
    pipeline.deliver(f"{DAYS[0]}/tickets.csv", [moving, raised], DAYS[0])
    pipeline.run(DAYS[0])
    first = {customer: alert_id for alert_id, customer, _ in alerts(pipeline)}
    # The merge comes on the day on which the alert was raised, in a second run.
    pipeline.deliver(f"{DAYS[0]}/merges.csv", [Merge("raised", "other", DAYS[0])], DAYS[0])
    pipeline.run(DAYS[0])
    moved = replace(moving, marker="moved", version_at=at(DAYS[1]), customer_id="there")
    pipeline.deliver(f"{DAYS[1]}/tickets.csv", [moved], DAYS[1])
    pipeline.run(DAYS[1])
    assert listed(pipeline, DAYS[1]) == {"here": "retracted", "there": "new"}
    merges = [Merge("here", "there", DAYS[2]), Merge("raised", "raised", DAYS[2])]
    pipeline.deliver(f"{DAYS[2]}/merges.csv", list(merges), DAYS[2])
    pipeline.run(DAYS[2])
    # What stands goes on, what was taken back is not told again, and the undone one is told for its own.
    assert listed(pipeline, DAYS[2]) == {"raised": "changed"}
    standing = {alert_id: customer for alert_id, customer, status in alerts(pipeline) if status == "open"}
    assert sorted(standing.values()) == ["raised", "there"]
    assert standing[first["raised"]] == "raised"
    rebuilt = pipeline.copied_to(tmp_path / "rebuilt")
    rebuilt.rebuild()
    assert against_rebuild(pipeline, rebuilt) == []
