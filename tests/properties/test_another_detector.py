"""Another version of the detector reads each text once, touches whom it concerns, and rebuilds nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.properties.comparing import against_rebuild
from tests.properties.pipeline import Pipeline, Project
from tests.properties.records import Call, Customer, Mail, Ticket, at

DAYS = [date(2025, 1, 20), date(2025, 1, 21), date(2025, 1, 22)]
CONTACT = at(date(2025, 1, 10))
SAID_NOTHING, WAS_AN_INCIDENT = "said_nothing", "was_an_incident"

PHRASES = "dbt_project/seeds/incident_phrases.csv"
# Without its phrase this text is left to a person: the model is not sure.
FORMER = "product_defect,fr,defectueux,0.8\n"
OTHER = "billing_error,fr,merci beaucoup,0.9\n"


def _pipeline(root: Path) -> Pipeline:
    pipeline = Pipeline(root / "warehouse", Project.copied_to(root / "project"))
    mails = {
        SAID_NOTHING: None,
        WAS_AN_INCIDENT: "product_defect",
        "stays_an_incident": "delivery_lost",
    }
    customers = [Customer(name, (f"{name}@example.test",), date(2019, 5, 17)) for name in mails]
    customers += [Customer(name, (), date(2019, 5, 17)) for name in ("tagged", "coded")]
    pipeline.deliver(f"{DAYS[0]}/customers.csv", customers, DAYS[0])
    pipeline.deliver(
        f"{DAYS[0]}/mails.mbox",
        [Mail(name, f"{name}@mail", f"{name}@example.test", CONTACT, told) for name, told in mails.items()],
        DAYS[0],
    )
    ticket = Ticket("a ticket", "1", CONTACT, CONTACT, customer_id="tagged", tags=("product_defect",))
    pipeline.deliver(f"{DAYS[0]}/tickets.csv", [ticket], DAYS[0])
    # The words of a call with a code are the phrase that changes, and nobody asks them.
    call = Call("article defectueux", "2", "coded", CONTACT, "staff_behaviour")
    pipeline.deliver(f"{DAYS[0]}/calls.csv", [call], DAYS[0])
    return pipeline


def _change_phrases(pipeline: Pipeline, old: str, new: str) -> None:
    pipeline.project.replace(PHRASES, old, new)


def _touched(pipeline: Pipeline) -> set[str]:
    with pipeline.tables() as warehouse:
        return {
            str(name)
            for (name,) in warehouse.execute("select customer_id from int_touched_customers").fetchall()
        }


def _incidents(pipeline: Pipeline) -> set[tuple[str, str]]:
    with pipeline.tables() as warehouse:
        found = warehouse.execute("select customer_id, incident_type from fct_incident").fetchall()
        return {(str(customer), str(incident_type)) for customer, incident_type in found}


def _readings(pipeline: Pipeline) -> dict[str, int]:
    with pipeline.tables() as warehouse:
        counted = "select detector_version, count(*) from int_text_classifications group by all"
        return {str(version): int(texts) for version, texts in warehouse.execute(counted).fetchall()}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A published day; each test leaves the phrases as they were."""
    pipeline = _pipeline(tmp_path_factory.mktemp("detector"))
    pipeline.run(DAYS[0])
    assert (WAS_AN_INCIDENT, "product_defect") in _incidents(pipeline)
    return pipeline


def _assert_equals_a_rebuild(pipeline: Pipeline, root: Path) -> None:
    rebuilt = pipeline.copied_to(root)
    rebuilt.rebuild()
    assert against_rebuild(pipeline, rebuilt) == []


def test_changed_phrases_touch_exactly_whom_they_concern(published: Pipeline, tmp_path: Path) -> None:
    pipeline = published.copied_to(tmp_path / "warehouse")
    texts = sum(_readings(pipeline).values())
    _change_phrases(pipeline, FORMER, OTHER)
    run = pipeline.run(DAYS[1])
    assert run.full_rebuild_reason is None
    assert _touched(pipeline) == {SAID_NOTHING, WAS_AN_INCIDENT}
    incidents = _incidents(pipeline)
    assert (SAID_NOTHING, "billing_error") in incidents
    assert WAS_AN_INCIDENT not in {customer for customer, _ in incidents}
    assert list(_readings(pipeline).values()) == [texts, texts]
    _assert_equals_a_rebuild(pipeline, tmp_path / "rebuilt")

    # Back to the former phrases: what they say of every text is known, and the same customers are touched.
    _change_phrases(pipeline, OTHER, FORMER)
    pipeline.run(DAYS[2])
    assert _touched(pipeline) == {SAID_NOTHING, WAS_AN_INCIDENT}
    assert (WAS_AN_INCIDENT, "product_defect") in _incidents(pipeline)
    assert list(_readings(pipeline).values()) == [texts, texts]


def test_an_attempt_with_other_phrases_leaves_nothing_behind(published: Pipeline, tmp_path: Path) -> None:
    pipeline = published.copied_to(tmp_path / "warehouse")
    before = _incidents(pipeline)
    _change_phrases(pipeline, FORMER, OTHER)
    pipeline.run_killed(DAYS[1], "tag:staging tag:intermediate fct_incident")
    assert _incidents(pipeline) != before
    _change_phrases(pipeline, OTHER, FORMER)
    run = pipeline.run(DAYS[1])
    assert run.full_rebuild_reason is None
    assert _touched(pipeline) == {SAID_NOTHING, WAS_AN_INCIDENT}
    assert _incidents(pipeline) == before
