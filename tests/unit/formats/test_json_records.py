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


@pytest.mark.parametrize(
    ("content", "elements"),
    [
        (b'{"_embedded":{"a":[0],"items":[1,[2]]},"page":{"items":[9]}}', [b"1", b"[2]"]),
        (b'{"_embedded.items":[1]}', [b"1"]),
        (b'{"_embedded":{"x":{"items":[9]}},"items":[9]}', None),
        (b'{"_embedded":[{"items":[9]}]}', None),
        (b'{"_embedded":{"items":[1]}}\n{"_embedded":{"items":[2]}}', [b"1", b"2"]),
    ],
)
def test_an_array_inside_an_object_is_found_by_its_path_alone(
    content: bytes, elements: list[bytes] | None
) -> None:
    arrays = json_arrays(content, ("_embedded.items",))
    assert arrays.broken_from is None
    assert ("_embedded.items" in arrays.elements) is (elements is not None)
    assert [content[a:b] for a, b in arrays.spans("_embedded.items")] == (elements or [])


def test_an_array_deeper_than_its_name_is_not_taken() -> None:
    arrays = json_arrays(b'{"tickets":{"x":[9],"tickets":[9]},"users":["tickets",[9]]}', ("tickets",))
    assert not arrays.elements
