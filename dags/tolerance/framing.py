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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tolerance.records import (
    FileRefusedError,
    Position,
    QuarantinedRecord,
    QuarantineReason,
    RefusalReason,
)

Content = mmap.mmap | bytes

MAX_RECORD_BYTES = 32 << 20
MAX_JOINED_BYTES = 1 << 20
"""How far an opening quote is followed through the lines before it counts as unclosed."""

MAX_GZIP_RATIO = 200
GZIP_RATIO_FROM_BYTES = 64 << 20
"""Small files may be dense; above this size the ratio tells a bomb."""

KEPT_BYTES_OF_OVERSIZED = 64 << 10
_CHUNK_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"


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
    messages: list[str] = field(default_factory=list)

    @property
    def encoding(self) -> str:
        """The encodings met, for the load record; plain ASCII counts as UTF-8."""
        return "+".join(sorted(self.encodings or {"utf-8"}, reverse=True))


@contextmanager
def content_of(path: Path, *, name: str, scratch: Path) -> Iterator[Content]:
    """The content of a landed file, decompressed when its delivered `name` ends in `.gz`.

    Raises `FileRefusedError` (bad_archive) for a gzip that is cut or fails its checksum,
    `ArchiveTooDenseError` for a bomb.
    """
    if not name.lower().endswith(".gz"):
        with _mapped(path) as content:
            yield content
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=scratch) as plain:
        _decompress(path, name, Path(plain.name))
        with _mapped(Path(plain.name)) as content:
            yield content


def _decompress(path: Path, name: str, plain: Path) -> None:
    limit = max(GZIP_RATIO_FROM_BYTES, path.stat().st_size * MAX_GZIP_RATIO)
    written = 0
    try:
        with gzip.open(path, "rb") as packed, plain.open("wb") as unpacked:
            while chunk := packed.read(_CHUNK_BYTES):
                written += len(chunk)
                if written > limit:
                    raise ArchiveTooDenseError
                unpacked.write(chunk)
    except (EOFError, OSError, zlib.error) as error:
        raise FileRefusedError(
            RefusalReason.BAD_ARCHIVE,
            f"{name} is no whole gzip file (cut short or damaged): deliver it again.",
        ) from error


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


def text_of(raw: bytes, *, name: str, notes: FileNotes) -> str:
    """A record's text: UTF-8, else cp1252, strictly. The notes keep which.

    Raises `FileRefusedError` (bad_encoding) when it is neither.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if not raw.isascii():
            notes.encodings.add("utf-8")
        return text
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        raise FileRefusedError(
            RefusalReason.BAD_ENCODING,
            f"{name} is neither UTF-8 nor cp1252: export it as UTF-8 and deliver it again.",
        ) from None
    notes.encodings.add("cp1252")
    return text


def start_of_text(content: Content) -> int:
    """Where the text begins: after a byte order mark, if there is one."""
    return len(_BOM) if content[: len(_BOM)] == _BOM else 0


# Lines --------------------------------------------------------------------------------


_LINE_END = re.compile(rb"\r\n|\n|\r")


def _lines(content: Content, start: int) -> Iterator[tuple[int, int, int]]:
    """Every physical line as (start, end of its text, start of the next one).

    CR LF, LF and a lone CR each end a line, also mixed in one file.
    """
    size = len(content)
    for match in _LINE_END.finditer(content, start):
        yield start, match.start(), match.end()
        start = match.end()
    if start < size:
        yield start, size, size


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


def csv_frames(content: Content, delimiter: bytes, start: int) -> Iterator[Frame]:
    """One frame per CSV record from byte `start` on, numbered from 1.

    A quoted line end that closes joins lines; a quote that never closes, or closes in
    the midst of a field, ends with its own line. Blank lines are no records.
    """
    record_no = 0
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
_IN_THE_OBJECT, _IN_A_VALUE = 1, 2  # how deep


@dataclass(slots=True)
class JsonArrays:
    """Where the elements of the wanted top-level arrays of one JSON object lie.

    `broken_from` is where reading had to stop, or None for a whole document.
    """

    elements: dict[str, list[tuple[int, int]]]
    broken_from: int | None = None


def json_arrays(content: Content, wanted: tuple[str, ...]) -> JsonArrays:
    """Find the elements of the arrays named `wanted` in a JSON object, without parsing them.

    Only brackets and strings are looked at, in one pass; what an element holds is for
    the reader to judge. An array that is not there has no entry.
    """
    found = JsonArrays({})
    depth, key, begin = 0, "", -1
    for match in _JSON_TOKEN.finditer(content):
        token = match.group()
        if token == b'"' or (depth == 0 and token != b"{"):
            break  # a string that never ends; a document that is no object
        if token in b"{[":
            depth += 1
            if depth == _IN_A_VALUE and token == b"[" and key in wanted:
                found.elements.setdefault(key, [])
                begin = match.end()
        elif token in b"}]":
            depth -= 1
            if depth == _IN_THE_OBJECT and begin >= 0:
                _end_element(content, found.elements[key], begin, match.start())
                begin = -1
            if depth == 0:
                return _closed(content, found, match.end())
        elif depth == _IN_THE_OBJECT and token != b",":
            key = token[1:-1].decode("utf-8", "replace")  # the last string before a value
        elif token == b"," and depth == _IN_A_VALUE and begin >= 0:
            _end_element(content, found.elements[key], begin, match.start())
            begin = match.end()
    found.broken_from = begin if begin >= 0 else len(content)
    return found


def _end_element(content: Content, elements: list[tuple[int, int]], begin: int, end: int) -> None:
    if content[begin:end].strip():
        elements.append((begin, end))


def _closed(content: Content, found: JsonArrays, end: int) -> JsonArrays:
    """The document ended: anything but blanks after it is one more broken piece."""
    if content[end : end + KEPT_BYTES_OF_OVERSIZED].strip():
        found.broken_from = end
    return found


def span_frames(content: Content, arrays: JsonArrays, key: str) -> Iterator[Frame]:
    """The elements of one array as frames; a broken rest is one more, marked not_json."""
    record_no = 0
    for start, end in arrays.elements.get(key, []):
        record_no += 1
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


_FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]{0,500}\d\d:\d\d[^\r\n]{0,200}")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


def mbox_frames(content: Content) -> Iterator[Frame]:
    """The messages of an mbox file.

    A message begins with a line `From …` that tells a time of day and stands at the
    beginning of the file or after a blank line: a sentence that begins with "From" does
    not split a message. What stands before the first such line is a record of its own.
    """
    starts = [match.start() for match in _FROM_LINE.finditer(content)]
    if content and (not starts or content[: starts[0]].strip()):
        starts.insert(0, 0)
    if not starts:
        return
    starts[0] = 0  # blank lines before the first message are its own
    for record_no, (start, end) in enumerate(zip(starts, [*starts[1:], len(content)], strict=True), start=1):
        yield _frame(content, record_no, start, end)


def mbox_message(raw: bytes) -> bytes:
    """The message inside an mbox frame: without its `From ` line, `>From ` unquoted."""
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    return _QUOTED_FROM.sub(rb"\1", raw) if b">From " in raw else raw


def whole_frame(content: Content) -> Frame:
    """The whole file as its one record."""
    return _frame(content, 1, 0, len(content))
