"""Reads mails: single messages, mbox files and Maildirs; one message is one record.

The `email` package only cuts a message into headers and parts, with compat32, the one
policy that does not interpret headers. Headers and parts are decoded here, each value cut
to a bound first: a hostile header must cost no more than an honest one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import compat32
from functools import partial
from pathlib import Path

from tolerance.contracts.base import Contract
from tolerance.contracts.mail import MAX_SUBJECT_CHARACTERS
from tolerance.formats.content import FileNotes, Frame, content_of, form_of, whole_frame
from tolerance.formats.mailboxes import (
    MAX_MAIL_BYTES,
    begins_with_envelope,
    mbox_frames,
    message_in,
    unquoted,
)
from tolerance.identity import address_hash
from tolerance.inbox import is_maildir_message
from tolerance.instants import business_date, stored
from tolerance.readers.mail import parts
from tolerance.readers.mail.dates import sent_at
from tolerance.readers.mail.detached import Detached
from tolerance.readers.mail.headers import decoded, first, headers_of, ids_in, on_one_line
from tolerance.readers.mail.identity import identity_hash, mail_id
from tolerance.readers.mail.kinds import kind_of
from tolerance.readers.mail.senders import forwarded_sender, from_address, is_own, sender_of
from tolerance.readers.outcomes import Outcome, ReaderContext, outcome_of, unknown_form
from tolerance.readers.rules import BadFieldError, Values
from tolerance.records import QuarantineReason

MAX_HEADER_BYTES = 1 << 20

_TELLTALE_HEADERS = frozenset(
    {"from", "sender", "to", "date", "subject", "message-id", "received", "return-path"}
)
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n|\r\r")
_PARSER = BytesParser(policy=compat32)


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
        for frame in mbox_frames(content, notes) if is_mailbox else [whole_frame(content, MAX_MAIL_BYTES)]:
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
    if raw.count(b"boundary=") > parts.MAX_PARTS:
        raise BadFieldError(QuarantineReason.RESOURCE_LIMIT, f"more than {parts.MAX_PARTS} boundaries")
    if _header_bytes(raw) > MAX_HEADER_BYTES:
        raise BadFieldError(QuarantineReason.RESOURCE_LIMIT, f"more than {MAX_HEADER_BYTES} bytes of headers")
    detached = Detached.of(raw)
    message = _PARSER.parsebytes(detached.rest())
    headers = headers_of(message)
    if not _TELLTALE_HEADERS & headers.keys():
        raise BadFieldError(QuarantineReason.NOT_A_MESSAGE, "it does not begin with the headers of a mail")
    settings = context.settings
    when = sent_at(headers, settings)
    contents_of = partial(parts.contents_of, detached=detached, parse=_PARSER.parsebytes)
    contents = contents_of(message)
    said = parts.said_by(contents, contents_of)
    older = said.older
    if said.older_mail is not None and older is not None:
        older = f"From: {from_address(headers_of(said.older_mail)) or ''}\n{older}"
    sender = sender_of(headers, older, settings)
    is_for_another = is_own(from_address(headers), settings) and sender == (older and forwarded_sender(older))
    text = said.older if is_for_another else said.own
    subject = on_one_line(decoded(first(headers, "subject")))[:MAX_SUBJECT_CHARACTERS] or None
    return {
        "mail_id": mail_id(headers, raw),
        "identity_hash": (
            identity_hash(headers, message, detached, raw) if context.mails_have_identities else None
        ),
        "in_reply_to": next(iter(ids_in(headers, "in-reply-to")), None),
        "reference_ids": " ".join(ids_in(headers, "references")) or None,
        "sent_at": stored(when),
        "sent_on": business_date(when, settings),
        "sender_hash": address_hash(context.identity_key, sender) if sender else None,
        "subject": subject,
        "body_text": text,
        "mail_kind": kind_of(
            headers, message, sender=sender, subject=subject, text=contents.text, settings=settings
        ),
        "attachments": contents.attachment_list,
    }


def _header_bytes(raw: bytes) -> int:
    """The bytes before the first blank line, as far as it matters."""
    end = _END_OF_HEADERS.search(raw, 0, MAX_HEADER_BYTES + 2)
    return end.start() if end else min(len(raw), MAX_HEADER_BYTES + 1)
