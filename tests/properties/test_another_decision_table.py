"""A changed decision table decides on all contacts again, touches whom it concerns, and rebuilds nothing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.properties.comparing import against_rebuild
from tests.properties.pipeline import Pipeline, Project
from tests.properties.records import Call, Customer, Mail, Ticket, at

DAYS = [date(2025, 1, 20), date(2025, 1, 21), date(2025, 1, 22)]
CONTACT, LATER = at(date(2025, 1, 10)), at(date(2025, 1, 18))

FAQ_TYPES = "dbt_project/seeds/faq_incident_types.csv"
FORMER, OTHER = "colis_perdu,delivery_lost\n", "colis_perdu,delivery_late\nhours,staff_behaviour\n"
CONCERNED = {"lost", "asked_for_hours"}
TYPES = "dbt_project/seeds/incident_types.csv"
LOST = "delivery_lost,2,Colis perdu ou jamais livré,Lost or undelivered,"
COSTLY = f'{LOST}cumulative,100,72,delivery_lost,logistics,default,"handbook taxonomy",1990-01-01,'
FREE = f'{LOST}transient,0,,delivery_lost,logistics,default,"handbook taxonomy",'
TAG_TYPES = "dbt_project/seeds/tag_incident_types.csv"


def _incidents(pipeline: Pipeline) -> set[tuple[str, str]]:
    with pipeline.tables() as warehouse:
        found = warehouse.execute("select customer_id, incident_type from fct_incident").fetchall()
        return {(str(customer), str(incident_type)) for customer, incident_type in found}


def _touched(pipeline: Pipeline) -> set[str]:
    with pipeline.tables() as warehouse:
        found = warehouse.execute("select customer_id from int_touched_customers").fetchall()
        return {str(name) for (name,) in found}


def _taken(pipeline: Pipeline) -> dict[tuple[str, date], int]:
    """What the statement's lines took from each customer by the end of each day."""
    with pipeline.tables() as warehouse:
        found = warehouse.execute(
            "select customer_id, cast(day as date), cast(sum(points) as integer) "
            f"from range(date '2025-01-08', date '{DAYS[0]}' + 1, interval 1 day) as days (day) "
            "inner join fct_tolerance_statement on line_on <= day "
            "where line_kind <> 'opening_budget' group by all"
        ).fetchall()
    return {(str(customer), day): int(points) for customer, day, points in found}


def _moved(before: Pipeline, after: Pipeline) -> dict[tuple[str, date], int]:
    """By how many points which customers' balances moved, and at the end of which days."""
    former, latter = _taken(before), _taken(after)
    moved = {place: latter.get(place, 0) - former.get(place, 0) for place in former | latter}
    return {place: points for place, points in moved.items() if points}


def _days_from(first: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((DAYS[0] - first).days + 1)]


