"""Who may read what: folders for others are the group's, the rest is the owner's, what lies beside stays."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tolerance import company
from tolerance.errors import UsageError
from tolerance.file_modes import keep_private, put_right, shared
from tolerance.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def put(path: Path, mode: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x", "utf-8")
    path.chmod(mode)
    return path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def settings(monkeypatch: pytest.MonkeyPatch, **given: str) -> None:
    monkeypatch.setattr(company, "variables", lambda _: {"shared_group": "", "shared_umask": "027"} | given)


def test_an_older_state_is_put_right_and_what_lies_beside_it_stays(state: State) -> None:
    secret = put(state.landing / "a", 0o644)
    published = put(state.serving, 0o600)
    beside = put(state.root / ".venv" / "bin" / "python", 0o755)
    put_right(state)
    modes = {path: mode_of(path) for path in (secret, state.landing, published, state.serving.parent)}
    assert [*modes.values()] == [0o600, 0o700, 0o640, 0o750]
    assert mode_of(state.root) == 0o711
    assert mode_of(state.acknowledgements) == 0o750
    assert mode_of(beside) == 0o755


def test_a_link_is_not_followed(state: State, tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "elsewhere", 0o644)
    state.acknowledgements.mkdir(parents=True)
    (state.acknowledgements / "link").symlink_to(elsewhere)
    put_right(state)
    assert mode_of(elsewhere) == 0o644


def test_the_umask_for_others_is_a_setting(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(monkeypatch, shared_umask="007")
    before = os.umask(0o022)
    try:
        keep_private()
        with shared(state.outbox):
            listed = state.outbox / "alerts.csv"
            listed.write_text("x", "utf-8")
        private = state.root / "private"
        private.write_text("x", "utf-8")
    finally:
        os.umask(before)
    assert mode_of(listed) == 0o660
    assert mode_of(state.outbox) == 0o770
    assert mode_of(private) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is in every group")
def test_the_group_is_given_to_what_is_there_and_to_what_comes(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = put(state.outbox / "alerts.csv", 0o600)
    settings(monkeypatch, shared_group="54321")
    put_right(state)
    with shared(state.outbox):
        (state.outbox / "later.csv").write_text("x", "utf-8")
    assert {path.stat().st_gid for path in (listed, state.outbox, state.outbox / "later.csv")} == {54321}


def test_a_group_that_does_not_exist_is_refused_in_one_sentence(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(monkeypatch, shared_group="no such group")
    state.root.mkdir()
    with pytest.raises(UsageError, match="no such group, which is no group of this machine"):
        put_right(state)
