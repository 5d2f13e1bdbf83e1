"""Reads mails: single messages, mbox files and Maildirs; one message is one record.

The `email` package only cuts a message into headers and parts, with compat32, the one
policy that does not interpret headers. Headers and parts are decoded here, each value cut
to a bound first: a hostile header must cost no more than an honest one.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

import orjson

from tolerance.contracts.base import Contract
from tolerance.contracts.mail import MAX_BODY_CHARACTERS, MAX_ID_CHARACTERS, MAX_SUBJECT_CHARACTERS
from tolerance.formats.content import FileNotes, Frame, content_of, form_of, whole_frame
from tolerance.formats.mailboxes import begins_with_envelope, mbox_frames, message_in, unquoted
from tolerance.identity import address_hash
from tolerance.inbox import is_maildir_message
from tolerance.instants import ImplausibleTimeError, business_date, plausible, stored
from tolerance.readers.html_text import text_of_html
from tolerance.readers.outcomes import Outcome, ReaderContext, outcome_of, unknown_form
from tolerance.readers.quoting import own_words
from tolerance.readers.rules import BadFieldError, Values
from tolerance.records import QuarantineReason
from tolerance.settings import Settings

MAX_PARTS = 200
MAX_HEADER_BYTES = 1 << 20
_MAX_HEADER_CHARACTERS = 8_192
_MAX_REFERENCES = 50
_MAX_RECEIVED = 20
MAX_NAME_CHARACTERS = 255
_MAX_HTML_BYTES = 1 << 20

_TELLTALE_HEADERS = frozenset(
    {"from", "sender", "to", "date", "subject", "message-id", "received", "return-path"}
)
_AUTOMATIC_HEADERS = frozenset({"x-autoreply", "x-autorespond", "x-autoresponder"})
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n|\r\r")
_ID = re.compile(r"<([^<>\s]{1,998})>")
_BLANKS = re.compile(r"\s+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_COMMENT = re.compile(r"\([^()]*\)")
_IN_ANGLES = re.compile(r"<\s*([^<>\s@,]{1,320}@[^<>\s@,]{1,320})\s*>")
_ODD_OFFSET = re.compile(r"(?:GMT|UTC)?([+-]\d{2}):?(\d{2})(?=\s*(?:\(|$))")
_ISO_DATE = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{4})?")
_ZONE_NAME = re.compile(r"\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(\s*\(?([A-Za-z][\w/+-]*)\)?)")
_EUROPEAN_ZONES = {
    "WET": "+0000",
    "WEST": "+0100",
    "CET": "+0100",
    "MET": "+0100",
    "MEZ": "+0100",
    "CEST": "+0200",
    "MEST": "+0200",
    "MESZ": "+0200",
    "EET": "+0200",
    "EEST": "+0300",
}
"""Names of zones that mean the same everywhere and that Python does not know."""

_ENCODED_WORD = re.compile(r"(=\?[^?\s]{1,64}\?[bBqQ]\?[^?]*\?=)")
_YEAR_BEFORE_1000 = re.compile(r"\s0\d{3}\s+\d{1,2}:")
_UNSAFE_CODECS = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)
_PARSER = BytesParser(policy=compat32)

Headers = dict[str, list[str]]


def read(
    _contract: Contract, path: Path, *, name: str, context: ReaderContext, notes: FileNotes
) -> Iterator[Outcome]:
    """The messages of one landed file.

    Raises `FileRefusedError` for a file that is neither `.eml`, `.mbox` nor in a Maildir.
    """
    form = form_of(name)
    is_mailbox = form == "mbox"  # also in a folder that happens to be called `new` or `cur`
    if not is_mailbox and form != "eml" and not is_maildir_message(name):
        raise unknown_form(name, ".eml or .mbox (each also .gz), or in a Maildir folder")
    notes.encodings.add("mime")  # each part of a message declares its own

    def values_of(frame: Frame) -> Values:
        message = message_in(frame.raw)
        return _values(unquoted(message) if is_mailbox else message, context)

    with content_of(path, name=name, scratch=context.scratch) as content:
        # An empty file counts too, as a delivered message without content.
        for frame in mbox_frames(content, notes) if is_mailbox else [whole_frame(content)]:
            if is_mailbox and frame.position.record_no == 1 and not begins_with_envelope(frame.raw):
                notes.may_hold_more = True
                notes.messages.append(
                    f"{name} does not begin with a line `From <sender> <date>`: everything up to the "
                    f"first such line after a blank one is read as one message; ask whether it holds more"
                )
            yield outcome_of(frame, values_of, name=name, content=content)
    if notes.unparted_mails:
        notes.may_hold_more = True
        notes.messages.append(
            f"{name}: {notes.unparted_mails} mails begin without a blank line before their line "
            "`From <sender> <date>` and count as part of the mail before, as if it quoted them: "
            "ask whether it holds more, put a blank line between joined mailboxes and deliver it again"
        )


def _values(raw: bytes, context: ReaderContext) -> Values:
    if raw.count(b"boundary=") > MAX_PARTS:
        raise BadFieldError(QuarantineReason.RESOURCE_LIMIT, f"more than {MAX_PARTS} boundaries")
    if _header_bytes(raw) > MAX_HEADER_BYTES:
        raise BadFieldError(QuarantineReason.RESOURCE_LIMIT, f"more than {MAX_HEADER_BYTES} bytes of headers")
    message = _PARSER.parsebytes(raw)
    headers = _headers(message)
    if not _TELLTALE_HEADERS & headers.keys():
        raise BadFieldError(QuarantineReason.NOT_A_MESSAGE, "it does not begin with the headers of a mail")
    sent_at = _sent_at(headers, context.settings)
    sender = _sender(headers)
    subject = _subject(headers)
    contents = _contents(message)
    return {
        "mail_id": _mail_id(headers, raw),
        "in_reply_to": next(iter(_ids(headers, "in-reply-to")), None),
        "reference_ids": " ".join(_ids(headers, "references")[-_MAX_REFERENCES:]) or None,
        "sent_at": stored(sent_at),
        "sent_on": business_date(sent_at, context.settings),
        "sender_hash": address_hash(context.identity_key, sender) if sender else None,
        "subject": subject,
        "body_text": contents.own_words,
        "mail_kind": _kind(headers, message, sender, subject, context.settings),
        "attachments": contents.attachment_list,
    }


def _header_bytes(raw: bytes) -> int:
    """The bytes before the first blank line, as far as it matters."""
    end = _END_OF_HEADERS.search(raw, 0, MAX_HEADER_BYTES + 2)
    return end.start() if end else min(len(raw), MAX_HEADER_BYTES + 1)


# Headers ------------------------------------------------------------------------------


def _headers(message: Message) -> Headers:
    """The raw values of each header by lower-case name, each cut to a bound."""
    headers: Headers = {}
    for name, value in message.raw_items():
        headers.setdefault(name.lower(), []).append(str(value)[:_MAX_HEADER_CHARACTERS])
    return headers


def _first(headers: Headers, name: str) -> str:
    return headers.get(name, [""])[0]


def _clean(text: str) -> str:
    """Text that every store accepts: without lone surrogates and NULs."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _ids(headers: Headers, name: str) -> list[str]:
    return [_clean(found) for found in _ID.findall(_first(headers, name))]


