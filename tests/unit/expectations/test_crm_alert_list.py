"""The alert list as a whole: no alert twice, and none without what its owner needs."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tolerance import gates
from tolerance.expectations import crm_alert_list

ALERT: dict[str, Any] = {
    "alert_id": "a1",
    "incident_id": "i1",
    "customer_id": "C1",
    "playbook_code": "call_back",
    "owner_role": "customer_success",
    "respond_by": pd.Timestamp("2026-11-21", tz="UTC"),
    "reason_fr": "Une raison écrite en toutes lettres.",
    "reason_en": "A reason that is written out.",
    "evidence_file_name": "2026-11-20/tickets.json",
    "evidence_record_no": 7,
}


def failed(**second: object) -> tuple[str, ...]:
    alerts = pd.DataFrame([ALERT, ALERT | {"alert_id": "a2", "incident_id": "i2"} | second])
    return gates.check(alerts, crm_alert_list.suite(), "crm_alert_list").failed


def test_a_whole_list_may_leave() -> None:
    assert failed() == ()


def test_an_alert_that_is_there_twice_stops_the_list() -> None:
    assert failed(alert_id="a1") == ("values_to_be_unique(alert_id)",)
    (told,) = failed(incident_id="i1")
    assert "unique" in told
    # An incident that moved is taken back from one customer and told of the other.
    assert failed(incident_id="i1", customer_id="C2") == ()


@pytest.mark.parametrize("column", crm_alert_list.NEEDED)
def test_an_alert_without_what_its_owner_needs_stops_the_list(column: str) -> None:
    assert failed(**{column: None}) == (f"values_to_not_be_null({column})",)


@pytest.mark.parametrize("column", ["reason_fr", "reason_en"])
def test_a_reason_of_a_word_is_none(column: str) -> None:
    assert failed(**{column: "see ticket"}) == (f"value_lengths_to_be_between({column})",)
