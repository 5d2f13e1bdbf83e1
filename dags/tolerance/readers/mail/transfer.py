"""What a part held before it was encoded for transfer, also where the encoding is labelled or kept badly."""

from __future__ import annotations

import binascii
import quopri
import re
from email.message import Message

_HEADER = "content-transfer-encoding"
_ENCODING = re.compile(r"[a-z0-9-]+")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")
_QUANTUM = 4


def content_of(part: Message) -> bytes:
    """The bytes of a part that has no parts."""
    written = part.get(_HEADER)
    found = _ENCODING.search(str(written or "")[:64].lower())
    encoding = found.group().replace("-", "") if found else ""
    if encoding not in ("quotedprintable", "base64"):
        return _decoded(part)
    part.replace_header(_HEADER, "binary")  # else `email` decodes it, and gives up on what is written badly
    raw = _decoded(part)
    part.replace_header(_HEADER, str(written))
    return quopri.decodestring(raw) if encoding == "quotedprintable" else content_of_base64(raw)


def _decoded(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def content_of_base64(raw: bytes) -> bytes:
    """What base64 holds; a footer that a mailing list set below it stays as it is."""
    encoded = []
    lines = raw.split(b"\n")
    used = 0
    for line in lines:
        stripped = line.strip()
        if stripped and not _BASE64_LINE.fullmatch(stripped):
            break
        used += 1
        encoded.append(stripped)
        if stripped.endswith(b"="):
            break
    rest = b"\n".join(lines[used:])
    joined = b"".join(encoded)
    if not joined:
        joined, rest = _NO_BASE64.sub(b"", raw), b""
    joined = joined.rstrip(b"=")
    if len(joined) % _QUANTUM == 1:
        joined = joined[:-1]
    try:
        decoded = binascii.a2b_base64(joined + b"=" * (-len(joined) % _QUANTUM))
    except binascii.Error:
        return raw
    return decoded + (b"\n" + rest if rest.strip() else b"")
