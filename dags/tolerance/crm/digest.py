"""What a team hears of a date's alert list: counts, where it lies, what is overdue; nothing of a customer.

The sentences are data: `words/digest_fr.yml` and `words/digest_en.yml`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import duckdb

from tolerance import files
from tolerance.channels import Channel, Message
from tolerance.crm.reasons import sentences
from tolerance.errors import NotPublishedError, ToleranceError
from tolerance.publishing.generations import published_generation
from tolerance.state import State
from tolerance.wording import day

VARIABLE = "TOLERANCE_DIGEST"
"""Names the channels."""

_OVERDUE = """
select owner_role
from main.mart_alert_follow_up
where is_overdue and exists (from main.audit_acknowledgement where status = 'counts')
"""
"""A CRM that never answers leaves every alert overdue."""

_TOLD = """
select owner_role, priority, change, change_reason
from exports.crm_alert_list
"""


class NotSentError(ToleranceError):
    """A channel did not take the digest."""

    can_retry = True


@dataclass(frozen=True, slots=True)
class Digest(Message):
    """A message about the list of one date."""

    as_of: date


def digest(state: State, *, language: str, list_link: str = "") -> Digest:
    """The digest of the published list, in `language` (`fr` or `en`).

    `list_link` is the address below which people find the folders of the lists; without one the digest says
    where they lie on this machine.

    Raises:
        NotPublishedError: when no list was written yet.
    """
    published = published_generation(state)
    manifest = state.outbox / published[1] / "manifest.json" if published else None
    if published is None or manifest is None or not manifest.exists():
        raise NotPublishedError(f"{state.outbox} has no list of the published date", "run a date first.")
    as_of = date.fromisoformat(published[1])
    warnings = len(json.loads(manifest.read_text("utf-8"))["warnings"])
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        told = serving.execute(_TOLD).fetchall()
        overdue = serving.execute(_OVERDUE).fetchall()
    words = sentences(f"digest_{language}")
    to_call = [row for row in told if row[2] != "retracted"]
    lines = [
        _counted(words["to_call"], words["priority"], (row[1] for row in to_call)),
        _counted(words["by_role"], "{name}", (row[0] for row in to_call)),
        _counted(words["taken_back"], "{name}", (row[3] for row in told if row[2] == "retracted")),
    ]
    if resolved := sum(row[3] == "resolved" for row in told):
        lines.append(words["resolved"].format(count=resolved))
    lines.append(_counted(words["overdue"], "{name}", (role for (role,) in overdue)))
    if warnings:
        lines.append(words["warnings"].format(count=warnings))
    folder = f"{list_link.rstrip('/')}/{as_of}" if list_link else state.outbox / as_of.isoformat()
    lines.append(words["where"].format(folder=folder))
    subject = words["subject"].format(date=day(as_of, language), count=len(to_call))
    return Digest(subject, tuple(line for line in lines if line), as_of)


def is_news(state: State, message: Digest, channel: Channel) -> bool:
    """Whether the channel has not been sent exactly this message: a repeated date has nothing new to say."""
    return not _sent(state, message, channel).exists()


def remember(state: State, message: Digest, channel: Channel) -> None:
    """Keep that the channel was sent this message."""
    files.write_text(_sent(state, message, channel), message.text + "\n")


def _sent(state: State, message: Digest, channel: Channel) -> Path:
    name = sha256(f"{channel}|{message.text}".encode()).hexdigest()[:16]
    return state.history / "digests" / f"{message.as_of}-{name}.txt"


def _counted(sentence: str, part: str, names: Iterable[object]) -> str:
    """The sentence with a count of all and of each name; nothing where there are none."""
    counts = sorted(Counter(str(name) for name in names).items())
    if not counts:
        return ""
    parts = ", ".join(f"{count} {part.format(name=name)}" for name, count in counts)
    return sentence.format(count=sum(count for _, count in counts), parts=parts)
