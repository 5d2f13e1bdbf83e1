"""Which contacts of a customer report the same incident?

The rules walk in time order and each step depends on the last, which plain SQL cannot express in one pass: a
mail continues what its thread was about, and an incident's window counts from its first contact and does not
chain. Units and mails are of one customer, in time order; times are microseconds since 1970.

A type is weak when it is none or `other_incident`: it makes no link and breaks none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tolerance.components import components
from tolerance.detection.words import NO_TYPE

_MICROSECONDS_A_DAY = 86_400_000_000

Pairs = frozenset[tuple[str, str]]
_Told = tuple[str, bool]
"""A type, and whether a code or a tag told it."""


@dataclass(slots=True)
class _Incident:
    opened_at: int
    home: int
    has_ticket: bool
    told: set[_Told]
    """What it was told to be, of one with a ticket by the ticket alone."""


@dataclass(slots=True)
class _Matter:
    began_at: int
    home: int
    incident_type: str | None


def link_by_window(  # noqa: PLR0917  (SQL passes by position)
    first_contact_us: Sequence[int],
    is_ticket: Sequence[bool],
    incident_types: Sequence[str],
    is_structured: Sequence[bool],
    compatible_types: str,
    window_days: int,
) -> list[int]:
    """For each unit the position (from 1) of the unit that is its incident's home.

    A call or mail joins the earliest incident whose window is still open and all of whose types go with its
    own, so that no third type makes one of two; else it opens a new incident. A ticket joins such an incident
    that has no ticket yet, becomes its home and gives it its type; otherwise it is an incident of its own,
    because the help desk's case boundaries hold. Two different types that are both structured, a code and a
    tag, are two incidents: people chose between them.
    `compatible_types` holds pairs "a~b" separated by ",".
    """
    pairs = _pairs(compatible_types)
    window = window_days * _MICROSECONDS_A_DAY
    open_incidents: list[_Incident] = []
    joined: list[_Incident] = []
    told = zip(incident_types, is_structured, strict=True)
    units = zip(first_contact_us, is_ticket, told, strict=True)
    for position, (at, ticket, what) in enumerate(units, start=1):
        unit = _Incident(at, position, ticket, {what})
        open_incidents = [incident for incident in open_incidents if at <= incident.opened_at + window]
        home = next((incident for incident in open_incidents if _may_join(unit, incident, pairs)), None)
        if home is None:
            home = unit
            open_incidents.append(home)
        elif ticket:
            home.home, home.has_ticket, home.told = position, True, unit.told
        elif not home.has_ticket:
            home.told |= unit.told
        joined.append(home)
    return [incident.home for incident in joined]


def link_threads(
    thread_ids: Sequence[str],
    sent_us: Sequence[int],
    incident_types: Sequence[str | None],
    compatible_types: str,
    window_days: int,
) -> list[int]:
    """For each mail the position (from 1) of the mail with which its matter begins.

    `thread_ids` are a mail's own Message-ID and then all that it refers to, the one that it answers last,
    separated by blanks: mails that share any are one thread. Some forms give all their mails one Message-ID:
    more than a day after the first such mail, one that answers none is a thread of its own. A mail continues
    the matter of the mail that it answers, else the thread's latest; but one of an incompatible type that
    comes later than the window after that matter began begins a new one: people reply to an old mail about a
    new problem.
    """
    pairs = _pairs(compatible_types)
    window = window_days * _MICROSECONDS_A_DAY
    ids = _linking_ids(thread_ids, sent_us)
    threads = components(ids)
    matters: list[_Matter] = []
    of_id: dict[str, _Matter] = {}
    latest: dict[int, _Matter] = {}
    mails = zip(ids, sent_us, incident_types, threads, strict=True)
    for position, (words, at, incident_type, thread) in enumerate(mails, start=1):
        strong = None if incident_type == NO_TYPE else incident_type
        answered = (of_id[word] for word in reversed(words[1:]) if word in of_id)
        matter = next(answered, None) or latest.get(thread)
        is_new = matter is None or (
            strong is not None
            and matter.incident_type is not None
            and at > matter.began_at + window
            and not _are_compatible(strong, matter.incident_type, pairs)
        )
        if is_new or matter is None:
            matter = _Matter(at, position, strong)
        matter.incident_type = matter.incident_type or strong
        of_id.setdefault(words[0], matter)
        latest[thread] = matter
        matters.append(matter)
    return [matter.home for matter in matters]


def _linking_ids(thread_ids: Sequence[str], sent_us: Sequence[int]) -> list[list[str]]:
    """The ids by which each mail is linked; of a mail that reuses an id, one that nobody else has."""
    ids = [list(dict.fromkeys(text.split(" "))) for text in thread_ids]
    begun: dict[str, int] = {}
    for words, at in zip(ids, sent_us, strict=True):
        if len(words) == 1:
            begun[words[0]] = min(at, begun.get(words[0], at))
    return [
        [f" {position}"] if len(words) == 1 and at > begun[words[0]] + _MICROSECONDS_A_DAY else words
        for position, (words, at) in enumerate(zip(ids, sent_us, strict=True))
    ]


def _may_join(unit: _Incident, incident: _Incident, pairs: Pairs) -> bool:
    if unit.has_ticket and incident.has_ticket:
        return False
    return all(
        one == other or (not (is_chosen and is_other_chosen) and _are_compatible(one, other, pairs))
        for one, is_chosen in unit.told
        for other, is_other_chosen in incident.told
    )


def _are_compatible(one: str, other: str, pairs: Pairs) -> bool:
    return one == other or (one, other) in pairs


@lru_cache(maxsize=8)
def _pairs(compatible_types: str) -> Pairs:
    """The table of compatible types, both ways."""
    pairs = [tuple(pair.split("~")) for pair in compatible_types.split(",") if pair]
    return frozenset([(one, other) for one, other in pairs] + [(other, one) for one, other in pairs])
