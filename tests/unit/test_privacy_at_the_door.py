"""No address, no phone and no word of a customer leaves the places that are meant to hold them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tolerance import all_clear, inbox, quarantine
from tolerance.contracts import CONTRACTS, SOURCES
from tolerance.formats.content import Frame
from tolerance.intake.expect import expect
from tolerance.intake.land import land
from tolerance.intake.load import load
from tolerance.intake.read import read
from tolerance.readers.outcomes import outcome_of
from tolerance.records import Position, QuarantinedRecord
from tolerance.state import State

AS_OF = date(2026, 11, 20)
LOADED_AT = datetime(2026, 11, 21, 3, tzinfo=UTC).replace(tzinfo=None)

ADDRESS = "kanarienvogel-7f3a@gelb-9c1d.example"
PHONE = "+33 6 98 71 52 34"
WORD = "zwitscherlaut5e8b"
CANARIES = (ADDRESS, ADDRESS.upper(), "kanarienvogel", "gelb-9c1d", PHONE, PHONE.replace(" ", ""), WORD)

TEXT_COLUMNS = {"question", "subject", "body_text", "description"}
"""Text is kept for detection in `raw/` alone, where the retention table limits it."""

FILES = {
    "customers/a.csv": ";".join(CONTRACTS["customers"].field_names) + "\n"
    f"C1;{ADDRESS};{PHONE};2024-01-01;;fr\nC2;{ADDRESS};{PHONE};{WORD};;fr\n",
    "customers/b.csv": f"customer_id;{WORD}\nC1;{ADDRESS}\n",
    "faq/a.csv": "call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language\n"
    f"K1;C1;2026-11-01;Q1;{WORD};yes;N1;fr\nK2;C1;{WORD};Q1;{WORD};yes;N1;fr\nK3;{ADDRESS}\n",
    "tickets/a.csv": ";".join(CONTRACTS["tickets"].field_names) + "\n"
    f"T1;C1;{ADDRESS};2026-11-01;;;open;incident;;;{WORD};{WORD};;;\n"
    f"T2;C1;{ADDRESS};2026-11-01;;;{WORD};incident;;;{WORD};{WORD};;;\n",
    "tickets/a.json": f'{{"users":[{{"id":1,"email":"{ADDRESS}"}}],"tickets":[{{"id":7,"requester_id":1,'
    f'"status":"open","created_at":"2026-11-01T10:00:00Z","subject":"{WORD}"}},{{"id":"{WORD}"}}]}}',
    "customer_merges/a.csv": f"from_customer_id;to_customer_id;merged_on\nC2;C1;{WORD}\nC2;C1;2026-11-01\n",
    "reviews/a.csv": f"contact_id;decision;decided_by;decided_on;reason\nC1;no_incident;somebody;{WORD};\n",
    "acknowledgements/a.csv": ";".join(CONTRACTS["acknowledgements"].field_names) + "\n"
    f"{'a' * 32};closed;7;quality;{WORD};\n{'a' * 32};{WORD};7;quality;;\n{WORD};received;7;quality;;\n"
    f"{'a' * 32};received;7;quality;;\n",
    "mail/a.eml": f"From: {WORD} <{ADDRESS}>\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <1@x>\n"
    f"Subject: {WORD}\n\n{WORD}\n",
    "mail/b.eml": f"From: {ADDRESS}\nDate: {WORD}\n\n{WORD}\n",
}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> State:
    inbox._first_looks.clear()
    monkeypatch.setattr(inbox, "LOOK_INTERVAL_SECONDS", 0.0)
    monkeypatch.setenv("TOLERANCE_IDENTITY_KEY", "key")
    caplog.set_level(logging.DEBUG, logger="tolerance")
    for name, text in FILES.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    state = State(tmp_path / "state")
    for source in SOURCES:
        load_id = land(source, tmp_path / "in", AS_OF, state, LOADED_AT)
        assert load_id is not None
        read(source, load_id, state)
        expect(source, load_id, state)
        load(source, load_id, state)
    return state


def found_in(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary.lower() in text.lower()]


def raw_texts(state: State, *, with_text_columns: bool) -> Iterator[str]:
    for source in SOURCES:
        for path in (state.raw / source).glob("*/*.parquet"):
            for row in pq.read_table(path).to_pylist():
                yield from (
                    str(value) for key, value in row.items() if with_text_columns or key not in TEXT_COLUMNS
                )


def test_the_canaries_are_there_to_be_found(state: State) -> None:
    landed = "\n".join(path.read_text("utf-8") for path in state.landing.iterdir())
    assert set(found_in(landed)) >= {ADDRESS, PHONE, WORD}
    assert WORD in found_in("\n".join(raw_texts(state, with_text_columns=True)))
    kept = "\n".join(record.raw.decode() for record in quarantine.entries(state))
    assert set(found_in(kept)) >= {ADDRESS, WORD}


def test_raw_holds_addresses_and_phones_as_keyed_hashes_alone(state: State) -> None:
    for text in raw_texts(state, with_text_columns=False):
        assert found_in(text) == []
    assert ADDRESS not in "\n".join(raw_texts(state, with_text_columns=True))


def test_load_records_reasons_warnings_and_logs_hold_nothing_of_a_customer(
    state: State, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    shown = [path.read_text("utf-8") for path in state.loads.iterdir()]
    shown += [record.detail + record.reason for record in quarantine.entries(state)]
    shown += all_clear.of_loads(state, AS_OF)
    shown += [record.getMessage() for record in caplog.records]
    shown += capfd.readouterr()
    assert len(shown) > 10
    assert found_in("\n".join(shown)) == []


def test_a_reader_that_fails_logs_where_and_not_on_what(caplog: pytest.LogCaptureFixture) -> None:
    def fails(frame: Frame) -> dict[str, object]:
        raise KeyError(frame.raw.decode())

    frame = Frame(Position(1, 0, len(ADDRESS)), ADDRESS.encode())
    outcome = outcome_of(frame, fails, name="a.csv", content=frame.raw)
    assert isinstance(outcome, QuarantinedRecord)
    assert "a.csv, record 1: KeyError at outcomes.py:" in caplog.text
    assert ADDRESS not in caplog.text + outcome.detail
