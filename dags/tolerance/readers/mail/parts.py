"""What a mail says: its parts, nested ones too, the text that is the sender's, the attachments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.message import Message
from functools import cached_property

import orjson

from tolerance.contracts.mail import MAX_BODY_CHARACTERS
from tolerance.readers.html_text import text_of_html
from tolerance.readers.mail import enclosed
from tolerance.readers.mail.charsets import clean, plain
from tolerance.readers.mail.detached import Detached
from tolerance.readers.mail.headers import MAX_HEADER_CHARACTERS, decoded, on_one_line
from tolerance.readers.quoting import cut, own_words
from tolerance.readers.rules import BadFieldError
from tolerance.records import QuarantineReason

MAX_PARTS = 200
MAX_NAME_CHARACTERS = 255
_MOST_TEXT_BYTES = 1 << 20
_MOST_ENVELOPES = 3
_DATA_ADDRESS = re.compile(rb"data:[\w/+.-]{1,80};base64,[A-Za-z0-9+/=\s]*+", re.IGNORECASE)
_DECLARED_CHARSET = re.compile(
    rb"""<meta[^>]{1,200}?charset\s{0,5}=\s{0,5}["']?([\w.:-]{1,64})""", re.IGNORECASE
)
_DECLARED_WITHIN = 4_096
_NOTICE = re.compile(
    r"\bhtml\b|\bnavigateur\b|\bbrowser\b|n['’]affiche|view (?:this|it|online)|mail client|messagerie|webmail"
    r"|logiciel de courrier|mailing list|unsubscribe|d[ée]sabonner|listinfo",
    re.IGNORECASE,
)
"""Words of a plain part that only says that there is another one, or that a list put below a mail."""

_LEAST_COMMON_SHARE = 0.5
_MUCH_MORE = 3
_MOST_NOTICE_WORDS = 40
_WORD = re.compile(r"\w+")


@dataclass
class Contents:
    """The parts of one mail: texts to read, attachments to list, mails that it encloses."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    attachments: list[dict[str, object]] = field(default_factory=list)
    mails: list[Message] = field(default_factory=list)
    in_winmail: tuple[str, str] = ("", "")
    """The plain text and the HTML in Outlook's envelope."""
    is_alternative: bool = False
    """Whether the plain and the HTML text are to say the same."""

    @cached_property
    def text(self) -> str:
        """The whole text, with history: the plain parts, or the HTML parts where those say what matters.

        To be asked for when all parts are here.
        """
        written = "\n".join(self.plain)
        if not self.html:
            return clean(written)[:MAX_BODY_CHARACTERS]
        page = _text_of_html(self.html)
        if not written.strip() or self._is_beside_the_point(written, page):
            written = page
        return clean(written)[:MAX_BODY_CHARACTERS]

    def _is_beside_the_point(self, written: str, page: str) -> bool:
        """Whether the plain text is a notice or a footer, and the HTML text what the sender wrote."""
        plain_words = _words(own_words(written[:MAX_BODY_CHARACTERS]))
        page_words = _words(page)
        if not page_words:
            return False
        if not plain_words:
            return bool(own_words(page[:MAX_BODY_CHARACTERS]))
        said_twice = sum(word in page_words for word in plain_words) / len(plain_words)
        if said_twice >= _LEAST_COMMON_SHARE:
            return False
        is_notice = len(plain_words) <= _MOST_NOTICE_WORDS and _NOTICE.search(written) is not None
        return self.is_alternative or is_notice or len(page_words) > _MUCH_MORE * len(plain_words)

    @property
    def attachment_list(self) -> str | None:
        """The attachments as JSON: name, size in bytes and hash of each; their content is not kept."""
        return orjson.dumps(self.attachments).decode() if self.attachments else None


@dataclass(frozen=True, slots=True)
class Said:
    """What a mail says: `own` is what its sender wrote, `older` the mail that it forwards or encloses."""

    own: str | None
    older: str | None
    older_mail: Message | None


def said_by(contents: Contents, contents_of: Callable[[Message], Contents]) -> Said:
    """What a mail says. An enclosed mail is read like a forward: when its sender added no word."""
    text = contents.text
    found = cut(text)
    own, older = found.own, found.older
    if older is not None or not contents.mails:
        return Said(own or None, older, None)
    inner = contents_of(contents.mails[0])
    inner_text = own_words(inner.text)
    return Said(own or inner_text or None, inner_text or None, contents.mails[0])


