"""What is to be sent, what is refused and every attempt are tables, and agree with what a delivery sees."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.fixtures.crm import delivering
from tests.fixtures.crm.rest_server import TOKEN, Crm, running
from tests.properties.pipeline import OF_TREE, WITHOUT_LEAVES, Pipeline
from tests.properties.records import Customer, Ticket, at
from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.deliver import deliver
from tolerance.crm.delivery.outbox import outbox

DAY = date(2026, 3, 10)
NEXT = DAY + timedelta(days=1)
NAMES = ("accepted", "refused", "changed", "kept")
Rows = list[dict[str, Any]]
Delivered = tuple[Pipeline, dict[str, Rows], dict[str, Any]]


def ticket(number: int, on: date, customer: str, **changes: Any) -> Ticket:
    values = {"customer_id": customer, "tags": ("product_defect",)} | changes
    return Ticket(f"m{number}{changes.get('status', '')}", str(number), at(DAY), at(on), **values)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """A day, its delivery, the next day: the pipeline, its tables, and what a delivery would see then."""
    root = tmp_path_factory.mktemp("outbox")
    pipeline = Pipeline(root, OF_TREE)
    pipeline.deliver("customers.csv", [Customer(name) for name in (*NAMES, "new")], DAY)
    pipeline.deliver("first.csv", [ticket(no, DAY, name) for no, name in enumerate(NAMES)], DAY)
    pipeline.run(DAY)
    crm = Crm()
    crm.refuses = lambda body: "Not today." if body["subject"] == "refused" else None
    destination = delivering.destination(root)
    with running(crm):
        connection = Connection("crm_api", host=crm.url, password=TOKEN)
        deliver(pipeline.state, [destination], lambda _: connection, Clock())
    gone = ticket(NAMES.index("changed"), NEXT, "changed", status="deleted")
    pipeline.deliver("second.csv", [gone, ticket(9, NEXT, "new")], NEXT)
    pipeline.run(NEXT, exclude=WITHOUT_LEAVES)
    with duckdb.connect(str(pipeline.state.serving), read_only=True) as serving:
        tables = {
            name: serving.execute(f"from exports.{name} order by all").to_arrow_table().to_pylist()
            for name in ("crm_outbox", "crm_rejects", "crm_sync_log", "crm_alert_list")
        }
        customers = dict(serving.execute("select alert_id, customer_id from fct_alert").fetchall())
    with outbox(pipeline.state, destination) as box:
        seen = {
            "counts": box.counts(),
            "pending": {item.key: (item.told_on, item.fingerprint) for item in box.pending()},
        }
    for rows in tables.values():
        for row in rows:
            row["who"] = customers.get(row.get("alert_id"))
    return pipeline, tables, seen


def test_the_outbox_says_of_every_alert_how_it_stands(delivered: Delivered) -> None:
    _, tables, _ = delivered
    assert {row["who"]: (row["delivery_status"], row["tries"]) for row in tables["crm_outbox"]} == {
        "accepted": ("accepted", 0),
        "kept": ("accepted", 0),
        "refused": ("pending", 1),
        "changed": ("pending", 0),
        "new": ("pending", 0),
    }


def test_the_outbox_is_what_a_delivery_sees(delivered: Delivered) -> None:
    _, tables, seen = delivered
    pending = [row for row in tables["crm_outbox"] if row["delivery_status"] == "pending"]
    found = {row["alert_id"]: (row["told_on"].isoformat(), row["fingerprint"]) for row in pending}
    assert found == seen["pending"]
    assert len(found) == 3
    assert seen["counts"].decided == len(tables["crm_outbox"])


def test_what_the_crm_refused_is_listed_with_its_sentence(delivered: Delivered) -> None:
    _, tables, _ = delivered
    (row,) = tables["crm_rejects"]
    assert (row["who"], row["tries"], row["is_set_aside"]) == ("refused", 1, False)
    assert row["crm_sentence"] == "priority: Not today. (400)"


def test_every_attempt_is_in_the_log(delivered: Delivered) -> None:
    _, tables, _ = delivered
    (row,) = tables["crm_sync_log"]
    assert (row["destination"], row["attempt_no"], row["kind"], row["unit"]) == ("crm", 1, "rest", "alert")
    assert row["as_of_on"] == DAY
    assert [row[f"{name}_rows"] for name in ("sent", "accepted", "refused", "unclear")] == [4, 3, 1, 0]
    assert row["error"] is None
    assert row["started_at"] < row["ended_at"]


def test_what_moves_with_the_date_alone_is_outside_the_fingerprint(delivered: Delivered) -> None:
    pipeline, _, _ = delivered
    (compiled,) = (pipeline.state.dbt / "target" / "compiled").rglob("crm_alert_list.sql")
    sql = compiled.read_text("utf-8")
    for inside in (
        "incident_status",
        "status",
        "customer_id",
        "change_reason",
        "ticket_number",
        "resolved_at",
    ):
        assert f"'{inside}='" in sql
    for outside in ("balance_today_points", "tenure_months", "first_safe_month", "fingerprint"):
        assert f"'{outside}='" not in sql


def test_a_date_that_is_run_again_has_nothing_new_to_send(delivered: Delivered) -> None:
    pipeline, tables, seen = delivered
    pipeline.run(NEXT, exclude=WITHOUT_LEAVES)
    with outbox(pipeline.state, delivering.destination(Path(pipeline.root))) as box:
        assert {item.key: (item.told_on, item.fingerprint) for item in box.pending()} == seen["pending"]
    with duckdb.connect(str(pipeline.state.serving), read_only=True) as serving:
        again = dict(serving.execute("select alert_id, fingerprint from exports.crm_alert_list").fetchall())
    assert again == {row["alert_id"]: row["fingerprint"] for row in tables["crm_alert_list"]}
