"""Landing by content hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tolerance.intake.landed import Landed, land_file


def test_a_file_lands_under_the_hash_of_its_content_whatever_its_name(tmp_path: Path) -> None:
    delivered = tmp_path / "a[1]*.csv"
    delivered.write_bytes(b"content")
    digest = hashlib.sha256(b"content").hexdigest()
    landed = land_file(delivered, tmp_path / "landing", tmp_path / "scratch")
    assert landed == Landed(digest, 7)
    assert [path.name for path in (tmp_path / "landing").iterdir()] == [digest]
    assert (tmp_path / "landing" / digest).read_bytes() == b"content"
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_content_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    delivered = tmp_path / "a.csv"
    delivered.write_bytes(b"content")
    first = land_file(delivered, tmp_path / "landing", tmp_path / "scratch")
    inode = (tmp_path / "landing" / first.sha256).stat().st_ino
    assert land_file(delivered, tmp_path / "landing", tmp_path / "scratch") == first
    assert (tmp_path / "landing" / first.sha256).stat().st_ino == inode
