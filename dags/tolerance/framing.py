"""Where one record ends and the next begins: bytes in, framed records with their position out.

Nothing here knows a field's meaning. Frames are cut from memory-mapped content, so a
file's size does not matter; a broken record costs itself and not its neighbours.
"""

from __future__ import annotations

import gzip
import mmap
import re
import tempfile
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tolerance import limits
from tolerance.records import (
    FileRefusedError,
    Position,
    QuarantinedRecord,
    QuarantineReason,
    RefusalReason,
)

Content = mmap.mmap | bytes

MAX_RECORD_BYTES = 32 << 20
"""Mails carry attachments; no honest record is larger than this."""

MAX_JOINED_BYTES = 1 << 20
"""How far an opening quote is followed through the lines before it counts as unclosed."""

MAX_GZIP_RATIO = 200
GZIP_RATIO_FROM_BYTES = 64 << 20
"""Small files may be dense; above this size the ratio tells a bomb."""

KEPT_BYTES_OF_OVERSIZED = 64 << 10
_CHUNK_BYTES = 1 << 20
_GZIP_MARK = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


class UndecodableError(Exception):
    """Bytes that are in none of the declared `encodings`."""

    def __init__(self, encodings: tuple[str, ...]) -> None:
        super().__init__(" or ".join(encodings))
        self.encodings = encodings


class ArchiveTooDenseError(Exception):
    """An archive grows beyond what an honest one does; decompression was stopped."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One record as it lies in the file. `problem` is what framing itself found wrong."""

    position: Position
    raw: bytes
    problem: QuarantineReason | None = None
    detail: str = ""

    def quarantined(self, reason: QuarantineReason, detail: str) -> QuarantinedRecord:
        """This record, set aside with its bytes."""
        return QuarantinedRecord(self.position, self.raw, reason, detail)


@dataclass(slots=True)
class FileNotes:
    """What reading one file brought to light beside its records."""

    encodings: set[str] = field(default_factory=set)
    delimiter: str = ";"
    records_at: str = "tickets"
    """How the file parts its records, for whoever counts them again."""

    unparted_mails: int = 0
    """Envelopes of a mailbox that no blank line parts from the mail before, so that they begin none."""

    messages: list[str] = field(default_factory=list)
    new_columns: list[str] = field(default_factory=list)

    @property
    def encoding(self) -> str:
        """The encodings met, for the load record; plain ASCII counts as UTF-8."""
        return "+".join(sorted(self.encodings or {"utf-8"}, reverse=True))


@contextmanager
def content_of(path: Path, *, name: str, scratch: Path) -> Iterator[Content]:
    """The content of a landed file, decompressed when its delivered `name` ends in `.gz`.

    Raises `FileRefusedError` (bad_archive) for a gzip that is cut or fails its checksum, (unknown_form)
    for one under another name, (bad_encoding) for text of two or four bytes a letter,
    `ArchiveTooDenseError` for a bomb.
    """
    if not name.lower().endswith(".gz"):
        with _mapped(path) as content:
            if content[:3] == _GZIP_MARK + b"\x08":
                raise FileRefusedError(
                    RefusalReason.UNKNOWN_FORM,
                    f"{name} is gz by its content: call it {name}.gz and deliver it again.",
                )
            _refuse_wide_text(content, name)
            yield content
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=scratch) as plain:
        _decompress(path, name, Path(plain.name))
        with _mapped(Path(plain.name)) as content:
            _refuse_wide_text(content, name)
            yield content


_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_WIDE_BEGINNING = re.compile(rb"(?:[\t\n\r -~]\x00){4}|(?:\x00[\t\n\r -~]){4}")


def _refuse_wide_text(content: Content, name: str) -> None:
    """UTF-16 and UTF-32, by their mark or by four letters with nothing between them."""
    beginning = content[:8]
    if beginning.startswith(_WIDE_MARKS) or _WIDE_BEGINNING.match(beginning):
        raise FileRefusedError(
            RefusalReason.BAD_ENCODING,
            f"{name} is UTF-16 (or UTF-32), as `Unicode text` of spreadsheets is: save it as UTF-8 "
            "and deliver it again.",
        )


