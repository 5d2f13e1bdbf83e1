"""The second count: of files of any size, and never so silent that its process is taken for stuck."""

from __future__ import annotations

import gzip
import resource
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.fixtures.bad_files import random_files
from tolerance import recount
from tolerance.formats.csv_records import csv_frames
from tolerance.formats.json_records import THE_DOCUMENT, json_arrays, span_frames

ENVELOPE = b"From a@b Thu Oct  1 10:00:00 2026\n"


def mailbox(mails: int, body: bytes) -> bytes:
    return b"".join(ENVELOPE + b"Subject: %d\n\n" % n + body + b"\n\n" for n in range(mails))


def test_an_envelope_counts_after_a_blank_line_and_outside_a_body_of_a_told_length(tmp_path: Path) -> None:
    quoted = b"hello\n\n" + ENVELOPE + b"\n"
    told = ENVELOPE + b"Content-Length: %d\n\n" % len(quoted) + quoted + b"\n"
    boxes = {
        b"": 0,
        b"no mailbox": 1,
        ENVELOPE + b"\nbody\n" + ENVELOPE: 1,
        ENVELOPE + b"\nbody\n\n" + ENVELOPE: 2,
        ENVELOPE.replace(b"\n", b"\r\n") + b"\r\nbody\r\n\r\n" + ENVELOPE: 2,
        b"text before\n\n" + ENVELOPE + b"\nbody\n": 2,
        b"\n\n" + ENVELOPE + b"\nbody\n": 1,
        ENVELOPE + b"\nbody\n\nFrom 10:30 on nobody answered.\nbye\n": 1,
        ENVELOPE + b"\nbody\n\nFrom c 2026-10-01 10:30\nSubject: x\n": 2,
        told + ENVELOPE + b"\nbody\n": 2,
        told.replace(b"Length: ", b"Length: 9") + ENVELOPE + b"\nbody\n": 3,
    }
    for content, mails in boxes.items():
        (tmp_path / "box").write_bytes(content)
        assert recount.count_records(tmp_path / "box", "a.mbox") == mails, content


@pytest.mark.parametrize("name", ["a.mbox", "a.mbox.gz"])
def test_a_mailbox_larger_than_the_memory_allowed_is_counted(tmp_path: Path, name: str) -> None:
    content = mailbox(150, b"x" * (1 << 20))
    (tmp_path / "box").write_bytes(content if name == "a.mbox" else gzip.compress(content, 1))
    code = (
        "import resource, pathlib, sys; from tolerance import recount\n"
        f"resource.setrlimit(resource.RLIMIT_DATA, ({100 << 20}, {100 << 20}))\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        f"print(recount.count_records(folder / 'box', {name!r}, scratch=folder))"
    )
    counted = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert counted.stdout == "150\n", counted.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["box"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"a;b\n" + b'1;"x"\n' * 900_000),
        ("a.ndjson", b'{"id": 1}\n' * 900_000),
        ("a.json", b'{"tickets": [' + b'{"id": 1},' * 300_000 + b'{"id": 1}]}'),
        ("a.json", b'{"tickets": [' + b'{"id": 1},' * 300_000),
        ("a.mbox", mailbox(100_000, b"x")),
    ],
)
def test_a_long_count_gives_signs_of_life(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    signs: list[float] = []

    def alive() -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        signs.append(used.ru_utime + used.ru_stime)

    alive()
    assert recount.count_records(tmp_path / "file", name, array="tickets", alive=alive) >= 100_000
    alive()
    assert max(later - earlier for earlier, later in pairwise(signs)) < 1
    assert len(signs) > 4


@pytest.mark.parametrize("chunk", [40, 300, 1 << 20])
def test_the_count_does_not_depend_on_where_a_file_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(recount, "_CHUNK", chunk)
    counted = 0
    for _, name, content in random_files(60, seed=3):
        path = tmp_path / name
        path.write_bytes(content)
        frames = list(csv_frames(content, b";", 0))[1:]
        assert recount.count_records(path, name) == len(frames)
        counted += len(frames)
    assert counted > 5_000


def test_a_deep_json_document_is_counted_in_little_memory(tmp_path: Path) -> None:
    deep = b'{"tickets": [' + b"[" * 50_000 + b"]" * 50_000 + b", 2]}"
    (tmp_path / "box").write_bytes(deep)
    code = (
        "import resource, pathlib; from tolerance import recount\n"
        f"resource.setrlimit(resource.RLIMIT_DATA, ({200 << 20}, {200 << 20}))\n"
        f"print(recount.count_records(pathlib.Path({str(tmp_path / 'box')!r}), 'a.json', array='tickets'))"
    )
    counted = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert counted.stdout == "2\n", counted.stderr


@pytest.mark.parametrize(
    ("document", "array", "count"),
    [
        (
            b'{"tickets": [1, [2], {"tickets": [1, 2]}], "x": {"tickets": [1]}, "y": [["tickets"]]}',
            "tickets",
            3,
        ),
        (b'{"tickets": [1], "tickets": [null]}', "tickets", 2),
        (b'{"tickets": {"a": [1, 2]}, "b": [1, 2]}', "tickets", 0),
        (b'[1, [1, 2], {"a": [1]}]', "", 3),
        (b'{"tickets": [1]}{"tickets": [2, 3], "x": [4]}\n{"x": [[5]]}', "tickets", 3),
        (b"[1]\n[2, 3]", "", 3),
    ],
)
def test_only_elements_of_the_array_itself_count(
    tmp_path: Path, document: bytes, array: str, count: int
) -> None:
    (tmp_path / "box").write_bytes(document)
    assert recount.count_records(tmp_path / "box", "a.json", array=array) == count


@pytest.mark.parametrize(
    "second", ["", " ", "x", "5", "null", "{", "[", "[1]", "{}", '{"a', '{"tickets": [2']
)
@pytest.mark.parametrize(
    "third", ["", '{"tickets": [3, NaN]}', "[4]", "]", '{"x": [[5]]}', ', {"tickets": [6]}']
)
@pytest.mark.parametrize("array", ["tickets", THE_DOCUMENT])
def test_documents_behind_one_another_count_as_framing_finds_them(
    tmp_path: Path, array: str, second: str, third: str
) -> None:
    first = '[{"tickets": [1]}]' if array == THE_DOCUMENT else '{"tickets": [1]}'
    content = f"{first}{second}{third}".encode()
    frames = list(span_frames(content, json_arrays(content, (array,)), array))
    (tmp_path / "box").write_bytes(content)
    named = "" if array == THE_DOCUMENT else array
    assert recount.count_records(tmp_path / "box", "a.json", array=named) == len(frames) > 0
