"""A STATE that an earlier release left is opened: the same date again, the next date, a rebuild.

The same date goes without Airflow, which is not what opens a STATE; so does the next one, but for the soak.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.e2e.command_line import tolerance
from tests.e2e.conftest import published
from tests.fixtures import stored_states
from tests.properties.pipeline import OF_TREE, Pipeline
from tolerance.identity import KEY_VARIABLE
from tolerance.rebuild import differing_rows
from tolerance.state import State

UNTOUCHED = {"audit_load", "dim_customer"}
TAKEN_BACK = {"status": "retracted", "change": "retracted"}


def told(state: Path) -> dict[str, list[dict[str, str]]]:
    """Each date's list as the CRM got it."""
    lists = {}
    for path in sorted((state / "outbox" / "crm").glob("*/alerts.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            lists[path.parent.name] = list(csv.DictReader(file))
    return lists


def differing_tables(before: Path, state: Path, scratch: Path) -> dict[str, tuple[int, int]]:
    after = State(state).serving
    return {table: rows for table, rows in differing_rows(before, after, scratch).items() if any(rows)}


def incidents_of_another_kind(before: Path, state: Path) -> list[object]:
    """Incidents whose type a tag or a code tells, and which are of another type, or of another category
    without a resolution that says why.
    """
    with duckdb.connect() as both:
        for name, path in (("before", before), ("after", State(state).serving)):
            both.execute(f"attach '{path}' as {name} (read_only)")
        known = (
            "from before.main.fct_incident as b join after.main.fct_incident as a using (incident_id) "
            "where b.detected_by not in ('words_v1', 'ticket_type')"
        )
        assert both.execute(f"select count(*) > 50 {known}").fetchall() == [(True,)]
        return both.execute(
            f"select incident_id {known} and (a.incident_type <> b.incident_type "
            "or (a.category <> b.category and a.reclassification_reason is null))"
        ).fetchall()


def without_airflow(state: Path) -> None:
    Pipeline(state.parent, OF_TREE, identity_key=stored_states.IDENTITY_KEY).run(stored_states.NEXT_ON)


def as_users_do(state: Path) -> None:
    published(state.parent / "inbox", state, stored_states.NEXT_ON)


OLDEST, *_ = stored_states.releases()
"""It has the longest way to today."""


@pytest.mark.parametrize(
    ("release", "run_next"),
    [
        (OLDEST, without_airflow),
        *(pytest.param(name, as_users_do, marks=pytest.mark.soak) for name in stored_states.releases()),
    ],
)
def test_a_stored_state_takes_the_same_date_the_next_one_and_a_rebuild(
    release: str, run_next: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, stored_states.IDENTITY_KEY)
    state, _ = stored_states.unpack(release, tmp_path)
    before = tmp_path / "before.duckdb"
    shutil.copy(State(state).serving, before)
    lists_before = told(state)
    assert all(lists_before.values()), "a list without alerts tells nothing of what is told twice"

    # The release before knew nothing of how an incident was resolved, and found fewer of them in texts. So
    # incidents and accounts are others; customers and loads are the same.
    Pipeline(tmp_path, OF_TREE, identity_key=stored_states.IDENTITY_KEY).run(stored_states.RUN_ON[-1])
    assert not differing_tables(before, state, tmp_path).keys() & UNTOUCHED
    assert incidents_of_another_kind(before, state) == []

    # What the CRM was told stays told. On the same date alerts can be taken back, and raised that it never
    # heard of.
    again = told(state)
    ids_before = {row["alert_id"] for rows in lists_before.values() for row in rows}
    assert again.keys() == lists_before.keys()
    for day, rows in lists_before.items():
        stand = {row["alert_id"]: row for row in again[day]}
        for row in rows:
            now = stand.pop(row["alert_id"])
            assert now in ({**now, **row}, {**now, **row, **TAKEN_BACK})
        for row in stand.values():
            assert day == max(lists_before)
            assert row["change"] == ("retracted" if row["alert_id"] in ids_before else "new")

    # Nobody is told twice on the next date, and what a rebuild makes of it is the same.
    run_next(state)
    new = [
        row["alert_id"] for row in told(state)[stored_states.NEXT_ON.isoformat()] if row["change"] == "new"
    ]
    assert new
    assert not {row["alert_id"] for rows in again.values() for row in rows} & set(new)
    finished = tolerance("rebuild", "--state", str(state))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "The same rows as before in all" in finished.stdout
