"""Another decision table, or another version of the detector, decides on all contacts again.

It touches exactly whom it concerns, reads each text once, overrules nobody's decision, and rebuilds nothing.
Each change has customers of its own: the traps of all lie side by side in one life.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.properties import test_reviews as reviewed
from tests.properties.comparing import against_rebuild
from tests.properties.pipeline import WITHOUT_LEAVES, Pipeline, Project
from tests.properties.records import Call, Customer, Mail, Ticket, at
from tolerance.runs import Run

DAYS = [date(2025, 1, 20), date(2025, 1, 21), date(2025, 1, 22)]
CONTACT, LATER = at(date(2025, 1, 10)), at(date(2025, 1, 18))
FIRST, CHANGED, KILLED, AFTER_THE_KILL = "first", "changed", "killed", "after the kill"

FREED = '0,,delivery_lost,logistics,default,"handbook taxonomy",1990-01-01,'
DISPUTE = "contract_dispute,7,Litige de contrat ou de prix,Contract or price dispute,"
DISPUTED = f'{DISPUTE}cumulative,100,120,contract_dispute,billing,default,"handbook taxonomy",1990-01-01,'
CHANGES = (
    # The call centre's map. `news` tells of no incident.
    ("faq_incident_types.csv", "erreur_facture,billing_error\n", "erreur_facture,refund_missing\n"),
    ("faq_incident_types.csv", "other,\n", "other,\nhours,staff_behaviour\nnews,none\n"),
    # One type is free for all its dates, one from a day on.
    (
        "incident_types.csv",
        'cumulative,100,72,delivery_lost,logistics,default,"handbook taxonomy",1990-01-01,',
        f"transient,{FREED}",
    ),
    (
        "incident_types.csv",
        f"{DISPUTED}\n",
        f"{DISPUTED}2025-01-15\n"
        f'{DISPUTE}transient,0,,contract_dispute,billing,default,"handbook taxonomy",2025-01-15,\n',
    ),
    (
        "incident_type_compatibility.csv",
        "delivery_late,no_answer,window,Who waits for a parcel asks where it is and calls that no answer\n",
        "",
    ),
    (
        "tag_incident_types.csv",
        "tag,incident_type,note\n",
        "tag,incident_type,note\nparcels , privacy_breach,\nvip,none,\nunknown,,\n",
    ),
    # Without its phrase this text is left to a person: the model is not sure.
    (
        "incident_phrases.csv",
        "product_defect,fr,defectueux,0.8\n",
        "billing_error,fr,merci beaucoup,0.9\n",
    ),
)
MAPPED = {"billed", "asked_for_hours"}
FREE, FREE_FROM_A_DAY = {"lost", "lost_twice"}, {"disputed", "disputed_twice"}
PARTED = {"waits", "late"}
"""`late` has one of the types that go together no more; a person decided on it."""
TAGGED = {"categorised"}
NO_INCIDENT = {"asked_for_news", "vip"}
READ_OTHERWISE = {"said_nothing", "was_an_incident"}
OVERRULED = {"thanks", "complaint"}
"""Their texts are read otherwise, and a person decided on them."""
CONCERNED = MAPPED | FREE | FREE_FROM_A_DAY | PARTED | TAGGED | NO_INCIDENT | READ_OTHERWISE | OVERRULED
DECIDED_BY_SOMEBODY = {"thanks", "open", "late"}


class Lived:
    """A published day, one with other tables, and an attempt with the former ones that dies before the next.

    What stood in the tables after each is kept.
    """

    def __init__(self, root: Path) -> None:
        self.pipeline = Pipeline(root / "warehouse", Project.copied_to(root / "project"))
        self.former = {file: (self.pipeline.project.seeds / file).read_text("utf-8") for file, *_ in CHANGES}
        self.runs: dict[str, Run] = {}
        self.touched: dict[str, set[str]] = {}
        self.incidents: dict[str, set[tuple[str, str]]] = {}
        self.decided: dict[str, dict[str, tuple[str, str, int, str]]] = {}
        self.taken: dict[str, dict[tuple[str, date], int]] = {}
        self.undecided: dict[str, list[tuple[str, str, int, int, str]]] = {}
        self.read: dict[str, list[list[str]]] = {}
        self._deliver()
        self._run(FIRST, DAYS[0])
        self._change()
        self._run(CHANGED, DAYS[1])
        rebuilt = self.pipeline.copied_to(root / "rebuilt")
        rebuilt.rebuild()
        self.differences = against_rebuild(self.pipeline, rebuilt)
        self._change_back()
        self.pipeline.run_killed(DAYS[2], "tag:staging tag:intermediate fct_incident")
        self._keep(KILLED)
        self._change()
        self._run(AFTER_THE_KILL, DAYS[2], exclude=WITHOUT_LEAVES)

    def _run(self, name: str, day: date, **options: str) -> None:
        self.runs[name] = self.pipeline.run(day, **options)
        self._keep(name)

    def _change(self) -> None:
        for file, old, new in CHANGES:
            self.pipeline.project.replace(f"dbt_project/seeds/{file}", old, new)

    def _change_back(self) -> None:
        for file, former in self.former.items():
            (self.pipeline.project.seeds / file).write_text(former, "utf-8")

    def _deliver(self) -> None:
        day, pipeline = DAYS[0], self.pipeline
        writers = ("waits", "said_nothing", "was_an_incident", "stays_an_incident")
        names = (
            *("billed", "asked_for_hours", "asked_for_news", "asked_for_weather", "other_code", "coded"),
            *("lost", "lost_twice", "disputed", "disputed_twice", "categorised", "vip", "gives", "tagged"),
        )
        customers = [Customer(name, (f"{name}@example.test",)) for name in writers] + list(
            map(Customer, names)
        )
        pipeline.deliver(f"{day}/customers.csv", [*customers, *reviewed.CUSTOMERS], day)
        calls = {
            "billed": "erreur_facture",
            "asked_for_hours": "hours",
            "asked_for_news": "news",
            "asked_for_weather": "weather",
            "other_code": "panne_service",
            "lost": "colis_perdu",
            "disputed": "contract_dispute",
            "waits": "delivery_late",
        }
        # The words of a call with a code are the phrase that changes, and nobody asks them.
        words = Call("article defectueux", "coded", "coded", CONTACT, "staff_behaviour")
        pipeline.deliver(
            f"{day}/calls.csv",
            [*(Call(name, name, name, CONTACT, code) for name, code in calls.items()), words, reviewed.LATE],
            day,
        )
        mails = [
            Mail("asks", "a@b.test", "waits@example.test", CONTACT + timedelta(days=1), "no_answer"),
            Mail("said_nothing", "b@b.test", "said_nothing@example.test", CONTACT, None),
            Mail("was_an_incident", "c@b.test", "was_an_incident@example.test", CONTACT, "product_defect"),
            Mail("stays_an_incident", "d@b.test", "stays_an_incident@example.test", CONTACT, "billing_error"),
        ]
        pipeline.deliver(f"{day}/mails.mbox", [*mails, reviewed.THANKS, reviewed.COMPLAINT], day)

        def ticket(number: int, customer: str, *tags: str, kind: str = "incident") -> Ticket:
            opened_at = LATER if number in (12, 14) else CONTACT
            return Ticket(f"t{number}", str(number), opened_at, opened_at, customer, kind=kind, tags=tags)

        tickets = [
            ticket(11, "lost_twice", "delivery_lost"),
            ticket(12, "lost_twice", "delivery_lost"),
            ticket(13, "disputed_twice", "contract_dispute"),
            ticket(14, "disputed_twice", "contract_dispute"),
            ticket(15, "categorised", "parcels", "vip", kind=""),
            ticket(16, "vip", "vip", kind=""),
            ticket(17, "gives", "gift", kind=""),
            ticket(18, "tagged", "product_defect"),
        ]
        of_people = [reviewed.OPEN_TICKET, reviewed.PRAISED, reviewed.BLAMED]
        pipeline.deliver(f"{day}/tickets.csv", [*tickets, *of_people], day)
        pipeline.deliver(
            f"{day}/reviews.csv", [replace(review, decided_on=day) for review in reviewed.REVIEWS], day
        )

    def _keep(self, name: str) -> None:
        queries = {
            "touched": "select customer_id from int_touched_customers",
            "incidents": "select customer_id, incident_type, category, cast(penalty_points as integer), "
            "decided_by from fct_incident",
            # What the statement's lines took from each customer by the end of each day.
            "taken": "select customer_id, cast(day as date), cast(sum(points) as integer) "
            f"from range(date '2025-01-08', date '{DAYS[0]}' + 1, interval 1 day) as days (day) "
            "inner join fct_tolerance_statement on line_on <= day "
            "where line_kind <> 'opening_budget' group by all",
            "undecided": "select source, code, contact_count, waiting_contact_count, examples "
            "from classification_backlog_by_code order by source, code",
            "read": "select list(text_hash order by text_hash) from int_text_classifications "
            "group by detector_version",
        }
        with self.pipeline.tables() as warehouse:
            found = {what: warehouse.execute(query).fetchall() for what, query in queries.items()}
        self.touched[name] = {customer for (customer,) in found["touched"]}
        self.incidents[name] = {row[:2] for row in found["incidents"]}
        self.decided[name] = {row[0]: row[1:] for row in found["incidents"] if row[-1] == "somebody"}
        self.taken[name] = {row[:2]: row[2] for row in found["taken"]}
        self.undecided[name] = found["undecided"]
        self.read[name] = [texts for (texts,) in found["read"]]

    def moved(self) -> dict[tuple[str, date], int]:
        """By how many points whose balances moved with the changed tables, and at the end of which days."""
        former, latter = self.taken[FIRST], self.taken[CHANGED]
        moved = {place: latter.get(place, 0) - former.get(place, 0) for place in former | latter}
        return {place: points for place, points in moved.items() if points}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """The life that all tests look at."""
    return Lived(tmp_path_factory.mktemp("decisions"))


def _gained(lived: Lived, customers: set[str]) -> set[tuple[str, str]]:
    """The incidents of these customers that the changed tables gave."""
    return {row for row in lived.incidents[CHANGED] - lived.incidents[FIRST] if row[0] in customers}


def _lost(lived: Lived, customers: set[str]) -> set[tuple[str, str]]:
    return {row for row in lived.incidents[FIRST] - lived.incidents[CHANGED] if row[0] in customers}


def test_changed_tables_touch_exactly_whom_they_concern_and_rebuild_nothing(lived: Lived) -> None:
    assert lived.runs[CHANGED].full_rebuild_reason is None
    assert lived.touched[CHANGED] == CONCERNED
    changed = lived.incidents[FIRST] ^ lived.incidents[CHANGED]
    assert {customer for customer, _ in changed} == MAPPED | {"waits"} | TAGGED | READ_OTHERWISE


def test_changed_tables_equal_a_rebuild(lived: Lived) -> None:
    assert lived.differences == []


def test_a_changed_map_gives_incidents_other_types(lived: Lived) -> None:
    assert _lost(lived, MAPPED) == {("billed", "billing_error")}
    assert _gained(lived, MAPPED) == {("billed", "refund_missing"), ("asked_for_hours", "staff_behaviour")}


def test_a_reclassified_type_moves_the_points_of_exactly_its_incidents_from_their_own_dates_on(
    lived: Lived,
) -> None:
    def from_day(first: date) -> list[date]:
        return [first + timedelta(days=number) for number in range((DAYS[0] - first).days + 1)]

    first, later = from_day(CONTACT.date()), from_day(LATER.date())
    expected = {(name, day): 100 for name in FREE for day in first}
    expected |= {("lost_twice", day): 200 for day in later}
    expected |= {("disputed_twice", day): 100 for day in later}
    # What the other changes took and gave back.
    expected |= {
        (name, day): -100 for name in ("asked_for_hours", "categorised", "said_nothing") for day in first
    }
    expected |= {("was_an_incident", day): 100 for day in first}
    assert lived.moved() == expected


def test_types_that_go_together_no_more_are_two_incidents(lived: Lived) -> None:
    assert ("waits", "delivery_late") in lived.incidents[FIRST]
    assert (_lost(lived, PARTED), _gained(lived, PARTED)) == (set(), {("waits", "no_answer")})


def test_a_category_that_gets_a_type_gives_an_incident(lived: Lived) -> None:
    assert (_lost(lived, TAGGED), _gained(lived, TAGGED)) == (set(), {("categorised", "privacy_breach")})


def test_a_code_that_gets_a_type_or_tells_of_no_incident_leaves_the_backlog(lived: Lived) -> None:
    calls, tickets = (f"{DAYS[0]}/{name}.csv, record" for name in ("calls", "tickets"))
    weather, gift = ("faq", "weather", 1, 0, f"{calls} 4"), ("tickets", "gift", 1, 1, f"{tickets} 7")
    assert lived.undecided[FIRST] == [
        ("faq", "hours", 1, 0, f"{calls} 2"),
        ("faq", "news", 1, 0, f"{calls} 3"),
        weather,
        gift,
        ("tickets", "parcels", 1, 1, f"{tickets} 5"),
        ("tickets", "vip", 2, 2, f"{tickets} 5; {tickets} 6"),
    ]
    assert lived.undecided[CHANGED] == [weather, gift]


def test_changed_phrases_decide_on_texts_and_each_version_reads_each_text_once(lived: Lived) -> None:
    assert _lost(lived, READ_OTHERWISE) == {("was_an_incident", "product_defect")}
    assert _gained(lived, READ_OTHERWISE) == {("said_nothing", "billing_error")}
    assert ("stays_an_incident", "billing_error") in lived.incidents[CHANGED]
    (texts,) = lived.read[FIRST]
    assert len(texts) == len(set(texts)) > len(READ_OTHERWISE)
    assert lived.read[CHANGED] == [texts, texts]


def test_former_phrases_leave_one_reading_of_each_text_by_each_version(lived: Lived) -> None:
    assert lived.read[KILLED] == lived.read[AFTER_THE_KILL] == lived.read[CHANGED]


def test_another_detector_and_other_tables_change_no_decision_of_a_person(lived: Lived) -> None:
    assert lived.decided[FIRST].keys() == DECIDED_BY_SOMEBODY
    assert lived.decided[CHANGED] == lived.decided[FIRST]
    assert "complaint" not in {customer for customer, _ in lived.incidents[CHANGED]}


def test_the_former_tables_touch_the_same_customers_and_give_the_former_incidents(lived: Lived) -> None:
    assert lived.touched[KILLED] == CONCERNED
    assert lived.incidents[KILLED] == lived.incidents[FIRST]


def test_an_attempt_with_other_tables_leaves_nothing_behind(lived: Lived) -> None:
    assert lived.incidents[KILLED] != lived.incidents[CHANGED]
    assert lived.runs[AFTER_THE_KILL].full_rebuild_reason is None
    assert lived.touched[AFTER_THE_KILL] == CONCERNED
    assert lived.incidents[AFTER_THE_KILL] == lived.incidents[CHANGED]