def _mail_id(headers: Headers, raw: bytes) -> str:
    """The Message-ID without its angle brackets, else a hash of the message's bytes.

    Line ends and trailing blanks do not count, so a mail has the same id in an mbox and alone.
    """
    written = _first(headers, "message-id")
    found = _ids(headers, "message-id")
    if found:
        return found[0]
    if bare := _clean(_BLANKS.sub("", written))[:MAX_ID_CHARACTERS].strip("<>"):
        return bare
    return "sha256:" + hashlib.sha256(raw.replace(b"\r\n", b"\n").strip()).hexdigest()


def _sender(headers: Headers) -> str | None:
    """The sender's address: never the display name, which anybody can choose."""
    for name in ("from", "sender"):
        address = _address(_first(headers, name))
        if "@" in address.strip("@"):
            return address
    return None


def _address(written: str) -> str:
    """The first address in angle brackets, else the first address, else ''.

    `parseaddr` alone gives the name in `jane@other.fr <joe@x.fr>` and nothing in `Doe, Joe <joe@x.fr>`, and
    its result depends on Python's patch release.
    """
    unquoted = _COMMENT.sub(" ", _QUOTED.sub(" ", written))
    if found := _IN_ANGLES.search(unquoted):
        return found.group(1)
    first = parseaddr(unquoted.partition(",")[0])[1].strip()
    return first if "@" in first else parseaddr(written)[1].strip()


def _subject(headers: Headers) -> str | None:
    """The subject in plain words, on one line."""
    text = _BLANKS.sub(" ", _decoded(_first(headers, "subject"))).strip()
    return text[:MAX_SUBJECT_CHARACTERS] or None


def _decoded(raw: str) -> str:
    """A header's encoded words and bare 8-bit text in plain words; a broken word stays as it is."""
    try:
        chunks = decode_header(raw)
    except (HeaderParseError, ValueError):
        # Every second piece is a word; blanks between two words are not part of the text.
        pieces = _ENCODED_WORD.split(raw)
        chunks = [
            chunk for nth, piece in enumerate(pieces) if nth % 2 or piece.strip() for chunk in _chunks(piece)
        ]
    return "".join(_plain(_bytes(chunk), charset) for chunk, charset in chunks)


