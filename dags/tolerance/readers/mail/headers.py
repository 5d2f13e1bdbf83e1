"""What the headers of a mail say, in plain words: unfolded first, then decoded word by word.

The `email` package loses blanks beside folded words and the bytes of raw 8-bit text, so words
are decoded here.
"""

from __future__ import annotations

import base64
import binascii
import re
from email.message import Message
from itertools import groupby

from tolerance.readers.mail.charsets import clean, plain

MAX_HEADER_CHARACTERS = 8_192
_WORD = re.compile(r"=\?([^?\s]{1,64})\?([bBqQ])\?((?:[^?]|\?(?!=)){0,2000})\?=")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_BLANKS = re.compile(r"\s+")
_ID = re.compile(r"<([^<>\s]{1,998})>")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")

Headers = dict[str, list[str]]


def headers_of(message: Message) -> Headers:
    """The raw values of each header by lower-case name, each cut to a bound."""
    headers: Headers = {}
    for name, value in message.raw_items():
        headers.setdefault(name.lower(), []).append(str(value)[:MAX_HEADER_CHARACTERS])
    return headers


def first(headers: Headers, name: str) -> str:
    """The raw value of the first header of a name, else ''."""
    return headers.get(name, [""])[0]


def ids_in(headers: Headers, name: str) -> list[str]:
    """The ids in angle brackets in a header."""
    return [clean(found) for found in _ID.findall(first(headers, name))]


def decoded(raw: str) -> str:
    """A header's encoded words and raw 8-bit text in plain words; a broken word stays as it is."""
    raw = _FOLD.sub(" ", raw)
    if "=?" not in raw:
        return plain(_bytes(raw), None)
    pieces: list[tuple[str | None, bytes]] = []  # charset of a word, or None for text; its bytes
    at = 0
    for word in _WORD.finditer(raw):
        content = _content(word[2], word[3])
        label = word[1].partition("*")[0]  # RFC 2231 adds a language
        between = raw[at : word.start()]
        if between.strip() or (between and not (pieces and pieces[-1][0])):
            pieces.append((None, _bytes(between)))
        pieces.append(("utf-8", _bytes(word[0])) if content is None else (label.lower(), content))
        at = word.end()
    pieces.append((None, _bytes(raw[at:])))
    # Words of one charset are decoded together: some programs part a character between two words.
    joined = [
        (label, b"".join(content for _, content in same)) for label, same in groupby(pieces, lambda p: p[0])
    ]
    return "".join(plain(content, label) for label, content in joined)


def on_one_line(text: str) -> str:
    """Text with each run of white space as one blank."""
    return _BLANKS.sub(" ", text).strip()


def _content(encoding: str, text: str) -> bytes | None:
    """The bytes of an encoded word; None for a broken one."""
    raw = _bytes(text)
    if encoding in "qQ":
        return _HEX.sub(lambda found: bytes([int(found[1], 16)]), raw.replace(b"_", b" "))
    digits = _NO_BASE64.sub(b"", raw)
    try:
        return base64.b64decode(digits + b"=" * (-len(digits) % 4))
    except (binascii.Error, ValueError):
        return None


def _bytes(text: str) -> bytes:
    """A piece of a header as received."""
    return text.encode("utf-8", "surrogateescape")
