"""Do the company's tables of types, playbooks, roles, stages and channels name only what there is?

Asked before a run: a step that belongs to nobody would be seen by nobody.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path

from tolerance.contracts import SOURCES
from tolerance.errors import UsageError
from tolerance.settings import DBT_PROJECT

Seeds = dict[str, Path]
"""The company's tables in use, by file name."""

TYPES, STEPS, TITLES = "incident_types.csv", "playbooks.csv", "playbook_titles.csv"
ROLES, DEPARTMENTS = "roles.csv", "departments.csv"
LINKS = "ticket_links.csv"
STAGES, TYPE_STAGES, CODE_STAGES = "journey_stages.csv", "incident_type_stages.csv", "code_stages.csv"
CHANNELS = "channels.csv"

_REFERENCES = (
    (ROLES, "department", DEPARTMENTS, "department"),
    (STEPS, "owner_role", ROLES, "role"),
    (TYPES, "owner_role", ROLES, "role"),
    (STEPS, "playbook_code", TITLES, "playbook_code"),
    (TYPES, "playbook_code", STEPS, "playbook_code"),
    (TYPE_STAGES, "incident_type", TYPES, "incident_type"),
    (TYPE_STAGES, "journey_stage", STAGES, "journey_stage"),
    (CODE_STAGES, "journey_stage", STAGES, "journey_stage"),
)
"""Which column of which table names a row of which other one."""

_MAY_BE_EMPTY = {(TYPES, "playbook_code"), (TYPES, "owner_role")}
"""The rows for which these are needed are told by the tests of the tables."""

_KEYS = (
    (DEPARTMENTS, ("department",)),
    (ROLES, ("role",)),
    (STEPS, ("playbook_code", "step_no")),
    (TITLES, ("playbook_code",)),
    (STAGES, ("journey_stage",)),
    (TYPE_STAGES, ("incident_type",)),
    (CODE_STAGES, ("source", "code")),
    (CHANNELS, ("source", "system")),
    (LINKS, ("system",)),
)

_CATEGORIES = ("cumulative", "transient", "unclassified")
_TYPES_BY_WORDS = ("faq_incident_types.csv", "tag_incident_types.csv", "incident_phrases.csv")
_ALIKE = 0.85
_HOURS = ("due_hours", "effort_hours")


def refuse_mistakes(seeds: Seeds) -> None:
    """Look at the tables as they stand.

    Raises:
        UsageError: for the first row that names a role, department, stage, playbook or source that there is
            not, that stands there twice, whose hours are no number, or that leaves a gap or an overlap.
    """
    for name, columns in _KEYS:
        _refuse_doubles(seeds[name], columns)
    for name, column, named_in, key in _REFERENCES:
        if name == TYPE_STAGES and seeds[name].parent != seeds[named_in].parent and named_in == TYPES:
            continue  # the tree's table beside the company's types, of which some may be struck out
        known = {row[key] for _, row in _rows(seeds[named_in])}
        for line, row in _rows(seeds[name]):
            if row[column] not in known and not (row[column] == "" and (name, column) in _MAY_BE_EMPTY):
                told = row[column] or "is empty and"
                raise UsageError(
                    f"{seeds[name]}, line {line}: {column} {told} is not in {named_in}",
                    f"add it to {named_in}, or write one of {', '.join(sorted(known))}.",
                )
    _refuse_gaps(seeds[TYPES])
    _refuse_mistyped(seeds)
    _refuse_hours(seeds[STEPS])
    _refuse_owners(seeds)
    for line, row in _rows(seeds[LINKS]):
        if "{ticket_id}" not in row["link_template"]:
            raise UsageError(
                f"{seeds[LINKS]}, line {line}: link_template has no {{ticket_id}}",
                "write it where the ticket's number goes, as in https://desk.example/tickets/{ticket_id}.",
            )
    for line, row in _rows(seeds[CODE_STAGES]):
        if row["source"] not in ("faq", "tickets") or not row["code"] or row["code"] != row["code"].strip():
            raise UsageError(
                f"{seeds[CODE_STAGES]}, line {line}: a row needs a source and its code",
                "write faq with a call's code, or tickets with a tag, without blanks around it.",
            )
    for line, row in _rows(seeds[CHANNELS]):
        if row["source"] not in SOURCES or not row["channel"]:
            raise UsageError(
                f"{seeds[CHANNELS]}, line {line}: a row needs a source and its channel",
                f"the sources are {', '.join(SOURCES)}.",
            )


