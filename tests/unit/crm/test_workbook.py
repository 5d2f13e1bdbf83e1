"""The workbook for people, read back by openpyxl: typed, filtered, in their language, and never a formula."""

from __future__ import annotations

import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from tests.unit.crm.published import DAY, Alert, alerts, number, published_state, sorted_alerts
from tolerance import settings as settings_module
from tolerance.crm import told, workbook
from tolerance.crm.export import export_alerts, refused_lists
from tolerance.settings import settings


def exported(folder: Path, rows: list[Alert]) -> Workbook:
    state = published_state(folder, rows)
    export_alerts(state)
    return load_workbook(state.outbox / DAY / "alerts.xlsx")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    return exported(tmp_path_factory.mktemp("book") / "state", alerts())


def rows_of(book: Workbook, sheet: str) -> list[dict[str, Any]]:
    header, *rows = book[sheet].iter_rows()
    names = [cell.value for cell in header]
    return [dict(zip(names, row, strict=True)) for row in rows]


def values_of(book: Workbook, sheet: str, header: str) -> list[Any]:
    return [row[header].value for row in rows_of(book, sheet)]


def test_there_is_a_sheet_of_everything_and_one_per_role_under_its_name(book: Workbook) -> None:
    assert book.sheetnames == ["All", "Billing", "Operations"]
    ids = {name: values_of(book, name, "Alert") for name in book.sheetnames}
    assert ids["All"] == [row.alert_id for row in sorted_alerts()]
    assert ids["Billing"] == [number(3)]
    assert Counter(ids["Billing"] + ids["Operations"]) == Counter(ids["All"])


def test_dates_instants_and_numbers_are_typed_and_instants_are_local(book: Workbook) -> None:
    rows = {row["Alert"].value: row for row in rows_of(book, "All")}
    first = rows[number(1)]
    assert first["Occurred on"].value == datetime(2026, 11, 18)
    assert first["Occurred on"].is_date
    assert first["Respond by (Europe/Paris)"].value == datetime(2026, 11, 22, 0, 0)
    assert first["Respond by (Europe/Paris)"].is_date
    assert first["Balance today"].value == pytest.approx(-38.24)
    assert first["Priority"].value == 1
    # Winter time: the clocks go forward that night.
    assert rows[number(6)]["Respond by (Europe/Paris)"].value == datetime(2026, 3, 28, 23, 30)
    assert rows[number(2)]["Solved (Europe/Paris)"].value == datetime(2026, 11, 20, 14, 5, 9)
    assert rows[number(4)]["Balance today"].value is None


def test_text_is_text_whatever_it_looks_like(book: Workbook) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "inlineStr"}
    row = next(row for row in rows_of(book, "All") if row["Alert"].value == number(5))
    assert row["Customer"].value == '=HYPERLINK("https://x.test";"a")'
    assert row["Ticket"].value == "+1-2"
    assert len(row["Why, to read aloud"].value) == 32_767


def test_a_ticket_is_a_link_where_there_is_one(book: Workbook) -> None:
    rows = {row["Alert"].value: row["Ticket"] for row in rows_of(book, "All")}
    assert rows[number(1)].value == "4711"
    assert rows[number(1)].hyperlink.target == "https://desk.example/tickets/4711"
    assert rows[number(3)].value is None


def test_what_links_to_no_page_is_no_link(tmp_path: Path) -> None:
    alert = replace(Alert(number(1)), ticket_link="file:///etc/passwd")
    (row,) = rows_of(exported(tmp_path / "state", [alert]), "All")
    assert row["Ticket"].value == "4711"
    assert row["Ticket"].hyperlink is None


def test_the_header_is_frozen_and_every_sheet_has_a_filter_over_its_rows(book: Workbook) -> None:
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == f"A1:{sheet.cell(sheet.max_row, sheet.max_column).coordinate}"
        assert sheet.column_dimensions["E"].width > 60


def test_words_stand_for_codes_and_the_reason_is_in_the_customers_language(book: Workbook) -> None:
    rows = {row["Alert"].value: row for row in rows_of(book, "All")}
    retracted = rows[number(4)]
    assert retracted["Change"].value == "taken back"
    assert retracted["Why it is told"].value == "ticket deleted"
    assert rows[number(3)]["Ticket status"].value == "no ticket"
    assert rows[number(1)]["What happened"].value == "Service outage"
    assert rows[number(1)]["Why, to read aloud"].value.startswith("Service interrompu le")
    assert rows[number(2)]["Why, to read aloud"].value.startswith("Service outage on")
    assert rows[number(1)]["Role"].value == "Operations"


def test_a_company_reads_it_in_french(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    french = replace(settings(), team_language="fr")
    for module in (settings_module, told, workbook):
        monkeypatch.setattr(module, "settings", lambda: french)
    book = exported(tmp_path / "state", alerts())
    assert book.sheetnames == ["Tout", "Exploitation", "Facturation"]
    rows = {row["Alerte"].value: row for row in rows_of(book, "Tout")}
    assert rows[number(2)]["Ce qui s'est passé"].value == "Service interrompu"
    assert rows[number(2)]["Pourquoi, à lire à voix haute"].value.startswith("Service outage on")
    assert rows[number(2)]["À faire d'abord"].value.startswith("Rétablir le service")
    assert rows[number(2)]["Canal"].value == "téléphone"
    assert rows[number(4)]["Motif de l'envoi"].value == "ticket supprimé"


def test_the_same_rows_are_the_same_bytes_and_its_date_is_the_lists(tmp_path: Path) -> None:
    states = [published_state(tmp_path / name, alerts()) for name in ("first", "second")]
    for state in states:
        export_alerts(state)
    first, second = (state.outbox / DAY / "alerts.xlsx" for state in states)
    assert first.read_bytes() == second.read_bytes()
    assert load_workbook(first).properties.created == datetime(2026, 11, 20, tzinfo=UTC).replace(tzinfo=None)
    with zipfile.ZipFile(first) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_a_day_without_alerts_is_a_header(tmp_path: Path) -> None:
    book = exported(tmp_path / "state", [])
    assert book.sheetnames == ["All"]
    assert book["All"].max_row == 1


def test_roles_that_a_workbook_takes_for_one_name_are_told_apart(tmp_path: Path) -> None:
    roles = [f"{'r' * 31}:{no}" for no in range(3)] + ["ALL", "a/b*[c]"]
    rows = [replace(Alert(number(no)), owner_role=role) for no, role in enumerate(roles)]
    book = exported(tmp_path / "state", [*rows, replace(Alert(number(9)), owner_role=None)])
    assert book.sheetnames[0] == "All"
    assert len({name.casefold() for name in book.sheetnames}) == len(roles) + 1
    assert len(values_of(book, "All", "Alert")) == len(roles) + 1


def test_more_than_people_read_is_no_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 6)
    state = published_state(tmp_path / "state", alerts())
    export_alerts(state)
    assert not (state.outbox / DAY / "alerts.xlsx").exists()
    assert refused_lists(state, date.fromisoformat(DAY)) == [
        "alerts.xlsx was not written: 7 alerts are more than the 6 that people read in one: "
        "import alerts.csv."
    ]


def test_every_column_and_value_has_a_word_in_both_languages() -> None:
    english, french = (workbook._words(language) for language in ("en", "fr"))
    assert english["columns"].keys() == french["columns"].keys()
    assert {name: words.keys() for name, words in english["values"].items()} == {
        name: words.keys() for name, words in french["values"].items()
    }
    assert [column.name for column in workbook._COLUMNS] == list(english["columns"])
