"""A list profile is one file: put into the package, it is found, may be asked for and is written."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.unit.crm.published import DAY, Alert, alerts, number, publish, published_state
from tolerance.crm import list_profiles
from tolerance.crm.export import export_alerts, refused_lists
from tolerance.crm.list_profile import FILE, Kind
from tolerance.crm.list_profiles import canonical, profiles_named
from tolerance.errors import UsageError
from tolerance.state import State

MADE_UP = '''
"""A CRM that nobody sells."""

from tolerance.crm.list_profile import Column, Kind, ListProfile

PROFILE = ListProfile(
    name="made_up",
    crm="Made up",
    columns=(
        Column("External ID", "alert_id", is_key=True),
        Column("Urgency; or so", "priority", Kind.PICKLIST, words={"1": "now"}, other="later"),
        Column("Ticket", "ticket_number"),
    ),
    null="none",
    delimiter=";",
    line_end="\\r\\n",
    has_bom=True,
)
'''


@pytest.fixture
def with_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "made_up.py").write_text(MADE_UP, "utf-8")
    monkeypatch.setattr(list_profiles, "__path__", [*list_profiles.__path__, str(folder)])
    # Set before it is imported, so that it is gone afterwards.
    monkeypatch.setitem(sys.modules, f"{list_profiles.__name__}.made_up", None)
    monkeypatch.delitem(sys.modules, f"{list_profiles.__name__}.made_up")
    return folder / "made_up.py"


@pytest.fixture
def published(tmp_path: Path) -> State:
    without_ticket = replace(Alert(number(2)), priority=2, ticket_number=None)
    return published_state(tmp_path / "state", [without_ticket, Alert(number(1))])


def manifest_of(state: State) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((state.outbox / DAY / "manifest.json").read_text("utf-8"))
    return told


def files_of(state: State) -> dict[str, bytes]:
    folder = state.outbox / DAY
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("with_made_up")
def test_a_profile_in_the_package_is_written_into_its_folder_beside_the_canonical_list(
    published: State,
) -> None:
    export_alerts(published, profiles_named("made_up"))
    assert refused_lists(published, date.fromisoformat(DAY)) == []
    content = files_of(published)["made_up/alerts.csv"]
    assert (
        content
        == (
            f'\ufeffExternal ID;"Urgency; or so";Ticket\r\n{number(1)};now;4711\r\n{number(2)};later;none\r\n'
        ).encode()
    )
    manifest = manifest_of(published)
    assert manifest["lists"].keys() == {"alerts.csv", "alerts.xlsx", "made_up/alerts.csv"}
    assert manifest["lists"]["made_up/alerts.csv"] == {
        "rows": 2,
        "sha256": hashlib.sha256(content).hexdigest(),
        "by_priority": {"1": 1, "2": 1},
        "by_change": {"new": 2},
        "by_change_and_priority": {"new": {"1": 1, "2": 1}},
    }
    assert manifest["sha256"] == manifest["lists"]["alerts.csv"]["sha256"]


def test_each_file_of_a_list_that_is_cut_has_its_own_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = published_state(tmp_path / "state", alerts())
    small = replace(list_profiles.list_profiles()["zoho"], most_rows=4)
    monkeypatch.setattr("tolerance.crm.export.list_profiles", lambda: {"zoho": small})
    export_alerts(state, (canonical.PROFILE, small))
    lists = manifest_of(state)["lists"]
    told = {name: (each["rows"], each["by_priority"]) for name, each in lists.items() if "zoho" in name}
    assert told == {
        "zoho/alerts-1.csv": (4, {"1": 4}),
        "zoho/alerts-2.csv": (3, {"2": 1, "3": 1, "4": 1}),
    }
    # Fewer rows, another file: the parts of before are no longer true.
    export_alerts(state, (canonical.PROFILE, replace(small, most_rows=7)))
    assert {name for name in files_of(state) if "zoho" in name} == {"zoho/alerts.csv"}


def test_two_runs_of_a_date_write_the_same_bytes(tmp_path: Path) -> None:
    everything = profiles_named(",".join(list_profiles.list_profiles()))
    first, second = (
        published_state(tmp_path / name, rows)
        for name, rows in (("first", alerts()), ("second", alerts()[::-1]))
    )
    export_alerts(first, everything)
    export_alerts(second, everything)
    written = files_of(first)
    assert len(written) == len(everything) + 3
    assert written == files_of(second)
    export_alerts(first, everything)
    assert written == files_of(first)


def test_a_profile_that_is_not_asked_for_any_more_loses_its_files_and_what_a_person_keeps_there_stays(
    published: State,
) -> None:
    export_alerts(published, profiles_named("zoho,odoo"))
    (published.outbox / DAY / "odoo" / "note.txt").write_text("mine", "utf-8")
    export_alerts(published, profiles_named(""))
    assert files_of(published).keys() == {
        "acknowledgement_template.csv",
        "alerts.csv",
        "alerts.xlsx",
        "manifest.json",
        "odoo/note.txt",
    }
    assert not (published.outbox / DAY / "zoho").exists()


def test_a_list_that_its_crm_would_not_take_is_told_in_one_sentence_and_the_others_are_written(
    published: State,
) -> None:
    export_alerts(published, profiles_named("zoho,odoo"))
    with duckdb.connect(str(published.serving)) as serving:
        serving.execute("update exports.crm_alert_list set change = 'moved' where priority = 2")
    broken, kept = profiles_named("zoho,odoo")[1:]
    columns = broken.columns or ()
    kept = replace(kept, columns=tuple(column for column in kept.columns or () if column.source != "change"))
    export_alerts(published, (canonical.PROFILE, broken, kept))
    (sentence,) = refused_lists(published, date.fromisoformat(DAY))
    assert sentence == (
        "The list for Zoho CRM was not written: zoho/alerts.csv, row 2, Alert_Change: it is not one of "
        "new, changed, retracted: correct list_profiles/zoho.py and run the date again."
    )
    assert any(column.header == "Alert_Change" for column in columns)
    assert {"alerts.csv", "odoo/alerts.csv"} <= files_of(published).keys()
    assert not [name for name in files_of(published) if "zoho" in name]
    manifest = manifest_of(published)
    assert "zoho/alerts.csv" not in manifest["lists"]
    assert sentence in manifest["warnings"]
    assert manifest["all_clear"] is False


def test_a_profile_that_names_no_column_of_a_list_is_told(published: State, with_made_up: Path) -> None:
    with_made_up.write_text(MADE_UP.replace('"ticket_number"', '"phone_number"'), "utf-8")
    export_alerts(published, profiles_named("made_up"))
    (sentence,) = refused_lists(published, date.fromisoformat(DAY))
    assert "phone_number" in sentence
    assert sentence.endswith("correct list_profiles/made_up.py.")


def test_alerts_that_an_earlier_release_published_are_written_as_far_as_they_tell(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    publish(state, [Alert(number(2)), replace(Alert(number(1)), priority=2)])
    with duckdb.connect(str(state.serving)) as serving:
        for column in ("is_solved", "ticket_link", "channel"):
            serving.execute(f"alter table exports.crm_alert_list drop column {column}")
    export_alerts(state, profiles_named("odoo"))
    lines = files_of(state)["alerts.csv"].decode().splitlines()
    assert [line[:32] for line in lines[1:]] == [number(2), number(1)]
    assert len(refused_lists(state, date.fromisoformat(DAY))) == 2  # and the workbook
    assert files_of(state).keys() == {"acknowledgement_template.csv", "alerts.csv", "manifest.json"}


def test_the_canonical_list_is_always_written_and_once() -> None:
    for names in ("", "canonical", " canonical ,canonical"):
        assert [profile.name for profile in profiles_named(names)] == ["canonical"]


@pytest.mark.usefixtures("with_made_up")
def test_a_profile_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"no list profile sales_force: .*\(.*made_up, .*salesforce, .*\)\."):
        profiles_named("made_up,sales_force")


def test_a_profiles_name_is_its_folder_and_its_columns_are_those_of_one_catalogue() -> None:
    for name, profile in list_profiles.list_profiles().items():
        assert profile.name == name
        if profile.columns is not None:
            assert len(profile.columns) <= 200  # Zoho takes no more
            assert [column.header for column in profile.columns if '"' in column.header] == []
            assert sum(column.is_key for column in profile.columns) == 1
            assert all(column.words for column in profile.columns if column.kind is Kind.PICKLIST)
    assert FILE == "alerts.csv"
