"""Identities that changed: former id → current id, of contacts, incidents and alerts, kept in `history/`.

Others hold our ids (the CRM, a bookmark, a report), so a release that changes how ids are made records here
what each known id is called now. dbt reads the record as a source: what was sent under a former id counts as
sent, and nothing is sent twice. An incident's id is the contact id of its anchor, so an alias of a contact is
also an alias of the incident that it anchors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

import orjson

from tolerance import files
from tolerance.errors import ToleranceError
from tolerance.state import State
from tolerance.versions import CURRENT, VERSION, Format, refuse_newer, split_known


class Kind(StrEnum):
    """What an id is of."""

    CONTACT = "contact"
    INCIDENT = "incident"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Alias:
    """One id that was replaced. `since_on` is the as-of date of the run that changed it."""

    kind: Kind
    former_id: str
    current_id: str
    since_on: date
    reason: str
    unknown: dict[str, Any] = field(default_factory=dict, compare=False)
    """Fields that another release wrote; they are written back unchanged."""

    @property
    def id_space(self) -> str:
        """Which ids it is one of: an incident has the id of its anchor, so it shares those of contacts."""
        return Kind.ALERT if self.kind is Kind.ALERT else Kind.CONTACT

    @property
    def key(self) -> tuple[str, str]:
        """What it is found by."""
        return self.id_space, self.former_id


class AliasConflictError(ToleranceError):
    """A former id has two current ids, or leads back to itself."""


def aliases(state: State) -> list[Alias]:
    """All aliases with their current ids, ordered by kind and former id."""
    if not state.aliases.exists():
        return []
    return [_read(line, state) for line in state.aliases.read_bytes().splitlines()]


def record_aliases(state: State, changed: Iterable[Alias]) -> None:
    """Add aliases to the record; aliases that led to an id replaced now lead to its current id.

    An alias may be recorded again. Raises `AliasConflictError` when a former id would have two current
    ids, or when ids would lead to one another in a circle.
    """
    changed = list(changed)
    every = {alias.key: alias for alias in reversed(changed)}
    every |= {alias.key: alias for alias in aliases(state)}
    for alias in changed:
        kept = every[alias.key]
        if _current(alias, every) != (current_id := _current(kept, every)):
            raise AliasConflictError(
                f"{alias.kind} {alias.former_id} has been {current_id} since {kept.since_on} and cannot be "
                f"{alias.current_id} as well",
                "give one former id one current id.",
            )
    resolved = [replace(alias, current_id=_current(alias, every)) for alias in every.values()]
    _write(state, sorted(resolved, key=lambda alias: (alias.kind, alias.former_id)))


def ensure_aliases(state: State) -> None:
    """Write an empty record where there is none, so that dbt can read it before the first alias."""
    if not state.aliases.exists():
        _write(state, [])


def _current(alias: Alias, every: dict[tuple[str, str], Alias]) -> str:
    passed = {alias.former_id}
    current = alias.current_id
    while current not in passed and (further := every.get((alias.id_space, current))) is not None:
        passed.add(current)
        current = further.current_id
    if current in passed:
        raise AliasConflictError(
            f"{alias.kind} {alias.former_id} would lead back to itself", "leave one of the ids out."
        )
    return current


def _read(line: bytes, state: State) -> Alias:
    given = orjson.loads(line)
    refuse_newer(Format.ALIASES, given.get(VERSION), state.aliases)
    known, unknown = split_known(Alias, given, state.aliases)
    return Alias(
        **known
        | {
            "kind": Kind(known["kind"]),
            "since_on": date.fromisoformat(known["since_on"]),
            "unknown": unknown,
        }
    )


def _write(state: State, all_aliases: list[Alias]) -> None:
    lines = [orjson.dumps(_line(alias)).decode() + "\n" for alias in all_aliases]
    files.write_text(state.aliases, "".join(lines))


def _line(alias: Alias) -> dict[str, Any]:
    known = asdict(alias)
    return {VERSION: CURRENT[Format.ALIASES], **known.pop("unknown"), **known}
