"""A journal outlives crashes: cut lines, interrupted attempts, newer releases."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.fixtures.crm import delivering
from tests.fixtures.crm.told import published, tell
from tolerance.crm.delivery import journal
from tolerance.crm.delivery.destinations import RestDestination
from tolerance.crm.delivery.items import Answer, Item, Outcome
from tolerance.crm.delivery.outbox import Outbox, outbox
from tolerance.state import State
from tolerance.versions import NewerFormatError

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = published(tmp_path)
    tell(state, [(key, "open") for key in "abc"])
    return state


@pytest.fixture
def destination(tmp_path: Path) -> RestDestination:
    return delivering.destination(tmp_path)


@pytest.fixture
def items(state: State, destination: RestDestination) -> dict[str, Item]:
    with outbox(state, destination) as box:
        return {item.key: item for item in box.pending()}


def attempt(state: State, destination: RestDestination, *outcomes: Outcome, is_ended: bool = True) -> Path:
    with journal.opened(state, destination, NOON, "2026-10-31", "g") as lines:
        lines.sending([outcome.item for outcome in outcomes], NOON)
        for outcome in outcomes:
            lines.answered(outcome)
        if is_ended:
            lines.write("ended", happened_at=NOON)
    return journal.journals(state, destination.name)[-1]


def standing(box: Outbox) -> tuple[int, int, int, int, int]:
    counts = box.counts()
    return counts.accepted, counts.pending, counts.set_aside, counts.refused, counts.unclear


def test_the_last_line_of_an_item_counts(
    state: State, destination: RestDestination, items: dict[str, Item]
) -> None:
    attempt(state, destination, Outcome(items["a"], Answer.REFUSED, sentence="No."))
    attempt(state, destination, Outcome(items["a"], Answer.ACCEPTED), Outcome(items["b"], Answer.UNCLEAR))
    with outbox(state, destination) as box:
        assert standing(box) == (1, 2, 0, 0, 1)
        assert [item.key for item in box.pending()] == ["c", "b"]  # what failed is sent last


def test_what_was_about_to_be_sent_when_it_was_killed_is_unclear(
    state: State, destination: RestDestination, items: dict[str, Item]
) -> None:
    with journal.opened(state, destination, NOON, "2026-10-31", "g") as lines:
        lines.sending([items["a"], items["b"]], NOON)
        lines.answered(Outcome(items["a"], Answer.ACCEPTED))
    with outbox(state, destination) as box:
        assert standing(box) == (1, 2, 0, 0, 1)
        # Up to the present it may have been under way.
        assert {item.key: item.sent_at for item in box.pending(now=77.0)} == {"b": 77.0, "c": None}


@pytest.mark.parametrize("cut", range(2, 60, 7))
def test_a_line_that_was_not_written_whole_is_none(
    state: State, destination: RestDestination, items: dict[str, Item], cut: int
) -> None:
    path = attempt(state, destination, Outcome(items["a"], Answer.ACCEPTED), is_ended=False)
    path.write_bytes(path.read_bytes()[:-cut])
    attempt(state, destination, Outcome(items["b"], Answer.ACCEPTED))
    with outbox(state, destination) as box:
        assert standing(box) == (1, 2, 0, 0, 1)
    path.write_bytes(path.read_bytes() + b"\0" * 500)  # what a power cut may leave
    with outbox(state, destination) as box:
        assert standing(box) == (1, 2, 0, 0, 1)


def test_what_is_refused_too_often_is_set_aside_until_it_changes(
    state: State, destination: RestDestination, items: dict[str, Item]
) -> None:
    for tries in range(1, destination.most_tries + 1):
        attempt(
            state, destination, Outcome(items["a"], Answer.REFUSED, sentence=f"No, for the {tries}th time.")
        )
        with outbox(state, destination) as box:
            is_aside = tries == destination.most_tries
            assert standing(box) == ((0, 2, 1, 0, 0) if is_aside else (0, 3, 0, 1, 0))
    with outbox(state, destination) as box:
        assert [(item.key, sentence) for item, sentence in box.set_aside()] == [
            ("a", "No, for the 3th time.")
        ]
    tell(state, [("a", "retracted")], "2026-11-01")
    with outbox(state, destination) as box:
        assert standing(box) == (0, 3, 0, 0, 0)


def test_what_was_accepted_is_sent_again_when_it_is_told_otherwise_and_not_when_told_the_same(
    state: State, destination: RestDestination, items: dict[str, Item]
) -> None:
    attempt(state, destination, *(Outcome(item, Answer.ACCEPTED) for item in items.values()))
    tell(state, [("a", "retracted"), ("b", "open")], "2026-11-01")
    with outbox(state, destination) as box:
        assert [(item.key, item.told_on, item.row["status"]) for item in box.pending()] == [
            ("a", "2026-11-01", "retracted")
        ]


def test_what_the_crm_has_closed_meanwhile_is_not_sent(
    state: State, destination: RestDestination, items: dict[str, Item], tmp_path: Path
) -> None:
    attempt(state, destination, Outcome(items["a"], Answer.ACCEPTED))
    published(tmp_path, closed=["a", "b"])
    with outbox(state, destination) as box:
        assert standing(box) == (1, 1, 0, 0, 0)
        assert box.counts().decided == 2


def test_what_was_told_before_a_date_may_be_left_out(state: State, destination: RestDestination) -> None:
    tell(state, [("d", "open")], "2026-11-01")
    since = destination.model_copy(update={"since": datetime(2026, 11, 1, tzinfo=UTC).date()})
    with outbox(state, since) as box:
        assert [item.key for item in box.pending()] == ["d"]


def test_each_attempt_is_a_row_and_an_interrupted_one_says_so(
    state: State, destination: RestDestination, items: dict[str, Item]
) -> None:
    attempt(
        state,
        destination,
        Outcome(items["a"], Answer.ACCEPTED, record_id="7"),
        Outcome(items["b"], Answer.REFUSED, sentence="No."),
    )
    attempt(state, destination, Outcome(items["c"], Answer.UNCLEAR, sentence="late"), is_ended=False)
    journal.write_tables(state)
    with duckdb.connect() as memory:
        rows = memory.execute(
            "select attempt_no, sent_rows, accepted_rows, refused_rows, unclear_rows, ended_at is null, "
            "error "
            f"from '{journal.table(state, 'attempts')}' order by attempt_no"
        ).fetchall()
        found = memory.execute(
            "select key, standing, record_id, sentence "
            f"from '{journal.table(state, 'standing')}' order by key"
        ).fetchall()
    assert rows == [(1, 2, 1, 1, 0, False, None), (2, 1, 0, 0, 1, True, "It was interrupted.")]
    assert found == [
        ("a", "accepted", "7", None),
        ("b", "refused", None, "No."),
        ("c", "unclear", None, "late"),
    ]


@pytest.fixture
def newer(state: State, destination: RestDestination, items: dict[str, Item]) -> Path:
    path = attempt(state, destination, Outcome(items["a"], Answer.ACCEPTED))
    path.write_text(path.read_text("utf-8").replace('"format_version":1', '"format_version":9'), "utf-8")
    return path


def test_a_journal_of_a_newer_release_is_refused(
    newer: Path, state: State, destination: RestDestination
) -> None:
    with pytest.raises(NewerFormatError, match=f"{newer} has format 9"), outbox(state, destination):
        pass
