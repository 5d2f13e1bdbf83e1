"""An id that changed is still found under its former name, however often it changed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tolerance.aliases import Alias, AliasConflictError, Kind, aliases, ensure_aliases, record_aliases
from tolerance.state import State
from tolerance.versions import NewerFormatError

ON = date(2026, 10, 31)


def alias(former: str, current: str, kind: Kind = Kind.ALERT) -> Alias:
    return Alias(kind, former, current, ON, "identity of release 0.2.0")


def pairs(state: State) -> dict[str, str]:
    return {known.former_id: known.current_id for known in aliases(state)}


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


def test_an_id_that_changed_twice_leads_to_the_newest(state: State) -> None:
    record_aliases(state, [alias("a", "b")])
    record_aliases(state, [alias("b", "c")])
    assert pairs(state) == {"a": "c", "b": "c"}


def test_ids_of_one_call_may_follow_one_another(state: State) -> None:
    record_aliases(state, [alias("b", "c"), alias("a", "b")])
    assert pairs(state) == {"a": "c", "b": "c"}


def test_the_same_alias_again_changes_nothing(state: State) -> None:
    record_aliases(state, [alias("a", "b")])
    written = state.aliases.read_bytes()
    record_aliases(state, [alias("a", "b")])
    assert state.aliases.read_bytes() == written
    record_aliases(state, [alias("b", "c")])
    record_aliases(state, [alias("a", "b")])
    assert pairs(state) == {"a": "c", "b": "c"}


def test_alerts_have_ids_of_their_own(state: State) -> None:
    record_aliases(state, [alias("a", "b"), alias("b", "a", Kind.INCIDENT)])
    assert pairs(state) == {"a": "b", "b": "a"}


def test_an_incident_shares_the_ids_of_contacts(state: State) -> None:
    record_aliases(state, [alias("a", "b", Kind.INCIDENT)])
    record_aliases(state, [alias("b", "c", Kind.CONTACT)])
    assert pairs(state) == {"a": "c", "b": "c"}
    with pytest.raises(AliasConflictError, match="contact a has been c"):
        record_aliases(state, [alias("a", "d", Kind.CONTACT)])


@pytest.mark.parametrize(
    "wrong", [[alias("a", "b"), alias("a", "c")], [alias("a", "b"), alias("b", "a")], [alias("a", "a")]]
)
def test_a_former_id_is_one_thing_and_never_itself(state: State, wrong: list[Alias]) -> None:
    with pytest.raises(AliasConflictError, match="alert"):
        record_aliases(state, wrong)
    assert aliases(state) == []


def test_an_empty_record_is_there_for_dbt_and_replaces_nothing(state: State) -> None:
    ensure_aliases(state)
    assert state.aliases.read_bytes() == b""
    record_aliases(state, [alias("a", "b")])
    ensure_aliases(state)
    assert pairs(state) == {"a": "b"}


def test_fields_of_another_release_are_kept(state: State) -> None:
    record_aliases(state, [alias("a", "b")])
    line = json.loads(state.aliases.read_text("utf-8"))
    state.aliases.write_text(json.dumps(line | {"mood": "fair"}) + "\n", "utf-8")
    record_aliases(state, [alias("b", "c")])
    first = json.loads(state.aliases.read_text("utf-8").splitlines()[0])
    assert (first["mood"], first["current_id"]) == ("fair", "c")


def test_a_record_of_a_newer_format_is_refused(state: State) -> None:
    record_aliases(state, [alias("a", "b")])
    text = state.aliases.read_text("utf-8")
    state.aliases.write_text(text.replace('"format_version":1', '"format_version":9'), "utf-8")
    with pytest.raises(NewerFormatError, match=r"aliases.ndjson has format 9"):
        aliases(state)
