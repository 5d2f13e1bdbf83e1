"""A file is looked at before it is loaded; quarantine is looked into without seeing customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from tests.fixtures.bad_files import good_csv, good_json, good_mbox, good_ndjson
from tests.fixtures.ingesting import looking_quickly
from tolerance.cli import main
from tolerance.intake.land import land
from tolerance.intake.load import load
from tolerance.intake.loads import FileRecord, load_records
from tolerance.intake.read import read
from tolerance.profiles.catalogue import MAPPINGS_VARIABLE
from tolerance.sandbox import limits
from tolerance.state import State

pytestmark = pytest.mark.usefixtures("reading_here")

AS_OF = date(2026, 11, 20)
LOADED_AT = datetime(2026, 11, 21, 3, tzinfo=UTC).replace(tzinfo=None)
FRESHDESK = (
    b"Ticket ID,Subject,Status,Created time,Requester email,Agent\n"
    b"7,Colis perdu,Open,2026-03-01 10:00:00,ana@example.fr,Bo\n8,Retard,Open,soon,bo@example.fr,Bo\n9\n"
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TOLERANCE_IDENTITY_KEY", "key")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv(MAPPINGS_VARIABLE, raising=False)
    with looking_quickly():
        yield


def take_in(extracts: Path, state: State) -> dict[str, FileRecord]:
    """Land, read and load what is new; the file records by name, the latest of each."""
    for source in ("faq", "mail", "tickets"):
        load_id = land(source, extracts, AS_OF, state, LOADED_AT)
        if load_id:
            read(source, load_id, state)
            load(source, load_id, state)
    return {record.file_name: record for record in load_records(state)}


def deliver(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.mark.usefixtures("reading_in_a_child")
def test_a_preview_shows_records_columns_and_reasons_and_no_customer(tmp_path: Path) -> None:
    path = deliver(tmp_path, "a.csv", FRESHDESK)
    code, said = run("preview", path, "--source", "tickets", "--profile", "freshdesk")
    assert code == 0
    assert "1 records accepted, 2 quarantined" in said
    assert (
        "1 bad_value: created_at fits none of the date formats of profile freshdesk: its form is aaaa; "
        "add that to `dates` (first: record 2)" in said
    )
    assert "1 wrong_field_count: 1 fields instead of 6 (first: record 3)" in said
    assert "2026-03-01 09:00:00" in said
    assert "Not read (1): Agent" in said
    for secret in ("Colis", "ana@", "bo@", "soon"):
        assert secret not in said
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_preview_tells_columns_that_name_a_zone_and_paths_into_cells_of_json(tmp_path: Path) -> None:
    csv = b"Conversation ID,Conversation created at (Europe/Paris),State\n7,2026-03-01 10:00:00,Open\n"
    code, said = run(
        "preview", deliver(tmp_path, "a.csv", csv), "--source", "tickets", "--profile", "intercom"
    )
    assert (code, "Conversation created at (Europe/Paris)" in said, "2026-03-01 09:00:00" in said) == (
        0, True, True,
    )  # fmt: skip
    csv = b'id,created_at,status,satisfaction_rating,x\n7,2026-03-01,open,"{""score"":""bad""}",\n'
    path = deliver(tmp_path, "b.csv", csv)
    code, said = run("preview", path, "--source", "tickets", "--profile", "zendesk_tables")
    assert (code, "satisfaction_rating.score" in said, "Not read (1): x" in said) == (0, True, True)


def test_a_preview_of_what_would_be_refused_says_so_and_names_the_nearest_column(tmp_path: Path) -> None:
    path = deliver(tmp_path, "a.csv", FRESHDESK.replace(b"Created time", b"Created tim"))
    code, said = run("preview", path, "--source", "tickets", "--profile", "freshdesk")
    assert code == 1
    assert "missing, required (Created tim looks like it)" in said
    assert "Refused: a.csv, line 1: profile freshdesk finds no column for created_at" in said
    code, said = run("preview", deliver(tmp_path, "b.csv", b"1;ana@example.fr\n"), "--source", "customers")
    assert code == 1
    assert "ana@" not in said
    code, said = run("preview", path, "--source", "tickets", "--profile", "freshdsk")
    assert (code, "no profile 'freshdsk' (freshdesk looks like it)" in said) == (2, True)
    assert run("preview", tmp_path / "none.csv", "--source", "tickets")[0] == 2
    bad = b"Ticket ID,Status,Created time\n" + b"7,Open,soon\n" * 100
    code, said = run(
        "preview", deliver(tmp_path, "c.csv", bad), "--source", "tickets", "--profile", "freshdesk"
    )
    assert (code, "100 bad_value" in said, "Refused:" in said) == (1, True, True)


def test_a_preview_of_what_breaks_the_limits_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = deliver(tmp_path, "a.csv", FRESHDESK)
    ends = iter([limits.Killed(0, 0, "it took too long"), None])

    def child(work: Callable[..., None], arguments: dict[str, object], **_: object) -> limits.Killed | None:
        (killed := next(ends)) or work(**arguments)
        return killed

    monkeypatch.setattr(limits, "run_in_child", child)
    code, said = run("preview", path, "--source", "tickets", "--profile", "freshdesk")
    assert (code, "a.csv takes more time or memory to read than a file may" in said) == (1, True)


def test_a_preview_of_a_file_in_the_inbox_uses_the_companys_rules(tmp_path: Path) -> None:
    path = deliver(tmp_path, "in/tickets/2026-11-20/desk/a.csv", FRESHDESK)
    deliver(tmp_path, "in/mappings.yml", b"files: {tickets/desk/*.csv: freshdesk}")
    code, said = run("preview", path, "--source", "tickets")
    assert (code, "2026-11-20/desk/a.csv as tickets by profile freshdesk" in said) == (0, True)
    deliver(tmp_path, "in/mappings.yml", b"files: {tickets/desk/*.csv: fresh}")
    code, said = run("preview", path, "--source", "tickets")
    assert (code, "mappings.yml, `files.tickets/desk/*.csv`" in said) == (2, True)


def test_a_preview_takes_a_file_by_the_name_that_it_is_delivered_under(tmp_path: Path) -> None:
    mail = b"From: a@b\nDate: Thu, 1 Oct 2026 10:00:00 +0200\n\nx\n"
    path = deliver(tmp_path, "in/mail/box\x1b/cur/1:2,S", mail)
    code, said = run("preview", path, "--source", "mail")
    assert (code, "box\\x1b/cur/1:2,S as mail" in said, "\x1b/cur" in said) == (0, True, False)


def test_a_file_that_was_refused_is_read_again_once_it_is_mapped(tmp_path: Path) -> None:
    state, extracts = State(tmp_path / "state"), tmp_path / "in"
    deliver(extracts, "tickets/desk/a.csv", FRESHDESK)
    assert take_in(extracts, state)["desk/a.csv"].status == "refused"
    assert take_in(extracts, state)["desk/a.csv"].load_no == 1
    company = deliver(extracts, "mappings.yml", b"files: {tickets/desk/*: freshdesk}")
    record = take_in(extracts, state)["desk/a.csv"]
    assert (record.status, record.landed_records, record.loaded_records) == ("loaded_with_quarantine", 3, 1)
    assert (record.profile, record.load_no) == ("freshdesk", 2)
    assert (state.landing / str(record.mappings_sha256)).read_bytes() == company.read_bytes()
    company.write_text("files: {tickets/desk/*: jira}")
    assert take_in(extracts, state)["desk/a.csv"].load_no == 2


def test_a_mistake_in_the_companys_mapping_file_stops_before_anything_is_taken_in(tmp_path: Path) -> None:
    deliver(tmp_path, "in/mappings.yml", b"profile: {}")
    deliver(tmp_path, "in/tickets/a.csv", FRESHDESK)
    code, said = run(
        "run", "--extracts", tmp_path / "in", "--state", tmp_path / "state", "--as-of", "2026-11-20"
    )
    assert (code, "mappings.yml, `profile`: there is no such key" in said) == (2, True)
    assert not (tmp_path / "state" / "landing").exists()


def test_the_two_counts_agree_on_mapped_files(tmp_path: Path) -> None:
    state, extracts = State(tmp_path / "state"), tmp_path / "in"
    glpi = b'"ID";"Statut";"Opening date";\n"7";"Clos";"01-03-2026 10:00";\n"8";"a;\nb";"01-03-2026";\n'
    deliver(extracts, "tickets/glpi/a.csv", glpi)
    deliver(extracts, "tickets/glpi/a.json", b'[{"id": 1, "status": 1, "date": "2026-03-01"}, 7]')
    deliver(extracts, "tickets/jira/a.csv", b'Issue key,Status,Created\nA-1,"Done, so",2026-03-01\n')
    deliver(extracts, "tickets/jira/a.json", b'{"issues": [{"key": "A-2"}, {"key": "A-3"}]}')
    records = take_in(extracts, state)
    landed = {name: record.landed_records for name, record in records.items()}
    assert landed == {"glpi/a.csv": 2, "glpi/a.json": 2, "jira/a.csv": 1, "jira/a.json": 2}
    assert not [record.message for record in records.values() if "independent" in str(record.message)]


def test_quarantine_is_listed_by_reason_with_an_example_and_no_customers_words(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    assert run("quarantine", "--state", state.root)[0] == 2
    deliver(tmp_path / "in", "faq/a.csv", good_csv("faq").replace(b"2026-03-01T", b"1970-03-01T"))
    deliver(tmp_path / "in", "tickets/freshdesk/a.csv", FRESHDESK)
    take_in(tmp_path / "in", state)
    code, said = run("quarantine", "--state", state.root)
    assert code == 0
    for told in (
        "event_time_out_of_range",
        "wrong_field_count",
        "bad_value",
        "freshdesk/a.csv, record 3, bytes",
    ):
        assert told in said
    assert "colis" not in said
    assert "soon" not in said
    assert "soon" in run("quarantine", "--state", state.root, "--show-bytes")[1]
    said = run("quarantine", "--state", state.root, "--source", "tickets", "--reason", "bad_value")[1]
    assert "bad_value" in said
    assert "wrong_field_count" not in said
    assert "event_time" not in said


def test_a_repaired_record_is_loaded_as_its_own(tmp_path: Path) -> None:
    state, extracts, repair = State(tmp_path / "state"), tmp_path / "in", tmp_path / "repair"
    deliver(extracts, "faq/a.csv", good_csv("faq").replace(b"2026-03-01T", b"1970-03-01T"))
    deliver(extracts, "tickets/a.ndjson", good_ndjson().replace(b'"status":"open"', b'"status":"opne"', 2))
    deliver(extracts, "tickets/a.json", good_json().replace(b'"status":"open"', b'"status":"opne"', 1))
    deliver(extracts, "mail/a.mbox", good_mbox().replace(b"Mon, 2 Mar 2026", b"Mon, 2 Mar 1970", 1))
    deliver(extracts, "tickets/glpi/a.csv", b"ID;Statut;Date d'ouverture\n7;Nouveau;01-03-1970 10:00\n")
    deliver(extracts, "tickets/glpi/a.json", b'[{"id": 9, "status": 1, "date": "1970-03-01"}]')
    before = take_in(extracts, state)
    bad = sum(record.quarantined_records for record in before.values())
    assert bad == 7
    code, said = run("quarantine", "--state", state.root, "--export", repair)
    assert (code, "left out" in said) == (0, False)
    for path in sorted(path for path in repair.rglob("*") if path.is_file()):
        mended = path.read_bytes().replace(b"1970", b"2026").replace(b"opne", b"open")
        deliver(extracts, path.relative_to(repair).as_posix(), mended)
    after = {name: record for name, record in take_in(extracts, state).items() if ".repaired-" in name}
    assert len(after) == 6
    assert {record.status for record in after.values()} == {"loaded"}
    assert sum(record.landed_records for record in after.values()) == bad
    # Ticket 1 was mended in both of its files, ticket 2 had come sound in one of them: two duplicates.
    assert sum(record.duplicate_records for record in after.values()) == 2
    assert run("quarantine", "--state", state.root, "--export", repair)[0] == 2


@pytest.mark.usefixtures("reading_in_a_child")
def test_what_is_given_out_stays_below_its_folder_and_keeps_its_header(tmp_path: Path) -> None:
    state, extracts, repair = State(tmp_path / "state"), tmp_path / "in", tmp_path / "repair"
    header = "\ufeffID;Titre;Statut;Date d'ouverture;".encode()
    deliver(
        extracts, "tickets/glpi/a..[1]*\n.csv", b"sep=;\r\n" + header[3:] + b"\r\n7;x;Nouveau;jamais;\r\n"
    )
    deliver(extracts, "tickets/glpi/b.csv", header + b"\n8;x;Nouveau;jamais;\n")
    take_in(extracts, state)
    assert run("quarantine", "--state", state.root, "--export", repair)[0] == 0
    made = sorted(path for path in repair.rglob("*") if path.is_file())
    assert [path.parent for path in made] == [repair / "tickets" / "glpi"] * 2
    assert all(letter not in path.name for path in made for letter in "[*\n")
    assert made[0].read_bytes() == b"sep=;\r\n" + header[3:] + b"\n7;x;Nouveau;jamais;\n"
    assert made[1].read_bytes() == header + b"\n8;x;Nouveau;jamais;\n"


def test_every_command_has_a_line_of_help_that_is_not_cut_and_tells_its_exit_codes() -> None:
    _, said = run("--help")
    commands = said.partition("Commands:")[2]
    assert "..." not in commands
    listed = [line.split()[0] for line in commands.splitlines() if line.strip()]
    # In the order in which somebody new meets them.
    assert listed == [
        *(
            "run",
            "backfill",
            "urgent",
            "doctor",
            "upgrade-check",
            "init",
            "pick-up",
            "preview",
            "tags",
            "quarantine",
            "cases",
            "score",
            "train",
            "labels",
            "explain",
            "generations",
        ),
        *("crm-dry-run", "deliver", "data-docs", "rebuild", "prepare-service", "sample"),
    ]
    for name in listed:
        code, said = run(name, "--help")
        assert code == 0
        if name in {"run", "rebuild", "doctor", "init", "crm-dry-run", "data-docs", "preview", "quarantine"}:
            assert "Exit codes:" in " ".join(said.split()), name


def test_explain_says_when_another_release_published_the_file(tmp_path: Path) -> None:
    (tmp_path / "serving").mkdir()
    with duckdb.connect(str(tmp_path / "serving" / "tolerance.duckdb")) as serving:
        serving.execute("create table fct_tolerance_current as select 'C1' as customer_id")
    code, said = run("explain", "C1", "--state", str(tmp_path))
    assert code == 2
    assert "was published by another release" in " ".join(said.split())
    assert "Traceback" not in said
