"""A folder of cases is read, and each case held against what is right of it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from tolerance.cases import verdicts_of
from tolerance.cli import main
from tolerance.settings import settings

MAIL = (
    "From: Ana <ana@x.fr>\nDate: Thu, 1 Oct 2026 10:00:00 +0200\nSubject: Colis\n"
    "Content-Type: text/plain; charset=utf-8\n\nToujours\nrien reçu.\n"
)
RIGHT = {
    "has": "rien reçu",
    "hasnot": ["merci", "bonjour"],
    "body": "Toujours rien reçu.",
    "from": "ANA@x.fr",
    "date": "2026-10-01 08:00:00",
    "kind": "customer",
    "subject": "Colis",
}


def cases(folder: Path, *expected: dict[str, object]) -> list[bool]:
    (folder / "m.eml").write_text(MAIL, encoding="utf-8")
    listing = [{"file": "m.eml", "expected": part} for part in expected]
    (folder / "expected.json").write_bytes(orjson.dumps(listing))
    return [verdict.is_right for verdict in verdicts_of(folder, settings())]


def test_each_expectation_of_a_mail_is_met_or_not(tmp_path: Path) -> None:
    assert cases(tmp_path, {}, RIGHT) == [True, True]
    wrong = {
        "has": ["rien", "perdu"],
        "hasnot": "rien",
        "body": "Toujours",
        "from": None,
        "date": "2026-10-01 08:00:01",
        "kind": "bounce",
        "subject": "colis",
    }
    assert wrong.keys() == RIGHT.keys()
    assert cases(tmp_path, *({key: value} for key, value in wrong.items())) == [False] * len(wrong)


def test_a_case_that_is_wrong_ends_the_command_with_1(tmp_path: Path) -> None:
    cases(tmp_path, RIGHT)
    assert CliRunner().invoke(main, ["cases", str(tmp_path)]).exit_code == 0
    cases(tmp_path, {"kind": "bounce"})
    told = CliRunner().invoke(main, ["cases", str(tmp_path)])
    assert told.exit_code == 1
    assert "0 of 1 right" in told.output


def test_a_case_whose_mail_does_not_load_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "expected.json").write_bytes(orjson.dumps([{"file": "bad.eml", "expected": {}}] * 2))
    (tmp_path / "bad.eml").write_text("just words")
    assert [verdict.is_right for verdict in verdicts_of(tmp_path, settings())] == [False, False]


def test_texts_give_the_shares_of_their_groups(tmp_path: Path) -> None:
    listing = tmp_path / "texts.json"
    listing.write_bytes(
        orjson.dumps(
            [
                {"id": "a", "group": "g", "text": "Hello\n> old", "own_text": "Hello"},
                {"id": "b", "group": "g", "text": "Hello\n> old", "own_text": "old", "or": "Hello"},
                {"id": "c", "group": "h", "text": "Hello there", "keeps": "Bye"},
            ]
        )
    )
    told = CliRunner().invoke(main, ["cases", str(listing)])
    assert told.exit_code == 1
    assert "g: 2 of 2 right" in told.output
    assert "h: 0 of 1 right" in told.output


@pytest.mark.parametrize(
    "listing", [None, b"{", b'[{"file": "m.eml"}]', b'[{"file": "m.eml", "expected": {"x": 1}}]']
)
def test_what_is_no_folder_of_cases_is_told_in_a_sentence(tmp_path: Path, listing: bytes | None) -> None:
    cases(tmp_path, {})
    if listing is None:
        (tmp_path / "expected.json").unlink()
    else:
        (tmp_path / "expected.json").write_bytes(listing)
    told = CliRunner().invoke(main, ["cases", str(tmp_path)])
    assert told.exit_code == 2
    assert "expected.json" in told.output
