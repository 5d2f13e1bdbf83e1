"""What nobody has decided is counted with examples and written into a table; what is decided stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.fixtures.ingesting import take_in
from tolerance.cli import main
from tolerance.company import VARIABLE
from tolerance.errors import UsageError
from tolerance.state import State
from tolerance.untyped_tags import SAYS_NOTHING, decided_tags, seeds_in_use, undecided, write_table

TICKETS = (
    "ticket_id;customer_id;requester_email;created_at;updated_at;solved_at;status;type;priority;"
    "tags;subject;description;satisfaction;reopens;is_deleted\n"
)


def ticket(number: int, tags: str) -> str:
    at = "2026-11-01T12:00:00Z"
    return f"{number};C1;;{at};{at};;open;incident;normal;{tags};A subject;A text;;0;false\n"


@pytest.fixture
def state(tmp_path: Path) -> State:
    """Three tickets of a category that nobody has decided, one of a type, and a call of an unknown code."""
    for source, name, text in (
        ("tickets", "desk.csv", TICKETS + "".join(ticket(n, "parcels vip") for n in (1, 2, 3))),
        ("tickets", "more.csv", TICKETS + ticket(4, "delivery_lost")),
        (
            "faq",
            "calls.csv",
            "call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language\n"
            "K1;C1;2026-11-01;opening_hours;question;yes;team;fr\n"
            "K2;C1;2026-11-01;colis_perdu;question;yes;team;fr\n",
        ),
    ):
        path = tmp_path / "in" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    state = State(tmp_path / "state")
    for source in ("tickets", "faq"):
        assert take_in(state, source)
    return state


def test_what_has_no_type_is_counted_with_the_first_records_and_the_rest_is_not(state: State) -> None:
    found = {(each.source, each.value): (each.count, each.examples) for each in undecided(state)}
    examples = ("desk.csv, record 1", "desk.csv, record 2", "desk.csv, record 3")
    assert found == {
        ("tickets", "parcels"): (3, examples),
        ("tickets", "vip"): (3, examples),
        ("faq", "opening_hours"): (1, ("calls.csv, record 1",)),
    }


def test_a_table_keeps_what_was_filled_in_and_takes_what_is_new(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = tmp_path / "company"
    (company / "seeds").mkdir(parents=True)
    monkeypatch.setenv(VARIABLE, str(company))
    asked = CliRunner().invoke(main, ["tags", "--state", str(state.root)])
    assert asked.exit_code == 0, asked.output
    assert "2 tags added" in asked.output
    table = company / "seeds" / "tag_incident_types.csv"
    assert table.read_text("utf-8").startswith("tag,incident_type,note\nparcels,,")
    filled = (
        table.read_text("utf-8").replace("parcels,,", "parcels,delivery_lost,").replace("vip,,", "vip,none,")
    )
    table.write_text(filled, "utf-8")

    decided = decided_tags(seeds_in_use())
    assert (decided["parcels"], decided["vip"]) == ("delivery_lost", SAYS_NOTHING)
    assert [each.source for each in undecided(state)] == ["faq"]
    assert write_table(table, undecided(state)) == 0
    assert table.read_text("utf-8") == filled


def test_a_type_that_does_not_exist_is_refused_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seeds").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    table = tmp_path / "seeds" / "tag_incident_types.csv"
    table.write_text("tag,incident_type,note\nvip,none,\nparcels,lost_parcels,\n", "utf-8")
    with pytest.raises(
        UsageError, match="line 3: lost_parcels is not an incident type: write one of delivery_late"
    ):
        decided_tags(seeds_in_use())


def test_a_type_is_not_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "seeds").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    table = tmp_path / "seeds" / "tag_incident_types.csv"
    table.write_text("tag,incident_type,note\ndelivery_lost,none,\n", "utf-8")
    with pytest.raises(UsageError, match="line 2: the tag delivery_lost is an incident type itself"):
        decided_tags(seeds_in_use())


def test_a_table_is_not_written_over_a_file_of_another_kind(tmp_path: Path) -> None:
    other = tmp_path / "calls.csv"
    other.write_text("call_id;customer_id\n1;2\n", "utf-8")
    with pytest.raises(UsageError, match="has other columns"):
        write_table(other, [])
    assert other.read_text("utf-8") == "call_id;customer_id\n1;2\n"


def test_a_preview_counts_the_tags_without_a_type(tmp_path: Path) -> None:
    file = tmp_path / "in" / "tickets" / "desk.csv"
    file.parent.mkdir(parents=True)
    file.write_text(
        TICKETS + ticket(1, "parcels") + ticket(2, "delivery_lost") + ticket(3, "parcels"), "utf-8"
    )
    shown = CliRunner().invoke(main, ["preview", str(file), "--source", "tickets"])
    assert shown.exit_code == 0, shown.output
    assert "tag without an incident type" in shown.output
    assert [line.split() for line in shown.output.splitlines() if "parcels" in line and "1, 3" in line]
    assert "delivery_lost" not in shown.output.partition("tag without")[2]
