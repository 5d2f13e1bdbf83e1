"""The bytes of a delivered file, their text, and a record cut from them."""

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

from tolerance.records import FileRefusedError, Position, QuarantinedRecord, QuarantineReason, RefusalReason
from tolerance.sandbox import limits

Content = mmap.mmap | bytes

MAX_RECORD_BYTES = 32 << 20
"""Mails carry attachments; no honest record is larger than this."""

MAX_GZIP_RATIO = 200
GZIP_RATIO_FROM_BYTES = 64 << 20
"""Small files may be dense; above this size a high ratio means a bomb."""

KEPT_BYTES_OF_OVERSIZED = 64 << 10
CHUNK_BYTES = 1 << 20
_GZIP_MARK = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


class UndecodableError(Exception):
    """Bytes that are in none of the declared `encodings`."""

    def __init__(self, encodings: tuple[str, ...]) -> None:
        super().__init__(" or ".join(encodings))
        self.encodings = encodings


class ArchiveTooDenseError(Exception):
    """An archive grows beyond any honest one; decompression was stopped."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One record as it is in the file. `problem` is what framing itself found wrong."""

    position: Position
    raw: bytes
    problem: QuarantineReason | None = None
    detail: str = ""

    def quarantined(self, reason: QuarantineReason, detail: str) -> QuarantinedRecord:
        """This record as a quarantined one, with its bytes."""
        return QuarantinedRecord(self.position, self.raw, reason, detail)


@dataclass(slots=True)
class FileNotes:
    """What reading a file found besides its records."""

    encodings: set[str] = field(default_factory=set)
    delimiter: str = ";"
    records_at: str = ""
    """How the file separates its records, for the recount."""

    unparted_mails: int = 0
    """Envelopes of a mailbox without a blank line before them, so that they begin no mail."""

    may_hold_more: bool = False
    """It is doubtful where its records begin, so the file may hold more of them."""

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
                    f"{name} is a gzip file: name it {name}.gz and deliver it again.",
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
    """Refuse UTF-16 and UTF-32, known by their mark or by NULs between four letters."""
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
            while chunk := packed.read(CHUNK_BYTES):
                limits.alive()
                written += len(chunk)
                # Judged by what was read so far: the beginning shows a bomb, however long it is.
                if written > GZIP_RATIO_FROM_BYTES and written > MAX_GZIP_RATIO * compressed.tell():
                    raise ArchiveTooDenseError
                unpacked.write(chunk)
    except (EOFError, OSError, zlib.error) as error:
        # "Not a gzipped file" is about the beginning of a member, here not of the first.
        if str(error).startswith("Not a gzipped") and _begins_as_gzip(path):
            raise FileRefusedError(
                RefusalReason.BAD_ARCHIVE,
                f"{name} has other bytes after the end of the gzip data: cut them off, or pack the file "
                "again, and deliver it again.",
            ) from error
        raise FileRefusedError(
            RefusalReason.BAD_ARCHIVE,
            f"{name} is not a whole gzip file (cut short or damaged): deliver it again.",
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
    """The extension that decides a file's form: lower case, without `.gz`."""
    plain = name.lower().removesuffix(".gz").rpartition("/")[2]
    return plain.rpartition(".")[2] if "." in plain else ""


CONTRACT_ENCODINGS = ("utf-8", "cp1252")


def text_of(raw: bytes, notes: FileNotes, encodings: tuple[str, ...] = CONTRACT_ENCODINGS) -> str:
    """A record's text in the first encoding that fits strictly; the notes keep which.

    Raises `UndecodableError` when no encoding fits.
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
    """The refusal of a file with text in no declared encoding; it names the first such line."""
    line = sum(1 for _ in LINE_END.finditer(content, 0, byte_start)) + 1
    first, *others = ("UTF-8" if encoding == "utf-8" else encoding for encoding in error.encodings)
    mismatch = f"neither {first} nor {' nor '.join(others)}" if others else f"not {first}"
    return FileRefusedError(
        RefusalReason.BAD_ENCODING,
        f"{name}, line {line}, is {mismatch}: export it as UTF-8 and deliver it again.",
    )


def start_of_text(content: Content) -> int:
    """Where the text begins: after a byte order mark, if any."""
    return len(_BOM) if content[: len(_BOM)] == _BOM else 0


LINE_END = re.compile(rb"\r\n|\n|\r")


def lines_of(content: Content, start: int) -> Iterator[tuple[int, int, int]]:
    """Every physical line as (start, end of its text, start of the next line).

    CR LF, LF and a lone CR each end a line, also mixed in one file. An endless line costs no
    more than the search for its end.
    """
    size, begin, at = len(content), start, start
    while at < size:
        limits.alive()
        release(content, at)
        chunk = content[at : at + CHUNK_BYTES]
        if chunk[-1:] == b"\r":
            chunk = content[at : at + len(chunk) + 1]  # CR LF stays together
        if b"\n" in chunk or b"\r" in chunk:
            for match in LINE_END.finditer(chunk):
                yield begin, at + match.start(), at + match.end()
                begin = at + match.end()
        at += len(chunk)
    if begin < size:
        yield begin, size, size


def release(content: Content, upto: int) -> None:
    """Give back the memory of mapped pages that were read; they stay in the file."""
    start = max(0, upto - 4 * CHUNK_BYTES) // mmap.PAGESIZE * mmap.PAGESIZE
    if isinstance(content, mmap.mmap) and upto > start:
        content.madvise(mmap.MADV_DONTNEED, start, upto - start)


def frame_between(
    content: Content, record_no: int, start: int, end: int, most_bytes: int | None = None
) -> Frame:
    """The record between two positions; of a record that is too long, only its head."""
    position = Position(record_no, start, end)
    if end - start > (most_bytes or MAX_RECORD_BYTES):
        return Frame(
            position,
            content[start : start + KEPT_BYTES_OF_OVERSIZED],
            QuarantineReason.RESOURCE_LIMIT,
            f"record of {end - start} bytes; only its head is kept here, all of it in landing/",
        )
    return Frame(position, content[start:end])


def whole_frame(content: Content, most_bytes: int | None = None) -> Frame:
    """The whole file as its one record."""
    return frame_between(content, 1, 0, len(content), most_bytes)
