"""Which contacts, close in time, report the same incident?

The rule walks in time order and each step depends on the last, which plain SQL cannot express in one
pass: an incident's window counts from its first contact and does not chain.
"""

from __future__ import annotations

from dataclasses import dataclass

_MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(slots=True)
class _Incident:
    opened_at: int
    home: int
    has_ticket: bool


def link_by_window(first_contact_us: list[int], is_ticket: list[bool], window_days: int) -> list[int]:
    """For each unit, in time order, the position (from 1) of the unit that is its incident's home.

    All units are of one customer and one incident type; times are microseconds since 1970. A call or mail
    joins the earliest incident whose window is still open, else it opens a new incident. A ticket joins an
    open incident that has no ticket yet and becomes its home; otherwise it is an incident of its own,
    because the help desk's case boundaries hold.
    """
    window = window_days * _MICROSECONDS_A_DAY
    incidents: list[_Incident] = []
    joined: list[_Incident] = []
    for position, (at, ticket) in enumerate(zip(first_contact_us, is_ticket, strict=True), start=1):
        is_open = (incident for incident in incidents if at <= incident.opened_at + window)
        if ticket:
            incident = next((candidate for candidate in is_open if not candidate.has_ticket), None)
            if incident is not None:
                incident.home, incident.has_ticket = position, True
        else:
            incident = next(is_open, None)
        if incident is None:
            incident = _Incident(opened_at=at, home=position, has_ticket=ticket)
            incidents.append(incident)
        joined.append(incident)
    return [incident.home for incident in joined]
