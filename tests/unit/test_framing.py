"""Where records begin and end, whatever lies between them."""

from __future__ import annotations

import csv
import gzip
import io
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolerance import framing
from tolerance.framing import FileNotes, content_of, csv_frames, json_arrays, mbox_frames, ndjson_frames
from tolerance.records import FileRefusedError, QuarantineReason, RefusalReason


def framed(content: bytes) -> list[bytes]:
    return [frame.raw for frame in csv_frames(content, b";", 0)]


@pytest.mark.parametrize(
    ("content", "records"),
    [
        pytest.param(b"a;b\r\nc;d\ne;f\rg;h", [b"a;b", b"c;d", b"e;f", b"g;h"], id="mixed ends"),
        pytest.param(b'a;"b\nc"\nd', [b'a;"b\nc"', b"d"], id="a quoted line end joins"),
        pytest.param(b'a;"b\nc;"d"\ne', [b'a;"b', b'c;"d"', b"e"], id="an unclosed quote"),
        pytest.param(b'a;"b', [b'a;"b'], id="an unclosed quote at the end"),
        pytest.param(b'a;"b""c"\nd', [b'a;"b""c"', b"d"], id="a doubled quote"),
        pytest.param(b'"a"b;c\nd', [b'"a"b;c', b"d"], id="a quote closed in mid field"),
        pytest.param(b"a\n\n \nb", [b"a", b"b"], id="blank lines are none"),
        pytest.param(b"a\n\0\0\nb", [b"a", b"\0\0", b"b"], id="a line of NULs is one"),
        pytest.param(b'a "b;c\nd', [b'a "b;c', b"d"], id="a quote inside a field is text"),
        pytest.param(b'"a\n"b;c\n"d"', [b'"a', b'"b;c', b'"d"'], id="two unclosed quotes"),
    ],
)
def test_a_csv_record_is_one_line_but_for_quoted_line_ends(content: bytes, records: list[bytes]) -> None:
    assert framed(content) == records


def test_only_records_with_a_quote_that_does_not_close_are_unbalanced() -> None:
    frames = list(csv_frames(b'a;"b\n"c"d\ne;"f\n"', b";", 0))
    assert [frame.problem for frame in frames] == [
        QuarantineReason.UNBALANCED_QUOTE,
        QuarantineReason.UNBALANCED_QUOTE,
        None,
    ]


