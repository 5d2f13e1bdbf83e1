"""The messages of a mailbox, and what mailboxes add to a message."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator

from tolerance.formats.content import CHUNK_BYTES, LINE_END, Content, FileNotes, Frame, frame_between, release
from tolerance.sandbox import limits

MAX_MAIL_BYTES = 64 << 20
"""More than of other records: an attachment must not cost a mail its text."""

_FROM = b"From "
_FROM_LINE = re.compile(rb"From [^\r\n]{1,500}(?=[\r\n]|\Z)")
_AFTER_A_BLANK_LINE = (b"\n\n", b"\n\r\n", b"\r\r", b"\n\r")
_AT_THE_TOP = (b"", b"\n", b"\r\n")
_WEEKDAY = re.compile(rb"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b")
_MONTH = re.compile(rb"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b")
_TIME_OF_DAY = re.compile(rb"\d:\d\d")
_ENVELOPE_WITH_HEADERS = re.compile(
    rb"From \S{1,320} +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    rb" +\d{1,2} +\d{1,2}:\d\d(?::\d\d)?(?: +(?:[A-Z]{3,5}|[+-]\d{4}))? +\d{4}(?: +[+-]\d{4})?[ \t]*"
    rb"(?:\r\n|\n|\r)[!-9;-~]{1,80}:"
)
_HEADER_LINE = re.compile(rb"(?:\r\n|\n|\r)[!-9;-~]{1,80}:")
_CONTENT_LENGTH = re.compile(rb"^Content-Length:[ \t]*(\d{1,12})[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_END_OF_HEADERS = re.compile(rb"\n\r?\n")
_BETWEEN_MESSAGES = re.compile(rb"(?:\r?\n){0,3}(?=From |\Z)")
_MAX_HEADER_BYTES = 256 << 10
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


def mbox_frames(content: Content, notes: FileNotes | None = None) -> Iterator[Frame]:
    """The messages of an mbox file.

    A message begins with a line `From … <date>` at the beginning of the file or after a blank line, so
    a sentence that begins with "From" does not split a message. Where a message gives its own length
    and the next message, or the end, is there, nothing in its body splits it. Text before the first
    message is a record of its own. The notes count lines that lack only the blank line before them: in
    joined mailboxes they begin a message, in a mail that quotes another they do not.
    """
    starts = _message_starts(content, notes or FileNotes())
    if content and (not starts or content[: starts[0]].strip()):
        starts.insert(0, 0)
    if not starts:
        return
    starts[0] = 0  # blank lines before the first message belong to it
    for record_no, start in enumerate(starts, start=1):
        end = starts[record_no] if record_no < len(starts) else len(content)
        release(content, start)
        yield frame_between(content, record_no, start, end, MAX_MAIL_BYTES)


def _message_starts(content: Content, notes: FileNotes) -> array[int]:
    starts = array("q")
    at = 0
    released = 0
    while (at := content.find(_FROM, at)) >= 0:
        start, at = at, at + len(_FROM)
        if start - released > CHUNK_BYTES:
            limits.alive()
            release(content, start)
            released = start
        before = content[max(0, start - 3) : start]
        if not (before.endswith(_AFTER_A_BLANK_LINE) or (start <= len(before) and before in _AT_THE_TOP)):
            is_line = before.endswith((b"\n", b"\r"))
            notes.unparted_mails += is_line and _ENVELOPE_WITH_HEADERS.match(content, start) is not None
            continue
        match = _FROM_LINE.match(content, start)
        if match is not None and _is_separator(content, start, match.end()):
            starts.append(start)
            at = _end_by_length(content, match.end()) or at
    return starts


def _is_separator(content: Content, start: int, end: int) -> bool:
    """A `From ` line with weekday, month and time of day, or with the time and a header after it."""
    line = content[start:end]
    if not _TIME_OF_DAY.search(line):
        return False
    return bool((_WEEKDAY.search(line) and _MONTH.search(line)) or _HEADER_LINE.match(content, end))


def _end_by_length(content: Content, start: int) -> int | None:
    """Where the message ends by its Content-Length, if what is there confirms it."""
    headers = content[start : start + _MAX_HEADER_BYTES]
    end_of_headers = _END_OF_HEADERS.search(headers)
    if end_of_headers is None:
        return None
    length = _CONTENT_LENGTH.search(headers, 0, end_of_headers.end())
    if length is None:
        return None
    end = start + end_of_headers.end() + int(length.group(1))
    if end > len(content) or _BETWEEN_MESSAGES.match(content, end) is None:
        return None
    return max(end - 2, start)  # the blank line before the next message may be the body's last


_BEFORE_A_MESSAGE = re.compile(rb"(?:\xef\xbb\xbf|[ \t]*+(?:\r\n|\n|\r))*+")
"""A byte order mark and blank lines: not part of the message, but a parser would end the headers there."""


def begins_with_envelope(raw: bytes) -> bool:
    """Whether a frame of a mailbox begins with the `From ` line that every message needs."""
    start = _beginning(raw)
    match = _FROM_LINE.match(raw, start)
    return match is not None and _is_separator(raw, start, match.end())


def message_in(raw: bytes) -> bytes:
    """The message in a file of its own, or in a frame of a mailbox: without its `From ` line."""
    start = _beginning(raw)
    if raw.startswith(_FROM, start):
        end = LINE_END.search(raw, start)
        start = end.end() if end else len(raw)
    return raw[start:]


def unquoted(message: bytes) -> bytes:
    """A message of a mailbox as it was before: only mailboxes quote `From ` as `>From `."""
    return _QUOTED_FROM.sub(rb"\1", message) if b">From " in message else message


def _beginning(raw: bytes) -> int:
    match = _BEFORE_A_MESSAGE.match(raw)
    return match.end() if match else 0
