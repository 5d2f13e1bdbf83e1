"""The second count finds the same records wherever a file is cut into pieces."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.bad_files import random_files
from tolerance import framing, recount


@pytest.mark.parametrize("chunk", [40, 300, 1 << 20])
def test_the_count_does_not_depend_on_where_a_file_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(recount, "_CHUNK", chunk)
    counted = 0
    for _, name, content in random_files(60, seed=3):
        path = tmp_path / name
        path.write_bytes(content)
        frames = list(framing.csv_frames(content, b";", 0))[1:]
        assert recount.count_records(path, name) == len(frames)
        counted += len(frames)
    assert counted > 5_000