@given(st.lists(st.lists(st.text('ab;"\n\r é', max_size=6), min_size=2, max_size=3), max_size=8))
def test_what_a_csv_writer_writes_is_framed_row_by_row(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    frames = list(csv_frames(out.getvalue().encode(), b";", 0))
    assert [next(csv.reader([f.raw.decode()], delimiter=";")) for f in frames] == rows


@given(st.binary(max_size=200))
def test_frames_never_overlap_and_leave_only_line_ends_and_blanks_out(content: bytes) -> None:
    end = 0
    for number, frame in enumerate(csv_frames(content, b";", 0), start=1):
        assert frame.position.record_no == number
        assert frame.position.byte_start >= end
        assert not content[end : frame.position.byte_start].strip()
        assert content[frame.position.byte_start : frame.position.byte_end] == frame.raw
        end = frame.position.byte_end
    assert not content[end:].strip()


def test_a_line_beyond_the_limit_is_set_aside_and_the_next_one_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(framing, "MAX_RECORD_BYTES", 10)
    for frames in (csv_frames(b"x" * 11 + b"\na", b";", 0), ndjson_frames(b"x" * 11 + b"\na")):
        assert [frame.problem for frame in frames] == [QuarantineReason.RESOURCE_LIMIT, None]


def test_elements_of_arrays_are_found_past_brackets_and_quotes_in_strings() -> None:
    content = rb'{"x":[[1]],"users":[], "tickets" : [ {"a":"]}\"["} ,2],"end":"tickets"}'
    arrays = json_arrays(content, ("tickets", "users"))
    assert [content[a:b].strip() for a, b in arrays.spans("tickets")] == [
        rb'{"a":"]}\"["}',
        b"2",
    ]
    assert list(arrays.spans("users")) == []
    assert arrays.broken_from is None


@pytest.mark.parametrize("content", [b'{"tickets":[1,{"a":"b', b'{"tickets":[1,{"a"', b'{"tickets":[1,'])
def test_a_json_that_breaks_off_keeps_the_elements_before(content: bytes) -> None:
    arrays = json_arrays(content, ("tickets",))
    frames = list(framing.span_frames(content, arrays, "tickets"))
    assert [frame.problem for frame in frames] == [None, QuarantineReason.NOT_JSON]
    assert frames[-1].position.byte_end == len(content)


def test_a_sentence_that_begins_with_from_does_not_split_a_message() -> None:
    content = (
        b"From a@b Thu Oct  1 10:00:00 2026\nSubject: x\n\nhello\n\nFrom my view this is one\n\n"
        b">From here too\n\nFrom c@d Thu Oct  1 11:00:00 2026\nSubject: y\n\nbye\n"
    )
    frames = list(mbox_frames(content))
    assert [frame.position.byte_start for frame in frames] == [0, content.index(b"From c@d")]
    assert b"\nFrom here too" in framing.unquoted(frames[0].raw)


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


def test_text_is_utf8_else_cp1252_else_the_file_is_refused() -> None:
    notes = FileNotes()
    assert framing.text_of("é".encode(), notes) == "é"
    assert notes.encoding == "utf-8"
    assert framing.text_of("é€".encode("cp1252"), notes) == "é€"
    assert notes.encoding == "utf-8+cp1252"
    with pytest.raises(framing.UndecodableError):
        framing.text_of(b"\x81", notes)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8", "utf-8-sig"])
def test_text_of_two_bytes_a_letter_is_refused_with_what_to_do(
    tmp_path: Path, name: str, encoding: str
) -> None:
    content = "customer_id;email\nC1;a@b.fr\n".encode(encoding)
    path = tmp_path / "landed"
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    if encoding.startswith("utf-8"):
        with content_of(path, name=name, scratch=tmp_path) as read:
            assert read[:] == content
        return
    with (
        pytest.raises(FileRefusedError, match=f"{name} is UTF-16 .* save it as UTF-8") as refused,
        content_of(path, name=name, scratch=tmp_path),
    ):
        pass
    assert refused.value.reason == RefusalReason.BAD_ENCODING


MORE = gzip.compress(b"more", mtime=0)
# By name: pytest would write the bytes into each test's id.
AFTER_A_GZIP = {
    "nothing": (b"", b""),
    "padding": (b"\0" * 200_000, b""),
    "a second member": (MORE, b"more"),
    "padding and a second member": (b"\0" * 65_000 + MORE, b"more"),
    "an empty member": (gzip.compress(b"", mtime=0), b""),
}
AFTER_A_GZIP_REFUSED = {
    "a letter": (b"x", "holds bytes after its end that are no gz"),
    "padding and rubbish": (b"\0\0rubbish\0" + b"x" * 100_000, "holds bytes after its end that are no gz"),
    "a member cut short": (MORE[:-3], "cut short or damaged"),
    "a member with a wrong sum": (MORE[:-8] + b"\0" * 8, "cut short or damaged"),
    "a member's first bytes and rubbish": (b"\x1f\x8brubbish", "cut short or damaged"),
}


@pytest.mark.parametrize("size", [10, 70_000, 3 << 20])
@pytest.mark.parametrize("after", AFTER_A_GZIP)
def test_a_gzip_is_read_with_every_member_that_follows(tmp_path: Path, size: int, after: str) -> None:
    content = random.Random(size).randbytes(size)
    tail, more = AFTER_A_GZIP[after]
    (tmp_path / "landed").write_bytes(gzip.compress(content) + tail)
    with content_of(tmp_path / "landed", name="a.csv.gz", scratch=tmp_path) as read:
        assert read[:] == content + more


@pytest.mark.parametrize("size", [10, 70_000, 3 << 20])
@pytest.mark.parametrize("after", AFTER_A_GZIP_REFUSED)
def test_what_follows_a_gzip_and_is_none_is_told(tmp_path: Path, size: int, after: str) -> None:
    tail, told = AFTER_A_GZIP_REFUSED[after]
    (tmp_path / "landed").write_bytes(gzip.compress(random.Random(size).randbytes(size)) + tail)
    with (
        pytest.raises(FileRefusedError, match=told),
        content_of(tmp_path / "landed", name="a.csv.gz", scratch=tmp_path),
    ):
        pass


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.eml", "box/cur/1:2,S"])
def test_a_gzip_under_another_name_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / "landed").write_bytes(gzip.compress(b"{}"))
    with (
        pytest.raises(FileRefusedError, match=f"{name} is gz by its content: call it {name}.gz") as refused,
        content_of(tmp_path / "landed", name=name, scratch=tmp_path),
    ):
        pass
    assert refused.value.reason == RefusalReason.UNKNOWN_FORM
