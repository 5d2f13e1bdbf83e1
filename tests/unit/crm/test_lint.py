"""The linter finds each rule of a CRM broken, from the finished bytes, and shows no cell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tolerance.crm.lint import faults
from tolerance.crm.list_profile import Column, Kind, ListProfile
from tolerance.crm.writing import Part

PROFILE = ListProfile(
    name="strict",
    crm="Strict CRM",
    columns=(
        Column("Id", "alert_id", is_key=True),
        Column("Title", "title", most_characters=20),
        Column("Priority", "priority", Kind.PICKLIST, words={"1": "High", "2": "Low"}),
        Column("On", "raised_on", Kind.DATE),
        Column("At", "respond_by", Kind.INSTANT),
        Column("Points", "balance", Kind.NUMBER),
        Column("Solved", "is_solved", Kind.BOOLEAN),
        Column("State", "state", null=""),
    ),
    null="#N/A",
    most_rows=3,
    most_bytes=400,
)
HEADER = "Id,Title,Priority,On,At,Points,Solved,State\n"
GOOD = 'a1,"Late, again",High,2026-11-20,2026-11-21T23:00:00Z,-40.25,true,\n'
NULLS = "a2,#N/A,#N/A,#N/A,#N/A,#N/A,#N/A,\n"


def found(
    folder: Path, content: str | bytes, profile: ListProfile = PROFILE, rows: int | None = None
) -> list[str]:
    path = folder / "list.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    lines = path.read_bytes().count(b"\n") - 1
    return faults(profile, [Part(path, "alerts.csv", lines)], lines if rows is None else rows)


def test_a_good_list_has_no_fault(tmp_path: Path) -> None:
    assert found(tmp_path, HEADER + GOOD + NULLS) == []


def test_a_list_without_rows_has_no_fault(tmp_path: Path) -> None:
    assert found(tmp_path, HEADER) == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("\ufeff" + HEADER + GOOD, "strict/alerts.csv: it begins with a byte order mark"),
        (HEADER.replace(",On", ",Date") + GOOD, "strict/alerts.csv: column 4 of the header is not On"),
        (HEADER.replace(",State", ""), "strict/alerts.csv: column 8 of the header is not State"),
        (HEADER.replace("State", "State,More"), "strict/alerts.csv: column 9 of the header is one too many"),
        (HEADER.replace(",", ";"), "strict/alerts.csv: column 1 of the header is not Id"),
        ((HEADER + GOOD).replace("\n", "\r\n"), "strict/alerts.csv: its header does not end with LF"),
        (HEADER + GOOD + NULLS.replace("\n", "\r\n"), "not every line ends with LF, and none otherwise"),
        (HEADER + GOOD + NULLS[:-1], "not every line ends with LF, and none otherwise"),
        (HEADER + GOOD.replace("again", "a\x07n"), "row 1, Title: it holds a control character"),
        (HEADER + GOOD.replace("again", "a\u2028n"), "row 1, Title: it holds a control character"),
        (HEADER + GOOD.replace("again", "again " * 5), "row 1, Title: it is longer than 20 characters"),
        (HEADER + GOOD.replace('"Late, again"', "=1+1"), "row 1, Title: a spreadsheet runs it as a formula"),
        (HEADER + GOOD.replace("a1", "@a1"), "row 1, Id: a spreadsheet runs it as a formula"),
        (HEADER + GOOD.replace("a1", ""), "row 1, Id: the cell is empty"),
        (HEADER + GOOD.replace('"Late, again"', ""), "row 1, Title: the cell is empty"),
        (HEADER + NULLS + GOOD.replace("High", "Urgent"), "row 2, Priority: it is not one of High, Low"),
        (HEADER + GOOD.replace("High", "high"), "row 1, Priority: it is not one of High, Low"),
        (HEADER + GOOD.replace("2026-11-20", "20/11/2026"), "row 1, On: it is not a date, YYYY-MM-DD"),
        (HEADER + GOOD.replace("2026-11-20", "2026-13-20"), "row 1, On: it is not a date, YYYY-MM-DD"),
        (HEADER + GOOD.replace("00Z", "00"), "row 1, At: it is not an instant as the profile writes them"),
        (
            HEADER + GOOD.replace("-40.25", '"-40,25"'),
            "row 1, Points: it is not a number with a decimal point",
        ),
        (HEADER + GOOD.replace("-40.25", "1e3"), "row 1, Points: it is not a number with a decimal point"),
        (HEADER + GOOD.replace("true", "yes"), "row 1, Solved: it is not one of true, false"),
        (HEADER + GOOD + GOOD, "strict, Id: 1 rows have the key of another row"),
        (HEADER + GOOD + "a3,b\n", "has not as many cells as the header, or is not UTF-8"),
        ((HEADER + GOOD.replace("again", "é")).encode("latin-1"), "or is not UTF-8"),
        (HEADER + "".join(GOOD.replace("a1", f"a{no}") for no in range(4)), "takes 3 in a file"),
        (HEADER + "".join(GOOD.replace("a1", f"a{no}") for no in range(6)), "takes 400 in a file"),
    ],
)
def test_each_broken_rule_is_one_sentence(tmp_path: Path, content: str | bytes, fault: str) -> None:
    sentences = found(tmp_path, content)
    assert any(fault in sentence for sentence in sentences), sentences
    assert not [sentence for sentence in sentences if "Late" in sentence or "a1" in sentence]


def test_a_mark_that_the_crm_needs_is_missed(tmp_path: Path) -> None:
    marked = replace(PROFILE, has_bom=True)
    assert found(tmp_path, HEADER + GOOD, marked) == [
        "strict/alerts.csv: it begins without a byte order mark"
    ]
    assert found(tmp_path, "\ufeff" + HEADER + GOOD, marked) == []


def test_line_ends_of_windows_are_held_against_the_profile_too(tmp_path: Path) -> None:
    windows = replace(PROFILE, line_end="\r\n")
    assert found(tmp_path, (HEADER + GOOD).replace("\n", "\r\n"), windows) == []
    (fault,) = found(tmp_path, HEADER.replace("\n", "\r\n") + GOOD, windows)
    assert "not every line ends with CR LF" in fault


def test_a_row_that_is_missing_is_told(tmp_path: Path) -> None:
    assert found(tmp_path, HEADER + GOOD, rows=2) == ["strict: 1 rows are there, and 2 are told"]


def test_a_key_that_stands_in_two_files_is_told(tmp_path: Path) -> None:
    parts = []
    for number in (1, 2):
        path = tmp_path / f"{number}.csv"
        path.write_text(HEADER + GOOD, "utf-8")
        parts.append(Part(path, f"alerts-{number}.csv", 1))
    assert faults(PROFILE, parts, 2) == ["strict, Id: 1 rows have the key of another row"]


def test_a_signed_number_is_no_formula(tmp_path: Path) -> None:
    assert found(tmp_path, HEADER + GOOD.replace('"Late, again"', "+33612345678")) == []
