"""The pages tell what was expected and how it was met, in counts: no word of a customer stands in them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from tolerance import data_docs, inbox
from tolerance.cli import main
from tolerance.contracts import SOURCES
from tolerance.expectations import crm_alert_list
from tolerance.intake.expect import expect
from tolerance.intake.land import land
from tolerance.intake.load import load
from tolerance.intake.read import read
from tolerance.state import State

DAY = date(2026, 11, 20)
CALLS = "call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language\n"
WIDER_CALLS = CALLS.replace("\n", ";mood\n")
CANARY = "zwitscherlaut5e8b"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    """A last load of three calls with a column that no contract has; a published list with holes."""
    folder = tmp_path_factory.mktemp("docs")
    state = State(folder / "state")
    loaded_at = datetime(2026, 11, 21, 3, tzinfo=UTC).replace(tzinfo=None)
    (folder / "in" / "faq").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "LOOK_INTERVAL_SECONDS", 0.0)
        patch.setenv("TOLERANCE_IDENTITY_KEY", "key")
        for name, numbers, header, more in (("a", [1], CALLS, ""), ("b", [2, 3, 4], WIDER_CALLS, ";m")):
            lines = [f"K{n};C1;2026-11-01;Q1;{CANARY};yes;t;fr{more}" for n in numbers]
            (folder / "in" / "faq" / f"{name}.csv").write_text(header + "\n".join(lines))
            inbox._first_looks.clear()
            load_id = land("faq", folder / "in", DAY, state, loaded_at)
            assert load_id
            read("faq", load_id, state)
            expect("faq", load_id, state)
            load("faq", load_id, state)
    state.serving.parent.mkdir()
    columns = ", ".join(
        f"'{CANARY}' as {name}" for name in ("alert_id", "incident_id", "customer_id", *crm_alert_list.NEEDED)
    )
    with duckdb.connect(str(state.serving)) as serving:
        serving.execute(f"create table audit_generation as select 'g' generation_id, date '{DAY}' as_of_on")
        serving.execute("create schema exports")
        serving.execute(f"create table exports.crm_alert_list as select {columns}")
    return state


def pages(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*.html")}


def test_the_pages_tell_the_last_load_in_counts_and_hold_no_value(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = CliRunner().invoke(main, ["data-docs", "--state", str(state.root)])
    assert result.exit_code == 0, result.output
    assert "faq: 3 rows, 1 expectations failed" in result.output
    assert "mail: no data yet" in result.output
    assert "crm_alert_list: 1 rows, 2 expectations failed" in result.output
    made = pages(state.root / "data_docs")
    assert {name for name in made if name.startswith("expectations/")} == {
        f"expectations/{suite}.html" for suite in (*SOURCES, "crm_alert_list")
    }
    (of_faq,) = [text for name, text in made.items() if name.startswith("validations/faq/")]
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", of_faq))
    assert "load 2 as of 2026-11-20" in told
    assert "1 unexpected values found. 100% of 1 total rows." in told
    assert "index.html" in made
    assert not [name for name, text in made.items() if CANARY in text]

    # The same pages without the two defences do hold it: it is there to be found.
    monkeypatch.setattr(data_docs, "_COUNTS_ONLY", {"result_format": "BASIC"})
    monkeypatch.setattr(data_docs, "_counts", lambda result: result)
    list(data_docs.build_data_docs(state, tmp_path / "open"))
    assert [name for name, text in pages(tmp_path / "open").items() if CANARY in text]


def test_a_folder_that_holds_something_is_not_overwritten(state: State, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    result = CliRunner().invoke(main, ["data-docs", "--state", str(state.root), "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not empty" in result.output
    assert (tmp_path / "mine").read_text() == "x"