def _chunks(piece: str) -> list[tuple[str | bytes, str | None]]:
    try:
        return decode_header(piece)
    except (HeaderParseError, ValueError):
        return [(piece, None)]


def _bytes(chunk: str | bytes) -> bytes:
    """The bytes of a piece of a header, as received."""
    return chunk if isinstance(chunk, bytes) else chunk.encode("utf-8", "surrogateescape")


def _plain(raw: bytes, charset: str | None) -> str:
    """Bytes in the charset they claim, else UTF-8, else cp1252; never an error."""
    for candidate in (charset, "utf-8"):
        if candidate and (codec := _codec(candidate)):
            try:
                return _clean(raw.decode(codec))
            except (UnicodeError, ValueError):
                continue
    return _clean(raw.decode("cp1252", "replace"))


def _codec(charset: str) -> str | None:
    """The codec for a charset as written in a mail, if it is a safe codec for text."""
    try:
        codec = codecs.lookup(charset.strip()[:64])
    except (LookupError, ValueError):
        return None
    name = codec.name.replace("-", "_")
    is_text = getattr(codec, "_is_text_encoding", True)
    return codec.name if is_text and name not in _UNSAFE_CODECS else None


# When ---------------------------------------------------------------------------------


def _sent_at(headers: Headers, settings: Settings) -> datetime:
    """When the mail was sent: by its Date, else by the newest Received."""
    written = _first(headers, "date")
    found = _date(written)
    if found is None:
        received = (_date(line.rpartition(";")[2]) for line in headers.get("received", [])[:_MAX_RECEIVED])
        found = next((date for date in received if date is not None), None)
    if found is None:
        reason = QuarantineReason.BAD_VALUE if written.strip() else QuarantineReason.EVENT_TIME_OUT_OF_RANGE
        raise BadFieldError(reason, "no readable date, neither in Date nor in Received")
    try:
        return plausible(found, settings)
    except ImplausibleTimeError:
        raise BadFieldError(
            QuarantineReason.EVENT_TIME_OUT_OF_RANGE,
            f"its date is outside {settings.earliest_plausible_on} to {settings.latest_plausible_on}",
        ) from None


def _date(text: str) -> datetime | None:
    text = text.strip()[:200]
    if not text:
        return None
    text = _ODD_OFFSET.sub(r"\1\2", text)  # else it would be read as business time
    zone = _ZONE_NAME.search(text)
    if zone and (offset := _EUROPEAN_ZONES.get(zone[2].upper())):
        text = f"{text[: zone.start(1)]} {offset}{text[zone.end(1) :]}"
    iso = _ISO_DATE.fullmatch(text)
    try:
        found = datetime.fromisoformat(iso[1] + (iso[2] or "")) if iso else parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if _YEAR_BEFORE_1000.search(text):  # some programs write 0001 for no date; it does not mean 2001
        return datetime.min.replace(tzinfo=UTC)
    if found.tzinfo is not None:
        return found
    if "-0000" in text:  # RFC 5322: UTC from an unknown place, not local time
        return found.replace(tzinfo=UTC)
    return None if zone else found  # IST may be India, Ireland or Israel, but is not business time


# What it says -------------------------------------------------------------------------


@dataclass(slots=True)
class _Contents:
    """The parts of one mail: texts to read, attachments to list."""

    plain: list[str]
    html: list[str]
    attachments: list[dict[str, object]]

    @property
    def own_words(self) -> str | None:
        """What the sender wrote: the plain parts, else the HTML parts as text, without history."""
        text = "\n".join(self.plain)
        if not text.strip():
            text = _text_of_html(self.html)
        return own_words(_clean(text)[:MAX_BODY_CHARACTERS]) or None

    @property
    def attachment_list(self) -> str | None:
        """The attachments as JSON: name, size in bytes and hash of each; their content is not kept."""
        return orjson.dumps(self.attachments).decode() if self.attachments else None


def _contents(message: Message) -> _Contents:
    """The parts of a mail, nested ones too. A mail inside a mail is an attachment."""
    found = _Contents([], [], [])
    waiting = [message]
    count = 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count > MAX_PARTS:
            raise BadFieldError(QuarantineReason.RESOURCE_LIMIT, f"more than {MAX_PARTS} parts")
        kind = part.get_content_type()
        inner = _inner(part)
        if inner and kind.startswith("multipart/"):
            waiting += reversed(inner)
        elif inner or kind not in ("text/plain", "text/html") or _is_attached(part):
            if part is not message or _is_attached(part):
                found.attachments.append(_attachment(part))
        else:
            (found.plain if kind == "text/plain" else found.html).append(_part_text(part))
    return found


