"""Where the elements of a JSON document begin and end."""

from __future__ import annotations

import pytest

from tolerance.formats.json_records import json_arrays, span_frames
from tolerance.records import QuarantineReason


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
    frames = list(span_frames(content, arrays, "tickets"))
    assert [frame.problem for frame in frames] == [None, QuarantineReason.NOT_JSON]
    assert frames[-1].position.byte_end == len(content)
