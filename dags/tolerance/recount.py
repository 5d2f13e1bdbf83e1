"""Counts the records of a landed file a second time, by other means than the readers.

It shares nothing with formats and readers: two counts that agree prove something only if they cannot
make the same mistake. Python's csv module joins CSV records, ijson walks JSON, mailboxes are read line
by line.
"""

from __future__ import annotations

import csv
import gzip
import mmap
import os
import re
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO, BinaryIO, cast

import ijson

_JOINED_AT_MOST = 1 << 20
_CHUNK = (
    1 << 18
)  # lines with quotes are looked at one by one: a larger piece leaves a slow machine silent for a second
_LONGEST_LINE = 8 << 20
_LARGEST_FIELD = 1 << 28


def count_records(
    path: Path,
    name: str,
    delimiter: str = ";",
    array: str = "",
    *,
    scratch: Path | None = None,
    alive: Callable[[], None] = lambda: None,
) -> int:
    """How many records the landed file at `path` holds, delivered as `name`.

    `delimiter` separates the fields of a CSV, `array` is where a JSON document holds its records; a packed
    mailbox is unpacked to a file in `scratch`. `alive` is called regularly. Only for files that were read,
    not for refused ones.
    """
    plain = name.lower().removesuffix(".gz")

    def opened() -> IO[bytes]:
        is_packed = plain != name.lower()
        return cast(IO[bytes], _Watched(gzip.GzipFile(path) if is_packed else path.open("rb"), alive))

    if plain.endswith(".csv"):
        with opened() as file:
            return _count_csv(file, delimiter)
    if plain.endswith((".ndjson", ".jsonl")):
        with opened() as file:
            return sum(1 for line in _lines(file) if line.strip())
    if plain.endswith(".json"):
        with opened() as file:
            if not file.read(1):
                return 0
        with opened() as file:
            count = _count_json(file, array)
        if count is not None:
            return count
        with opened() as file:
            return _count_broken_json(file, array)
    if plain.endswith(".mbox"):
        if plain == name.lower():
            with path.open("rb") as mailbox:
                return _count_mails(mailbox, alive)
        with opened() as packed, tempfile.TemporaryFile(dir=scratch) as unpacked:
            shutil.copyfileobj(packed, unpacked, _CHUNK)
            unpacked.flush()
            return _count_mails(unpacked, alive)
    return 1


