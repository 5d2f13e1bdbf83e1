"""Told to a real CRM: BottleCRM holds each alert once, as told last, over three days and some kills."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.fixtures.crm import bottlecrm
from tests.fixtures.crm.bottlecrm import VARIABLE, BottleCrm
from tests.properties.pipeline import OF_TREE, Pipeline
from tests.properties.records import Customer, Ticket, at
from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.deliver import Report, deliver
from tolerance.crm.delivery.destinations import RestDestination, read_destinations
from tolerance.lock import delivery_lock
from tolerance.state import State

pytestmark = [
    pytest.mark.crm,
    pytest.mark.skipif(not os.environ.get(VARIABLE), reason="`make test-crm` starts a real CRM"),
]

DAY = date(2026, 3, 10)
NEXT = DAY + timedelta(days=1)
THIRD = DAY + timedelta(days=2)
LATE = DAY - timedelta(days=20)
MANY = 60


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BottleCrm]:
    with bottlecrm.running(os.environ[VARIABLE], tmp_path_factory.mktemp("bottlecrm")) as crm:
        yield crm


def destination(folder: Path) -> RestDestination:
    path = folder / "destinations.yml"
    path.write_text(bottlecrm.SETTINGS, "utf-8")
    (found,) = read_destinations(path)
    assert isinstance(found, RestDestination)
    return found


def delivered(state: State, crm: BottleCrm) -> Report:
    connection = Connection("crm_api", host=crm.url, password=crm.token)
    with delivery_lock(state, wait_seconds=60, say=print):
        (report,) = deliver(state, [destination(state.root)], lambda _: connection, Clock())
    return report


def _delivering(root: str, url: str, token: str) -> None:
    delivered(State(Path(root)), BottleCrm(url, token))


def accepted_so_far(state: State) -> int:
    return sum(path.read_bytes().count(b'"accepted"') for path in state.deliveries.glob("*/*.ndjson"))


def told(state: State) -> dict[str, dict[str, Any]]:
    """Each alert as the lists told it last."""
    with duckdb.connect() as memory:
        rows = memory.execute(
            f"from read_parquet('{state.told}/*.parquet', union_by_name = true) order by told_on"
        )
        names = [column[0] for column in rows.description or ()]
        return {
            str(row["alert_id"]): row for row in (dict(zip(names, r, strict=True)) for r in rows.fetchall())
        }


def held(crm: BottleCrm) -> dict[str, dict[str, Any]]:
    """Each alert as the CRM holds it; none twice."""
    cases = crm.cases()
    found = {case["custom_fields"]["alert_id"]: case for case in cases}
    assert len(found) == len(cases)
    return found


def agree(state: State, crm: BottleCrm) -> dict[str, tuple[str, str]]:
    """The CRM holds all that was told, as told; gives status and reason by customer and type of reason."""
    alerts, cases = told(state), held(crm)
    assert alerts.keys() == cases.keys()
    words = {1: "Urgent", 2: "High", 3: "Normal", 4: "Low"}
    for alert_id, alert in alerts.items():
        case = cases[alert_id]
        assert case["description"] == alert["reason_en"]
        assert case["priority"] == words[alert["priority"]]
        assert case["custom_fields"]["customer_id"] == alert["customer_id"]
        assert case["custom_fields"].get("incident_status") == alert["incident_status"]
        assert (case["status"] == "Rejected") == (alert["status"] == "retracted")
    return {
        case["custom_fields"]["customer_id"]: (case["status"], case["custom_fields"]["change_reason"])
        for case in cases.values()
    }


def ticket(number: int, on: date, customer: str, **changes: Any) -> Ticket:
    values = {"customer_id": customer, "tags": ("product_defect",)} | changes
    return Ticket(f"m{number}", str(number), at(on), at(on), **values)


def test_three_days_and_three_kills(tmp_path: Path, crm: BottleCrm) -> None:
    pipeline = Pipeline(tmp_path, OF_TREE)
    state = pipeline.state
    names = ["moved", "moved_to", "withdrawn", "retagged", "solved", "late", "worked"]
    many = [f"many{number}" for number in range(MANY)]
    customers = {name: Customer(name) for name in (*names, *many)} | {
        "moved": Customer("moved", ("m@example.org",))
    }
    pipeline.deliver("customers.csv", list(customers.values()), DAY)
    first = {
        "moved": replace(ticket(1, DAY, "moved"), customer_id=None, email="m@example.org"),
        "withdrawn": ticket(2, DAY, "withdrawn"),
        "retagged": ticket(3, DAY, "retagged"),
        "solved": ticket(4, DAY, "solved", tags=("service_outage",)),
        "worked": ticket(5, DAY, "worked"),
    }
    first |= {name: ticket(100 + number, DAY, name) for number, name in enumerate(many)}
    pipeline.deliver("first.csv", list(first.values()), DAY)
    pipeline.run(DAY)
    processes = multiprocessing.get_context("forkserver")
    for kill in range(1, 4):
        process = processes.Process(target=_delivering, args=(str(state.root), crm.url, crm.token))
        process.start()
        while process.is_alive() and accepted_so_far(state) < kill * MANY // 4:
            time.sleep(0.01)
        assert process.is_alive()
        process.kill()
        process.join()
        held(crm)
    assert delivered(state, crm).counts.pending == 0
    on_day = agree(state, crm)
    assert len(on_day) == MANY + 5
    assert on_day["moved"] == ("New", "new")
    # An agent takes one up.
    (worked,) = [case for case in crm.cases() if case["custom_fields"]["customer_id"] == "worked"]
    crm.ask("PATCH", f"/api/cases/{worked['id']}/", json={"status": "Assigned"})

    gone = replace(first["withdrawn"], marker="gone", version_at=at(NEXT), status="deleted")
    retagged = replace(first["retagged"], marker="retagged", version_at=at(NEXT), tags=("service_outage",))
    late = replace(ticket(6, LATE, "late"), version_at=at(NEXT))
    pipeline.deliver("second.csv", [gone, retagged, late], NEXT)
    pipeline.deliver("moved.csv", [Customer("moved"), Customer("moved_to", ("m@example.org",))], NEXT)
    pipeline.run(NEXT)
    assert delivered(state, crm).counts.pending == 0
    on_next = agree(state, crm)
    assert on_next["moved"] == ("Rejected", "moved")
    assert on_next["moved_to"] == ("New", "new")
    assert on_next["withdrawn"] == ("Rejected", "deleted")
    assert on_next["late"] == ("New", "new")
    assert on_next["retagged"] == ("New", "new")

    solved = [
        replace(
            first[name],
            marker=f"{name}-solved",
            version_at=at(THIRD),
            status="solved",
            solved_at=at(THIRD),
            rating="bad",
        )
        for name in ("solved", "worked")
    ]
    pipeline.deliver("third.csv", solved, THIRD)
    pipeline.run(THIRD)
    assert delivered(state, crm).counts.pending == 0
    on_third = agree(state, crm)
    assert on_third["solved"] == ("New", "resolved")
    assert on_third["worked"] == ("Assigned", "resolved")  # the agent's own status stays
    assert len(on_third) == MANY + 7
    assert delivered(state, crm).accepted == 0


def test_what_it_refuses_it_says_why(tmp_path: Path, crm: BottleCrm) -> None:
    from tests.fixtures.crm.told import published, tell

    state = published(tmp_path / "state")
    tell(state, [("refused", "open")])
    fields = {"name": "customer_id", "priority": {"constant": "Scarlet"}, "status": {"constant": "New"}}
    wrong = RestDestination.model_validate(
        destination(tmp_path).model_dump() | {"fields": fields, "made_with": {}}
    )
    connection = Connection("crm_api", host=crm.url, password=crm.token)
    (report,) = deliver(state, [wrong], lambda _: connection, Clock())
    assert report.refusals == ('priority: "Scarlet" is not a valid choice. (400)',)
    connection = Connection("crm_api", host=crm.url, password="bcrm_pat_canary")
    (report,) = deliver(state, [wrong], lambda _: connection, Clock())
    assert "refuses the login of the connection crm_api" in str(report.error)
    assert "canary" not in str(report.error)
