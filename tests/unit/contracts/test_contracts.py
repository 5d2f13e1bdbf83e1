"""One contract per source: what derives from it, and that a field is secret unless it says otherwise."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.fixtures.canaries import CANARY, MAIL, UNDECLARED, header, line
from tests.fixtures.ingesting import rows
from tolerance import all_clear, inbox
from tolerance.cli import main
from tolerance.contracts import CONTRACTS, SOURCES, contracts_for_dbt
from tolerance.contracts.base import Contract, Field, Kind
from tolerance.intake.expect import expect
from tolerance.intake.land import land
from tolerance.intake.load import ensure_empty_sources, load
from tolerance.intake.read import read
from tolerance.preview import preview
from tolerance.profiles.profile import BY_CONTRACT
from tolerance.readers.outcomes import Outcome
from tolerance.records import AcceptedRecord, raw_schema
from tolerance.settings import settings
from tolerance.state import State

AS_OF = date(2026, 10, 15)
LOADED_AT = datetime(2026, 10, 16, 3, tzinfo=UTC).replace(tzinfo=None)

CHAT = Contract(
    source="chat",
    fields=(
        Field("message_id", is_required=True),
        Field("customer_id", is_public=True),
        Field("sent_at", Kind.INSTANT, on="sent_on", is_required=True, is_public=True),
        Field("message"),
    ),
    native_id="message_id",
    customer=("customer_id",),
    business_dates=("sent_on",),
)
"""A source that is not there: nothing of it is special."""


def test_a_field_is_secret_unless_it_says_that_it_is_public() -> None:
    assert [column.is_public for column in Field("text").columns] == [False]
    assert [column.is_public for column in Field("at", Kind.INSTANT, on="on").columns] == [False, False]


def test_only_ids_that_are_declared_public_are_published() -> None:
    assert contracts_for_dbt() == [
        {"source": "acknowledgements", "publishes_native_id": True, "default_system": ""},
        {"source": "customer_merges", "publishes_native_id": True, "default_system": ""},
        {"source": "customers", "publishes_native_id": True, "default_system": ""},
        {"source": "faq", "publishes_native_id": True, "default_system": "call_log"},
        {"source": "mail", "publishes_native_id": False, "default_system": ""},
        {"source": "reviews", "publishes_native_id": True, "default_system": ""},
        {"source": "tickets", "publishes_native_id": True, "default_system": "zendesk"},
    ]
    assert not CHAT.publishes_native_id


@pytest.mark.parametrize(
    "mistaken",
    [
        {"native_id": "id"},
        {"customer": ("who",)},
        {"business_dates": ("sent",)},
        {"deletion": "gone"},
        {"fields": (*CHAT.fields, Field("message_id"))},
        {"fields": (*CHAT.fields, Field("other", otherwise="nothing"))},
        {"fields": (*CHAT.fields, Field("at", Kind.INSTANT, on="on", needed_where=("nothing", "x")))},
    ],
)
def test_a_contract_that_names_what_it_does_not_declare_is_refused(mistaken: dict[str, object]) -> None:
    given = {"source": "chat", "fields": CHAT.fields, "native_id": "message_id", "customer": ("customer_id",)}
    with pytest.raises(ValueError, match="contract chat"):
        Contract(**(given | mistaken))  # type: ignore[arg-type]


def test_the_models_learn_what_is_published_from_a_file_that_is_written_anew(tmp_path: Path) -> None:
    state = State(tmp_path)
    ensure_empty_sources(state)
    told = state.contracts.read_text("utf-8")
    assert '{"source":"mail","publishes_native_id":false,"default_system":""}' in told.splitlines()
    state.contracts.write_text('{"source":"mail","publishes_native_id":true}\n')
    ensure_empty_sources(state)
    assert state.contracts.read_text("utf-8") == told
    assert [path.name for path in state.raw.iterdir() if path.is_file()] == ["contracts.ndjson"]


@pytest.fixture(params=[*SOURCES, "chat"])
def contract(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Contract:
    """Each contract in turn, and one of a source that has nothing but its contract."""
    monkeypatch.setitem(CONTRACTS, "chat", CHAT)
    for module in ("inbox", "quarantine", "all_clear", "intake.load"):
        monkeypatch.setattr(f"tolerance.{module}.SOURCES", (*SOURCES, "chat"))
    if request.param == "chat":  # a reading process of its own would not know it
        request.getfixturevalue("reading_here")
    return CONTRACTS[request.param]


@pytest.fixture
def extracts(tmp_path: Path, contract: Contract, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound record and bad ones, with secrets in all of them."""
    inbox._first_looks.clear()
    monkeypatch.setattr(inbox, "LOOK_INTERVAL_SECONDS", 0.0)
    monkeypatch.setenv("TOLERANCE_IDENTITY_KEY", "key")
    folder = tmp_path / "in" / contract.source
    folder.mkdir(parents=True)
    if contract.source == "mail":
        (folder / "a.eml").write_text(MAIL, "utf-8")
        (folder / "b.eml").write_text(MAIL.replace("Sat, 10 Oct 2026", CANARY), "utf-8")
        return tmp_path / "in"
    bad = {field.name: CANARY for field in contract.fields if field.kind in (Kind.DAY, Kind.INSTANT)}
    lines = [header(contract), line(contract), line(contract, **bad), f"{CANARY};{CANARY}"]
    (folder / "a.csv").write_text("\n".join([*lines, ""]), "utf-8")
    return tmp_path / "in"


