"""Which mail it is."""

from __future__ import annotations

import hashlib
import re

from tolerance.contracts.mail import MAX_ID_CHARACTERS
from tolerance.readers.mail.charsets import clean
from tolerance.readers.mail.headers import Headers, first, ids_in

_BLANKS = re.compile(r"\s+")


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
