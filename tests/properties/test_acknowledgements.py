"""What the CRM answers closes its alerts, opens them again, resolves incidents, and is never told back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from tests.properties.comparing import against_rebuild
from tests.properties.pipeline import LAYERS, OF_TREE, WITHOUT_LEAVES, Pipeline
from tests.properties.records import (
    ACKNOWLEDGEMENTS_HEADER,
    Acknowledgement,
    Call,
    Customer,
    Ticket,
    alert_id,
    at,
)
from tests.properties.test_alert_life import reasons
from tolerance import all_clear
from tolerance.intake.loads import load_records
from tolerance.summary import print_summary, summary

DAY = date(2026, 3, 10)
NEXT, THIRD, FOURTH = (DAY + timedelta(days=days) for days in (1, 2, 3))

HOURS_72, HOURS_48 = "colis_perdu", "staff_behaviour"
"""FAQ codes of cumulative types with so many hours to resolve them."""

CALLS = {
    name: Call(name, f"c-{name}", name, at(DAY), code)
    for name, code in {
        "well": HOURS_72,
        "well_at_first": HOURS_72,
        "late": HOURS_48,
        "closed": HOURS_72,
        "closed_at_first": HOURS_72,
        "received": HOURS_72,
        "silent": HOURS_48,
        "closed_before": HOURS_72,
    }.items()
}
DELETED = Ticket("lost", "1", at(DAY), at(DAY), "deleted", tags=("product_defect",))
OF_THE_DAY = Call("of_the_day", "c-of_the_day", "of_the_day", at(NEXT), HOURS_72)
NOBODYS = "f" * 32

Row = tuple[Any, ...]


def answer(
    contact: Call | Ticket, status: str, closed_on: date | None = None, outcome: str = ""
) -> Acknowledgement:
    customer = contact.customer_id or ""
    return Acknowledgement(
        f"crm-{customer}",
        alert_id(contact, customer),
        status,
        at(closed_on) if closed_on else None,
        outcome,
        role="back_office",
    )


def put_into_the_folder_for_answers(pipeline: Pipeline, name: str, answers: list[Acknowledgement]) -> None:
    path = pipeline.state.acknowledgements / name
    path.parent.mkdir(parents=True, exist_ok=True)
    header = ACKNOWLEDGEMENTS_HEADER.replace(";", ",")
    lines = [each.line.replace(";", ",") for each in answers]
    path.write_text("\n".join([header, *lines, ""]), "utf-8")


class Lived:
    """Four days, and what stood in the tables and on the lists after each."""

    def __init__(self, root: Path) -> None:
        self.pipeline = Pipeline(root / "company", OF_TREE)
        self.tables: dict[tuple[date, str], dict[str, Row]] = {}
        self.told: dict[date, dict[str, str]] = {}
        self.warnings: dict[date, list[str]] = {}

    def run(self, day: date) -> None:
        """A day of which all is looked at."""
        assert self.pipeline.run(day).is_full_rebuild == (day == DAY)
        self.told[day] = reasons(self.pipeline, day)
        for name, query in {
            "alerts": "select customer_id, status, retraction_reason from fct_alert",
            "incidents": "select customer_id, category, is_resolved_in_time, reclassification_reason "
            "from fct_incident",
            "balances": "select customer_id, cast(balance_points as integer) from fct_tolerance_current",
            "follow_up": "select customer_id, acknowledgement, outcome, hours_to_respond, is_closed_in_time, "
            "is_overdue, days_without_acknowledgement, is_unacknowledged from mart_alert_follow_up",
        }.items():
            found = {customer: tuple(row) for customer, *row in self.rows(query)}
            self.tables[day, name] = found
        with duckdb.connect(str(self.pipeline.state.serving), read_only=True) as serving:
            self.warnings[day] = [
                *all_clear.of_loads(self.pipeline.state, day),
                *all_clear.of_tables(serving, []),
            ]

    def rows(self, query: str) -> list[Row]:
        with self.pipeline.tables() as warehouse:
            return warehouse.execute(query).fetchall()

    def statuses(self, day: date) -> dict[str, str]:
        return {customer: str(row[0]) for customer, row in self.tables[day, "alerts"].items()}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    lived = Lived(tmp_path_factory.mktemp("acknowledgements"))
    pipeline = lived.pipeline
    names = (*CALLS, "deleted", "of_the_day")
    pipeline.deliver("customers.csv", [Customer(name) for name in names], DAY)
    pipeline.deliver("calls.csv", list(CALLS.values()), DAY)
    pipeline.deliver("tickets.csv", [DELETED], DAY)
    # The state begins anew: the CRM had this alert from another one.
    pipeline.deliver("before.csv", [answer(CALLS["closed_before"], "closed", DAY, "resolved")], DAY)
    lived.run(DAY)

    pipeline.deliver("more_calls.csv", [OF_THE_DAY], NEXT)
    first = [
        answer(CALLS["well"], "closed", NEXT, "well_resolved"),
        answer(CALLS["well_at_first"], "closed", NEXT, "well_resolved"),
        answer(CALLS["closed"], "closed", NEXT, "resolved"),
        answer(CALLS["closed_at_first"], "closed", NEXT, "not_an_incident"),
        answer(CALLS["received"], "received"),
        answer(DELETED, "closed", NEXT, "customer_lost"),
    ]
    put_into_the_folder_for_answers(pipeline, "1.csv", first)
    pipeline.run(NEXT, exclude=WITHOUT_LEAVES)
    # The CRM is quick: it closes what it was told of an hour ago, and the date runs again.
    pipeline.deliver("quick.csv", [answer(OF_THE_DAY, "closed", NEXT, "resolved")], NEXT)
    lived.run(NEXT)

    gone = replace(DELETED, marker="gone", version_at=at(THIRD), status="deleted")
    pipeline.deliver("gone.csv", [gone], THIRD)
    again = [answer(CALLS[name], "in_progress") for name in ("well_at_first", "closed_at_first")]
    put_into_the_folder_for_answers(
        pipeline, "2.csv", [*again, Acknowledgement("x", NOBODYS, "closed", at(THIRD))]
    )
    (pipeline.state.acknowledgements / "3.csv").write_bytes(b"Id,Alert_Id__c,Status__c\n7,8,Closed\n")
    (pipeline.state.acknowledgements / "4.csv").write_bytes(ACKNOWLEDGEMENTS_HEADER.encode()[:30])
    pipeline.run_killed(THIRD, LAYERS)
    lived.run(THIRD)

    late = [
        answer(CALLS["late"], "closed", FOURTH, "well_resolved"),
        answer(OF_THE_DAY, "in_progress"),
        # What every list of the CRM says again.
        answer(CALLS["well"], "closed", NEXT, "well_resolved"),
    ]
    pipeline.deliver(f"{FOURTH}/5.csv", late, FOURTH)
    put_into_the_folder_for_answers(pipeline, "replayed.csv", first)
    lived.run(FOURTH)
    return lived


def test_what_the_crm_closes_is_closed_and_told_to_nobody(lived: Lived) -> None:
    assert lived.told[NEXT] == {}  # not even what was on this date's first list
    assert lived.statuses(NEXT) == {
        "well": "closed",
        "well_at_first": "closed",
        "late": "open",
        "closed": "closed",
        "closed_at_first": "closed",
        "received": "open",
        "silent": "open",
        "closed_before": "closed",
        "deleted": "closed",
        "of_the_day": "closed",
    }


def test_what_the_crm_opens_again_is_open_and_told_to_nobody(lived: Lived) -> None:
    assert lived.statuses(THIRD)["closed_at_first"] == "open"
    assert lived.statuses(THIRD)["well_at_first"] == "open"
    assert lived.statuses(FOURTH)["of_the_day"] == "open"
    assert lived.told[FOURTH] == {}


def test_a_retraction_outranks_a_closing_and_is_told(lived: Lived) -> None:
    assert lived.tables[THIRD, "alerts"]["deleted"] == ("retracted", "deleted")
    assert lived.told[THIRD] == {"deleted": "deleted"}


def test_a_closing_in_time_as_well_resolved_gives_the_points_back_by_its_record(lived: Lived) -> None:
    assert lived.tables[DAY, "incidents"]["well"] == ("cumulative", None, None)
    assert lived.tables[DAY, "balances"]["well"] == (50,)
    assert lived.tables[NEXT, "incidents"]["well"] == ("transient", True, "well_resolved")
    assert lived.tables[NEXT, "balances"]["well"] == (150,)
    # Its alert is closed, not retracted: the CRM knows.
    assert lived.tables[FOURTH, "alerts"]["well"] == ("closed", None)
    assert lived.rows(
        "select reason, decided_at = timestamptz '2026-03-11 12:00:00Z', evidence_file_name, "
        "evidence_record_no from fct_reclassification where customer_id = 'well'"
    ) == [("well_resolved", True, "inbox_crm/1.csv", 1)]


def test_points_that_were_given_back_are_gone_again_when_the_crm_opens_the_alert(lived: Lived) -> None:
    assert lived.tables[NEXT, "balances"]["well_at_first"] == (150,)
    assert lived.tables[THIRD, "balances"]["well_at_first"] == (50,)
    assert lived.tables[THIRD, "incidents"]["well_at_first"] == ("cumulative", None, None)


def test_a_late_closing_and_another_outcome_give_nothing_back(lived: Lived) -> None:
    assert lived.tables[FOURTH, "incidents"]["late"] == ("cumulative", False, None)
    assert lived.tables[FOURTH, "alerts"]["late"] == ("closed", None)
    for name in ("late", "closed", "closed_at_first"):
        assert lived.tables[FOURTH, "balances"][name] == (50,)


def test_a_replayed_file_changes_nothing(lived: Lived) -> None:
    assert lived.statuses(FOURTH)["closed_at_first"] == "open"
    assert lived.statuses(FOURTH)["well_at_first"] == "open"
    (replayed,) = [
        record
        for record in load_records(lived.pipeline.state)
        if record.file_name == "inbox_crm/replayed.csv"
    ]
    assert (replayed.landed_records, replayed.duplicate_records) == (6, 6)


def test_each_answer_is_accounted_for(lived: Lived) -> None:
    columns = "acknowledgement, outcome, status"
    assert lived.rows(f"select {columns}, count(*) from audit_acknowledgement group by all order by all") == [
        ("closed", "customer_lost", "retracted_alert", 1),
        ("closed", "not_an_incident", "replaced", 1),
        ("closed", "resolved", "counts", 2),
        ("closed", "resolved", "replaced", 1),
        ("closed", "well_resolved", "counts", 2),
        ("closed", "well_resolved", "replaced", 1),
        ("closed", None, "unknown_alert", 1),
        ("in_progress", None, "counts", 3),
        ("received", None, "counts", 1),
    ]


def test_a_foreign_a_cut_and_an_unknown_answer_are_a_sentence_each(lived: Lived) -> None:
    of_answers = [warning for warning in lived.warnings[THIRD] if "inbox_crm" in warning]
    assert len(of_answers) == 3
    assert all("\n" not in warning for warning in of_answers)
    foreign, cut, unknown = of_answers
    assert foreign.startswith("acknowledgements/inbox_crm/3.csv, line 1: this is not the header")
    assert cut.startswith("acknowledgements/inbox_crm/4.csv, line 1: ")
    assert unknown.startswith(
        f"acknowledgements/inbox_crm/2.csv, record 3: no alert {NOBODYS} was raised here"
    )
    assert not [warning for warning in lived.warnings[FOURTH] if "inbox_crm" in warning]


def test_the_follow_up_tells_who_answered_when_and_what_is_overdue(lived: Lived) -> None:
    # acknowledgement, outcome, hours, closed in time, overdue, days without, unacknowledged
    found = lived.tables[FOURTH, "follow_up"]
    assert found["well"] == ("closed", "well_resolved", 13, True, False, None, False)
    assert found["late"] == ("closed", "well_resolved", 61, False, False, None, False)
    assert found["received"] == ("received", None, None, None, False, None, False)
    assert found["silent"] == (None, None, None, None, True, 3, True)
    assert found["deleted"][0] == "closed"
    assert lived.tables[THIRD, "follow_up"]["silent"][-3:] == (False, 2, False)
    assert lived.tables[NEXT, "follow_up"].keys() == {*CALLS, "deleted", "of_the_day"} - {"closed_before"}
    (told,) = [warning for warning in lived.warnings[FOURTH] if "has said nothing" in warning]
    assert told.startswith(f"The CRM has said nothing about 1 open alerts, told since {DAY}")
    assert lived.rows(
        "select owner_role, alerts_sent, alerts_acknowledged, alerts_closed, alerts_closed_in_time, "
        "alerts_overdue, alerts_unacknowledged, hours_to_respond_median, outcome_well_resolved "
        "from mart_alert_follow_up_by_role where owner_role = 'customer_care'"
    ) == [("customer_care", 2, 1, 1, 0, 1, 1, 61.0, 1)]


def test_the_summary_counts_what_was_answered_and_what_is_overdue(lived: Lived) -> None:
    printed = StringIO()
    print_summary(Console(file=printed, width=200), summary(lived.pipeline.state, []))
    assert (
        "Of 9 alerts that the CRM was told of it answered 8: 3 closed. Overdue (mart_alert_follow_up): 1\n"
        in printed.getvalue()
    )


def test_four_days_with_a_kill_equal_a_rebuild(lived: Lived, tmp_path: Path) -> None:
    rebuilt = lived.pipeline.copied_to(tmp_path / "rebuilt")
    rebuilt.rebuild()
    assert against_rebuild(lived.pipeline, rebuilt) == []


def test_a_state_that_begins_anew_tells_nothing_that_the_crm_has_closed(lived: Lived) -> None:
    assert lived.statuses(DAY)["closed_before"] == "closed"
    assert lived.told[DAY].keys() == {*CALLS, "deleted"} - {"closed_before"}
    assert all("closed_before" not in told for told in lived.told.values())
