"""Who to speak with, and how to log in: an Airflow connection, whose secrets stay out of sight."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_SHORTEST_SECRET = 4
_LONGEST_SENTENCE = 200
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")


@dataclass(frozen=True, slots=True)
class Connection:
    """An Airflow connection. Nothing of it but the id is shown."""

    conn_id: str
    host: str = field(default="", repr=False)
    port: int | None = field(default=None, repr=False)
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    schema: str = field(default="", repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def base_url(self) -> str:
        """The address that it names: https, unless it says otherwise."""
        if "://" in self.host:
            address = self.host
        else:
            address = f"{self.schema if self.schema in {'http', 'https'} else 'https'}://{self.host}"
        return address.rstrip("/") + (f":{self.port}" if self.port else "")

    def told(self, text: str) -> str:
        """What the other side said, as one short line without our secrets."""
        for secret in sorted(self._secrets(), key=len, reverse=True):
            text = text.replace(secret, "***")
        line = _UNPRINTABLE.sub(" ", text).strip()
        return line if len(line) <= _LONGEST_SENTENCE else f"{line[: _LONGEST_SENTENCE - 1]}…"

    def _secrets(self) -> set[str]:
        return {text for text in (self.password, *_texts(self.extra)) if len(text) >= _SHORTEST_SECRET}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
