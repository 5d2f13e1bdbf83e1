"""What people decide on single contacts counts, is told, and teaches the detector.

That it counts for good, whatever becomes of detector and tables, is told in `test_another_decision_table`.
"""

from __future__ import annotations

import os
import stat
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.properties.pipeline import OF_TREE, Pipeline
from tests.properties.records import Call, Customer, Mail, Review, Ticket, at, contact_id
from tests.properties.test_alert_life import listed
from tolerance.cli import main

DAYS = [date(2025, 1, 20), date(2025, 1, 21), date(2025, 1, 22)]
CONTACT = at(date(2025, 1, 18))

THANKS = Mail("thanks", "1@mail", "thanks@example.test", CONTACT, None)
COMPLAINT = Mail("complaint", "2@mail", "complaint@example.test", CONTACT, "product_defect")
OPEN_TICKET = Ticket("open", "1", CONTACT, CONTACT, "open", kind="", tags=())
PRAISED = Ticket("praised", "2", CONTACT, CONTACT, "praised", tags=("product_defect",), rating="good")
BLAMED = Ticket("blamed", "3", CONTACT, CONTACT, "blamed", tags=("product_defect",), rating="bad")
LATE = Call("late", "c1", "late", CONTACT, "delivery_late")
CUSTOMERS = [
    Customer(name, (f"{name}@example.test",), date(2019, 5, 17))
    for name in ("thanks", "complaint", "open", "praised", "blamed", "late")
]
REVIEWS = [
    Review("words of thanks", contact_id(THANKS), "billing_error", DAYS[1]),
    Review("no complaint", contact_id(COMPLAINT), "no_incident", DAYS[1]),
    Review("a defect", contact_id(OPEN_TICKET), "product_defect", DAYS[1]),
    Review("she was at fault", contact_id(BLAMED), "no_incident", DAYS[1]),
    Review("a birthday", contact_id(LATE), "cumulative", DAYS[1]),
    Review("nobody", "0" * 32, "no_incident", DAYS[1]),
    Review("no word", contact_id(LATE), "grave", DAYS[1]),
]


def rows(pipeline: Pipeline, query: str) -> list[tuple[object, ...]]:
    with pipeline.tables() as warehouse:
        return warehouse.execute(query).fetchall()


def costs(pipeline: Pipeline) -> dict[object, tuple[object, ...]]:
    """Type, category, points and who decided, by customer."""
    found = rows(
        pipeline,
        "select customer_id, incident_type, category, cast(penalty_points as integer), decided_by"
        " from fct_incident",
    )
    return {customer: told for customer, *told in found}


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A published day, and one on which people decided on what it brought."""
    pipeline = Pipeline(tmp_path_factory.mktemp("reviews") / "warehouse", OF_TREE)
    pipeline.deliver(f"{DAYS[0]}/customers.csv", list(CUSTOMERS), DAYS[0])
    pipeline.deliver(f"{DAYS[0]}/mails.mbox", [THANKS, COMPLAINT], DAYS[0])
    pipeline.deliver(f"{DAYS[0]}/tickets.csv", [OPEN_TICKET, PRAISED, BLAMED], DAYS[0])
    pipeline.deliver(f"{DAYS[0]}/calls.csv", [LATE], DAYS[0])
    pipeline.run(DAYS[0])
    assert costs(pipeline).keys() == {"complaint", "praised", "blamed", "late"}
    ((waiting, reason),) = rows(pipeline, "select contact_id, review_reason from audit_contact_review")
    assert (waiting, reason) == (contact_id(OPEN_TICKET), "unclear_text")
    assert rows(
        pipeline, "select open_question, contact_count, customer_count, examples from classification_backlog"
    ) == [("unclear_text", 1, 1, "2025-01-20/tickets.csv, record 1")]
    pipeline.deliver(f"{DAYS[1]}/reviews.csv", list(REVIEWS), DAYS[1])
    run = pipeline.run(DAYS[1])
    assert run.full_rebuild_reason is None
    return pipeline


def test_a_decision_wins_over_words_codes_and_the_table(decided: Pipeline) -> None:
    by_somebody = "somebody"
    found = costs(decided)
    assert found.keys() == {"thanks", "open", "praised", "late"}
    assert found["thanks"] == ["billing_error", "cumulative", 100, by_somebody]
    assert found["open"] == ["product_defect", "cumulative", 100, by_somebody]
    assert found["late"] == ["delivery_late", "cumulative", 100, by_somebody]
    reasons = "select customer_id, from_category, to_category, reason from fct_reclassification"
    assert rows(decided, reasons) == [("late", "transient", "cumulative", "review")]


def test_what_was_decided_waits_no_more_and_every_decision_is_accounted_for(decided: Pipeline) -> None:
    assert rows(decided, "select * from audit_contact_review") == []
    assert rows(decided, "select * from classification_backlog") == []
    status = rows(decided, "select status, count(*) from audit_decision group by all order by all")
    assert status == [("counts", 5), ("unknown_contact", 1), ("unknown_decision", 1)]


def test_alerts_follow_the_decisions(decided: Pipeline) -> None:
    told = listed(decided, DAYS[1])
    assert told == {
        "blamed": "retracted",
        "complaint": "retracted",
        "late": "new",
        "open": "new",
        "thanks": "new",
    }


def test_customers_who_disagree_with_the_company_are_listed(decided: Pipeline) -> None:
    query = (
        "select customer_id, company_opinion, customer_opinion from classification_disagreement order by all"
    )
    assert rows(decided, query) == [("blamed", "no_incident", "bad"), ("praised", "cumulative", "good")]


def test_decisions_are_labels_for_training(decided: Pipeline, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    before = os.umask(0o022)
    try:
        told = CliRunner().invoke(main, ["labels", str(path), "--state", str(decided.state.root)])
    finally:
        os.umask(before)
    assert "5 labelled texts" in told.output
    lines = path.read_text("utf-8")
    assert "text,language,label,type\n" in lines
    assert ",incident,billing_error\n" in lines  # in words of two languages
    assert lines.count(",none,\n") == 2
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_decision_on_the_category_leaves_the_type_that_was_decided(decided: Pipeline) -> None:
    """Last here: it takes the company a day further."""
    decided.deliver(
        f"{DAYS[2]}/reviews.csv",
        [
            Review("called her back", contact_id(THANKS), "transient", DAYS[2]),
            Review("none after all, and grave", contact_id(COMPLAINT), "cumulative", DAYS[2]),
        ],
        DAYS[2],
    )
    assert decided.run(DAYS[2]).full_rebuild_reason is None
    found = costs(decided)
    assert found["thanks"] == ["billing_error", "transient", 0, "somebody"]
    assert found["complaint"] == ["product_defect", "cumulative", 100, "somebody"]
    status = rows(
        decided,
        f"""
        select decision, status from audit_decision
        where contact_id in ('{contact_id(THANKS)}', '{contact_id(COMPLAINT)}')
        order by all
        """,
    )
    assert status == [
        ("billing_error", "counts"),
        ("cumulative", "counts"),
        ("no_incident", "replaced"),
        ("transient", "counts"),
    ]
    told = CliRunner().invoke(main, ["explain", "thanks", "--state", str(decided.state.root)])
    assert "a person decided" in told.output
    assert "deadline" not in told.output
