"""Rows on their way to disk, however many a file has."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from tests.fixtures.ingesting import CALLS, Deliver, call, counts, quarantined, rows, take_in
from tolerance.intake import stage
from tolerance.intake.stage import _Positions
from tolerance.records import Position
from tolerance.state import State


def test_a_file_larger_than_a_batch_is_loaded_or_refused_whole(
    state: State, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "BATCH_ROWS", 10)
    deliver("faq/good.csv", CALLS + "".join(call(n) for n in range(95)))
    deliver("faq/bad.csv", CALLS + "".join(call(n) for n in range(200, 249)) + "x\n" * 51)
    summary = counts(take_in(state))
    assert summary["good.csv"] == ("loaded", 95, 95, 0, 0)
    assert summary["bad.csv"] == ("refused", 100, 0, 0, 100)
    assert len(rows(state)) == 95
    assert len(quarantined(state)) == 100


def test_positions_on_disk_come_back_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "_POSITIONS_BYTES", 100)
    positions = _Positions(tmp_path / "scratch")
    wanted = [Position(n, 10 * n, 10 * n + 9) for n in range(1, 50)]
    for position in wanted:
        positions.add(array("q", (position.record_no, position.byte_start, position.byte_end)))
    assert (len(positions), list(positions)) == (49, wanted)
    positions.clear()
    assert (len(positions), list(positions)) == (0, [])
