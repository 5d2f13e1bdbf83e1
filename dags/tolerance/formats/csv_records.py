"""The records of a CSV file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tolerance.formats.content import MAX_RECORD_BYTES, Content, Frame, frame_between, lines_of
from tolerance.records import Position, QuarantineReason

MAX_JOINED_BYTES = 1 << 20
"""How far an opening quote is followed through lines before it counts as unclosed."""

_QUOTE = b'"'
_QUOTED_BODY = re.compile(rb'(?:[^"]++|"")*+')

_CLOSED, _OPEN, _BROKEN = "closed", "open", "broken"


def csv_frames(content: Content, delimiter: bytes, start: int, record_no: int = 0) -> Iterator[Frame]:
    """One frame per CSV record from byte `start` on, numbered on from `record_no`.

    A closed quote around a line end joins lines; a quote that never closes, or closes in
    the middle of a field, ends with its own line. Blank lines are not records.
    """
    lines = lines_of(content, start)
    pushed_back: list[tuple[int, int, int]] = []
    while (line := pushed_back.pop() if pushed_back else next(lines, None)) is not None:
        begin, end, _ = line
        if end - begin > MAX_RECORD_BYTES:
            record_no += 1
            yield frame_between(content, record_no, begin, end)
            continue
        raw = content[begin:end]
        if not raw.strip():
            continue
        record_no += 1
        state = _CLOSED if _QUOTE not in raw else _quotes(raw, delimiter, is_open=False)
        if state == _OPEN:
            state, end, rest = _join(content, delimiter, begin, lines, pushed_back)
            pushed_back = rest
            if state != _CLOSED:
                end = line[1]
            raw = content[begin:end]
        problem = None if state == _CLOSED else QuarantineReason.UNBALANCED_QUOTE
        detail = "" if problem is None else "a quote does not close where its field ends"
        yield Frame(Position(record_no, begin, end), raw, problem, detail)


def _join(
    content: Content,
    delimiter: bytes,
    begin: int,
    lines: Iterator[tuple[int, int, int]],
    pushed_back: list[tuple[int, int, int]],
) -> tuple[str, int, list[tuple[int, int, int]]]:
    """Follow an open quote through the next lines: state, end of the record, lines to re-read.

    The lines to re-read are a stack, the next one last.
    """
    taken: list[tuple[int, int, int]] = []
    while True:
        line = pushed_back.pop() if pushed_back else next(lines, None)
        if line is None:
            return _OPEN, begin, taken[::-1]
        taken.append(line)
        if line[1] - begin > MAX_JOINED_BYTES:
            return _OPEN, begin, pushed_back + taken[::-1]
        state = _quotes(content[line[0] : line[1]], delimiter, is_open=True)
        if state == _CLOSED:
            return _CLOSED, line[1], pushed_back
        if state == _BROKEN:
            return _BROKEN, begin, pushed_back + taken[::-1]


def _quotes(line: bytes, delimiter: bytes, *, is_open: bool) -> str:
    """How the quotes of a line end: all closed, a quote still open, or a quote closed wrongly."""
    at = 0
    while True:
        if not is_open:
            if line[at : at + 1] != _QUOTE:
                at = line.find(delimiter, at) + 1
                if at == 0:
                    return _CLOSED
                continue
            at += 1
        body = _QUOTED_BODY.match(line, at)
        at = body.end() if body else at
        if at == len(line):
            return _OPEN
        at += 1
        if at == len(line):
            return _CLOSED
        if line[at : at + 1] != delimiter:
            return _BROKEN
        at, is_open = at + 1, False
