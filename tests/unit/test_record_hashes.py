"""The hash of a record is the same whether it is taken by itself or among thousands."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolerance.record_hashes import record_content, record_hash, record_hashes
from tolerance.records import AcceptedBlock

DAY = datetime(2026, 3, 1, 10, 0, 5, tzinfo=UTC).replace(tzinfo=None)
KINDS = [pa.string(), pa.timestamp("us"), pa.date32(), pa.bool_(), pa.int32()]


def block(rows: list[list[Any]], *, is_plain: bool) -> AcceptedBlock:
    columns = map(pa.array, zip(*rows, strict=True), KINDS)
    places = np.arange(len(rows), dtype=np.int64)
    named = {str(number): column for number, column in enumerate(columns)}
    return AcceptedBlock(1, places, places, named, is_plain)


def hashes(rows: list[list[Any]], *, is_plain: bool) -> list[str]:
    made: list[str] = record_hashes(block(rows, is_plain=is_plain), list("01234")).to_pylist()
    return made


def without_blocks(rows: list[list[Any]]) -> list[str]:
    return [record_hash(record_content(row)) for row in rows]


ROWS = [["où", DAY, date(2026, 3, 1), True, 7], [None, None, None, None, None], ["", DAY, None, False, -1]]


def test_the_content_of_a_record_is_what_it_always_was() -> None:
    assert record_content(ROWS[0]) == '["où","2026-03-01T10:00:05","2026-03-01",true,7]'.encode()
    assert record_hash(b"x") == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"


@pytest.mark.parametrize("is_plain", [True, False])
def test_values_of_all_kinds_and_none_hash_alike_together(is_plain: bool) -> None:
    assert hashes(ROWS, is_plain=is_plain) == without_blocks(ROWS)


def test_parts_of_a_second_hash_alike_together() -> None:
    rows = [[None, DAY.replace(microsecond=part), None, None, None] for part in (0, 1, 500_000)]
    assert hashes(rows, is_plain=True) == without_blocks(rows)


def test_every_plain_character_hashes_alike_together() -> None:
    codes = (code for code in range(0x20, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
    plain = "".join(chr(code) for code in codes if chr(code) not in '"\\')
    # Sixteen to a record: one that is written otherwise changes the hash among others too.
    texts = (plain[at : at + 16] for at in range(0, len(plain), 16))
    rows: list[list[Any]] = [[text, None, None, None, None] for text in texts]
    assert hashes(rows, is_plain=True) == without_blocks(rows)


ANY_ROW = st.tuples(
    st.text(), st.datetimes(datetime(2000, 1, 1)), st.dates(), st.booleans(), st.integers(0, 9)
)


@given(st.lists(ANY_ROW))
def test_any_text_hashes_alike_together(rows: list[tuple[Any, ...]]) -> None:
    listed = [list(row) for row in rows] + ROWS
    assert hashes(listed, is_plain=False) == without_blocks(listed)
