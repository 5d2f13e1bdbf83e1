"""A ticket or call is known by its system and number, also where a release knew its number alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import pyarrow.parquet as pq

from tests.properties.pipeline import OF_TREE, WITHOUT_LEAVES, Pipeline
from tests.properties.records import Call, Customer, Mail, Ticket
from tests.properties.test_alert_life import alerts, at, listed
from tolerance import runs
from tolerance.aliases import aliases
from tolerance.intake import read as reading
from tolerance.intake.loads import load_records
from tolerance.records import SYSTEM

DAY = date(2025, 3, 3)
NEXT = DAY + timedelta(days=1)


Row = tuple[int, str]
"""A ticket's number and its customer."""


def freshdesk(pipeline: Pipeline, name: str, *tickets: Row) -> None:
    header = "Ticket ID,Customer ID,Created time,Last update time,Status,Tags"
    times = f"{DAY}T09:00:00Z,{DAY}T09:30:00Z"
    lines = [f"{number},{customer},{times},Open,delivery_lost" for number, customer in tickets]
    write(pipeline, f"{DAY}/freshdesk/{name}", header, lines)


def glpi(pipeline: Pipeline, name: str, *tickets: Row) -> None:
    header = "ID;Code client;Date d'ouverture;Dernière modification;Statut;Étiquettes"
    times = f"{DAY} 11:00;{DAY} 11:30"
    lines = [f"{number};{customer};{times};Nouveau;delivery_lost" for number, customer in tickets]
    write(pipeline, f"{DAY}/glpi/{name}", header, lines)


def aircall(pipeline: Pipeline, name: str, *calls: Row) -> None:
    header = "Call ID,Customer number,Datetime (UTC),Direction,Tags"
    lines = [f"{number},{customer},{DAY} 12:00:00,inbound,colis_perdu" for number, customer in calls]
    write(pipeline, f"{DAY}/aircall/{name}", header, lines, source="faq")


def write(pipeline: Pipeline, name: str, header: str, lines: list[str], source: str = "tickets") -> None:
    path = pipeline.extracts / source / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")


def linked(pipeline: Pipeline, source: str) -> set[tuple[str, str, str]]:
    """Customer, system and number of each ticket or call that an incident rests on."""
    query = "select customer_id, system, native_id from fct_incident_contact where source = $1"
    with pipeline.tables() as warehouse:
        return set(warehouse.execute(query, [source]).fetchall())


def by_release_0_1_0(pipeline: Pipeline, run: runs.Run) -> None:
    """Leave the records, and that of the run, as a release left them that knew no systems."""
    runs.record_published(pipeline.state, replace(run, code_version="that of 0.1.0"))
    for path in [
        *pipeline.state.raw.glob("tickets/*/*.parquet"),
        *pipeline.state.raw.glob("faq/*/*.parquet"),
    ]:
        rows = pq.read_table(path)
        pq.write_table(rows.drop_columns([SYSTEM]), path)


def test_two_desks_or_call_logs_with_one_number_have_two_contacts_and_a_mail_means_its_senders_own(
    tmp_path: Path,
) -> None:
    pipeline = Pipeline(tmp_path / "company", OF_TREE)
    customers = [
        Customer("A", ("a@example.com",)),
        Customer("B", ("b@example.com",)),
        Customer("M"),
        Customer("007"),
    ]
    pipeline.deliver("customers.csv", customers, DAY)
    freshdesk(pipeline, "list.csv", (1001, "A"), (1002, "B"))
    glpi(pipeline, "list.csv", (1001, "B"))
    own = Ticket("own", "1001", at(DAY), at(DAY), "A", tags=("billing_error",))
    of_seven = Ticket("zeros", "40", at(DAY), at(DAY), "7", tags=("billing_error",))
    pipeline.deliver("own.csv", [own, of_seven], DAY)
    merged = [
        Ticket(f"merged {number}", number, at(DAY), at(DAY), "M", tags=(*tags, "delivery_lost"))
        for number, tags in {
            "31": ("closed_by_merge", "merged_into_33"),
            "32": ("closed_by_merge",),
            "33": (),
        }.items()
    ]
    pipeline.deliver("merged.csv", list(merged), DAY)
    mails = [
        Mail(f"from {name}", f"{name}@mails", f"{name}@example.com", at(DAY), "no_answer", "1001")
        for name in "ab"
    ]
    pipeline.deliver("mails.mbox", list(mails), DAY)
    pipeline.deliver("calls.csv", [Call("own call", "7", "007", at(DAY), "colis_perdu")], DAY)
    aircall(pipeline, "calls.csv", (7, "M"))
    pipeline.run_killed(DAY, "+fct_incident_contact +fct_incident +audit_contact_review")
    assert linked(pipeline, "faq") == {("007", "call_log", "7"), ("M", "aircall", "7")}
    assert linked(pipeline, "tickets") == {
        ("A", "freshdesk", "1001"),
        ("B", "freshdesk", "1002"),
        ("B", "glpi", "1001"),
        ("A", "zendesk", "1001"),
        ("M", "zendesk", "31"),
        ("M", "zendesk", "33"),
    }
    with pipeline.tables() as warehouse:
        links = "select customer_id, link_rule from fct_incident_contact where source = 'mail'"
        assert set(warehouse.execute(links).fetchall()) == {("A", "anchor"), ("B", "reference")}
        review = "select source, review_reason from audit_contact_review order by all"
        assert warehouse.execute(review).fetchall() == [
            ("mail", "number_of_two_systems"),
            ("tickets", "lost_leading_zeros"),
            ("tickets", "merged_without_target"),
        ]
        assert warehouse.execute("select count(*) from fct_incident where customer_id = 'M'").fetchall() == [
            (1,)
        ]


def test_ids_told_before_systems_were_known_are_told_no_more(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "company", OF_TREE)
    pipeline.deliver("customers.csv", [Customer(name) for name in "ABCDEFG"], DAY)
    freshdesk(pipeline, "list.csv", (1001, "A"), (1002, "B"))
    glpi(pipeline, "list.csv", (1001, "C"))
    pipeline.deliver("own.csv", [Ticket("own", "7", at(DAY), at(DAY), "D", tags=("billing_error",))], DAY)
    pipeline.deliver("calls.csv", [Call("own call", "9", "E", at(DAY), "colis_perdu")], DAY)
    aircall(pipeline, "calls.csv", (8, "F"), (9, "G"))
    with patch.object(reading, "system_of", lambda *_: None):
        run = pipeline.run(DAY)
    by_release_0_1_0(pipeline, run)
    told = alerts(pipeline)
    assert told.keys() == {*"BCDEF"}, "the older ticket 1001 and call 9 vanished without a word"

    assert pipeline.run(NEXT, exclude=WITHOUT_LEAVES).full_rebuild_reason == "the models changed"
    assert listed(pipeline, NEXT) == {"A": "new", "G": "new"}
    assert {customer: row for customer, row in alerts(pipeline).items() if customer not in "AG"} == told
    assert len(aliases(pipeline.state)) == 3

    # What was delivered before is known as what it was.
    freshdesk(pipeline, "again.csv", (1002, "B"))
    pipeline.take_in(NEXT)
    again = load_records(pipeline.state, "tickets")[-1]
    assert (again.loaded_records, again.duplicate_records) == (0, 1)
