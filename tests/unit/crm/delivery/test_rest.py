"""Delivery to a JSON API: one record per alert, whatever the API answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import duckdb
import pytest

from tests.fixtures.crm import delivering
from tests.fixtures.crm.rest_server import PATH, TOKEN, Crm, running
from tests.fixtures.crm.told import DAY, NEXT, finish_lists, published, tell
from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.deliver import Report, deliver, undelivered
from tolerance.crm.delivery.destinations import LEAVE, FolderDestination, RestDestination, Value
from tolerance.crm.delivery.outbox import outbox
from tolerance.crm.delivery.preview import preview
from tolerance.errors import NotPublishedError
from tolerance.state import State

PATIENT, IMPATIENT = 10.0, 0.12
"""Seconds that a client waits for an answer; a late one comes after a quarter of a second."""

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Desk:
    """A state, a CRM, and a clock that only waits on paper."""

    state: State
    crm: Crm
    destination: RestDestination
    slept: list[float] = field(default_factory=list)
    is_really_slept: bool = False
    connection: Connection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = Connection("crm_api", host=self.crm.url, password=TOKEN)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=sum(self.slept))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.is_really_slept:
            time.sleep(seconds)

    def deliver(self, *, again: bool = False) -> Report:
        clock = Clock(self.now, self.sleep)
        (report,) = deliver(self.state, [self.destination], lambda _: self.connection, clock, again=again)
        return report

    def set(self, **settings: object) -> None:
        self.destination = self.destination.model_copy(update=settings)

    def methods(self) -> list[str]:
        return [method for method, _ in self.crm.requests]

    def meet(self, *faults: str | None, method: str | None = None) -> None:
        """The next requests (of a method) meet these faults."""
        left = list(faults)

        def fault(of: str) -> str | None:
            return left.pop(0) if left and method in {None, of} else None

        self.crm.fault = fault


def with_other_fingerprints(state: State) -> None:
    """Let all that the last list told be told otherwise."""
    path = max(state.told.glob("*.parquet"))
    with duckdb.connect() as memory:
        memory.execute(f"create table told as from '{path}'")
        memory.execute("update told set fingerprint = 'other'")
        memory.execute(f"copy told to '{path}' (format parquet)")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    state = published(tmp_path)
    tell(state, [("a", "open"), ("b", "open")])
    with running(Crm()) as crm:
        destination = delivering.destination(tmp_path).model_copy(
            update={"backoff_seconds": 0.0, "timeout_seconds": PATIENT}  # a busy machine is no late answer
        )
        yield Desk(state, crm, destination)


def test_an_alert_is_looked_up_and_made_and_later_changed(desk: Desk) -> None:
    report = desk.deliver()
    assert report.sentence == "crm: 2 accepted now, 2 of 2 alerts accepted, 0 pending."
    assert undelivered([report]) is None
    assert desk.methods() == ["GET", "POST", "GET", "GET", "POST"]
    assert desk.crm.requests[0][1] == f"{PATH}?cf_alert_id=a"
    assert desk.crm.records[0] == {
        "id": 1,
        "changes": 0,
        "cf_alert_id": "a",
        "subject": "Ca",
        "state": "New",
        "respond_by": "2026-11-03T00:00:00Z",
        "balance": -1.5,
        "origin": "tolerance",
    }
    tell(desk.state, [("a", "retracted")], NEXT)
    assert desk.deliver().accepted == 1
    assert desk.methods()[5:] == ["GET", "PATCH"]
    assert [(record["state"], record["changes"]) for record in desk.crm.records] == [
        ("Cancelled", 1),
        ("New", 0),
    ]


def test_what_was_accepted_is_not_sent_again(desk: Desk) -> None:
    desk.deliver()
    made = len(desk.crm.requests)
    report = desk.deliver()
    assert (report.accepted, report.counts.accepted) == (0, 2)
    assert len(desk.crm.requests) == made


def test_what_was_taken_back_before_it_was_sent_is_not_made(desk: Desk) -> None:
    tell(desk.state, [("a", "retracted")], NEXT)
    report = desk.deliver()
    assert report.sentence == "crm: 1 accepted now, 1 of 1 alerts accepted, 0 pending."
    assert [record["cf_alert_id"] for record in desk.crm.records] == ["b"]


def test_what_was_refused_and_is_taken_back_is_done_without_a_record(desk: Desk) -> None:
    desk.meet("error_before", method="POST")
    desk.set(update_only=True)
    assert desk.deliver().counts.refused == 2
    desk.set(update_only=False)
    tell(desk.state, [("a", "retracted"), ("b", "retracted")], NEXT)
    assert desk.deliver().counts.accepted == 2
    assert desk.crm.records == []


def test_a_word_for_all_other_values() -> None:
    state = {"column": "change_reason", "words": {"new": None, "reopened": "New"}, "otherwise": "Closed"}
    value = Value.model_validate(state)
    said = {reason: value.of({"change_reason": reason}) for reason in ("new", "reopened", "moved")}
    assert said == {"new": LEAVE, "reopened": "New", "moved": "Closed"}


def test_a_record_that_was_imported_by_hand_is_changed_and_not_made_twice(desk: Desk) -> None:
    desk.crm.records.append({"id": 1, "cf_alert_id": "a", "changes": 0})
    desk.deliver()
    assert [record["cf_alert_id"] for record in desk.crm.records] == ["a", "b"]


@pytest.mark.parametrize("fault", ["late", "error_after", "cut", "garbage"])
def test_a_record_that_was_made_without_a_clear_answer_is_not_made_twice(desk: Desk, fault: str) -> None:
    desk.is_really_slept = True
    if fault == "late":
        desk.set(timeout_seconds=IMPATIENT)
    desk.meet(fault, method="POST")
    report = desk.deliver()
    assert report.counts.accepted == 2
    assert sorted(record["cf_alert_id"] for record in desk.crm.records) == ["a", "b"]
    # It is looked up only when a late answer must have come.
    assert desk.slept == [pytest.approx(desk.destination.settle_seconds)]


@pytest.mark.parametrize("fault", ["error_before", "dropped"])
def test_a_record_that_was_not_made_is_made_later(desk: Desk, fault: str) -> None:
    desk.meet(fault, method="POST")
    assert desk.deliver().counts.accepted == 2
    assert [record["cf_alert_id"] for record in desk.crm.records] == ["b", "a"]


def test_a_look_up_and_a_change_are_repeated_at_once(desk: Desk) -> None:
    desk.meet("error_before", "dropped", method="GET")
    assert desk.deliver().counts.accepted == 2
    assert desk.methods() == ["GET", "GET", "GET", "POST", "GET", "GET", "POST"]


def test_a_busy_crm_is_waited_for_as_long_as_it_asks(desk: Desk) -> None:
    desk.crm.retry_after = "17"
    desk.meet("busy", method="POST")
    assert desk.deliver().counts.accepted == 2
    assert desk.slept == [17.0]
    assert len(desk.crm.records) == 2


def test_a_busy_crm_may_say_an_instant(desk: Desk) -> None:
    desk.crm.retry_after = format_datetime(NOON + timedelta(seconds=40), usegmt=True)
    desk.meet("busy")
    assert desk.deliver().counts.accepted == 2
    assert desk.slept == [40.0]


def test_a_crm_that_asks_to_wait_too_long_is_left_for_later(desk: Desk) -> None:
    desk.crm.retry_after = "86400"
    desk.meet("busy")
    report = desk.deliver()
    assert report.counts.pending == 2
    assert (
        report.error
        == "crm: It asks to wait for 86,400 s (429): raise longest_wait_seconds, or deliver later."
    )
    assert str(undelivered([report])).startswith(
        f"Not everything was delivered: {report.error} What was published"
    )


def test_waits_grow_at_random_up_to_a_limit(desk: Desk) -> None:
    desk.set(backoff_seconds=1.0, longest_wait_seconds=5.0, retries=12)
    desk.meet(*["error_before"] * 12)
    assert desk.deliver().counts.accepted == 2
    waits = desk.slept
    assert len(waits) == 12
    assert len(set(waits)) > 6
    assert all(wait <= min(5.0, 2.0**tries) for tries, wait in enumerate(waits))


def test_a_crm_that_answers_nobody_is_asked_three_times_and_left_for_later(desk: Desk) -> None:
    tell(desk.state, [(f"{number}", "open") for number in range(50)])
    desk.meet(*["error_before"] * 1000)
    report = desk.deliver()
    assert (report.counts.pending, report.counts.unclear) == (50, 3)
    assert len(desk.crm.requests) == 3 * (desk.destination.retries + 1)
    assert report.error == (
        "crm: 3 in a row had no clear answer, the last one because it answered 500: "
        "see whether it is in order."
    )
    desk.meet()
    assert desk.deliver().counts.accepted == 50


def test_a_crm_that_is_not_there_is_told_in_a_sentence(desk: Desk) -> None:
    tell(desk.state, [(key, "open") for key in "abc"])
    desk.connection = Connection("crm_api", host="http://127.0.0.1:1", password=TOKEN)
    report = desk.deliver()
    assert "the last one because it cannot be reached" in str(report.error)
    assert report.counts.pending == 3


def test_what_is_refused_says_why_is_tried_later_and_set_aside(desk: Desk) -> None:
    desk.crm.refuses = lambda body: "Not a valid\nchoice." if body["cf_alert_id"] == "a" else None
    for tries in (1, 2):
        report = desk.deliver()
        assert (report.refused, report.counts.refused, report.counts.accepted) == (1, 1, 1)
        assert report.refusals == ("priority: Not a valid choice. (400)",)
        assert "crm refused 1: priority: Not a valid choice. (400). What" in str(undelivered([report])), tries
    report = desk.deliver()
    assert report.sentence == "crm: 1 of 2 alerts accepted, 0 pending, 1 set aside."
    assert "crm refused 1" in str(undelivered([report]))
    asked = len(desk.crm.requests)
    assert undelivered([desk.deliver()]) is None
    assert len(desk.crm.requests) == asked
    desk.crm.refuses = lambda _: None
    assert desk.deliver(again=True).counts.accepted == 2


def test_one_alert_that_always_fails_does_not_stop_the_others_and_is_set_aside(desk: Desk) -> None:
    desk.crm.fault = lambda method: "error_before" if len(desk.crm.records) and method == "POST" else None
    for _ in range(5):
        report = desk.deliver()
    # While nothing else is accepted it may be the CRM that is out of order.
    assert (report.counts.accepted, report.counts.pending) == (1, 1)
    for number in range(3):
        tell(desk.state, [(f"{number}", "open")], f"2026-11-0{number + 1}")
        made = len(desk.crm.records)
        desk.crm.fault = lambda method, made=made: (  # type: ignore[misc]
            "error_before" if len(desk.crm.records) > made and method == "POST" else None
        )
        report = desk.deliver()
    assert (report.counts.accepted, report.counts.set_aside) == (4, 1)


def test_two_records_of_one_alert_are_left_to_a_person(desk: Desk) -> None:
    desk.crm.records += [{"id": number, "cf_alert_id": "a", "changes": 0} for number in (1, 2)]
    report = desk.deliver()
    assert report.refusals == ("2 records have this cf_alert_id: merge them",)
    assert [record["changes"] for record in desk.crm.records[:2]] == [0, 0]


def test_a_crm_that_ignores_the_look_up_is_not_written_to(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [{"id": 9, "cf_alert_id": "z"}]
    carried_out: Callable[..., tuple[int, object]] = desk.crm.carried_out
    monkeypatch.setattr(
        desk.crm,
        "carried_out",
        lambda method, path, body: (
            (200, {"results": others + desk.crm.records})
            if method == "GET"
            else carried_out(method, path, body)
        ),
    )
    assert desk.deliver().counts.accepted == 2  # the record of another is nobody's
    tell(desk.state, [("c", "open")], NEXT)
    others[0].pop("cf_alert_id")
    report = desk.deliver()
    assert "gives records without cf_alert_id: say in key_at" in str(report.error)
    assert len(desk.crm.records) == 2


def test_in_update_only_mode_no_record_is_made(desk: Desk) -> None:
    desk.crm.records.append({"id": 1, "cf_alert_id": "a", "changes": 0})
    desk.set(update_only=True)
    report = desk.deliver()
    assert (report.accepted, report.refused) == (1, 1)
    assert report.refusals == ("there is no record of it, and update_only is set",)
    assert len(desk.crm.records) == 1


def test_a_refused_login_is_told_without_its_secret_and_nothing_is_lost(desk: Desk) -> None:
    desk.connection = Connection("crm_api", host=desk.crm.url, password="s3cret-canary")
    report = desk.deliver()
    assert str(report.error) == (
        "crm: It refuses the login of the connection crm_api (Bearer *** is no login (401)): "
        "correct the connection in Airflow."
    )
    assert (report.counts.pending, report.counts.unclear) == (2, 0)
    written = [path for path in desk.state.root.rglob("*") if path.is_file()]
    assert len(written) > 3
    assert not [path for path in written if b"s3cret-canary" in path.read_bytes()]
    assert "s3cret-canary" not in repr(desk.connection)


def test_a_column_that_is_not_there_is_a_sentence(desk: Desk) -> None:
    desk.set(
        fields=desk.destination.fields
        | {"x": desk.destination.fields["subject"].model_copy(update={"column": "colour"})}
    )
    report = desk.deliver()
    assert "`crm.fields`: the list has no column colour" in str(report.error)
    assert not desk.crm.requests


def test_a_destination_that_fails_does_not_keep_the_others_waiting(desk: Desk, tmp_path: Path) -> None:
    finish_lists(desk.state)
    (tmp_path / "drop").mkdir()
    drop = FolderDestination(name="drop", kind="folder", path=str(tmp_path / "drop"))
    desk.connection = Connection("crm_api", host="http://127.0.0.1:1")
    clock = Clock(desk.now, desk.slept.append)
    reports = deliver(desk.state, [desk.destination, drop], lambda _: desk.connection, clock)
    assert [report.counts.pending for report in reports] == [2, 0]
    assert (tmp_path / "drop" / DAY / "manifest.json").exists()


def test_patience_ends(desk: Desk) -> None:
    desk.set(patience_seconds=10)
    desk.crm.retry_after = "11"
    desk.meet("busy")
    report = desk.deliver()
    assert (report.counts.accepted, report.counts.pending, report.counts.unclear) == (1, 1, 0)
    assert "it took longer than 10 s" in str(report.error)


def test_nothing_is_delivered_before_something_is_published(tmp_path: Path) -> None:
    with pytest.raises(NotPublishedError, match="run a date first"):
        deliver(State(tmp_path / "none"), [], lambda _: Connection(""), Clock())


def test_a_dry_run_says_what_would_be_sent_and_why_and_sends_nothing(desk: Desk) -> None:
    desk.crm.refuses = lambda body: "No." if body["cf_alert_id"] == "b" else None
    for _ in range(3):
        desk.deliver()
    tell(desk.state, [("c", "open"), ("d", "open")], NEXT, priority=2)
    asked = len(desk.crm.requests)
    assert list(preview(desk.state, desk.destination, most=1)) == [
        "crm: 1 of 4 alerts accepted, 2 pending, 1 set aside.",
        "  would send c (new on 2026-11-01, priority 2)",
        "  and 1 more",
        "  set aside b (told on 2026-10-31): priority: No. (400)",
    ]
    assert len(desk.crm.requests) == asked


def test_the_same_request_again_says_so_to_servers_that_listen(desk: Desk) -> None:
    desk.deliver()
    keys = [headers.get("Idempotency-Key", "") for headers in desk.crm.headers]
    with outbox(desk.state, desk.destination) as box:
        assert box.counts().accepted == 2
    assert [key.split("-")[0] for key in keys] == ["", "a", "", "", "b"]


def test_a_crm_that_drops_the_key_is_found_out_with_the_first_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried_out: Callable[..., tuple[int, object]] = desk.crm.carried_out
    monkeypatch.setattr(
        desk.crm,
        "carried_out",
        lambda method, path, body: carried_out(method, path, body | {"cf_alert_id": "dropped"}),
    )
    report = desk.deliver()
    assert len(desk.crm.records) == 1
    assert desk.slept == [desk.destination.settle_seconds]  # a look-up may lag behind
    assert str(report.error) == (
        "crm: Record 1 was made for a and the look-up by cf_alert_id does not find it: "
        "remove that record, and see whether the CRM has such a field."
    )
    assert (report.counts.pending, report.counts.refused) == (2, 1)


def test_a_field_may_be_one_within_another(desk: Desk) -> None:
    subject = desk.destination.fields["subject"]
    desk.set(
        fields={"custom.of.customer": subject, "custom.more": subject},
        look_up={"show_merged": "true"},
    )
    desk.deliver()
    assert desk.crm.records[0]["custom"] == {"of": {"customer": "Ca"}, "more": "Ca"}
    assert desk.crm.requests[0][1] == f"{PATH}?show_merged=true&cf_alert_id=a"


def test_a_state_that_agents_change_is_set_once_and_left_alone_afterwards(desk: Desk) -> None:
    state = desk.destination.fields["state"]
    fields = desk.destination.fields | {
        "state": state.model_copy(update={"words": {"open": None, "retracted": "Cancelled"}})
    }
    desk.set(fields=fields, made_with={"state": state.model_copy(update={"column": None, "constant": "New"})})
    desk.deliver()
    assert [record["state"] for record in desk.crm.records] == ["New", "New"]
    desk.crm.records[0]["state"] = "In progress"
    tell(desk.state, [("a", "open"), ("b", "retracted")], NEXT, priority=2)
    with_other_fingerprints(desk.state)
    assert desk.deliver().accepted == 2
    assert [record["state"] for record in desk.crm.records] == ["In progress", "Cancelled"]
