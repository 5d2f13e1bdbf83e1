"""JSON as help desks write it: by the standard, and in the two ways in which many programs do not."""

from __future__ import annotations

import json
import re

import orjson

from tolerance.readers.rules import BadFieldError
from tolerance.records import QuarantineReason

_BESIDE_THE_STANDARD = re.compile(r"NaN|Infinity|\\u[dD][89a-fA-F]")
_NO_JSON = "this is no JSON"
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


def json_value(text: str) -> object:
    """What a JSON text says; NaN and infinities are null, half a pair of surrogates is U+FFFD.

    A cut emoji in a subject must not cost the ticket. Raises `BadFieldError` for what is no JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if not _BESIDE_THE_STANDARD.search(text):
            raise BadFieldError(QuarantineReason.NOT_JSON, _NO_JSON) from None
    try:
        value = json.loads(text, parse_constant=lambda _: None)
        # Read once more: numbers are then the same to everybody.
        return orjson.loads(_HALF_A_PAIR.sub("\ufffd", json.dumps(value, ensure_ascii=False)))
    except (ValueError, RecursionError):
        raise BadFieldError(QuarantineReason.NOT_JSON, _NO_JSON) from None
