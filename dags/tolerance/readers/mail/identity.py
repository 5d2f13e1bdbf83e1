"""Which mail it is: by its Message-ID, whom it names as its sender and its text, all as delivered.

Nothing here depends on how the rest of the reader understands a mail: a mended reader changes no identity.
"""

from __future__ import annotations

import hashlib
import re
from email.message import Message

from tolerance.contracts.mail import MAX_ID_CHARACTERS
from tolerance.readers.mail.charsets import clean
from tolerance.readers.mail.detached import Detached
from tolerance.readers.mail.headers import Headers, first, ids_in

_BLANKS = re.compile(r"\s+")
_IN_ANGLES = re.compile(r"<([^<>]{1,320})>")
_LINE_END = re.compile(rb"\r\n?")
_NAMED_SENDERS = ("reply-to", "x-original-from", "x-google-original-from", "x-original-sender")
"""Headers that may name the customer in whose name a form or a list writes."""


def mail_id(headers: Headers, raw: bytes) -> str:
    """The Message-ID without its angle brackets, else a hash of the message's bytes.

    Line ends and trailing blanks do not count, so a mail has the same id in an mbox and alone.
    """
    return _message_id(headers) or "sha256:" + hashlib.sha256(raw.replace(b"\r\n", b"\n").strip()).hexdigest()


def _message_id(headers: Headers) -> str:
    """The Message-ID without its angle brackets; '' where a mail has none."""
    if found := ids_in(headers, "message-id"):
        return found[0]
    return clean(_BLANKS.sub("", first(headers, "message-id")))[:MAX_ID_CHARACTERS].strip("<>")


def identity_hash(headers: Headers, message: Message, detached: Detached, raw: bytes) -> str:
    """The hash of Message-ID, named senders and text; without Message-ID, of all bytes as well.

    It is not keyed: ids of incidents and alerts derive from it, and another state must give the same ones. A
    sender cannot be guessed from it, because whoever guesses must know the whole mail.

    The text is what all parts hold, transfer encoding undone, line ends LF: boundaries and encodings may
    change on the way.
    """
    found = hashlib.sha256()
    if not _message_id(headers):  # two customers may send the same words through the same form
        found.update(mail_id(headers, raw).encode() + b"\0")
    for name in ("message-id", "from"):
        written = first(headers, name)
        in_angles = _IN_ANGLES.findall(written)
        plain = _BLANKS.sub(" ", in_angles[-1] if in_angles else written).strip()
        found.update((plain.lower() if name == "from" else plain).encode("utf-8", "surrogateescape") + b"\0")
    for name in _NAMED_SENDERS:
        if written := _BLANKS.sub(" ", first(headers, name)).strip():
            found.update(f"{name}:{written}".encode("utf-8", "surrogateescape") + b"\0")
    for part in message.walk():
        if part.is_multipart():
            continue
        if part.get_content_maintype() == "text":
            content = _LINE_END.sub(b"\n", detached.content_of(part)).rstrip(b"\n")
            found.update(hashlib.sha256(content).digest())
        else:
            found.update(bytes.fromhex(detached.digest_of(part)[1]))
    return found.hexdigest()
