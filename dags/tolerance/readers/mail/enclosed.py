"""What is inside the envelopes of other kinds: Outlook's `winmail.dat`, and mails signed as a whole (S/MIME).

Libraries read both. What they cannot read is an attachment like any other: they may fail in any way on bytes
that somebody else wrote, so every failure of theirs means just that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from asn1crypto import cms
from striprtf import striprtf
from tnefparse import TNEF

from tolerance.readers.mail.charsets import plain

MOST_ENCLOSED_BYTES = 8 << 20
_TNEF_KINDS = ("application/ms-tnef", "application/vnd.ms-tnef")
_SIGNED_KINDS = ("application/pkcs7-mime", "application/x-pkcs7-mime")

logging.getLogger("tnefparse").setLevel(logging.CRITICAL)  # it tells the values that it cannot read


def is_winmail(kind: str, name: str | None) -> bool:
    """Whether a part is Outlook's envelope."""
    return kind in _TNEF_KINDS or (name or "").lower() == "winmail.dat"


def is_signed(kind: str) -> bool:
    """Whether a part may be a mail that is signed as a whole."""
    return kind in _SIGNED_KINDS


def winmail_text(content: bytes) -> tuple[str, str]:
    """The plain text and the HTML in `winmail.dat`, each '' where there is none."""
    if len(content) > MOST_ENCLOSED_BYTES:
        return "", ""
    try:
        envelope = TNEF(content, do_checksum=False)
        body, page, rtf = envelope.body, envelope.htmlbody, envelope.rtfbody
        text, html = _text(body), _text(page)
        if not text.strip() and not html.strip() and rtf:
            text = _of_rtf(_text(rtf))
    except Exception:
        return "", ""
    return text.replace("\0", ""), html.replace("\0", "")


def _of_rtf(rtf: str) -> str:
    read: Callable[..., str] = striprtf.rtf_to_text
    return read(rtf, errors="ignore")


def _text(content: object) -> str:
    if isinstance(content, bytes):
        return plain(content, None)
    return content if isinstance(content, str) else ""


def signed_message(content: bytes) -> bytes | None:
    """The message inside an opaque signature; None where it is encrypted or something else."""
    if len(content) > MOST_ENCLOSED_BYTES:
        return None
    try:
        envelope = cms.ContentInfo.load(content)
        if envelope["content_type"].native != "signed_data":
            return None
        inner = envelope["content"]["encap_content_info"]["content"].native
    except Exception:
        return None
    return inner if isinstance(inner, bytes) else None
