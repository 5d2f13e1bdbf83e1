"""Bulk API 2.0 as its documentation describes it: against an emulator, no Salesforce was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fixtures.crm.salesforce_emulator import EXTERNAL_ID, JOBS, KEY, OBJECT, SECRET, Salesforce, running
from tests.fixtures.crm.told import NEXT, published, tell
from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.deliver import Report, deliver
from tolerance.crm.delivery.destinations import SalesforceDestination, read_destinations
from tolerance.state import State

SETTINGS = f"""
sf:
  kind: salesforce
  connection: salesforce
  object: {OBJECT}
  key_field: {EXTERNAL_ID}
  fields:
    Priority__c: {{ column: priority, words: {{ 1: High }} }}
    Status__c: status
    Customer__c: customer_id
    Solved_At__c: {{ column: respond_by }}
  batch_rows: 2
  backoff_seconds: 0
"""


@dataclass
class Desk:
    state: State
    salesforce: Salesforce
    destination: SalesforceDestination
    secret: str = SECRET
    slept: list[float] = field(default_factory=list)

    def deliver(self) -> Report:
        connection = Connection("salesforce", host=self.salesforce.url, login=KEY, password=self.secret)
        clock = Clock(
            lambda: datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=sum(self.slept)), self.slept.append
        )
        (report,) = deliver(self.state, [self.destination], lambda _: connection, clock)
        return report


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    state = published(tmp_path)
    tell(state, [(key, "open") for key in "abc"])
    (tmp_path / "destinations.yml").write_text(SETTINGS, "utf-8")
    (destination,) = read_destinations(tmp_path / "destinations.yml")
    assert isinstance(destination, SalesforceDestination)
    with running(Salesforce()) as salesforce:
        yield Desk(state, salesforce, destination)


def test_alerts_are_upserted_by_their_external_id_in_jobs(desk: Desk) -> None:
    report = desk.deliver()
    assert report.sentence == "sf: 3 accepted now, 3 of 3 alerts accepted, 0 pending."
    assert [job.state for job in desk.salesforce.jobs.values()] == ["JobComplete", "JobComplete"]
    assert desk.salesforce.records["a"] == {
        "Id": "a00000000000000000",
        EXTERNAL_ID: "a",
        "Priority__c": "High",
        "Status__c": "open",
        "Customer__c": "Ca",
        "Solved_At__c": "2026-11-03T00:00:00Z",
    }
    tell(desk.state, [("a", "retracted")], NEXT)
    assert desk.deliver().accepted == 1
    assert len(desk.salesforce.records) == 3
    assert desk.salesforce.records["a"]["Status__c"] == "retracted"


def test_a_column_that_is_null_empties_the_field_and_a_word_that_is_null_leaves_it(desk: Desk) -> None:
    tell(desk.state, [("a", "open")], solved_on=None)
    left = desk.destination.fields["Status__c"].model_copy(update={"words": {"open": None}})
    emptied = desk.destination.fields["Status__c"].model_copy(update={"column": "solved_on"})
    desk.destination = desk.destination.model_copy(
        update={"fields": {"Status__c": left, "Solved_At__c": emptied}}
    )
    desk.salesforce.records["a"] = {"Id": "a0", "Status__c": "old", "Solved_At__c": "old"}
    desk.deliver()
    assert desk.salesforce.records["a"]["Status__c"] == "old"
    assert desk.salesforce.records["a"]["Solved_At__c"] is None


def test_what_is_refused_row_by_row_says_why_and_the_rest_is_accepted(desk: Desk) -> None:
    desk.salesforce.refuses = lambda row: "REQUIRED_FIELD_MISSING:Name" if row[EXTERNAL_ID] == "b" else None
    report = desk.deliver()
    assert (report.accepted, report.refused) == (2, 1)
    assert report.fault == "sf refused 1: REQUIRED_FIELD_MISSING:Name."
    desk.salesforce.refuses = lambda _: None
    assert desk.deliver().counts.accepted == 3


def test_a_field_that_the_object_lacks_is_told_and_nothing_is_refused(desk: Desk) -> None:
    fields = desk.destination.fields | {"Colour__c": desk.destination.fields["Status__c"]}
    desk.destination = desk.destination.model_copy(update={"fields": fields})
    report = desk.deliver()
    assert "(InvalidBatch : Field name not found : Colour__c): correct destinations.yml." in str(report.error)
    assert (report.counts.pending, report.counts.refused, report.counts.unclear) == (3, 0, 0)


def test_an_object_that_is_not_there_is_told(desk: Desk) -> None:
    desk.destination = desk.destination.model_copy(update={"object": "Nothing__c"})
    assert "InvalidJob : Unable to find object: Nothing__c (400): correct object" in str(desk.deliver().error)


def test_a_refused_login_is_told_without_its_secret(desk: Desk) -> None:
    desk.secret = "wrong-secret-canary"
    report = desk.deliver()
    assert str(report.error) == (
        "sf: It refuses the login of the connection salesforce (invalid client credentials (400)): "
        "correct the connection in Airflow."
    )
    written = [path.read_bytes() for path in desk.state.root.rglob("*") if path.is_file()]
    assert not [content for content in written if b"canary" in content]


def test_a_job_is_closed_although_the_answer_was_lost(desk: Desk) -> None:
    lost = [True]

    def fault(method: str, path: str) -> int | None:
        if method == "PATCH" and lost:
            lost.clear()
            desk.salesforce.jobs[path.removeprefix(JOBS).strip("/")].state = "UploadComplete"
            return 500
        return None

    desk.salesforce.fault = fault
    assert desk.deliver().counts.accepted == 3
    assert len(desk.salesforce.jobs) == 2


def test_a_job_whose_results_cannot_be_read_is_unclear_and_sent_again(desk: Desk) -> None:
    desk.salesforce.fault = lambda _, path: 500 if path.endswith("Results") else None
    report = desk.deliver()
    assert (report.counts.unclear, report.counts.pending) == (3, 3)
    assert "3 in a row had no clear answer, the last one because it answered 500" in str(report.error)
    desk.salesforce.fault = lambda _method, _path: None
    assert desk.deliver().counts.accepted == 3
    assert len(desk.salesforce.records) == 3


def test_a_job_that_does_not_end_is_left_for_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.salesforce, "_carry_on", lambda _: None)
    desk.destination = desk.destination.model_copy(update={"patience_seconds": 60})
    report = desk.deliver()
    assert "did not end within 60 s" in str(report.error) or "took longer than 60 s" in str(report.error)
    assert report.counts.pending == 3
