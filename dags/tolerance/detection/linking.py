"""Which contacts of a customer report the same incident?

The rules walk in time order and each step depends on the last, which plain SQL cannot express in one pass: a
mail continues what its thread was about, and an incident's window counts from its first contact and does not
chain. Units and mails are of one customer, in time order; times are microseconds since 1970.

What has no clear type, or only `other_incident`, makes no link by that and breaks none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TypedDict

from tolerance.components import components
from tolerance.detection.words import NO_TYPE

_MICROSECONDS_A_DAY = 86_400_000_000

Pairs = frozenset[tuple[str, str]]

GUESSED, TOLD, CHOSEN = 0, 1, 2
"""How sure a type is: likely, told by words, or chosen by a code, a tag or a person."""


class Unit(TypedDict):
    """What belongs together by itself: a ticket with what names it, the matter of a thread, a single call."""

    first_contact_us: int
    is_ticket: bool
    types: str
    """Its type, or the likely ones, separated by ","; empty where nothing tells one."""

    certainty: int
    likely_types: str
    """The likely ones, also of a reminder whose type is told by words."""

    is_reminder: bool
    is_report: bool
    """Whether it reports an incident; what is too unclear for that may still belong to one."""


class Mail(TypedDict):
    """A mail in its thread."""

    thread_ids: str
    """Its own Message-ID, then all that it refers to, the one that it answers last, separated by blanks."""

    sent_us: int
    incident_type: str | None
    likely_types: str | None
    """The likely ones where the type is not clear, and of a reminder, separated by ","."""

    is_reminder: bool


class Link(TypedDict):
    """The position (from 1) of the unit that is the home of a unit's incident, and the rule that led there.

    Position 0 is of a unit that reports no incident and belongs to none; a home of its own has no rule.
    """

    home: int
    rule: str | None


@dataclass(frozen=True, slots=True)
class _Told:
    types: frozenset[str]
    certainty: int


@dataclass(slots=True)
class _Incident:
    opened_at: int
    home: int
    has_ticket: bool
    is_reported: bool
    told: set[_Told]
    """What it was told to be, of one with a ticket by the ticket alone."""

    rule: str | None = None
    """By which its ticket came to it."""


@dataclass(slots=True)
class _Matter:
    began_at: int
    home: int
    incident_type: str | None
    likely_types: set[str]
    """Of all its mails."""


def link_by_window(
    units: Sequence[Unit], compatible_types: str, compatible_in_threads: str, window_days: int
) -> list[Link]:
    """The home of each unit.

    A call or mail joins the earliest incident whose window is still open and all of whose types go with its
    own, so that no third type makes one of two; else it opens a new incident. A ticket joins such an incident
    that has no ticket yet, becomes its home and gives it its type; otherwise it is an incident of its own,
    because the help desk's case boundaries hold. Two different types that are both chosen, a code and a tag,
    are two incidents: people chose between them.

    A reminder that its types lead nowhere joins the customer's incident whose window is open, when there is
    just one and the types of both, where they are clear, go together in a thread, or its likely ones do in
    the window: who asks again asks about something. What is too unclear to report an incident may be one: it
    counts among those that are open, and becomes one when a report joins it; else it belongs to none.
    The types that go together stand in pairs "a~b" separated by ",".
    """
    in_window, in_threads = _pairs(compatible_types), _pairs(compatible_in_threads)
    window = window_days * _MICROSECONDS_A_DAY
    open_incidents: list[_Incident] = []
    joined: list[tuple[_Incident, str | None]] = []
    for position, unit in enumerate(units, start=1):
        at, told = unit["first_contact_us"], _told(unit["types"], unit["certainty"])
        open_incidents = [incident for incident in open_incidents if at <= incident.opened_at + window]
        fitting = [each for each in open_incidents if not (unit["is_ticket"] and each.has_ticket)]
        speaking = [each for each in fitting if each.is_reported or unit["is_report"]]
        home = next((each for each in speaking if _goes_with(told, each.told, in_window)), None)
        rule = "window" if home else None
        if home is None and unit["is_reminder"] and len(open_incidents) == len(speaking) == 1:
            likely = _told(unit["likely_types"], TOLD) if unit["certainty"] == TOLD else set()
            others = speaking[0].told
            if _may_be_one(told, others, in_threads) or _goes_with(likely, others, in_window):
                home, rule = speaking[0], "reminder"
        if home is None:
            home = _Incident(at, position, unit["is_ticket"], unit["is_report"], told)
            open_incidents.append(home)
        elif unit["is_ticket"]:
            home.home, home.has_ticket, home.told, home.rule = position, True, told, rule
        elif not home.has_ticket and (rule == "window" or not home.told):
            home.told |= told
        home.is_reported |= unit["is_report"]
        joined.append((home, rule))
    return [
        {"home": home.home, "rule": rule or (home.rule if home.home != position else None)}
        if home.is_reported
        else {"home": 0, "rule": None}
        for position, (home, rule) in enumerate(joined, start=1)
    ]


def link_threads(mails: Sequence[Mail], compatible_types: str, window_days: int) -> list[int]:
    """For each mail the position (from 1) of the mail with which its matter begins.

    Mails that share any id are one thread. Some forms give all their mails one Message-ID: more than a day
    after the first such mail, one that answers none is a thread of its own. A mail continues the matter of
    the mail that it answers, else the thread's latest; but one about another problem that comes later than
    the window after that matter began begins a new one: people reply to an old mail about a new problem.
    It is another when their clear types do not go together. Where either has none the likely types of all
    mails of the matter are asked, unless the mail reminds.
    """
    pairs = _pairs(compatible_types)
    window = window_days * _MICROSECONDS_A_DAY
    ids = _linking_ids(mails)
    of_id: dict[str, _Matter] = {}
    latest: dict[int, _Matter] = {}
    homes: list[int] = []
    for position, (mail, words, thread) in enumerate(zip(mails, ids, components(ids), strict=True), start=1):
        answered = (of_id[word] for word in reversed(words[1:]) if word in of_id)
        matter = next(answered, None) or latest.get(thread)
        clear = None if mail["incident_type"] == NO_TYPE else mail["incident_type"]
        # Who asks again asks about the old matter: a reminder's likely types tell of no other.
        likely = set() if mail["is_reminder"] else set((mail["likely_types"] or "").split(",")) - {""}
        is_late = matter is not None and mail["sent_us"] > matter.began_at + window
        if matter is None or (is_late and _is_another(mail, clear, likely, matter, pairs)):
            matter = _Matter(mail["sent_us"], position, clear, set())
        matter.incident_type = matter.incident_type or clear
        matter.likely_types |= likely
        of_id.setdefault(words[0], matter)
        latest[thread] = matter
        homes.append(matter.home)
    return homes


def _is_another(mail: Mail, clear: str | None, likely: set[str], matter: _Matter, pairs: Pairs) -> bool:
    """Whether what a mail is, or may be, goes with nothing that its matter is or may be."""
    if clear and matter.incident_type:
        return not _any_compatible({clear}, {matter.incident_type}, pairs)
    if mail["is_reminder"]:
        return False
    types = {clear} if clear else likely
    others = matter.likely_types | ({matter.incident_type} if matter.incident_type else set())
    return bool(types and others) and not _any_compatible(types, others, pairs)


def _linking_ids(mails: Sequence[Mail]) -> list[list[str]]:
    """The ids by which each mail is linked; of a mail that reuses an id, one that nobody else has."""
    ids = [list(dict.fromkeys(mail["thread_ids"].split(" "))) for mail in mails]
    begun: dict[str, int] = {}
    for mail, words in zip(mails, ids, strict=True):
        if len(words) == 1:
            begun[words[0]] = min(mail["sent_us"], begun.get(words[0], mail["sent_us"]))
    return [
        [f" {position}"]
        if len(words) == 1 and mail["sent_us"] > begun[words[0]] + _MICROSECONDS_A_DAY
        else words
        for position, (mail, words) in enumerate(zip(mails, ids, strict=True))
    ]


def _told(types: str, certainty: int) -> set[_Told]:
    return {_Told(frozenset(types.split(",")), certainty)} if types else set()


def _goes_with(told: set[_Told], others: set[_Told], pairs: Pairs) -> bool:
    """Whether all types of two units or incidents go together; not where either has none."""
    return bool(told and others) and all(_are_one(one, other, pairs) for one in told for other in others)


def _may_be_one(told: set[_Told], others: set[_Told], pairs: Pairs) -> bool:
    """Whether no two clear types stand against it."""
    return all(
        GUESSED in {one.certainty, other.certainty} or _are_one(one, other, pairs)
        for one in told
        for other in others
    )


def _are_one(one: _Told, other: _Told, pairs: Pairs) -> bool:
    if one.certainty == other.certainty == CHOSEN:
        return one.types == other.types
    return _any_compatible(one.types, other.types, pairs)


def _any_compatible(types: Iterable[str], others: Iterable[str], pairs: Pairs) -> bool:
    return any(one == other or (one, other) in pairs for one, other in product(types, others))


@lru_cache(maxsize=8)
def _pairs(compatible_types: str) -> Pairs:
    """The table of compatible types, both ways."""
    pairs = [tuple(pair.split("~")) for pair in compatible_types.split(",") if pair]
    return frozenset([(one, other) for one, other in pairs] + [(other, one) for one, other in pairs])
