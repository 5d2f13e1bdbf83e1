"""Which mail it is: by its Message-ID, its sender and its text, all as delivered.

Nothing here depends on how the rest of the reader understands a mail: a mended reader changes no identity.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from email.message import Message

from tolerance.contracts.mail import MAX_ID_CHARACTERS
from tolerance.readers.mail.charsets import clean
from tolerance.readers.mail.detached import Detached
from tolerance.readers.mail.headers import Headers, first, ids_in

_BLANKS = re.compile(r"\s+")
_IN_ANGLES = re.compile(r"<([^<>]{1,320})>")
_LINE_END = re.compile(rb"\r\n?")


def mail_id(headers: Headers, raw: bytes) -> str:
    """The Message-ID without its angle brackets, else a hash of the message's bytes.

    Line ends and trailing blanks do not count, so a mail has the same id in an mbox and alone.
    """
    found = ids_in(headers, "message-id")
    if found:
        return found[0]
    if bare := clean(_BLANKS.sub("", first(headers, "message-id")))[:MAX_ID_CHARACTERS].strip("<>"):
        return bare
    return "sha256:" + hashlib.sha256(raw.replace(b"\r\n", b"\n").strip()).hexdigest()


def identity_hash(headers: Headers, message: Message, detached: Detached, key: bytes) -> str:
    """The keyed hash of Message-ID, sender and text.

    The text is what all parts hold, transfer encoding undone, line ends LF: boundaries and encodings may
    change on the way.
    """
    found = hmac.new(key, digestmod=hashlib.sha256)
    for name in ("message-id", "from"):
        written = first(headers, name)
        in_angles = _IN_ANGLES.findall(written)
        plain = _BLANKS.sub(" ", in_angles[-1] if in_angles else written).strip()
        found.update((plain.lower() if name == "from" else plain).encode("utf-8", "surrogateescape") + b"\0")
    for part in message.walk():
        if part.is_multipart():
            continue
        if part.get_content_maintype() == "text":
            content = _LINE_END.sub(b"\n", detached.content_of(part)).rstrip(b"\n")
            found.update(hashlib.sha256(content).digest())
        else:
            found.update(bytes.fromhex(detached.digest_of(part)[1]))
    return found.hexdigest()
