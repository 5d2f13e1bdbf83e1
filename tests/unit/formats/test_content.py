"""Bytes and archives as they are delivered, and the text in them."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from tolerance.formats.content import FileNotes, UndecodableError, content_of, text_of
from tolerance.records import FileRefusedError, RefusalReason


def test_text_is_utf8_else_cp1252_else_the_file_is_refused() -> None:
    notes = FileNotes()
    assert text_of("é".encode(), notes) == "é"
    assert notes.encoding == "utf-8"
    assert text_of("é€".encode("cp1252"), notes) == "é€"
    assert notes.encoding == "utf-8+cp1252"
    with pytest.raises(UndecodableError):
        text_of(b"\x81", notes)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8", "utf-8-sig"])
def test_text_of_two_bytes_a_letter_is_refused_with_what_to_do(
    tmp_path: Path, name: str, encoding: str
) -> None:
    content = "customer_id;email\nC1;a@b.fr\n".encode(encoding)
    path = tmp_path / "landed"
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    if encoding.startswith("utf-8"):
        with content_of(path, name=name, scratch=tmp_path) as read:
            assert read[:] == content
        return
    with (
        pytest.raises(FileRefusedError, match=f"{name} is UTF-16 .* save it as UTF-8") as refused,
        content_of(path, name=name, scratch=tmp_path),
    ):
        pass
    assert refused.value.reason == RefusalReason.BAD_ENCODING


MORE = gzip.compress(b"more", mtime=0)


# By name: pytest would write the bytes into each test's id.
AFTER_A_GZIP = {
    "nothing": (b"", b""),
    "padding": (b"\0" * 200_000, b""),
    "a second member": (MORE, b"more"),
    "padding and a second member": (b"\0" * 65_000 + MORE, b"more"),
    "an empty member": (gzip.compress(b"", mtime=0), b""),
}


AFTER_A_GZIP_REFUSED = {
    "a letter": (b"x", "has other bytes after the end of the gzip data"),
    "padding and rubbish": (
        b"\0\0rubbish\0" + b"x" * 100_000,
        "has other bytes after the end of the gzip data",
    ),
    "a member cut short": (MORE[:-3], "cut short or damaged"),
    "a member with a wrong sum": (MORE[:-8] + b"\0" * 8, "cut short or damaged"),
    "a member's first bytes and rubbish": (b"\x1f\x8brubbish", "cut short or damaged"),
}


@pytest.mark.parametrize("size", [10, 70_000, 3 << 20])
@pytest.mark.parametrize("after", AFTER_A_GZIP)
def test_a_gzip_is_read_with_every_member_that_follows(tmp_path: Path, size: int, after: str) -> None:
    content = random.Random(size).randbytes(size)
    tail, more = AFTER_A_GZIP[after]
    (tmp_path / "landed").write_bytes(gzip.compress(content) + tail)
    with content_of(tmp_path / "landed", name="a.csv.gz", scratch=tmp_path) as read:
        assert read[:] == content + more


@pytest.mark.parametrize("size", [10, 70_000, 3 << 20])
@pytest.mark.parametrize("after", AFTER_A_GZIP_REFUSED)
def test_what_follows_a_gzip_and_is_none_is_told(tmp_path: Path, size: int, after: str) -> None:
    tail, told = AFTER_A_GZIP_REFUSED[after]
    (tmp_path / "landed").write_bytes(gzip.compress(random.Random(size).randbytes(size)) + tail)
    with (
        pytest.raises(FileRefusedError, match=told),
        content_of(tmp_path / "landed", name="a.csv.gz", scratch=tmp_path),
    ):
        pass


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.eml", "box/cur/1:2,S"])
def test_a_gzip_under_another_name_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / "landed").write_bytes(gzip.compress(b"{}"))
    with (
        pytest.raises(FileRefusedError, match=f"{name} is a gzip file: name it {name}.gz") as refused,
        content_of(tmp_path / "landed", name=name, scratch=tmp_path),
    ):
        pass
    assert refused.value.reason == RefusalReason.UNKNOWN_FORM
