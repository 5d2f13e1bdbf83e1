"""Counts the records of a landed file a second time, by other means than the readers.

Nothing is shared with framing and readers: two counts that agree are worth something only if they
cannot make the same mistake. CSV records are joined by Python's csv module, JSON is walked by ijson,
mailboxes are looked at line by line.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO, cast

import ijson

_JOINED_AT_MOST = 1 << 20
_CHUNK = 1 << 20
_LONGEST_LINE = 8 << 20
_LARGEST_MAILBOX = 64 << 20
_LARGEST_FIELD = 1 << 28


def count_records(path: Path, name: str, delimiter: str = ";", array: str = "tickets") -> int | None:
    """How many records the landed file at `path` holds, delivered as `name`.

    `delimiter` parts the fields of a CSV, `array` is where a JSON document holds its records. Only for
    files that could be read: a refused one has none. None for a mailbox too large to be held at once.
    """
    plain = name.lower().removesuffix(".gz")

    def opened() -> IO[bytes]:
        return path.open("rb") if plain == name.lower() else cast(IO[bytes], gzip.open(path, "rb"))

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
        if path.stat().st_size > _LARGEST_MAILBOX:
            return None
        with opened() as file:
            return _count_mails(file)
    return 1


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines without their ends, whatever ends them; of an endless one only so much as tells it apart."""
    for lines, _ in _many_lines(file):
        yield from lines


def _many_lines(file: IO[bytes]) -> Iterator[tuple[list[bytes], bool]]:
    """The same lines, some thousands at a time, and whether there is a quote in them."""
    rest = file.read(3).removeprefix(b"\xef\xbb\xbf")
    while chunk := file.read(_CHUNK):
        if chunk.endswith(b"\r"):
            chunk += file.read(1)
        text = rest + chunk
        lines = _parted(text)
        rest = lines.pop()
        if len(rest) > _LONGEST_LINE:
            rest = rest[:_CHUNK].replace(b'"', b".") + b"."
        yield lines, b'"' in text
    yield _parted(rest), b'"' in rest


def _parted(text: bytes) -> list[bytes]:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")


# CSV: one record is what csv.reader takes for one; an unclosed quote ends with its line -------


def _count_csv(file: IO[bytes], delimiter: str) -> int:
    csv.field_size_limit(_LARGEST_FIELD)
    more = _many_lines(file)
    lines: deque[bytes] = deque()
    records = -1  # the header is none
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
    """Follow a record with quotes through the next lines; what was looked at in vain is given back."""
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
    """The elements of the array in a whole document, or None when it is none."""
    inside = f"{array}.item" if array else "item"
    begins = {"start_map", "start_array", "string", "number", "boolean", "null"}
    count = 0
    try:
        for prefix, event, _ in ijson.parse(file):
            count += prefix == inside and event in begins
    except (ijson.JSONError, UnicodeDecodeError, ValueError):
        return None
    return count


def _count_broken_json(file: IO[bytes], array: str) -> int:  # noqa: PLR0912  (one automaton)
    """The elements before the place where a document breaks off, and one for the rest."""
    count, depth, is_text, is_escaped, has_content, is_inside = 0, 0, False, False, False, False
    word, is_over = bytearray(), False
    while chunk := file.read(_CHUNK):
        for code in chunk:
            letter = chr(code)
            if is_over:
                if letter.strip(" \t\r\n\x0b\x0c"):
                    return count + 1
                continue
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


def _count_mails(file: IO[bytes]) -> int:
    """Envelope lines after blank ones; those inside a body whose length is told and right are none."""
    content = file.read()
    position, count, was_blank, trusted = 0, 0, True, 0
    lines = content.split(b"\n")
    for number, line in enumerate(lines):
        if line.startswith(b"From ") and was_blank and position >= trusted and _is_envelope(lines, number):
            count += 1
            trusted = _told_end(content, position)
            if count == 1 and content[:position].strip():
                count = 2
        was_blank = line in (b"", b"\r")
        position += len(line) + 1
    return count if count or not content else 1


_WEEKDAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
_MONTHS = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
_LONGEST_ENVELOPE = 500
_LONGEST_HEADER_NAME = 80


def _is_envelope(lines: list[bytes], number: int) -> bool:
    """A line that tells weekday, month and time of day; or the time alone, and a header follows."""
    is_last = number + 1 == len(lines)
    line = lines[number] if is_last else lines[number].removesuffix(b"\r")
    if b"\r" in line or len(line) > _LONGEST_ENVELOPE + len("From "):
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
    name, colon, _ = (b"" if is_last else lines[number + 1]).partition(b":")
    return bool(colon) and 0 < len(name) <= _LONGEST_HEADER_NAME and all(32 < code < 127 for code in name)  # noqa: PLR2004


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _told_end(content: bytes, position: int) -> int:
    """Where a message ends by its Content-Length, if the next envelope or the end is there; else 0."""
    end_of_headers = _BLANK_LINE.search(content, position, position + _LONGEST_HEADERS)
    if end_of_headers is None:
        return 0
    blank = end_of_headers.start()
    told = b""
    for line in content[position:blank].split(b"\n"):
        value = line[len(_LENGTH) :].removesuffix(b"\r").strip(b" \t")
        if (
            line.lower().startswith(_LENGTH)
            and _is_digits(value.decode("latin-1"))
            and len(value) <= _MOST_DIGITS
        ):
            told = value
            break
    if not told:
        return 0
    end = blank + (2 if content[blank + 1 : blank + 2] == b"\n" else 3) + int(told)
    after = content[end : end + 16]
    for _ in range(3):
        after = after.removeprefix(b"\r\n" if after.startswith(b"\r\n") else b"\n")
    is_confirmed = end <= len(content) and (not after or after.startswith(b"From "))
    return end if is_confirmed else 0


_BLANK_LINE = re.compile(rb"\n\r?\n")
_LENGTH = b"content-length:"
_MOST_DIGITS = 12
_LONGEST_HEADERS = 250 << 10
