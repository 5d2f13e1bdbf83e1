"""JSON as help desks write it: by the standard, and with two common deviations."""

from __future__ import annotations

import json
import re

import orjson

from tolerance.readers.rules import BadFieldError
from tolerance.records import QuarantineReason

_BESIDE_THE_STANDARD = re.compile(r"NaN|Infinity|\\u[dD][89a-fA-F]")
_NO_JSON = "this is not JSON"
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


def json_value(text: str) -> object:
    """The value of a JSON text; NaN and infinities become null, half a pair of surrogates U+FFFD.

    A cut emoji in a subject must not lose the ticket. Raises `BadFieldError` for what is not JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if not _BESIDE_THE_STANDARD.search(text):
            raise BadFieldError(QuarantineReason.NOT_JSON, _NO_JSON) from None
    try:
        value = json.loads(text, parse_constant=lambda _: None)
        # Read once more, so that numbers are the same in both cases.
        return orjson.loads(_HALF_A_PAIR.sub("\ufffd", json.dumps(value, ensure_ascii=False)))
    except (ValueError, RecursionError):
        raise BadFieldError(QuarantineReason.NOT_JSON, _NO_JSON) from None