def _decompress(path: Path, name: str, plain: Path) -> None:
    written = 0
    try:
        with (
            path.open("rb") as compressed,
            gzip.GzipFile(fileobj=compressed, mode="rb") as packed,
            plain.open("wb") as unpacked,
        ):
            while chunk := packed.read(_CHUNK_BYTES):
                limits.alive()
                written += len(chunk)
                # What was read so far counts: a bomb is known by its beginning, however long it is.
                if written > GZIP_RATIO_FROM_BYTES and written > MAX_GZIP_RATIO * compressed.tell():
                    raise ArchiveTooDenseError
                unpacked.write(chunk)
    except (EOFError, OSError, zlib.error) as error:
        # "Not a gzipped file" is said of a member's beginning, here not of the first one's.
        if str(error).startswith("Not a gzipped") and _begins_as_gzip(path):
            raise FileRefusedError(
                RefusalReason.BAD_ARCHIVE,
                f"{name} holds bytes after its end that are no gz: cut them off, or pack the file again, "
                "and deliver it again.",
            ) from error
        raise FileRefusedError(
            RefusalReason.BAD_ARCHIVE,
            f"{name} is no whole gzip file (cut short or damaged): deliver it again.",
        ) from error


def _begins_as_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_GZIP_MARK)) == _GZIP_MARK


@contextmanager
def _mapped(path: Path) -> Iterator[Content]:
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield content


def form_of(name: str) -> str:
    """The extension that decides a file's form, in lower case, without `.gz`."""
    plain = name.lower().removesuffix(".gz").rpartition("/")[2]
    return plain.rpartition(".")[2] if "." in plain else ""


CONTRACT_ENCODINGS = ("utf-8", "cp1252")


def text_of(raw: bytes, notes: FileNotes, encodings: tuple[str, ...] = CONTRACT_ENCODINGS) -> str:
    """A record's text in the first of the encodings that fits, strictly. The notes keep which.

    Raises `UndecodableError` when none does.
    """
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not raw.isascii():
            notes.encodings.add(encoding)
        return text
    raise UndecodableError(encodings)


def undecodable(name: str, content: Content, byte_start: int, error: UndecodableError) -> FileRefusedError:
    """The refusal of a file with text in no declared encoding; it names the line where that begins."""
    line = sum(1 for _ in _LINE_END.finditer(content, 0, byte_start)) + 1
    first, *others = ("UTF-8" if encoding == "utf-8" else encoding for encoding in error.encodings)
    told = f"neither {first} nor {' nor '.join(others)}" if others else f"not {first}"
    return FileRefusedError(
        RefusalReason.BAD_ENCODING,
        f"{name}, line {line}, is {told}: export it as UTF-8 and deliver it again.",
    )


def start_of_text(content: Content) -> int:
    """Where the text begins: after a byte order mark, if there is one."""
    return len(_BOM) if content[: len(_BOM)] == _BOM else 0


# Lines --------------------------------------------------------------------------------


_LINE_END = re.compile(rb"\r\n|\n|\r")


def _lines(content: Content, start: int) -> Iterator[tuple[int, int, int]]:
    """Every physical line as (start, end of its text, start of the next one).

    CR LF, LF and a lone CR each end a line, also mixed in one file. A line without end costs no
    more than looking for its end.
    """
    size, begin, at = len(content), start, start
    while at < size:
        limits.alive()
        release(content, at)
        chunk = content[at : at + _CHUNK_BYTES]
        if chunk[-1:] == b"\r":
            chunk = content[at : at + len(chunk) + 1]  # CR LF stays together
        if b"\n" in chunk or b"\r" in chunk:
            for match in _LINE_END.finditer(chunk):
                yield begin, at + match.start(), at + match.end()
                begin = at + match.end()
        at += len(chunk)
    if begin < size:
        yield begin, size, size


def release(content: Content, upto: int) -> None:
    """Give back the memory of mapped pages that were read; the file keeps them."""
    start = max(0, upto - 4 * _CHUNK_BYTES) // mmap.PAGESIZE * mmap.PAGESIZE
    if isinstance(content, mmap.mmap) and upto > start:
        content.madvise(mmap.MADV_DONTNEED, start, upto - start)


