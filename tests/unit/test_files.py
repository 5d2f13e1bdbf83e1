"""Files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tolerance import files


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    files.write_text(path, "old")

    def write_and_fail() -> None:
        with files.appearing(path) as temporary:
            temporary.write_text("half", "utf-8")
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="disk is full"):
        write_and_fail()
    assert path.read_text("utf-8") == "old"


def test_what_a_killed_run_left_half_written_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    (tmp_path / ".list.csv.part").write_text("half", "utf-8")
    files.write_text(path, "new")
    assert path.read_text("utf-8") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["list.csv"]


def test_line_ends_are_written_as_given(tmp_path: Path) -> None:
    files.write_text(tmp_path / "a", "1\r\n2\n")
    assert (tmp_path / "a").read_bytes() == b"1\r\n2\n"