def _undecided(pipeline: Pipeline) -> list[tuple[str, str, int, int, str]]:
    with pipeline.tables() as warehouse:
        return warehouse.execute(
            "select source, code, contact_count, waiting_contact_count, examples "
            "from classification_backlog_by_code order by source, code"
        ).fetchall()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A published day; each test leaves the tables as they were."""
    root = tmp_path_factory.mktemp("decisions")
    pipeline = Pipeline(root / "warehouse", Project.copied_to(root / "project"))
    names = ("lost", "asked_for_hours", "other_code", "tagged", "categorised")
    pipeline.deliver(
        f"{DAYS[0]}/customers.csv",
        [*map(Customer, names), Customer("waits", ("waits@example.test",))],
        DAYS[0],
    )
    calls = [
        Call("1", "1", "lost", CONTACT, "colis_perdu"),
        Call("2", "2", "asked_for_hours", CONTACT, "hours"),
        Call("3", "3", "other_code", CONTACT, "panne_service"),
        Call("4", "4", "waits", CONTACT, "delivery_late"),
    ]
    pipeline.deliver(f"{DAYS[0]}/calls.csv", calls, DAYS[0])
    asks = Mail("asks", "a@b.test", "waits@example.test", CONTACT + timedelta(days=1), "no_answer")
    pipeline.deliver(f"{DAYS[0]}/mails.mbox", [asks], DAYS[0])
    tickets = [
        Ticket("a ticket", "1", CONTACT, CONTACT, customer_id="tagged", tags=("delivery_lost",)),
        Ticket("another", "2", CONTACT, CONTACT, customer_id="categorised", kind="", tags=("parcels", "vip")),
        Ticket("a later one", "3", LATER, LATER, customer_id="tagged", tags=("delivery_lost",)),
    ]
    pipeline.deliver(f"{DAYS[0]}/tickets.csv", tickets, DAYS[0])
    pipeline.run(DAYS[0])
    assert _incidents(pipeline) == {
        ("waits", "delivery_late"),
        ("lost", "delivery_lost"),
        ("other_code", "service_outage"),
        ("tagged", "delivery_lost"),
    }
    return pipeline


def test_a_changed_map_touches_exactly_whom_it_concerns(published: Pipeline, tmp_path: Path) -> None:
    pipeline = published.copied_to(tmp_path / "warehouse")
    pipeline.project.replace(FAQ_TYPES, FORMER, OTHER)
    run = pipeline.run(DAYS[1])
    assert run.full_rebuild_reason is None
    assert _touched(pipeline) == CONCERNED
    assert ("lost", "delivery_late") in _incidents(pipeline)
    assert ("asked_for_hours", "staff_behaviour") in _incidents(pipeline)
    rebuilt = pipeline.copied_to(tmp_path / "rebuilt")
    rebuilt.rebuild()
    assert against_rebuild(pipeline, rebuilt) == []

    pipeline.project.replace(FAQ_TYPES, OTHER, FORMER)
    pipeline.run(DAYS[2])
    assert _touched(pipeline) == CONCERNED
    assert _incidents(pipeline) == _incidents(published)


def test_a_reclassified_type_moves_the_points_of_exactly_its_incidents_from_their_own_dates_on(
    published: Pipeline, tmp_path: Path
) -> None:
    pipeline = published.copied_to(tmp_path / "warehouse")
    first, later = CONTACT.date(), LATER.date()
    from_a_day = f"{COSTLY}2025-01-15\n{FREE}2025-01-15,"
    always = f"{FREE}1990-01-01,"
    on_first_day = {(name, day): 100 for name in ("lost", "tagged") for day in _days_from(first)}
    on_later_day = {("tagged", day): 100 for day in _days_from(later)}
    both = on_first_day | {place: 100 + on_first_day[place] for place in on_later_day}
    table = pipeline.project.seeds / "incident_types.csv"
    former = table.read_text("utf-8")
    try:
        for day, entry, moved in ((DAYS[1], always, both), (DAYS[2], from_a_day, on_later_day)):
            table.write_text(former, "utf-8")
            pipeline.project.replace(TYPES, f"{COSTLY}\n", f"{entry}\n")
            run = pipeline.run(day)
            assert run.full_rebuild_reason is None
            assert _touched(pipeline) == {"lost", "tagged"}
            assert _moved(published, pipeline) == moved
        rebuilt = pipeline.copied_to(tmp_path / "rebuilt")
        rebuilt.rebuild()
        assert against_rebuild(pipeline, rebuilt) == []
    finally:
        table.write_text(former, "utf-8")


def test_types_that_go_together_no_more_touch_whom_they_concern(published: Pipeline, tmp_path: Path) -> None:
    pipeline = published.copied_to(tmp_path / "warehouse")
    table = pipeline.project.seeds / "incident_type_compatibility.csv"
    together = table.read_text("utf-8")
    parted = [line for line in together.splitlines() if not line.startswith("delivery_late,no_answer,")]
    table.write_text("\n".join(parted) + "\n", "utf-8")
    run = pipeline.run(DAYS[1])
    assert run.full_rebuild_reason is None
    assert _touched(pipeline) == {"waits"}
    assert _incidents(pipeline) == _incidents(published) | {("waits", "no_answer")}
    rebuilt = pipeline.copied_to(tmp_path / "rebuilt")
    rebuilt.rebuild()
    assert against_rebuild(pipeline, rebuilt) == []
    table.write_text(together, "utf-8")


def test_a_category_that_gets_a_type_touches_whom_it_concerns(published: Pipeline, tmp_path: Path) -> None:
    pipeline = published.copied_to(tmp_path / "warehouse")
    header = "tag,incident_type,note\n"
    decided = f"{header}parcels , delivery_lost,\nvip,none,\nunknown,,\n"
    ticket, call = f"{DAYS[0]}/tickets.csv, record 2", f"{DAYS[0]}/calls.csv, record 2"
    assert _undecided(pipeline) == [
        ("faq", "hours", 1, 0, call),
        ("tickets", "parcels", 1, 1, ticket),
        ("tickets", "vip", 1, 1, ticket),
    ]
    pipeline.project.replace(TAG_TYPES, header, decided)
    try:
        run = pipeline.run(DAYS[1])
    finally:
        pipeline.project.replace(TAG_TYPES, decided, header)
    assert _undecided(pipeline) == [("faq", "hours", 1, 0, call)]
    assert run.full_rebuild_reason is None
    assert _touched(pipeline) == {"categorised"}
    assert _incidents(pipeline) == _incidents(published) | {("categorised", "delivery_lost")}


def test_a_code_that_tells_of_no_incident_leaves_the_backlog_and_changes_no_incident(
    published: Pipeline, tmp_path: Path
) -> None:
    pipeline = published.copied_to(tmp_path / "warehouse")
    pipeline.project.replace(FAQ_TYPES, FORMER, f"{FORMER}hours,none\n")
    try:
        pipeline.run(DAYS[1])
        rebuilt = pipeline.copied_to(tmp_path / "rebuilt")
        rebuilt.rebuild()
    finally:
        pipeline.project.replace(FAQ_TYPES, f"{FORMER}hours,none\n", FORMER)
    assert {code for _, code, *_ in _undecided(pipeline)} == {"parcels", "vip"}
    assert _incidents(pipeline) == _incidents(published)
    assert against_rebuild(pipeline, rebuilt) == []


def test_an_attempt_with_another_map_leaves_nothing_behind(published: Pipeline, tmp_path: Path) -> None:
    pipeline = published.copied_to(tmp_path / "warehouse")
    pipeline.project.replace(FAQ_TYPES, FORMER, OTHER)
    pipeline.run_killed(DAYS[1], "tag:staging tag:intermediate fct_incident")
    assert _incidents(pipeline) != _incidents(published)
    pipeline.project.replace(FAQ_TYPES, OTHER, FORMER)
    run = pipeline.run(DAYS[1])
    assert run.full_rebuild_reason is None
    assert _touched(pipeline) == CONCERNED
    assert _incidents(pipeline) == _incidents(published)
