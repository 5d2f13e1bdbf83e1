"""The key for hashing addresses, and what a hash depends on."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tolerance.identity import IdentityKeyError, address_hash, identity_key, phone_hash
from tolerance.state import State


def test_a_key_is_made_once_readable_by_its_owner_alone_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("TOLERANCE_IDENTITY_KEY", raising=False)
    state = State(tmp_path)
    first = identity_key(state)
    assert "made a key" in caplog.text
    assert first.decode() not in caplog.text
    assert stat.S_IMODE(state.identity_key.stat().st_mode) == 0o600
    assert identity_key(state) == first
    assert [path.name for path in state.identity_key.parent.iterdir()] == ["identity.key"]


def test_the_environment_gives_the_key_and_no_file_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLERANCE_IDENTITY_KEY", "of the company")
    assert identity_key(State(tmp_path)) == b"of the company"
    assert not State(tmp_path).identity_key.exists()


def test_an_empty_key_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOLERANCE_IDENTITY_KEY", raising=False)
    state = State(tmp_path)
    state.identity_key.parent.mkdir()
    state.identity_key.write_bytes(b"\n")
    with pytest.raises(IdentityKeyError, match="holds no key"):
        identity_key(state)


def test_an_address_is_known_again_whatever_its_case_and_blanks() -> None:
    assert address_hash(b"k", " Ana@Example.FR ") == address_hash(b"k", "ana@example.fr")
    assert address_hash(b"k", "ana@example.fr") != address_hash(b"other", "ana@example.fr")


def test_a_phone_is_known_again_however_it_is_written() -> None:
    assert phone_hash(b"k", "+33 1.23-45") == phone_hash(b"k", "0033 (1) 2345")
    assert phone_hash(b"k", "33 12345") != phone_hash(b"k", "+33 12345")
