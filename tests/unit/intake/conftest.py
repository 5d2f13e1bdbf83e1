"""An inbox, a fresh state, and no waiting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.ingesting import Deliver, looking_quickly
from tolerance.state import State


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TOLERANCE_IDENTITY_KEY", "key")
    with looking_quickly():
        yield


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


@pytest.fixture
def deliver(tmp_path: Path) -> Deliver:
    def write(name: str, text: str) -> None:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    (tmp_path / "in").mkdir()
    return write
