"""Who is a customer today, after the merges that hold?

A merge leads to the customer who was merged in turn, which SQL cannot follow without a bound on the steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tolerance.components import components


def current_customers(
    from_ids: Sequence[str] | None, to_ids: Sequence[str] | None, known_ids: Sequence[str] | None
) -> list[str | None]:
    """For each customer of `from_ids`, who has one merge each, the id of the customer that he is today.

    That is the last known one on the way: a merge into a customer whom nobody has delivered waits. His own id
    where no merge holds yet; None where his merges lead in a circle back to him, for then nobody can say.
    """
    if not from_ids or not to_ids:
        return []
    into = {former: target for former, target in zip(from_ids, to_ids, strict=True) if former != target}
    in_circles = _in_circles(into)
    for former in in_circles:
        del into[former]
    known = set(known_ids or ())
    last_known: dict[str, str | None] = {}
    for former in into:
        way = _way(former, into, last_known)
        reached = last_known.get(way.pop())
        for name in reversed(way):
            target = into[name]
            reached = last_known[name] = reached or (target if target in known else None)
    return [None if former in in_circles else last_known.get(former) or former for former in from_ids]


def connected_customers(from_ids: Sequence[str] | None, to_ids: Sequence[str] | None) -> list[int]:
    """For each pair of customers the number of all that merges connect, whether they hold or not."""
    return components([*zip(from_ids or (), to_ids or (), strict=True)])


def _way(start: str, into: Mapping[str, str], ends: Mapping[str, object]) -> list[str]:
    """The ids from `start` on, up to one that leads nowhere or is among `ends`."""
    way = [start]
    while way[-1] in into and way[-1] not in ends:
        way.append(into[way[-1]])
    return way


def _in_circles(into: Mapping[str, str]) -> set[str]:
    """The ids whose way leads back to themselves."""
    found: set[str] = set()
    seen: set[str] = set()
    for start in into:
        way: dict[str, None] = {}
        name = start
        while name in into and name not in seen:
            seen.add(name)
            way[name] = None
            name = into[name]
        if name in way:
            (*names,) = way
            found.update(names[names.index(name) :])
    return found
