"""Where a team hears of something: mail, Slack or a hook of its own, named in the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape

from tolerance.errors import UsageError

KINDS = {"mail": "mail:ADDRESS", "slack": "slack:CONNECTION", "webhook": "webhook:CONNECTION"}
"""The kinds of channels, as they are written."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel; `target` is an address or the id of an Airflow connection."""

    kind: str
    target: str

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.kind}:{self.target}"


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is sent."""

    subject: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole message."""
        return "\n".join((self.subject, "", *self.lines))

    @property
    def html(self) -> str:
        """The message as a mail: its lines alone, the subject has a place of its own."""
        return "".join(f"<p>{escape(line)}</p>\n" for line in self.lines)


def channels(variable: str) -> tuple[Channel, ...]:
    """The channels that a variable names, such as `mail:crm@example.com,slack:slack_crm,webhook:crm_hook`.

    Raises:
        UsageError: for a kind that does not exist, or one without a target.
    """
    found = []
    for written in filter(None, map(str.strip, os.environ.get(variable, "").split(","))):
        kind, _, target = written.partition(":")
        if kind not in KINDS or not target:
            raise UsageError(
                f"{variable} names {written!r}", f"write {', '.join(KINDS.values())}, separated by commas."
            )
        found.append(Channel(kind, target))
    return tuple(dict.fromkeys(found))
