"""A list profile is one file: put into the package, it is found, may be asked for and is written."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from tolerance.cli import main
from tolerance.crm import list_profiles
from tolerance.crm.export import export_alerts
from tolerance.crm.list_profiles import profiles_named
from tolerance.errors import UsageError
from tolerance.state import State

DAY = "2026-11-20"
MADE_UP = '''
"""A CRM that nobody sells."""

from tolerance.crm.list_profile import ListProfile

PROFILE = ListProfile(
    name="made_up",
    file_name="made_up.csv",
    headers={"alert_id": "External ID", "priority": "Urgency"},
    null="-",
    line_end="\\r\\n",
    has_bom=True,
)
'''


@pytest.fixture
def with_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "made_up.py").write_text(MADE_UP, "utf-8")
    monkeypatch.setattr(list_profiles, "__path__", [*list_profiles.__path__, str(folder)])
    # Set before it is imported, so that it is gone afterwards.
    monkeypatch.setitem(sys.modules, f"{list_profiles.__name__}.made_up", None)
    monkeypatch.delitem(sys.modules, f"{list_profiles.__name__}.made_up")


@pytest.fixture
def published(tmp_path: Path) -> State:
    state = State(tmp_path / "state")
    state.serving.parent.mkdir(parents=True)
    state.loads.mkdir(parents=True)
    with duckdb.connect(str(state.serving)) as serving:
        serving.execute(f"create table audit_generation as select 'g' generation_id, date '{DAY}' as_of_on")
        serving.execute("create schema exports")
        serving.execute(
            "create table exports.crm_alert_list as select * from (values "
            "('a1', 2, 'i1', 'new', now()), ('a2', null, 'i2', 'changed', now())) "
            "as alerts (alert_id, priority, incident_id, change, respond_by)"
        )
        serving.execute("create table exports.alert_history as from exports.crm_alert_list")
    return state


@pytest.mark.usefixtures("with_made_up")
def test_a_profile_in_the_package_is_written_beside_the_canonical_list(published: State) -> None:
    export_alerts(published, profiles_named("made_up"))
    folder = published.outbox / DAY
    content = (folder / "made_up.csv").read_bytes()
    assert content == "\ufeffExternal ID,Urgency\r\na1,2\r\na2,-\r\n".encode()
    assert (folder / "alerts.csv").read_text("utf-8").startswith("alert_id,priority,incident_id,change,")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["lists"].keys() == {"alerts.csv", "made_up.csv"}
    assert manifest["lists"]["made_up.csv"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["sha256"] == manifest["lists"]["alerts.csv"]["sha256"]


def test_the_canonical_list_is_always_written_and_once() -> None:
    for names in ("", "canonical", " canonical ,canonical"):
        assert [profile.name for profile in profiles_named(names)] == ["canonical"]


@pytest.mark.usefixtures("with_made_up")
def test_a_profile_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"no list profile salesforce: .*\(made_up\)\."):
        profiles_named("made_up,salesforce")


def test_no_crm_is_written_for_while_no_profile_is_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["run", "--crm", "salesforce", "--state", str(tmp_path / "state")])
    assert result.exit_code == 2
    assert "CRM=salesforce: there is no list profile salesforce" in result.output
    assert "(none yet)" in result.output
    assert not (tmp_path / "state").exists()
