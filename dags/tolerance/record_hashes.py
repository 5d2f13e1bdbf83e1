"""Whether two records hold the same: the hash of a record's values, for a single record or many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tolerance.records import AcceptedBlock


def record_hash(content: bytes) -> str:
    """The hash of one record's content, in hex."""
    return sha256(content).hexdigest()


def hash_within(system: str | None, content_hash: str) -> str:
    """The hash of a record of another system than the default one: equal content there is another record."""
    return content_hash if system is None else sha256(f"{system}|{content_hash}".encode()).hexdigest()


def hashes_within(system: str | None, hashes: pa.StringArray) -> pa.StringArray:
    """The same for many records of one system."""
    return hashes if system is None else pa.array([hash_within(system, each) for each in hashes.to_pylist()])


def record_content(values: Sequence[object]) -> bytes:
    """The values of one record as JSON, which is what is hashed."""
    return orjson.dumps(values)


def record_hashes(block: AcceptedBlock, names: Sequence[str]) -> pa.StringArray:
    """The hash of each record of a block, over the columns `names` in their order."""
    columns = [block.columns[name] for name in names]
    digests = b"".join([sha256(content).digest() for content in _contents(columns, is_plain=block.is_plain)])
    ends = np.arange(0, 2 * len(digests) + 1, 2 * sha256().digest_size, dtype=np.int32)
    return pa.StringArray.from_buffers(
        len(block), pa.py_buffer(ends), pa.py_buffer(digests.hex().encode("ascii"))
    )


def _contents(columns: list[pa.Array], *, is_plain: bool) -> Iterator[bytes]:
    """The `record_content` of each record. Plain texts are their own JSON between quotes."""
    texts = list(map(_json_texts, columns)) if is_plain else [None]
    if any(text is None for text in texts):
        return map(record_content, zip(*map(_values, columns), strict=True))
    joined = pc.binary_join_element_wise("[", pc.binary_join_element_wise(*texts, ","), "]", "")
    return iter(joined.cast(pa.binary()).to_numpy(zero_copy_only=False).tolist())


def _values(column: pa.Array) -> list[object]:
    """The values of a column, as `to_pylist` gives them; through numpy where that keeps their type."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        values: list[object] = column.to_numpy(zero_copy_only=False).tolist()
        return values
    return list(column.to_pylist())


def _json_texts(column: pa.Array) -> pa.StringArray | None:
    """The JSON of each plain value of a column; None for a column that needs the general way."""
    if pa.types.is_timestamp(column.type):
        seconds = column.cast(pa.timestamp("s"), safe=False)
        if not pc.all(pc.equal(seconds.cast(column.type), column), min_count=0).as_py():
            return None  # fractions of a second have a form of their own
        texts = pc.utf8_replace_slice(seconds.cast(pa.string()), 10, 11, "T")
    elif pa.types.is_string(column.type) or pa.types.is_date(column.type):
        texts = column.cast(pa.string())
    else:
        return pc.coalesce(column.cast(pa.string()), "null")
    return pc.coalesce(pc.binary_join_element_wise('"', texts, '"', ""), "null")