def test_no_preview_log_message_or_list_shows_a_field_that_is_not_public(
    extracts: Path,
    contract: Contract,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="tolerance")
    source, state = contract.source, State(tmp_path / "state")
    load_id = land(source, extracts, AS_OF, state, LOADED_AT)
    assert load_id is not None
    read(source, load_id, state)
    expect(source, load_id, state)
    ensure_empty_sources(state)
    summary = load(source, load_id, state)
    assert summary.total("loaded_records") == 1
    assert summary.total("quarantined_records") >= 1
    (kept,) = rows(state, source)
    secret = [column.name for column in contract.columns if not column.is_public and not column.is_hash]
    assert all(CANARY in kept[name] for name in secret), "each secret is there to be found"
    assert not any(CANARY in str(value) for name, value in kept.items() if name not in secret)

    path = min((extracts / source).iterdir())
    found = preview(path, source, BY_CONTRACT, settings(), name=path.name, most_shown=9)
    assert found.accepted == 1
    shown = [str(found), *(summary_file.message or "" for summary_file in summary.files)]
    shown += [path.read_text("utf-8") for path in state.loads.iterdir()]
    shown += all_clear.of_loads(state, AS_OF)
    shown += [record.getMessage() for record in caplog.records]
    listed = CliRunner().invoke(main, ["quarantine", "--state", str(state.root)])
    assert f"{source} " in listed.output
    assert not [text for text in (*shown, listed.output) if CANARY in text.lower()]
    if contract.source != "mail":
        assert summary.files[0].new_columns == UNDECLARED
        assert UNDECLARED in found.columns.unread


def test_a_source_with_nothing_special_needs_no_reader_and_no_suite() -> None:
    assert CHAT.reader == "tabular"
    assert [column.name for column in CHAT.columns] == [
        *("message_id", "customer_id", "sent_at", "sent_on", "message")
    ]


def test_the_raw_schema_is_the_contracts_columns_and_the_lineage(contract: Contract) -> None:
    names = raw_schema(contract.source).names
    assert names[: len(contract.columns)] == [column.name for column in contract.columns]
    assert names[-1] == "_loaded_at"


HOSTILE = [
    "",
    " ",
    "x",
    "x" * 2_000,
    "-1",
    "Solved!",
    "ä" * 101,
    "yes, no",
    "\x00",
    f"{CANARY}@{CANARY}.example",
]
HASHES = re.compile(r"[0-9a-f]{64}(,[0-9a-f]{64})*")


@pytest.mark.parametrize("source", [source for source in SOURCES if CONTRACTS[source].takes_profiles])
def test_a_record_that_is_loaded_keeps_its_contract_whatever_was_delivered(
    source: str, read_bytes: Callable[..., list[Outcome]]
) -> None:
    contract = CONTRACTS[source]
    lines = [line(contract, **{field.name: bad}) for field in contract.fields for bad in HOSTILE]
    content = "\n".join([header(contract), *lines, ""]).encode()
    accepted = [
        outcome.values
        for outcome in read_bytes(source, "a.csv", content)
        if isinstance(outcome, AcceptedRecord)
    ]
    assert len(accepted) > len(contract.fields)
    for values in accepted:
        for field in contract.fields:
            value = values[field.columns[0].name]
            if field.is_required or field.otherwise or field.name == contract.deletion:
                assert value is not None, field.name
            if value is not None:
                _assert_kept(field, value)


def _assert_kept(field: Field, value: object) -> None:
    if field.columns[0].is_hash:
        assert HASHES.fullmatch(str(value)), field.name
    if field.kind is Kind.WORD:
        assert value in field.words, field.name
    if field.kind is Kind.OWN_ID:
        assert re.fullmatch(r"[0-9a-f]{32}", str(value)), field.name
    if field.kind is Kind.COUNT:
        assert int(str(value)) >= 0, field.name
    if field.kind is Kind.AMOUNT:
        assert Decimal(str(value)).is_finite(), field.name
    if field.most is not None:
        assert field.least <= len(str(value)) <= field.most, field.name
