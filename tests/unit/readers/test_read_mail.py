"""Mails: who wrote, when, what, and in answer to which."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import orjson
import pytest

from tolerance import recount
from tolerance.formats.content import FileNotes
from tolerance.identity import address_hash
from tolerance.records import AcceptedRecord, FileRefusedError, QuarantinedRecord
from tolerance.settings import settings

Read = Callable[..., list[object]]

HEAD = b"From: Support <ana@example.fr>\nDate: Thu, 1 Oct 2026 10:00:00 +0200\nMessage-ID: <m1@x>\n"


def values(read_bytes: Read, content: bytes) -> dict[str, object]:
    (record,) = read_bytes("mail", "m.eml", content)
    assert isinstance(record, AcceptedRecord), record
    return record.values


def test_a_mail_gives_sender_ids_instant_and_words(read_bytes: Read) -> None:
    mail = values(
        read_bytes,
        HEAD
        + b"In-Reply-To: <m0@x>\nReferences: <a@x>\n <m0@x>\n"
        + b"Subject: =?iso-8859-1?Q?Caf=E9?= =?utf-8?B?w6k=?=\n"
        + b"Content-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: 8bit\n\n"
        + "Prix : 5 €\n".encode("cp1252"),
    )
    assert mail["mail_id"] == "m1@x"
    assert mail["in_reply_to"] == "m0@x"
    assert mail["reference_ids"] == "a@x m0@x"
    assert mail["sent_at"] == datetime.fromisoformat("2026-10-01T08:00")
    assert mail["sender_hash"] == address_hash(b"key", "ana@example.fr")
    assert mail["subject"] == "Caféé"
    assert mail["body_text"] == "Prix : 5 €"
    assert mail["mail_kind"] == "customer"


def test_every_id_of_a_long_thread_counts(read_bytes: Read) -> None:
    ids = [f"{number:060d}@mail.example" for number in range(100)]
    listed = "".join(f"\n <{one}>" for one in ids)
    mail = values(read_bytes, HEAD + f"References:{listed}\n\nBonjour\n".encode())
    assert str(mail["reference_ids"]).split() == ids


def test_html_is_read_as_text_without_its_scripts(read_bytes: Read) -> None:
    page = "<style>p{}</style><p>Bonjour,</p><script>x()</script><p>où est mon colis&nbsp;?</p>"
    mail = values(
        read_bytes,
        HEAD
        + b"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(page.encode()),
    )
    assert mail["body_text"] == "Bonjour,\noù est mon colis\xa0?"


def test_the_plain_part_is_preferred_and_attachments_are_not_read(read_bytes: Read) -> None:
    mail = values(
        read_bytes,
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n'
        + b"Content-Type: text/html\n\n<p>html</p>\n--b\nContent-Type: text/plain\n\nplain\n--b\n"
        + b"Content-Type: text/plain\nContent-Disposition: attachment; filename=../../x\n\n"
        + b"no\n--b--\n",
    )
    assert mail["body_text"] == "plain"


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        (b"Auto-Submitted: auto-replied\n", "automatic_reply"),
        (b"Auto-Submitted: no\n", "customer"),
        (b"List-Id: <l.x>\n", "mailing_list"),
        (b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n", "bounce"),
    ],
)
def test_machines_and_lists_are_marked(read_bytes: Read, extra: bytes, kind: str) -> None:
    assert values(read_bytes, HEAD + extra + b"\nx")["mail_kind"] == kind


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"just words\n", "not_a_message"),
        (b"", "not_a_message"),
        (b"From: a@b\n\nx", "event_time_out_of_range"),
        (b"From: a@b\nDate: some day\n\nx", "bad_value"),
        (b"From: a@b\nDate: Thu, 1 Jan 1970 00:00:00 +0000\n\nx", "event_time_out_of_range"),
    ],
)
def test_what_is_no_dated_mail_is_quarantined(read_bytes: Read, content: bytes, reason: str) -> None:
    (record,) = read_bytes("mail", "m.eml", content)
    assert isinstance(record, QuarantinedRecord)
    assert record.reason.value == reason


def test_a_mail_without_date_has_that_of_its_last_received(read_bytes: Read) -> None:
    mail = values(
        read_bytes,
        b"Received: by b; Thu, 1 Oct 2026 12:00:00 +0000\nReceived: by a; x\nFrom: a@b\n\nx",
    )
    assert mail["sent_at"] == datetime.fromisoformat("2026-10-01T12:00")


def test_a_mail_without_id_has_the_same_one_alone_and_in_an_mbox(read_bytes: Read) -> None:
    content = b"From: a@b\nDate: Thu, 1 Oct 2026 10:00:00 +0200\n\nhi\n"
    alone = values(read_bytes, content.replace(b"\n", b"\r\n"))["mail_id"]
    (boxed,) = read_bytes("mail", "m.mbox", b"From a@b Thu Oct  1 10:00:00 2026\n" + content + b"\n")
    assert isinstance(boxed, AcceptedRecord)
    assert boxed.values["mail_id"] == alone
    assert str(alone).startswith("sha256:")


@pytest.mark.parametrize(
    "hostile",
    [
        HEAD + b"Subject: " + b"=?utf-8?Q?" + b"=20" * 700_000 + b"?=\n\nx",
        HEAD + b"X: " + b"a" * 2_000_000 + b"\n\nx",
        b"From: " + b"(" * 200_000 + b"a@b\nDate: Thu, 1 Oct 2026 10:00:00 +0200\n\nx",
        HEAD
        + b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(3_000)),
        HEAD + b"Content-Type: text/plain; charset=unicode_escape\n\n\\N{",
        HEAD + b"Subject: \xff\xfe =?nope?Q?=FF?=\n\n\x00",
    ],
    ids=["subject", "header", "comments", "nesting", "codec", "bytes"],
)
def test_a_hostile_mail_costs_no_more_than_two_seconds(read_bytes: Read, hostile: bytes) -> None:
    start = time.process_time()
    (record,) = read_bytes("mail", "m.eml", hostile)
    assert time.process_time() - start < 2
    if isinstance(record, AcceptedRecord):
        assert all(str(value).encode("utf-8") for value in record.values.values())
    else:
        assert record.reason.value == "resource_limit"


@pytest.mark.parametrize("header", [b"Subject: ", b"X-Other: ", b"Subject: =?utf-8?Q?"])
def test_a_mail_of_two_megabytes_of_header_is_quarantined(read_bytes: Read, header: bytes) -> None:
    (record,) = read_bytes("mail", "m.eml", HEAD + header + b"ab " * 700_000 + b"\n\nx")
    assert isinstance(record, QuarantinedRecord)
    assert record.reason.value == "resource_limit"


def test_another_form_is_refused_but_a_maildir_needs_no_extension(read_bytes: Read) -> None:
    assert len(read_bytes("mail", "box/cur/1:2,S", HEAD + b"\nx")) == 1
    with pytest.raises(FileRefusedError, match="not of a known form"):
        read_bytes("mail", "m.msg", HEAD + b"\nx")


def test_a_mail_of_too_many_parts_is_quarantined(read_bytes: Read) -> None:
    parts = b"--b\nContent-Type: text/plain\n\nx\n" * 250
    head = HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n'
    (record,) = read_bytes("mail", "m.eml", head + parts + b"--b--\n")
    assert isinstance(record, QuarantinedRecord)
    assert record.reason.value == "resource_limit"


def test_a_charset_that_is_no_charset_does_not_interpret_the_text(read_bytes: Read) -> None:
    mail = values(read_bytes, HEAD + b"Content-Type: text/plain; charset=unicode_escape\n\n\\x41\\u0042")
    assert mail["body_text"] == "\\x41\\u0042"


def test_only_the_name_the_size_and_the_hash_of_an_attachment_are_kept(read_bytes: Read) -> None:
    mail = values(
        read_bytes,
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nsee below\n--b\n'
        + b'Content-Type: image/png; name="../../etc/=?utf-8?q?=C3=A9?=.png"\n'
        + b"Content-Transfer-Encoding: base64\n\naGVsbG8=\n--b\n"
        + b"Content-Type: message/rfc822\n\nSubject: inner\n\ninner words\n--b--\n",
    )
    assert mail["body_text"] == "see below"
    image, inner = orjson.loads(str(mail["attachments"]))
    assert image == {"name": "é.png", "byte_count": 5, "sha256": hashlib.sha256(b"hello").hexdigest()}
    assert (inner["name"], inner["byte_count"] > 0) == (None, True)


@pytest.mark.parametrize(
    ("sender", "extra", "kind"),
    [
        (b"a@shop.fr", b"", "own_company"),
        (b"a@mail.shop.fr", b"", "own_company"),
        (b"a@otherworkshop.fr", b"", "customer"),
        (b"help@desk.example", b"", "own_company"),
        (b"b@desk.example", b"", "customer"),
        (b"a@b.fr", b"List-Id: <help.shop.fr>\nPrecedence: list\n", "customer"),
        (b"a@b.fr", b"List-Id: <news.elsewhere.fr>\n", "mailing_list"),
        (b"MAILER-DAEMON@shop.fr", b"", "bounce"),
        (b"a@b.fr", "Subject: Réponse automatique : colis\n".encode(), "automatic_reply"),
        (b"a@b.fr", "Subject: Votre réponse automatique est inutile\n".encode(), "customer"),
        (b"a@b.fr", b"Return-Path: <>\nSubject: Undelivered Mail Returned to Sender\n", "bounce"),
    ],
)
def test_the_companys_own_mail_is_marked_and_its_own_lists_are_letter_boxes(
    read_bytes: Read, sender: bytes, extra: bytes, kind: str
) -> None:
    content = HEAD.replace(b"ana@example.fr", sender) + extra + b"\nx"
    own = replace(settings(), own_addresses=("@shop.fr", "help@desk.example"))
    (record,) = read_bytes("mail", "m.eml", content, company=own)
    assert isinstance(record, AcceptedRecord)
    assert record.values["mail_kind"] == kind


def test_history_in_html_is_cut_off_and_inline_tags_do_not_break_lines(read_bytes: Read) -> None:
    page = (
        b"<div>Toujours <b>rien</b> re&ccedil;u.</div><div class=gmail_quote>Le 2 oct. 2026 a dit :"
        b"<blockquote>Bonjour</blockquote></div>"
    )
    mail = values(read_bytes, HEAD + b"Content-Type: text/html\n\n" + page)
    assert mail["body_text"] == "Toujours rien reçu."


@pytest.mark.parametrize(
    "piece", [b"<div>", b"<b>", b"<a href=x>x", b"<!--", b"&lt;", b"<table><tr><td>", b"<p>"]
)
def test_hostile_html_costs_no_more_than_its_length(read_bytes: Read, piece: bytes) -> None:
    def cost(byte_count: int) -> float:
        begin = time.process_time()
        page = piece * (byte_count // len(piece)) + b"x"  # a page without a word is read five times more
        values(read_bytes, HEAD + b"Content-Type: text/html\n\n" + page)
        return time.process_time() - begin

    # Five times the length: five times the cost where it is linear, 25 times where it is quadratic.
    assert cost(1_000_000) < 12 * max(cost(200_000), 0.02)


def test_a_subject_is_one_line_of_bounded_length(read_bytes: Read) -> None:
    subject = values(read_bytes, HEAD + b"Subject: =?utf-8?Q?a=0D=0Ab?= " + b"x" * 9_000 + b"\n\n")
    assert str(subject["subject"]).startswith("a b x")
    assert len(str(subject["subject"])) == 1_000


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("jane@other.fr <ana@example.fr>", "ana@example.fr"),
        ("'jane@other.fr' <ana@example.fr>", "ana@example.fr"),
        ('"jane@other.fr <x@other.fr>" <ana@example.fr>', "ana@example.fr"),
        ("jane@other.fr (<x@other.fr>) <ana@example.fr>", "ana@example.fr"),
        ("Doe, Ana <ana@example.fr>", "ana@example.fr"),
        ("Re: [desk] Ana <ana@example.fr>", "ana@example.fr"),
        ("=?utf-8?q?Ana=2C_Doe?=\n <ana@example.fr>", "ana@example.fr"),
        ('<"ana doe"@example.fr>', '"ana doe"@example.fr'),
        ("ana@example.fr (Ana)", "ana@example.fr"),
        ("ana@example.fr, jane@other.fr", "ana@example.fr"),
        ("Ana <ana@example.fr>, Jane <jane@other.fr>", "ana@example.fr"),
        ("ana@example.fr", "ana@example.fr"),
    ],
)
def test_the_sender_is_the_address_whatever_the_name_says(
    read_bytes: Read, written: str, address: str
) -> None:
    mail = values(read_bytes, HEAD.replace(b"Support <ana@example.fr>", written.encode()) + b"\nx")
    assert mail["sender_hash"] == address_hash(b"key", address)


@pytest.mark.parametrize("year", [b"0001", b"0099", b"9999"])
def test_the_zero_and_the_end_of_a_calendar_are_no_dates(read_bytes: Read, year: bytes) -> None:
    (record,) = read_bytes("mail", "m.eml", HEAD.replace(b"2026", year) + b"\nx")
    assert isinstance(record, QuarantinedRecord)
    assert record.reason.value == "event_time_out_of_range"


def test_a_mailbox_in_a_folder_called_new_is_still_one(read_bytes: Read) -> None:
    box = (b"From a@b Thu Oct  1 10:00:00 2026\n" + HEAD + b"\nx\n\n") * 3
    assert len(read_bytes("mail", "new/m.mbox", box)) == 3


@pytest.mark.parametrize(
    ("envelope", "is_told"),
    [(b"", True), (b"From a@b\n", True), (b"From - Thu Oct  1 10:00:00 2026\n", False)],
)
def test_a_mailbox_without_envelopes_is_told_of(read_bytes: Read, envelope: bytes, is_told: bool) -> None:
    notes = FileNotes()
    read_bytes("mail", "m.mbox", (envelope + HEAD + b"\nx\n\n") * 2, notes)
    assert (bool(notes.messages), notes.may_hold_more) == (is_told, is_told)


def test_a_broken_word_in_a_subject_stays_alone_undecoded(read_bytes: Read) -> None:
    subject = b"Re: =?utf-8?q?caf=C3=A9?= =?utf-8?b?a?=\n =?iso-8859-1?q?o=F9?= est"
    mail = values(read_bytes, HEAD + b"Subject: " + subject + b"\n\nx")
    assert mail["subject"] == "Re: café=?utf-8?b?a?=où est"


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n\n", b" \t\n\xef\xbb\xbf\n", b"From a@b\n"])
@pytest.mark.parametrize("name", ["m.eml", "box/cur/1:2,S", "m.mbox"])
def test_a_mark_or_blank_lines_before_a_mail_are_no_part_of_it(
    read_bytes: Read, name: str, before: bytes
) -> None:
    (record,) = read_bytes("mail", name, before + HEAD + b"\nx\n")
    assert isinstance(record, AcceptedRecord)
    assert record.values["mail_id"] == "m1@x"


@pytest.mark.parametrize(
    ("name", "words"), [("m.mbox", "Hello.\nFrom here on."), ("m.eml", "Hello."), ("new/1", "Hello.")]
)
def test_only_a_mailbox_quotes_lines_that_begin_with_from(read_bytes: Read, name: str, words: str) -> None:
    (record,) = read_bytes("mail", name, HEAD + b"\nHello.\n>From here on.\n")
    assert isinstance(record, AcceptedRecord)
    assert record.values["body_text"] == words  # a line that a customer quotes is history


@pytest.mark.parametrize("ends", [b"\n\n\n", b"\r\r\r", b"\r\r\n", b"\n\r\r"])
def test_a_mailbox_may_end_its_lines_as_it_likes(read_bytes: Read, tmp_path: Path, ends: bytes) -> None:
    mails = [
        b"From - Wed Nov 18 10:00:00 2026\n" + HEAD.replace(b"m1", b"m%d" % n) + b"\nHello.\nBye.\n\n"
        for n in range(3)
    ]
    content = b"".join(mail.replace(b"\n", ends[n : n + 1]) for n, mail in enumerate(mails))
    notes = FileNotes()
    records = read_bytes("mail", "m.mbox", content, notes)
    told = [
        (record.values["mail_id"], str(record.values["body_text"]).splitlines())
        for record in records
        if isinstance(record, AcceptedRecord)
    ]
    assert told == [(f"m{n}@x", ["Hello.", "Bye."]) for n in range(3)]
    assert notes.messages == []
    assert recount.count_records(tmp_path / "landed", "m.mbox") == 3


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("tail", [b"", b"\n"])
def test_mailboxes_joined_without_a_blank_line_are_told_of_and_quoted_mails_stay_quoted(
    read_bytes: Read, tail: bytes, end: bytes
) -> None:
    mail = b"From - Wed Nov 18 10:00:00 2026\n" + HEAD + b"\nx\n"
    sentence = b"\nFrom me to you:\n From - Wed Nov 18 10:00:00 2026\nSubject: x\n"
    joined = (mail + tail + mail + sentence + tail + mail).replace(b"\n", end)
    notes = FileNotes()
    assert len(read_bytes("mail", "m.mbox", joined, notes)) == (3 if tail else 1)
    told = ["m.mbox: 2 mails begin without a blank line" in message for message in notes.messages]
    assert told == ([] if tail else [True])
    assert notes.may_hold_more == (not tail)


@pytest.mark.parametrize("offset", [b"-05:00", b"GMT-0500", b"-0500 (EST)", b"UTC-05:00"])
def test_an_offset_written_otherwise_is_still_one(read_bytes: Read, offset: bytes) -> None:
    mail = values(read_bytes, HEAD.replace(b"+0200", offset) + b"\nx")
    assert mail["sent_at"] == datetime.fromisoformat("2026-10-01T15:00")


@pytest.mark.parametrize(
    "written",
    [
        *(b"2026-10-01T08:00:00Z", b"2026-10-01 10:00:00.123456789 +02:00", b"2026-10-01T10:00"),
        *(b"Thu, 1 Oct 2026 10:00:00 CEST", b"Thu, 1 Oct 2026 10:00 (MESZ)", b"Thu Oct  1 09:00:00 CET 2026"),
        *(b"Thu, 1 Oct 2026 10:00:00", b"Thu Oct  1 10:00:00 2026", b"Thu, 1 Oct 2026 08:00:00 GMT"),
        *(b"Thu, 1 Oct 2026 08:00:00 -0000", b"Thu, 1 Oct 2026 17:00:00 +0900 (JST)"),
        *(b"Thu, 1 Oct 2026 08:00:00 JST", b"Thu Oct  1 08:00:00 IST 2026", b"Thu, 1 Oct 2026 10:00:00 AM"),
    ],
)
def test_a_date_is_read_with_its_zone_and_by_received_where_that_may_be_any(
    read_bytes: Read, written: bytes
) -> None:
    head = HEAD.replace(b"Thu, 1 Oct 2026 10:00:00 +0200", written)
    mail = values(read_bytes, b"Received: by x; Thu, 1 Oct 2026 04:00:00 -0400 (EDT)\n" + head + b"\nx")
    assert str(mail["sent_at"]).startswith("2026-10-01 08:00:00")
    is_told = not written.endswith((b"JST", b"IST 2026"))
    assert isinstance(read_bytes("mail", "m.eml", head + b"\nx")[0], AcceptedRecord) == is_told
