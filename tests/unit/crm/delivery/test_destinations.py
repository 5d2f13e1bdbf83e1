"""Destinations are the company's; a mistake in them is a sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fixtures.crm import delivering
from tolerance.crm.delivery.destinations import (
    FolderDestination,
    SalesforceDestination,
    Value,
    chosen,
    destinations,
    read_destinations,
)
from tolerance.errors import UsageError

SALESFORCE = """
sf:
  kind: salesforce
  connection: salesforce
  object: Tolerance_Alert__c
  key_field: Alert_Id__c
  fields: { Priority__c: priority }
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "destinations.yml"
    path.write_text(text, "utf-8")
    return path


def test_without_the_companys_file_there_is_no_destination(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOLERANCE_COMPANY", raising=False)
    assert destinations() == ()
    assert chosen(()) == ()


def test_destinations_stand_in_the_companys_folder_and_are_chosen_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLERANCE_COMPANY", str(tmp_path))
    written(tmp_path, SALESFORCE + "drop: {kind: folder, path: /srv/crm, since: 2026-11-01}\n")
    sf, drop = destinations()
    assert isinstance(sf, SalesforceDestination)
    assert (sf.name, sf.batch_rows, sf.most_tries) == ("sf", 10_000, 5)
    assert isinstance(drop, FolderDestination)
    assert drop.since == date(2026, 11, 1)
    assert chosen(("drop",)) == (drop,)
    assert chosen(()) == (sf, drop)
    with pytest.raises(UsageError, match=r"no destination dropp \(drop looks like it\): .* has sf, drop\."):
        chosen(("dropp",))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- a", "holds no table"),
        ("a: [", "cannot be read"),
        ("A B: {kind: folder, path: /x}", "`A B`: a name has up to 64 small letters"),
        ("a: folder", "`a`: this must be a table"),
        ("a: {kind: hubspot}", "`a.kind`: 'hubspot' is no kind; allowed are folder, sftp, rest, salesforce"),
        ("a: {kind: folder, path: x}", "`a.path`: 'x' must begin with /"),
        ("a: {kind: folder, path: /x, pth: 1}", r"`a.pth`: there is no such key \(path looks like it\)"),
        ("a: {kind: folder}", "`a.path`: Field required"),
        ("a: {kind: folder, path: /x, most_tries: 0}", "`a.most_tries`: Input should be greater than"),
        (SALESFORCE.replace("{ Priority__c: priority }", "{}"), "`sf.fields`: .* at least 1"),
        (SALESFORCE.replace("Alert_Id__c", "Alert Id"), "`sf.key_field`: String should match"),
        (SALESFORCE + "  password: x\n", "`sf.password`: there is no such key"),
    ],
)
def test_a_mistake_is_a_sentence_that_names_the_key(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_destinations(written(tmp_path, text))


def test_fields_get_a_column_its_words_or_a_constant(tmp_path: Path) -> None:
    fields = delivering.destination(tmp_path).fields
    row = {
        "customer_id": "C1",
        "status": "open",
        "respond_by": datetime(2026, 11, 2, 23, tzinfo=UTC),
        "balance_after_points": Decimal("-1.500000"),
    }
    assert {name: value.of(row) for name, value in fields.items()} == {
        "subject": "C1",
        "state": "New",
        "respond_by": "2026-11-02T23:00:00Z",
        "balance": -1.5,
        "origin": "tolerance",
    }
    titled = Value(text="{customer_id} ({status}): to do", most_characters=11)
    assert titled.of(row) == "C1 (open): "
    assert titled.columns == {"customer_id", "status"}
    assert fields["state"].of(row | {"status": "closed"}) == "closed"  # no word for it: as it is
    assert fields["respond_by"].of(row | {"respond_by": None}) is None
