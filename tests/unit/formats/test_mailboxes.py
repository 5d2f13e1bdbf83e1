"""Where the messages of a mailbox begin and end."""

from __future__ import annotations

from tolerance.formats.mailboxes import mbox_frames, unquoted


def test_a_sentence_that_begins_with_from_does_not_split_a_message() -> None:
    content = (
        b"From a@b Thu Oct  1 10:00:00 2026\nSubject: x\n\nhello\n\nFrom my view this is one\n\n"
        b">From here too\n\nFrom c@d Thu Oct  1 11:00:00 2026\nSubject: y\n\nbye\n"
    )
    frames = list(mbox_frames(content))
    assert [frame.position.byte_start for frame in frames] == [0, content.index(b"From c@d")]
    assert b"\nFrom here too" in unquoted(frames[0].raw)


def test_a_message_that_tells_its_length_is_not_split_in_its_body() -> None:
    body = b"\nhello\n\nFrom c@d Thu Oct  1 11:00:00 2026\nSubject: quoted\n\nbye\n"
    first = b"From a@b Thu Oct  1 10:00:00 2026\nContent-Length: %d\n\n"
    second = b"From e@f Thu Oct  1 12:00:00 2026\nSubject: z\n\nend\n"
    right = first % len(body) + body + b"\n" + second
    assert [f.position.byte_start for f in mbox_frames(right)] == [0, right.index(b"From e@f")]
    wrong = first % 7 + body + b"\n" + second
    assert len(list(mbox_frames(wrong))) == 3


def test_a_from_line_needs_the_date_of_an_envelope_or_headers_after_it() -> None:
    head = b"From a@b Thu Oct  1 10:00:00 2026\nSubject: x\n\n"
    assert len(list(mbox_frames(head + b"\nFrom 10:30 on nobody answered.\nbye\n"))) == 1
    assert len(list(mbox_frames(head + b"\nFrom a@b 2026-10-01 10:30\nSubject: y\n\nx\n"))) == 2
    assert len(list(mbox_frames(head + b"\nFrom c@d Fri, 2 Oct 2026 10:30:00 +0200\nno message\n"))) == 2


def test_what_stands_before_the_first_message_of_an_mbox_is_a_record() -> None:
    assert [f.raw for f in mbox_frames(b"junk\n\nFrom a Thu Oct 1 10:00:00 2026\nx")] == [
        b"junk\n\n",
        b"From a Thu Oct 1 10:00:00 2026\nx",
    ]
    assert list(mbox_frames(b"")) == []
