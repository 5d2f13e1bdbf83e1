"""Where CSV records begin and end, whatever lies between them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolerance import formats
from tolerance.formats.csv_records import csv_frames
from tolerance.formats.json_records import ndjson_frames
from tolerance.records import QuarantineReason


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


def test_a_line_beyond_the_limit_is_quarantined_and_the_next_one_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (formats.content, formats.csv_records):
        monkeypatch.setattr(module, "MAX_RECORD_BYTES", 10)
    for frames in (csv_frames(b"x" * 11 + b"\na", b";", 0), ndjson_frames(b"x" * 11 + b"\na")):
        assert [frame.problem for frame in frames] == [QuarantineReason.RESOURCE_LIMIT, None]
