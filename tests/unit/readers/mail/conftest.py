"""One mail and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.conftest import ReadBytes
from tolerance.records import AcceptedRecord
from tolerance.settings import settings

HEAD = {"From": "Ana <ana@x.fr>", "Date": "Thu, 1 Oct 2026 10:00:00 +0200", "Message-ID": "<m1@x>"}
Values = dict[str, object]
ReadMail = Callable[..., Values]


@pytest.fixture
def read_mail(read_bytes: ReadBytes) -> ReadMail:
    """Reads a mail of these headers and this body for the company `shop.fr`."""

    def read(body: bytes | str = b"x", headers: dict[str, str | bytes] | None = None) -> Values:
        raw = b"".join(
            name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
            for name, value in {**HEAD, **(headers or {})}.items()
        )
        content = raw + b"\r\n" + (body if isinstance(body, bytes) else body.encode())
        company = replace(settings(), own_addresses=("@shop.fr",))
        (record,) = read_bytes("mail", "m.eml", content, company=company)
        assert isinstance(record, AcceptedRecord), record
        return record.values

    return read


def parts(*contents: bytes | str, kind: str = "mixed") -> tuple[bytes, dict[str, str | bytes]]:
    """The body and the header of a mail of these parts, each with its own headers."""
    body = b"".join(
        b"--b\r\n" + (part if isinstance(part, bytes) else part.encode()) + b"\r\n" for part in contents
    )
    return body + b"--b--\r\n", {"Content-Type": f'multipart/{kind}; boundary="b"'}