def ndjson_frames(content: Content) -> Iterator[Frame]:
    """One frame a line; blank lines are none."""
    record_no = 0
    for start, end, _ in _lines(content, start_of_text(content)):
        frame = _frame(content, record_no + 1, start, end)
        if frame.raw.strip():
            record_no += 1
            yield frame


def _frame(content: Content, record_no: int, start: int, end: int) -> Frame:
    """The record between two positions, or the head of one too long to be taken."""
    position = Position(record_no, start, end)
    if end - start > MAX_RECORD_BYTES:
        return Frame(
            position,
            content[start : start + KEPT_BYTES_OF_OVERSIZED],
            QuarantineReason.RESOURCE_LIMIT,
            f"record of {end - start} bytes; only its head is kept here, all of it in landing/",
        )
    return Frame(position, content[start:end])


# CSV ----------------------------------------------------------------------------------


_QUOTE = b'"'
_QUOTED_BODY = re.compile(rb'(?:[^"]++|"")*+')

_CLOSED, _OPEN, _BROKEN = "closed", "open", "broken"


def csv_frames(content: Content, delimiter: bytes, start: int, record_no: int = 0) -> Iterator[Frame]:
    """One frame per CSV record from byte `start` on, numbered on from `record_no`.

    A quoted line end that closes joins lines; a quote that never closes, or closes in
    the midst of a field, ends with its own line. Blank lines are no records.
    """
    lines = _lines(content, start)
    pushed_back: list[tuple[int, int, int]] = []
    while (line := pushed_back.pop() if pushed_back else next(lines, None)) is not None:
        begin, end, _ = line
        if end - begin > MAX_RECORD_BYTES:
            record_no += 1
            yield _frame(content, record_no, begin, end)
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
    """How the quotes of one line end: all closed, one still open, or one closed wrongly."""
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


# JSON ---------------------------------------------------------------------------------


_JSON_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],]|"', re.DOTALL)
_NOT_BLANK = re.compile(rb"[^ \t\n\r\x0b\f]")
_IN_THE_OBJECT, _IN_A_VALUE = 1, 2  # how deep

FIRST_INEXACT = 2**53
"""A number that JSON's reader gives as a float from here on stands for its neighbours too: it is no id."""

THE_DOCUMENT = "$"
"""The name of the array that a whole document is."""


@dataclass(slots=True)
class JsonArrays:
    """Where the elements of the wanted top-level arrays of one JSON object lie.

    `broken_from` is where reading had to stop, or None for a whole document.
    """

    elements: dict[str, array[int]]
    broken_from: int | None = None

    def spans(self, key: str) -> Iterator[tuple[int, int]]:
        """Start and end of each element of one array, in bytes."""
        numbers = iter(self.elements.get(key, ()))
        return zip(numbers, numbers, strict=True)


def json_arrays(content: Content, wanted: tuple[str, ...]) -> JsonArrays:
    """Find the elements of the arrays named `wanted` in a JSON object, without parsing them.

    Only brackets and strings are looked at, in one pass; what an element holds is for
    the reader to judge. An array that is not there has no entry. Where `wanted` holds `$`,
    the document itself may be an array. Documents of one kind that lie behind one another, such as
    the pages of an export in one file, count as one.
    """
    found = JsonArrays({})
    depth, key, begin = 0, "", -1
    level = _IN_A_VALUE
    next_look = 0
    for match in _JSON_TOKEN.finditer(content):
        if match.end() > next_look:
            limits.alive()
            release(content, match.start())
            next_look = match.end() + _CHUNK_BYTES
        token = match.group()
        if depth == 0 and token == b"[" and THE_DOCUMENT in wanted:
            level, key = _IN_THE_OBJECT, THE_DOCUMENT
        elif token == b'"' or (depth == 0 and token != b"{"):
            break  # a string that never ends; a document that is no object
        if token in b"{[":
            depth += 1
            if depth == level and token == b"[" and key in wanted:
                found.elements.setdefault(key, array("q"))
                begin = match.end()
        elif token in b"}]":
            depth -= 1
            if depth == level - 1 and begin >= 0:
                _end_element(content, found.elements[key], begin, match.start())
                begin = -1
            if depth == 0:
                following = _NOT_BLANK.search(content, match.end())
                if following is None or following.group() != (b"[" if level == _IN_THE_OBJECT else b"{"):
                    # Anything but blanks and another document of the kind is one more broken piece.
                    found.broken_from = following and match.end()
                    return found
                key = ""
        elif depth == level - 1 and token != b",":
            key = token[1:-1].decode("utf-8", "replace")  # the last string before a value
        elif token == b"," and depth == level and begin >= 0:
            _end_element(content, found.elements[key], begin, match.start())
            begin = match.end()
    found.broken_from = begin if begin >= 0 else len(content)
    return found


