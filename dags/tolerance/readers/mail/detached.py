"""Large attachments are set aside before a mail is parsed, so that they do not cost the mail its text.

The parser takes a mail line by line; a photo has a hundred thousand of them. Only base64 is set aside, which
holds no boundary between parts.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from dataclasses import dataclass, field
from email.message import Message

from tolerance.readers.mail.transfer import content_of, content_of_base64

_LEAST_BYTES = 1 << 19
_HEADERS_OF_BASE64 = re.compile(
    rb"^content-transfer-encoding:[ \t]*base64[^\n]{0,200}\n(?:[^\r\n][^\n]{0,998}\n){0,30}?\r?\n",
    re.IGNORECASE | re.MULTILINE,
)
_BASE64_LINES = re.compile(rb"(?:[A-Za-z0-9+/]{1,1000}+={0,2}+[ \t]*+\r?\n)*+")
_MARK = "=set-aside="


@dataclass(slots=True)
class Detached:
    """The encoded contents that were set aside, by number."""

    raw: bytes = b""
    places: list[tuple[int, int]] = field(default_factory=list)
    _kept: dict[int, bytes] = field(default_factory=dict)
    _digests: dict[int, tuple[int, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: bytes) -> Detached:
        """The large contents of a mail."""
        found = cls(raw)
        at = 0
        if len(raw) < _LEAST_BYTES:
            return found
        while header := _HEADERS_OF_BASE64.search(raw, at):
            lines = _BASE64_LINES.match(raw, header.end())
            at = lines.end() if lines else header.end()
            if lines and at - header.end() >= _LEAST_BYTES:
                found.places.append((header.end(), at))
        return found

    def rest(self) -> bytes:
        """The mail with a mark in the place of each."""
        if not self.places:
            return self.raw
        pieces, at = [], 0
        for number, (start, end) in enumerate(self.places):
            pieces += [self.raw[at:start], f"{_MARK}{number}\n".encode()]
            at = end
        return b"".join([*pieces, self.raw[at:]])

    def content_of(self, part: Message) -> bytes:
        """The bytes of a part that has no parts."""
        kept = self._kept.get(id(part))
        if kept is None:
            kept = self._content_of(part)
            if len(kept) < _LEAST_BYTES:
                self._kept[id(part)] = kept
        return kept

    def digest_of(self, part: Message) -> tuple[int, str]:
        """The size and the hash of the bytes of a part that has no parts."""
        if id(part) not in self._digests:
            content = self.content_of(part)
            self._digests[id(part)] = (len(content), hashlib.sha256(content).hexdigest())
        return self._digests[id(part)]

    def _content_of(self, part: Message) -> bytes:
        if not self.places:
            return content_of(part)
        try:
            payload = part.get_payload()
        except ValueError:  # a charset that is no name
            return content_of(part)
        if not isinstance(payload, str) or not payload.startswith(_MARK):
            return content_of(part)
        number = payload[len(_MARK) :][:9].split("\n")[0].strip()
        if not number.isascii() or not number.isdigit() or int(number) >= len(self.places):
            return content_of(part)
        start, end = self.places[int(number)]
        try:
            return binascii.a2b_base64(memoryview(self.raw)[start:end])  # line ends do not count
        except binascii.Error:
            return content_of_base64(self.raw[start:end])