def contents_of(message: Message, detached: Detached, parse: Callable[[bytes], Message]) -> Contents:
    """The parts of a mail. Raises `BadFieldError` when there are too many."""
    found = Contents()
    waiting = [message]
    count = envelopes = 0
    shown_files: list[Message] = []
    while waiting:
        part = waiting.pop()
        count += 1
        if count > MAX_PARTS:
            raise BadFieldError(QuarantineReason.RESOURCE_LIMIT, f"more than {MAX_PARTS} parts")
        kind = part.get_content_type()
        inner = inner_parts(part)
        if inner and kind.startswith("multipart/"):
            found.is_alternative = found.is_alternative or kind == "multipart/alternative"
            waiting += reversed(inner)
            continue
        if not inner and kind in ("text/plain", "text/html") and not _is_file(part, part is message):
            (found.plain if kind == "text/plain" else found.html).append(_part_text(part, detached))
            continue
        if inner and kind == "message/rfc822":
            found.mails.append(inner[0])
        if not inner and kind in ("text/plain", "text/html") and not _is_attached(part):
            shown_files.append(part)
        signed = None
        name = _name_of(part)
        if not inner and enclosed.is_winmail(kind, name):
            found.in_winmail = enclosed.winmail_text(detached.content_of(part))
        elif not inner and enclosed.is_signed(kind) and envelopes < _MOST_ENVELOPES:
            signed = enclosed.signed_message(detached.content_of(part))
        if signed is not None:
            envelopes += 1
            waiting.append(parse(signed))
        elif part is not message or _is_attached(part):
            found.attachments.append(_attachment(part, name, detached))
    if not any(text.strip() for text in (*found.plain, *found.html)):
        text, page = found.in_winmail  # else it says the same again
        found.plain, found.html = [text], [page] if page.strip() else []
        if not text.strip() and not page.strip():
            _read_shown_file(found, shown_files, detached)
    return found


def _read_shown_file(found: Contents, shown_files: list[Message], detached: Detached) -> None:
    """Some programs give the text itself a file's name: it is read where no other text is."""
    for part in shown_files:
        text = _part_text(part, detached)
        if text.strip():
            (found.plain if part.get_content_type() == "text/plain" else found.html).append(text)
            return


def inner_parts(part: Message) -> list[Message]:
    """The parts of a part. The text of a single part is not fetched here: that would decode it."""
    parts = part.get_payload() if part.is_multipart() else []
    return [inner for inner in parts if isinstance(inner, Message)] if isinstance(parts, list) else []


def _disposition(part: Message) -> str:
    return str(part.get("content-disposition", ""))[:64].strip().lower()


def _is_attached(part: Message) -> bool:
    return _disposition(part).startswith("attachment")


def _is_file(part: Message, is_whole_mail: bool) -> bool:
    """Whether a text is a file of its own and not what the sender wrote."""
    if is_whole_mail:
        return _is_attached(part) and _name_of(part) is not None
    return _is_attached(part) or (_disposition(part).startswith("inline") and _name_of(part) is not None)


def _attachment(part: Message, name: str | None, detached: Detached) -> dict[str, object]:
    """Name, size and hash of an attachment. The name is plain text, without folders and line ends."""
    if part.is_multipart():
        content = b"".join(_wire_bytes(inner) for inner in inner_parts(part))
        byte_count, sha256 = len(content), hashlib.sha256(content).hexdigest()
    else:
        byte_count, sha256 = detached.digest_of(part)
    return {"name": name, "byte_count": byte_count, "sha256": sha256}


def _wire_bytes(message: Message) -> bytes:
    return message.as_string().encode("utf-8", "surrogateescape")


def _name_of(part: Message) -> str | None:
    for header in ("content-disposition", "content-type"):
        if len(str(part.get(header, ""))) > MAX_HEADER_CHARACTERS:
            return None
    try:
        written = part.get_filename()
    except (ValueError, LookupError, TypeError, HeaderParseError):
        return None
    name = on_one_line(decoded(str(written or "")))
    return name.replace("\\", "/").rpartition("/")[2][:MAX_NAME_CHARACTERS] or None


def _part_text(part: Message, detached: Detached) -> str:
    raw = detached.content_of(part)
    try:
        charset = part.get_content_charset()
    except (LookupError, ValueError, TypeError):
        charset = None
    if part.get_content_type() == "text/html":
        raw = _DATA_ADDRESS.sub(b"", raw) if b"ata:" in raw else raw
        declared = None if charset else _DECLARED_CHARSET.search(raw[:_DECLARED_WITHIN])
        charset = declared[1].decode("ascii", "replace") if declared else charset
    return plain(raw[:_MOST_TEXT_BYTES], charset)


def _text_of_html(pages: list[str]) -> str:
    """The visible text of HTML parts; a page of nothing but history is a forwarded mail, and stays."""
    without = "\n".join(text_of_html(page) for page in pages)
    return (
        without
        if own_words(without[:MAX_BODY_CHARACTERS])
        else "\n".join(text_of_html(page, with_history=True) for page in pages)
    )


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
