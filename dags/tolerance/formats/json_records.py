"""The records of JSON files: one per line, or the elements of arrays in a document."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from tolerance.formats.content import (
    CHUNK_BYTES,
    KEPT_BYTES_OF_OVERSIZED,
    Content,
    Frame,
    frame_between,
    lines_of,
    release,
    start_of_text,
)
from tolerance.records import Position, QuarantineReason
from tolerance.sandbox import limits

_JSON_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],]|"', re.DOTALL)
_NOT_BLANK = re.compile(rb"[^ \t\n\r\x0b\f]")

FIRST_INEXACT = 2**53
"""From this size on a float stands for several whole numbers, so such a number cannot be an id."""

THE_DOCUMENT = "$"
"""The name of the array when the whole document is an array."""


@dataclass(slots=True)
class JsonArrays:
    """Where the elements of the wanted arrays of a JSON object are.

    `broken_from` is where reading had to stop, or None for a whole document.
    """

    elements: dict[str, array[int]]
    broken_from: int | None = None

    def spans(self, key: str) -> Iterator[tuple[int, int]]:
        """Start and end of each element of one array, in bytes."""
        numbers = iter(self.elements.get(key, ()))
        return zip(numbers, numbers, strict=True)


def ndjson_frames(content: Content) -> Iterator[Frame]:
    """One frame per line; blank lines are skipped."""
    record_no = 0
    for start, end, _ in lines_of(content, start_of_text(content)):
        frame = frame_between(content, record_no + 1, start, end)
        if frame.raw.strip():
            record_no += 1
            yield frame


def json_arrays(content: Content, wanted: tuple[str, ...]) -> JsonArrays:
    """Find the elements of the arrays named `wanted` in a JSON object, without parsing them.

    `_embedded.tickets` is the array `tickets` of the object `_embedded`, or one under that very name.
    Only brackets and strings are read, in one pass; the reader judges what an element
    holds. A missing array has no entry. Where `wanted` holds `$`, the document itself may be
    an array. Consecutive documents of one kind, such as the pages of an export in one file,
    count as one.
    """
    found = JsonArrays({})
    deepest = max(name.count(".") for name in wanted) + 1  # objects that a wanted array lies in
    depth, level, begin = 0, 0, -1  # level: how deep the elements of the wanted array lie
    keys: list[str] = []  # that lead to the value here, the outermost first
    is_array = False
    next_look = 0
    for match in _JSON_TOKEN.finditer(content):
        if match.end() > next_look:
            limits.alive()
            release(content, match.start())
            next_look = match.end() + CHUNK_BYTES
        token = match.group()
        if depth == 0 and token == b"[" and THE_DOCUMENT in wanted:
            is_array = True
        elif token == b'"' or (depth == 0 and token != b"{"):
            break  # a string that never ends, or a document that is not an object
        if token in b"{[":
            depth += 1
            is_outside = token == b"[" and begin < 0 and len(keys) == depth - 1
            if is_outside and (name := ".".join(keys) or THE_DOCUMENT) in wanted:
                elements = found.elements.setdefault(name, array("q"))
                level, begin = depth, match.end()
        elif token in b"}]":
            depth -= 1
            if depth == level - 1 and begin >= 0:
                _end_element(content, elements, begin, match.start())
                begin = -1
            if depth == 0:
                following = _NOT_BLANK.search(content, match.end())
                if following is None or following.group() != (b"[" if is_array else b"{"):
                    # Anything but blanks and another document of that kind is one more broken piece.
                    found.broken_from = following and match.end()
                    return found
                keys.clear()
        elif token == b"," and depth == level and begin >= 0:
            _end_element(content, elements, begin, match.start())
            begin = match.end()
        elif token != b"," and depth <= deepest and begin < 0:
            keys[depth - 1 :] = [token[1:-1].decode("utf-8", "replace")]  # the last string before a value
    found.broken_from = begin if begin >= 0 else len(content)
    return found


def _end_element(content: Content, elements: array[int], begin: int, end: int) -> None:
    if content[begin : min(end, begin + CHUNK_BYTES)].strip():
        elements.extend((begin, end))


def span_frames(content: Content, arrays: JsonArrays, key: str) -> Iterator[Frame]:
    """The elements of one array as frames; a broken rest is one more frame, marked not_json."""
    record_no = released = 0
    for start, end in arrays.spans(key):
        record_no += 1
        if start - released > CHUNK_BYTES:
            release(content, start)
            released = start
        yield frame_between(content, record_no, start, end)
    if arrays.broken_from is None:
        return
    size = len(content)
    rest = content[arrays.broken_from : arrays.broken_from + KEPT_BYTES_OF_OVERSIZED]
    yield Frame(
        Position(record_no + 1, arrays.broken_from, size),
        rest,
        QuarantineReason.NOT_JSON,
        "the document breaks off here",
    )
