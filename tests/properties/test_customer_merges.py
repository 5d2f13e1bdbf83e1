"""Two ids that turn out to be one customer are one account, and nobody is called twice about it."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from tests.properties.comparing import against_rebuild
from tests.properties.pipeline import MODELS_ONLY, OF_TREE, WITHOUT_LEAVES, Pipeline
from tests.properties.records import Call, Customer, Mail, Merge, Record, Ticket, alert_id, at
from tolerance.cli import main

BEFORE, MERGED, WAITING, LATER, UNDONE = (date(2025, 1, 20) + timedelta(days=days) for days in range(5))
CONTACT = at(date(2025, 1, 18))

MOVING = Ticket("moving", "4", CONTACT, CONTACT, "here", tags=("product_defect",))
RAISED = Ticket("raised", "5", CONTACT, CONTACT, "raised", tags=("product_defect",))
OTHERS = ("here", "there", "raised", "other")
"""Customers of whom one moves before it is merged, and one is merged on the day that raised its alert."""

QUERIES = {
    "customers": "select customer_id, relationship_started_on from dim_customer",
    "incidents": "select customer_id, incident_type from fct_incident",
    "in_review": "select review_reason from audit_contact_review",
    "merges": "select from_customer_id, status, current_customer_id from audit_customer_merge",
    "alerts": "select customer_id, alert_id, status from fct_alert",
    "accounts": "select customer_id from fct_tolerance_current union select customer_id from "
    "fct_tolerance_monthly union select customer_id from fct_tolerance_ledger",
}

Rows = list[tuple[object, ...]]


@dataclass
class Lived:
    """Five days, and what stood in the tables and on the lists after each."""

    pipeline: Pipeline
    tables: dict[tuple[date, str], Rows] = field(default_factory=dict)
    told: dict[date, list[dict[str, str]]] = field(default_factory=dict)
    warnings: dict[date, list[str]] = field(default_factory=dict)
    explained: str = ""
    """What the command said of 'only_named' on the day of its merge."""

    not_rebuilt: list[str] = field(default_factory=list)
    """How the day on which all merges hold differs from a rebuild."""

    def deliver(self, day: date, name: str, *records: Record) -> None:
        self.pipeline.deliver(f"{day}/{name}", list(records), day)

    def run(self, day: date, exclude: str = MODELS_ONLY) -> None:
        assert self.pipeline.run(day, exclude=exclude).is_full_rebuild == (not self.tables)
        with self.pipeline.tables() as warehouse:
            for name, query in QUERIES.items():
                self.tables[day, name] = warehouse.execute(f"{query} order by all").fetchall()
        outbox = self.pipeline.state.outbox / day.isoformat()
        self.told[day] = list(csv.DictReader((outbox / "alerts.csv").read_text("utf-8").splitlines()))
        self.warnings[day] = json.loads((outbox / "manifest.json").read_text("utf-8"))["warnings"]

    def rows(self, day: date, table: str, *, of_others: bool = False) -> Rows:
        """Rows of a table, by the customer that each begins with."""
        return [row for row in self.tables[day, table] if (row[0] in OTHERS) == of_others]

    def listed(self, day: date) -> dict[str, str]:
        return {row["customer_id"]: row["change"] for row in self.told[day]}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    root = tmp_path_factory.mktemp("merges")
    lived = Lived(Pipeline(root / "warehouse", OF_TREE))
    # Of 'only_named' nobody has delivered a record.
    since = date(2019, 5, 17)
    lived.deliver(
        BEFORE,
        "customers.csv",
        Customer("current", ("both@example.test", "current@example.test"), date(2023, 1, 1)),
        Customer("former", ("both@example.test", "former@example.test"), since),
        Customer("round", (), since),
        Customer("about", (), since),
        *(Customer(name) for name in OTHERS),
    )
    lived.deliver(
        BEFORE,
        "tickets.csv",
        Ticket("t1", "1", CONTACT, CONTACT, "current", tags=("product_defect",)),
        Ticket("t2", "2", CONTACT, CONTACT, "former", tags=("billing_error",)),
        Ticket("t3", "3", CONTACT, CONTACT, "only_named", tags=("contract_dispute",)),
        MOVING,
        RAISED,
    )
    lived.deliver(BEFORE, "mails.mbox", Mail("of both", "1@mail", "both@example.test", CONTACT, "no_answer"))
    lived.run(BEFORE)
    # A merge that comes on the day on which the alert was raised, in a second run.
    lived.deliver(BEFORE, "merges.csv", Merge("raised", "other", BEFORE))
    lived.pipeline.run(BEFORE, exclude=WITHOUT_LEAVES)

    lived.deliver(
        MERGED,
        "merges.csv",
        Merge("former", "current", MERGED),
        Merge("only_named", "former", MERGED),
        Merge("round", "about", MERGED),
        Merge("about", "round", MERGED),
        Merge("current", "later", WAITING),
        Merge("about", "not_delivered_yet", date(2024, 1, 1)),
        Merge("other", "there", UNDONE + timedelta(days=1)),
    )
    lived.deliver(MERGED, "calls.csv", Call("under a former id", "c1", "former", at(MERGED), "fraude_carte"))
    moved = replace(MOVING, marker="moved", version_at=at(MERGED), customer_id="there")
    lived.deliver(MERGED, "tickets.csv", moved)
    lived.run(MERGED)
    explain = ["explain", "only_named", "--state", str(lived.pipeline.state.root)]
    lived.explained = CliRunner().invoke(main, explain).output

    lived.deliver(WAITING, "again.csv", Merge("former", "current", MERGED))
    lived.deliver(WAITING, "others.csv", Merge("here", "there", WAITING), Merge("raised", "raised", WAITING))
    lived.run(WAITING)

    lived.deliver(LATER, "customers.csv", Customer("later", (), date(2025, 1, 1)))
    lived.run(LATER)
    rebuilt = lived.pipeline.copied_to(root / "rebuilt")
    rebuilt.rebuild()
    lived.not_rebuilt = against_rebuild(lived.pipeline, rebuilt)

    undone = [Merge(name, name, UNDONE) for name in ("current", "former", "only_named")]
    lived.deliver(UNDONE, "undone.csv", *undone)
    lived.run(UNDONE, WITHOUT_LEAVES)
    return lived


def test_before_a_merge_each_has_an_alert_and_what_concerns_both_is_in_review(lived: Lived) -> None:
    alerts = [(customer, status) for customer, _, status in lived.rows(BEFORE, "alerts")]
    assert alerts == [("current", "open"), ("former", "open")]
    assert lived.listed(BEFORE) == dict.fromkeys(("current", "former", "here", "raised"), "new")
    assert lived.tables[BEFORE, "in_review"] == [("shared_address",), ("unknown_customer_id",)]


def test_one_customer_is_left_with_what_both_had(lived: Lived) -> None:
    assert lived.rows(MERGED, "customers") == [
        ("about", date(2019, 5, 17)),
        ("current", date(2019, 5, 17)),
        ("round", date(2019, 5, 17)),
    ]
    types = ("billing_error", "contract_dispute", "no_answer", "payment_fraud", "product_defect")
    assert lived.rows(MERGED, "incidents") == [("current", incident_type) for incident_type in types]
    assert lived.tables[MERGED, "in_review"] == []
    assert not {("former",), ("only_named",)} & {*lived.tables[MERGED, "accounts"]}


def test_an_alert_keeps_its_id_and_is_told_as_changed(lived: Lived) -> None:
    ids = {alert for _, alert, _ in lived.rows(BEFORE, "alerts")}
    kept = [row for row in lived.rows(MERGED, "alerts") if row[1] in ids]
    assert [(customer, status) for customer, _, status in kept] == [("current", "open"), ("current", "open")]
    told = [row for row in lived.told[MERGED] if row["customer_id"] not in OTHERS]
    lines = [(row["alert_id"] in ids, row["change"]) for row in told]
    assert sorted(lines) == [(False, "new"), (False, "new"), (True, "changed")]


def test_a_list_says_a_merge_once_also_after_a_move_and_one_that_is_undone(lived: Lived) -> None:
    assert {name: lived.listed(MERGED).get(name) for name in OTHERS} == {
        "here": "retracted",
        "there": "new",
        "raised": None,
        "other": None,
    }
    # What stands goes on, what was taken back is not told again, and the undone one is told for its own.
    assert lived.listed(WAITING) == {"raised": "changed"}
    open_alerts = [row for row in lived.rows(WAITING, "alerts", of_others=True) if row[2] == "open"]
    assert [customer for customer, *_ in open_alerts] == ["raised", "there"]
    assert open_alerts[0][1] == alert_id(RAISED, "raised")


def test_every_merge_is_accounted_for_and_a_circle_is_told(lived: Lived) -> None:
    assert lived.rows(MERGED, "merges") == [
        ("about", "leads_in_a_circle", None),
        ("about", "replaced", None),
        ("current", "waits_for_its_day", None),
        ("former", "counts", "current"),
        ("only_named", "counts", "current"),
        ("round", "leads_in_a_circle", None),
    ]
    told = "merges.csv, record 4: about is merged into round, which leads back to about, and 1 more;"
    assert any(told in warning for warning in lived.warnings[MERGED])


def test_explain_says_what_became_of_a_merged_customer(lived: Lived) -> None:
    merge = "only_named is current since 21 January 2025 (customer_merges/2025-01-21/merges.csv, record 2)."
    assert merge in lived.explained
    assert "current as of 21 January 2025" in lived.explained


def test_a_merge_waits_for_its_day_and_its_customer(lived: Lived) -> None:
    owners = [{customer for customer, _ in lived.rows(day, "incidents")} for day in (MERGED, WAITING, LATER)]
    assert owners == [{"current"}, {"current"}, {"later"}]
    assert ("current", "unknown_customer", "current") in lived.rows(WAITING, "merges")
    assert ("current", "counts", "later") in lived.rows(LATER, "merges")
    assert ("other", "waits_for_its_day", None) in lived.rows(LATER, "merges", of_others=True)


def test_a_merge_into_oneself_undoes_one(lived: Lived) -> None:
    assert {customer for customer, _ in lived.rows(UNDONE, "incidents")} == {"current", "former"}
    assert {*lived.rows(BEFORE, "alerts")} <= {*lived.rows(UNDONE, "alerts")}


def test_a_rebuild_gives_the_same(lived: Lived) -> None:
    # With merges that count, over two steps too, that wait, that lead in a circle and one that is undone.
    assert {status for _, status, _ in lived.tables[LATER, "merges"]} == {
        *("counts", "leads_in_a_circle", "replaced", "undone", "waits_for_its_day")
    }
    assert lived.not_rebuilt == []