def _end_element(content: Content, elements: array[int], begin: int, end: int) -> None:
    if content[begin : min(end, begin + _CHUNK_BYTES)].strip():
        elements.extend((begin, end))


def span_frames(content: Content, arrays: JsonArrays, key: str) -> Iterator[Frame]:
    """The elements of one array as frames; a broken rest is one more, marked not_json."""
    record_no = released = 0
    for start, end in arrays.spans(key):
        record_no += 1
        if start - released > _CHUNK_BYTES:
            release(content, start)
            released = start
        yield _frame(content, record_no, start, end)
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


# Mail ---------------------------------------------------------------------------------


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


MAY_HOLD_MORE = "ask whether it holds more"
"""Stands in each message that says so: such a file is no all-clear."""


def mbox_frames(content: Content, notes: FileNotes | None = None) -> Iterator[Frame]:
    """The messages of an mbox file.

    A message begins with a line `From … <date>` at the beginning of the file or after a blank line: a
    sentence that begins with "From" does not split a message. Where a message tells its own length
    and the next one, or the end, stands there, nothing in its body splits it. What stands before the
    first message is a record of its own. The notes count what looks like a message in all but the blank
    line: of joined mailboxes it is one, of a mail that quotes another it is none.
    """
    starts = _message_starts(content, notes or FileNotes())
    if content and (not starts or content[: starts[0]].strip()):
        starts.insert(0, 0)
    if not starts:
        return
    starts[0] = 0  # blank lines before the first message are its own
    for record_no, start in enumerate(starts, start=1):
        end = starts[record_no] if record_no < len(starts) else len(content)
        release(content, start)
        yield _frame(content, record_no, start, end)


def _message_starts(content: Content, notes: FileNotes) -> array[int]:
    starts = array("q")
    at = 0
    released = 0
    while (at := content.find(_FROM, at)) >= 0:
        start, at = at, at + len(_FROM)
        if start - released > _CHUNK_BYTES:
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
    """Where the message ends by its Content-Length, if that is confirmed by what stands there."""
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
"""A byte order mark and blank lines: no part of the message, though a parser ends its headers there."""


def begins_with_envelope(raw: bytes) -> bool:
    """Whether a frame of a mailbox begins with the line that every message there should begin with."""
    start = _beginning(raw)
    match = _FROM_LINE.match(raw, start)
    return match is not None and _is_separator(raw, start, match.end())


def message_in(raw: bytes) -> bytes:
    """The message in a file of its own, or in a frame of a mailbox: without its `From ` line."""
    start = _beginning(raw)
    if raw.startswith(_FROM, start):
        end = _LINE_END.search(raw, start)
        start = end.end() if end else len(raw)
    return raw[start:]


def unquoted(message: bytes) -> bytes:
    """A message out of a mailbox as it was before it got there: `>From ` is quoted in mailboxes alone."""
    return _QUOTED_FROM.sub(rb"\1", message) if b">From " in message else message


def _beginning(raw: bytes) -> int:
    match = _BEFORE_A_MESSAGE.match(raw)
    return match.end() if match else 0


def whole_frame(content: Content) -> Frame:
    """The whole file as its one record."""
    return _frame(content, 1, 0, len(content))