def _inner(part: Message) -> list[Message]:
    """The parts of a part. The text of a single part is not fetched here: that would decode it."""
    parts = part.get_payload() if part.is_multipart() else []
    return [inner for inner in parts if isinstance(inner, Message)] if isinstance(parts, list) else []


def _is_attached(part: Message) -> bool:
    return str(part.get("content-disposition", ""))[:64].strip().lower().startswith("attachment")


def _attachment(part: Message) -> dict[str, object]:
    """Name, size and hash of an attachment. The name is plain text, without folders and line ends."""
    if part.is_multipart():
        content = b"".join(_wire_bytes(inner) for inner in _inner(part))
    else:
        decoded = part.get_payload(decode=True)
        content = decoded if isinstance(decoded, bytes) else b""
    return {
        "name": _attachment_name(part),
        "byte_count": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _wire_bytes(message: Message) -> bytes:
    return message.as_string().encode("utf-8", "surrogateescape")


def _attachment_name(part: Message) -> str | None:
    for header in ("content-disposition", "content-type"):
        if len(str(part.get(header, ""))) > _MAX_HEADER_CHARACTERS:
            return None
    try:
        written = part.get_filename()
    except (ValueError, LookupError, TypeError, HeaderParseError):
        return None
    name = _BLANKS.sub(" ", _decoded(str(written or ""))).strip()
    return name.replace("\\", "/").rpartition("/")[2][:MAX_NAME_CHARACTERS] or None


def _part_text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        charset = part.get_content_charset()
    except (LookupError, ValueError, TypeError):
        charset = None
    return _plain(raw[:_MAX_HTML_BYTES], charset)


def _text_of_html(pages: list[str]) -> str:
    """The visible text of HTML parts; a page of nothing but history is a forwarded mail, and stays."""
    without = "\n".join(text_of_html(page) for page in pages)
    return without or "\n".join(text_of_html(page, with_history=True) for page in pages)


# Who or what wrote it -----------------------------------------------------------------


_AUTOMATIC_SUBJECT = re.compile(
    r"(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|r[ée]ponse automatique"
    r"|absence du bureau|absent\(?e?\)? du bureau|message d['’]absence|automatische antwort|abwesenheit)\b",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"(?:undeliver(?:ed|able)|delivery status notification|mail delivery (?:failed|failure)|returned mail"
    r"|delivery (?:has )?failed|failure notice|non remis|[ée]chec de (?:la )?(?:remise|distribution)"
    r"|message non distribu[ée])",
    re.IGNORECASE,
)


def _kind(
    headers: Headers, message: Message, sender: str | None, subject: str | None, settings: Settings
) -> str:
    """Who or what wrote it: a customer, a machine that answers, a bounce, a list, the company itself."""
    report = (
        _first(headers, "content-type").lower() if message.get_content_type() == "multipart/report" else ""
    )
    has_no_return = _first(headers, "return-path").strip() == "<>"
    title = subject or ""
    if _is_mailer(sender) or "delivery-status" in report or (has_no_return and _BOUNCE_SUBJECT.match(title)):
        return "bounce"
    automatic = _first(headers, "auto-submitted").strip().lower() or "no"
    precedence = _first(headers, "precedence").strip().lower()
    if (
        automatic != "no"
        or "disposition-notification" in report
        or precedence in ("auto_reply", "auto-reply")
        or _AUTOMATIC_HEADERS & headers.keys()
        or _AUTOMATIC_SUBJECT.match(title)
    ):
        return "automatic_reply"
    if _is_own(sender, settings):
        return "own_company"
    if _is_foreign_list(headers, settings) or precedence in ("bulk", "junk"):
        return "mailing_list"
    return "customer"


def _is_mailer(sender: str | None) -> bool:
    return (sender or "").partition("@")[0].lower() in ("mailer-daemon", "postmaster")


def _is_own(sender: str | None, settings: Settings) -> bool:
    """Whether an address is the company's: named in full, or in a domain named as `@example.com`."""
    address = (sender or "").lower()
    return any(
        address == own or (own.startswith("@") and address.endswith((own, "." + own[1:])))
        for own in settings.own_addresses
    )


def _is_foreign_list(headers: Headers, settings: Settings) -> bool:
    """Whether a mailing list sent it; a list of the company's own is just a mailbox."""
    named = _first(headers, "list-id") + _first(headers, "list-post")
    is_list = bool(named.strip()) or _first(headers, "precedence").strip().lower() == "list"
    domains = [own.rpartition("@")[2] for own in settings.own_addresses]
    return is_list and not any(domain in named.lower() for domain in domains)