class _Watched:
    """A file that gives a sign of life at each read."""

    def __init__(self, file: BinaryIO | gzip.GzipFile, alive: Callable[[], None]) -> None:
        self._file, self._alive = file, alive

    def read(self, size: int = -1) -> bytes:
        self._alive()
        return self._file.read(size)

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines without their ends, whatever ends them; of an endless line only a bounded beginning."""
    for lines, _ in _many_lines(file):
        yield from lines


def _many_lines(file: IO[bytes]) -> Iterator[tuple[list[bytes], bool]]:
    """The same lines, some thousands at a time, and whether any has a quote."""
    parts: list[bytes] = []
    size = 0
    chunk = file.read(3).removeprefix(b"\xef\xbb\xbf") + file.read(_CHUNK)
    while chunk:
        if chunk.endswith(b"\r"):
            chunk += file.read(1)
        first, *others = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if size <= _LONGEST_LINE:
            parts.append(first)
        size += len(first)
        if others:
            line = _line(parts, size)
            yield [line, *others[:-1]], b'"' in line or b'"' in chunk
            parts, size = [others[-1]], len(others[-1])
        chunk = file.read(_CHUNK)
    line = _line(parts, size)
    yield [line], b'"' in line


def _line(parts: list[bytes], size: int) -> bytes:
    """A line from its parts; the quotes of a line too long to be joined are dropped."""
    return parts[0][:_CHUNK].replace(b'"', b".") + b"." if size > _LONGEST_LINE else b"".join(parts)


# CSV: records as csv.reader sees them; an unclosed quote ends with its line -----------------


def _count_csv(file: IO[bytes], delimiter: str) -> int:
    csv.field_size_limit(_LARGEST_FIELD)
    more = _many_lines(file)
    lines: deque[bytes] = deque()
    records = -1  # the header is not a record
    is_first = True
    while True:
        if not lines:
            many, has_quotes = next(more, (None, False))
            if many is None:
                return max(records, 0)
            if records >= 0 and not has_quotes:
                records += sum(map(bool, map(bytes.strip, many)))
            else:
                lines.extend(many)
            continue
        line = lines.popleft()
        if not line.strip():
            continue
        if is_first and line == f"sep={delimiter}".encode():
            is_first = False
            continue
        is_first = False
        records += 1
        if b'"' in line:
            lines.extendleft(reversed(_lines_not_joined(line, lines, more, delimiter)))


def _lines_not_joined(
    line: bytes, lines: deque[bytes], more: Iterator[tuple[list[bytes], bool]], delimiter: str
) -> list[bytes]:
    """Follow a record with quotes through the next lines; return the lines that do not belong to it."""
    looked_at: list[bytes] = []

    def feed() -> Iterator[str]:
        yield line.decode("latin-1") + "\n"
        size = len(line)
        while True:
            while not lines:
                many, _ = next(more, (None, False))
                if many is None:
                    return
                lines.extend(many)
            following = lines.popleft()
            looked_at.append(following)
            size += len(following) + 1
            if size > _JOINED_AT_MOST:
                return
            yield following.decode("latin-1") + "\n"

    try:
        next(csv.reader(feed(), delimiter=delimiter, strict=True))
    except csv.Error:
        return looked_at
    return []


# JSON -------------------------------------------------------------------------------------


_IN_A_VALUE = 2  # how deep


def _count_json(file: IO[bytes], array: str) -> int | None:
    """The elements of the array in consecutive whole documents, or None where a document is broken."""
    # Not `ijson.parse`: it builds the path of each event, which takes gigabytes for a deep document.
    count, depth, key, is_inside = 0, 0, "", not array
    at = 2 if array else 1  # the depth of the elements
    try:
        for event, value in ijson.basic_parse(file, multiple_values=True):
            if depth == 0 and event != ("start_map" if array else "start_array"):
                return None
            if event in ("end_map", "end_array"):
                depth -= 1
                key = key if depth else ""  # the next document begins without a key
            elif event == "map_key":
                key = value if depth == 1 else key
            else:
                count += is_inside and depth == at
                if depth == at - 1:
                    is_inside = event == "start_array" and key == array
                depth += event in ("start_map", "start_array")
    except (ijson.JSONError, UnicodeDecodeError, ValueError):
        return None
    return count


def _count_broken_json(file: IO[bytes], array: str) -> int:  # noqa: PLR0912  (one automaton)
    """The elements before the place where a document breaks off, plus one for the rest."""
    count, depth, is_text, is_escaped, has_content, is_inside = 0, 0, False, False, False, False
    word, is_over = bytearray(), False
    while chunk := file.read(_CHUNK):
        for code in chunk:
            letter = chr(code)
            if is_over:
                if not letter.strip(" \t\r\n\x0b\x0c"):
                    continue
                if letter != ("{" if array else "["):
                    return count + 1
                word.clear()  # one more document
                depth, is_over, is_inside, has_content = 0, False, False, False
            if is_text:
                if is_escaped:
                    is_escaped = False
                elif letter == "\\":
                    is_escaped = True
                elif letter == '"':
                    is_text = False
                if is_text and depth == 1:
                    word.append(code)
                continue
            if letter == '"':
                if depth == 0:
                    return count + 1
                is_text, has_content = True, True
                if depth == 1:
                    word.clear()
            elif letter in "{[":
                if depth == 0 and letter == "[" and not array:
                    depth, is_inside, has_content = _IN_A_VALUE, True, False
                    continue
                if depth == 0 and letter == "[":
                    return count + 1
                depth += 1
                if depth == _IN_A_VALUE and letter == "[" and bytes(word) == array.encode():
                    is_inside, has_content = True, False
                else:
                    has_content = True
            elif letter in "}]":
                depth -= 1
                if depth == 1 and is_inside:
                    count += has_content
                    is_inside = False
                if depth <= (0 if array else 1):
                    is_over = True
            elif letter == ",":
                if depth == 0:
                    return count + 1
                if depth == _IN_A_VALUE and is_inside:
                    count += has_content
                    has_content = False
            elif letter.strip():
                has_content = True
    return count if is_over else count + 1


# Mail -------------------------------------------------------------------------------------


def _count_mails(mailbox: IO[bytes], alive: Callable[[], None]) -> int:
    """Envelope lines after blank ones, except inside a body whose declared length is right."""
    size = mailbox.seek(0, os.SEEK_END)
    if not size:
        return 0
    with mmap.mmap(mailbox.fileno(), size, access=mmap.ACCESS_READ) as content:
        return _envelopes(content, alive) or 1


def _envelopes(content: mmap.mmap, alive: Callable[[], None]) -> int:
    count, trusted, looked_at = 0, 0, 0
    position = content.find(_FROM)
    while position >= 0:
        if position - looked_at > _CHUNK:
            alive()
            looked_at = position
        if (
            position >= trusted
            and _follows_a_blank_line(content, position)
            and _is_envelope(content, position)
        ):
            count += 1
            trusted = _declared_end(content, position)
            if count == 1 and _has_text(content, position, alive):
                count = 2
        position = content.find(_FROM, position + 1)
    return count


_FROM = b"From "


def _follows_a_blank_line(content: mmap.mmap, position: int) -> bool:
    before = content[max(position - 3, 0) : position]
    return before in (b"", b"\n", b"\r\n") or before.endswith((b"\n\n", b"\n\r\n", b"\r\r", b"\n\r"))


def _has_text(content: mmap.mmap, upto: int, alive: Callable[[], None]) -> bool:
    """Whether there is anything but blanks before a position."""
    for start in range(0, upto, _CHUNK):
        alive()
        if content[start : min(start + _CHUNK, upto)].strip():
            return True
    return False


_WEEKDAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
_MONTHS = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
_LONGEST_ENVELOPE = 500
_LONGEST_HEADER_NAME = 80


def _is_envelope(content: mmap.mmap, position: int) -> bool:
    """A line with weekday, month and time of day; or with the time alone, followed by a header."""
    longest = len(_FROM) + _LONGEST_ENVELOPE
    line = content[position : position + longest + 1].partition(b"\n")[0].partition(b"\r")[0]
    if len(line) > longest:
        return False
    text = line[5:].decode("latin-1")
    hours = text.split(":")
    has_time = any(
        _is_digits(before[-1:]) and _is_digits(after[:2]) and after[1:2] for before, after in pairwise(hours)
    )
    if not has_time:
        return False
    spaced = "".join(
        letter if letter == "_" or (letter.isascii() and letter.isalnum()) else " " for letter in text
    )
    words = set(spaced.split())
    if words & _WEEKDAYS and words & _MONTHS:
        return True
    follows = position + len(line)
    follows += 2 if content[follows : follows + 2] == b"\r\n" else 1
    name, colon, _ = content[follows : follows + _LONGEST_HEADER_NAME + 1].partition(b":")
    return bool(colon) and 0 < len(name) <= _LONGEST_HEADER_NAME and all(32 < code < 127 for code in name)  # noqa: PLR2004


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _declared_end(content: mmap.mmap, position: int) -> int:
    """Where a message ends by its Content-Length, if an envelope or the end of the file follows; else 0."""
    end_of_headers = _BLANK_LINE.search(content, position, position + _LONGEST_HEADERS)
    if end_of_headers is None:
        return 0
    blank = end_of_headers.start()
    length = b""
    for line in content[position:blank].split(b"\n"):
        value = line[len(_LENGTH) :].removesuffix(b"\r").strip(b" \t")
        if (
            line.lower().startswith(_LENGTH)
            and _is_digits(value.decode("latin-1"))
            and len(value) <= _MOST_DIGITS
        ):
            length = value
            break
    if not length:
        return 0
    end = blank + (2 if content[blank + 1 : blank + 2] == b"\n" else 3) + int(length)
    after = content[end : end + 16]
    for _ in range(3):
        after = after.removeprefix(b"\r\n" if after.startswith(b"\r\n") else b"\n")
    is_confirmed = end <= len(content) and (not after or after.startswith(b"From "))
    return end if is_confirmed else 0


_BLANK_LINE = re.compile(rb"\n\r?\n")
_LENGTH = b"content-length:"
_MOST_DIGITS = 12
_LONGEST_HEADERS = 250 << 10
