"""The digest of a list: counts that a team reads, of no customer, once on each channel."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tolerance.channels import Channel, channels
from tolerance.crm.digest import VARIABLE, digest, is_news, remember
from tolerance.errors import NotPublishedError, UsageError
from tolerance.state import State

TOLD = (
    ("billing", 1, "new", "new"),
    ("billing", 3, "new", "new"),
    ("logistics", 1, "changed", "resolved"),
    ("logistics", 2, "retracted", "moved"),
)


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A published date whose list has two new alerts, a resolved one and one taken back."""
    state = State(tmp_path)
    state.serving.parent.mkdir(parents=True)
    with duckdb.connect(str(state.serving)) as serving:
        serving.execute(
            "create table audit_generation as select 'g' as generation_id, date '2026-10-31' as as_of_on"
        )
        serving.execute("create schema exports")
        serving.execute(
            "create table exports.crm_alert_list "
            "(owner_role varchar, priority integer, change varchar, change_reason varchar, customer varchar)"
        )
        serving.execute("create table audit_acknowledgement as select 'counts' as status")
        serving.execute("create table mart_alert_follow_up as select 'it' as owner_role, true as is_overdue")
        serving.executemany("insert into exports.crm_alert_list values (?, ?, ?, ?, 'C000042')", TOLD)
    folder = state.outbox / "2026-10-31"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"warnings": ["mail sent nothing"]}), "utf-8")
    return state


def test_a_digest_counts_what_is_on_the_list_and_names_nobody(state: State) -> None:
    message = digest(state, language="en", list_link="https://files.example/crm/")
    assert message.as_of == date(2026, 10, 31)
    assert message.text.splitlines() == [
        "Red alerts of 31 October 2026: 3 to call",
        "",
        "To call: 3 (2 of priority 1, 1 of priority 3).",
        "By owner: 2 billing, 1 logistics.",
        "Taken back: 1 (1 moved).",
        "Solved since they were told: 1.",
        "Overdue, still open: 1 (1 it).",
        "No all-clear, warnings: 1; manifest.json has them.",
        "The list: https://files.example/crm/2026-10-31",
    ]


def test_a_digest_speaks_french(state: State) -> None:
    message = digest(state, language="fr")
    assert message.subject == "Alertes rouges du 31 octobre 2026 : 3 à appeler"
    assert f"La liste : {state.outbox / '2026-10-31'}" in message.lines


def test_a_day_without_alerts_says_so_in_its_subject(state: State) -> None:
    with duckdb.connect(str(state.serving)) as serving:
        serving.execute("delete from exports.crm_alert_list")
        serving.execute("delete from mart_alert_follow_up")
    message = digest(state, language="en")
    assert message.subject == "Red alerts of 31 October 2026: 0 to call"
    assert len(message.lines) == 2


def test_nothing_is_overdue_where_the_crm_never_answers(state: State) -> None:
    with duckdb.connect(str(state.serving)) as serving:
        serving.execute("delete from audit_acknowledgement")
    assert not [line for line in digest(state, language="en").lines if line.startswith("Overdue")]


def test_a_repeated_date_says_nothing_twice_on_a_channel_but_what_changed(state: State) -> None:
    message, mail, slack = (
        digest(state, language="en"),
        Channel("mail", "a@b.example"),
        Channel("slack", "crm"),
    )
    remember(state, message, mail)
    assert not is_news(state, message, mail)
    assert is_news(state, message, slack)
    with duckdb.connect(str(state.serving)) as serving:
        serving.execute(
            "update exports.crm_alert_list set change_reason = 'deleted' where change = 'retracted'"
        )
    assert is_news(state, digest(state, language="en"), mail)


def test_nothing_is_told_of_a_list_that_was_not_written(state: State) -> None:
    (state.outbox / "2026-10-31" / "manifest.json").unlink()
    with pytest.raises(NotPublishedError, match="run a date first"):
        digest(state, language="en")


def test_channels_are_read_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, " mail:a@b.example,slack:crm, slack:crm,")
    assert [str(channel) for channel in channels(VARIABLE)] == ["mail:a@b.example", "slack:crm"]
    monkeypatch.delenv(VARIABLE)
    assert channels(VARIABLE) == ()


@pytest.mark.parametrize("wrong", ["teams:crm", "mail", "mail:"])
def test_a_channel_that_does_not_exist_is_refused_with_those_that_do(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, wrong)
    with pytest.raises(UsageError, match=r"write mail:ADDRESS, slack:CONNECTION, webhook:CONNECTION"):
        channels(VARIABLE)
