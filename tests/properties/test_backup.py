"""What `docs/operate.md` says that a backup needs is enough: restored elsewhere, the days go on equally."""

from __future__ import annotations

import csv
import os
import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from tests import REPOSITORY
from tests.fixtures.ingesting import looking_quickly, reading_here
from tests.properties.pipeline import OF_TREE, Pipeline
from tests.properties.records import Acknowledgement, Call, Customer, Mail, Record, Ticket, alert_id, at
from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.deliver import deliver
from tolerance.crm.delivery.destinations import FolderDestination
from tolerance.identity import KEY_VARIABLE
from tolerance.intake.loads import RawLostError
from tolerance.rebuild import differing_rows
from tolerance.reread import as_of_to_rebuild, read_again

DAYS = [date(2025, 3, 20) + timedelta(days=number) for number in (0, 1, 3)]
"""The last is run after the restoration."""


def backed_up() -> list[str]:
    """The folders of the table in `operate.md` whose row says yes; `<as-of>` stands for all below."""
    text = (REPOSITORY / "docs" / "operate.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`|]+)`[^|]*\|.*\| (.*) \|$", text, re.MULTILINE)
    return [place.split("<")[0].rstrip("/") for place, needs in rows if needs.startswith("yes")]


def records(day: date) -> list[list[Record]]:
    """One file per source: something of each kind, by customers who are known by id or by address alone."""
    number = DAYS.index(day)
    first = Ticket("m0", "t0", at(DAYS[0]), at(DAYS[0]), customer_id="A", tags=("product_defect",))
    of_days: list[list[list[Record]]] = [
        [
            [Customer("A", ("a@example.org",)), Customer("B", ("b@example.org",)), Customer("C")],
            [first],
        ],
        [
            [Ticket("m1", "t1", at(day), at(day), customer_id="C", tags=("delivery_lost",))],
            [Acknowledgement("r1", alert_id(first, "A"), "received")],
        ],
        [
            [Customer("B", ("b@example.org", "bee@example.org"))],
            [Ticket("m0b", "t0", at(DAYS[0]), at(day), customer_id="A", status="deleted")],
            [Acknowledgement("r2", alert_id(first, "A"), "closed", at(day), "called")],
        ],
    ]
    mail = Mail(
        f"w{number}", f"mail{number}@x", "b@example.org", at(day, f"{8 + number:02}:00:00"), "billing_error"
    )
    call = Call(f"k{number}", f"k{number}", "C", at(day), "staff_behaviour")
    return [*of_days[number], [mail], [call]]


def live(pipeline: Pipeline, day: date) -> None:
    for part in records(day):
        suffix = "mbox" if part[0].source == "mail" else "csv"
        pipeline.deliver(f"{day}/{part[0].source}.{suffix}", part, day)
    pipeline.run(day)


def hand_over(pipeline: Pipeline, drop: Path) -> int:
    """Deliver to a folder; how many dates' lists were sent now."""
    drop.mkdir(exist_ok=True)
    destination = FolderDestination(name="drop", kind="folder", path=str(drop))
    (report,) = deliver(pipeline.state, [destination], lambda _: Connection(""), Clock(sleep=lambda _: None))
    return report.accepted


def lists(pipeline: Pipeline) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in pipeline.state.outbox.glob("*/alerts.csv")}


def new_alerts(pipeline: Pipeline, day: date) -> list[str]:
    with (pipeline.state.outbox / day.isoformat() / "alerts.csv").open(encoding="utf-8", newline="") as file:
        return [row["alert_id"] for row in csv.DictReader(file) if row["change"] == "new"]


def test_a_restored_backup_goes_on_with_equal_rows_and_tells_nothing_twice(tmp_path: Path) -> None:
    places = backed_up()
    assert places == ["outbox/crm", "landing", "history", "runs", "secret"]
    lost = Pipeline(tmp_path / "lost", OF_TREE, identity_key="")
    live(lost, DAYS[0])
    assert hand_over(lost, tmp_path / "drop") == 1
    live(lost, DAYS[1])  # the delivery is in its tables too

    restored = Pipeline(tmp_path / "restored", OF_TREE, identity_key="")
    for place in places:
        shutil.copytree(lost.state.root / place, restored.state.root / place)
    shutil.copytree(lost.extracts, restored.extracts)
    with pytest.raises(RawLostError, match="tolerance rebuild"):
        restored.take_in(DAYS[1])
    with patch.dict(os.environ, {KEY_VARIABLE: ""}), looking_quickly(), reading_here():
        assert len(list(read_again(restored.state))) == 8  # what `tolerance rebuild` does first
    assert as_of_to_rebuild(restored.state) == DAYS[1]
    restored.run(DAYS[1])
    differing = differing_rows(lost.state.serving, restored.state.serving, tmp_path)
    assert len(differing) > 20
    assert {table: rows for table, rows in differing.items() if any(rows)} == {}
    assert lists(restored) == lists(lost)
    # A rebuild under another key would do as well; what comes after it, such as a lost raw/ alone, would not.
    assert restored.state.identity_key.read_bytes() == lost.state.identity_key.read_bytes()

    for pipeline in (lost, restored):
        live(pipeline, DAYS[2])
    differing = differing_rows(lost.state.serving, restored.state.serving, tmp_path)
    assert {table: rows for table, rows in differing.items() if any(rows)} == {}
    assert lists(restored) == lists(lost)
    told = [name for day in DAYS for name in new_alerts(restored, day)]
    assert len(told) == len(set(told)) >= 4
    assert hand_over(restored, tmp_path / "drop after") == 2, "the first day's list was sent before the loss"