def _refuse_doubles(path: Path, columns: tuple[str, ...]) -> None:
    seen = set()
    for line, row in _rows(path):
        key = tuple(row[column] for column in columns)
        if key in seen:
            raise UsageError(
                f"{path}, line {line}: {' '.join(key).strip()} stands there twice", "keep one of the lines."
            )
        seen.add(key)


def _refuse_gaps(types: Path) -> None:
    """In a gap a grave incident would cost nothing, in an overlap it would count twice."""
    rows_of: dict[str, list[tuple[date, date | None, int]]] = {}
    for line, row in _rows(types):
        if row["category"] not in _CATEGORIES:
            raise UsageError(
                f"{types}, line {line}: category {row['category'] or 'is empty and'} is none",
                f"write one of {', '.join(_CATEGORIES)}.",
            )
        since, until = (_day(types, line, row, column) for column in ("valid_from", "valid_to"))
        if since is None or (until is not None and until <= since):
            raise UsageError(
                f"{types}, line {line}: {row['incident_type']} holds from {since} to {until}, which is none",
                "write the first day in valid_from, and in valid_to the day after the last one, or nothing.",
            )
        rows_of.setdefault(row["incident_type"], []).append((since, until, line))
    for name, spans in rows_of.items():
        for (since, until, line), (following, _, next_line) in pairwise(sorted(spans, key=lambda s: s[::2])):
            if until != following:
                raise UsageError(
                    f"{types}, lines {line} and {next_line}: {name} holds from {since} to {until or 'ever'}, "
                    f"and again from {following}",
                    f"end the former row on {following} (valid_to), so that no day has two rows or none.",
                )


def _day(path: Path, line: int, row: dict[str, str], column: str) -> date | None:
    try:
        return date.fromisoformat(row[column]) if row[column] else None
    except ValueError:
        raise UsageError(
            f"{path}, line {line}: {column} {row[column]} is no date", "write it as 2026-11-28."
        ) from None


def _refuse_mistyped(seeds: Seeds) -> None:
    """A type without a row waits until somebody decides its cost; nearly another's name is a slip."""
    known = {row["incident_type"] for _, row in _rows(seeds[TYPES])}
    for name in _TYPES_BY_WORDS:
        if seeds[name].parent == DBT_PROJECT / "seeds" != seeds[TYPES].parent:
            continue  # the tree's table beside the company's types
        for line, row in _rows(seeds[name]):
            told = row["incident_type"].strip()
            if told in known or not (meant := get_close_matches(told, known, 1, _ALIKE)):
                continue
            raise UsageError(
                f"{seeds[name]}, line {line}: {told} is not in {TYPES}",
                f"write {meant[0]} if it is that, else give {told} a row there.",
            )


def _refuse_hours(steps: Path) -> None:
    for line, row in _rows(steps):
        for column in _HOURS:
            digits = row[column].replace(".", "", 1) if column == "effort_hours" else row[column]
            if not (digits.isascii() and digits.isdigit()):
                raise UsageError(
                    f"{steps}, line {line}: {column} is no number of hours",
                    "write one such as 24; effort_hours may have a fraction such as 0.5.",
                )
        if not (row["step_no"].isascii() and row["step_no"].isdigit()):
            raise UsageError(f"{steps}, line {line}: step_no is no whole number", "number the steps from 1.")


def _refuse_owners(seeds: Seeds) -> None:
    """The owner of an alert is whoever takes the playbook's first step."""
    firsts: dict[str, tuple[int, str]] = {}
    for _, row in _rows(seeds[STEPS]):
        step = int(row["step_no"]), row["owner_role"]
        firsts[row["playbook_code"]] = min(step, firsts.get(row["playbook_code"], step))
    for line, row in _rows(seeds[TYPES]):
        owner = row["owner_role"] or "nobody"
        first = firsts[row["playbook_code"]][1] if row["playbook_code"] else owner
        if owner != first:
            raise UsageError(
                f"{seeds[TYPES]}, line {line}: {owner} owns {row['incident_type']}, but {first} takes "
                "the first step of its playbook",
                f"name the same role there and in {STEPS}.",
            )


def belonging(seeds: Seeds) -> dict[str, str]:
    """Where the incidents of each type belong by other tables: its stage, its owners' departments."""
    departments = {row["role"]: row["department"] for _, row in _rows(seeds[ROLES])}
    found = {row["incident_type"]: row["journey_stage"] for _, row in _rows(seeds[TYPE_STAGES])}
    for _, row in _rows(seeds[TYPES]):
        name = row["incident_type"]
        found[name] = f"{found.get(name, '')} {departments.get(row['owner_role'], '')}"
    return found


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            yield line, {name: value or "" for name, value in row.items() if name}
