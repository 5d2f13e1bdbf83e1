"""Reads help desk tickets: Zendesk's incremental export, its data export, and CSV.

One record is one version of one ticket, in any form: the three forms of a version give
equal values, so that a ticket delivered twice is recognised.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tolerance.contracts.base import Contract
from tolerance.formats.content import (
    Content,
    FileNotes,
    Frame,
    UndecodableError,
    content_of,
    form_of,
    text_of,
)
from tolerance.formats.json_records import FIRST_INEXACT, JsonArrays, json_arrays, ndjson_frames, span_frames
from tolerance.readers.json_text import json_value
from tolerance.readers.mapped import mapped_outcomes
from tolerance.readers.merges import MERGED, with_merge_tags
from tolerance.readers.outcomes import (
    Outcome,
    OwnCsv,
    ReaderContext,
    csv_outcomes,
    outcome_of,
    unknown_form,
)
from tolerance.readers.rules import (
    BadFieldError,
    Columns,
    Rule,
    Values,
    rules_of,
    there,
    values_of_row,
    word_of,
)
from tolerance.records import IS_UNDATED, FileRefusedError, QuarantineReason, RefusalReason
from tolerance.sandbox import limits

_YES_OR_NO = frozenset({"yes", "no", "true", "false", "0", "1"})
_YES = frozenset({"yes", "true", "1"})
_MAX_BESIDE_BYTES = 1 << 20
"""A larger user or metric set is ignored."""

Json = dict[str, Any]


def read(
    contract: Contract, path: Path, *, name: str, context: ReaderContext, notes: FileNotes
) -> Iterator[Outcome]:
    """The ticket versions of one landed file, in any of the three forms.

    Raises `FileRefusedError` for another form, a CSV of another header, or a JSON
    document without an array `tickets`.
    """
    form, rules = form_of(name), _rules(contract, context)
    if not context.profile.is_contract(form):
        yield from mapped_outcomes(path, context.profile, rules, name=name, context=context, notes=notes)
        return
    if form not in ("json", "ndjson", "jsonl", "csv"):
        raise unknown_form(name, ".json, .ndjson, .jsonl or .csv (each also .gz)")
    with content_of(path, name=name, scratch=context.scratch) as content:
        if form == "csv":
            own = OwnCsv.of(contract)
            yield from csv_outcomes(content, own, rules, name=name, notes=notes, by_blocks=context.by_blocks)
        elif form == "json":
            yield from _incremental_export(content, contract, rules, name=name, notes=notes)
        else:
            yield from _data_export(content, rules, name=name, notes=notes)


# Form (b): one ticket per line, the person nested -------------------------------------


def _data_export(
    content: Content, rules: tuple[Rule, ...], *, name: str, notes: FileNotes
) -> Iterator[Outcome]:
    def values_of(frame: Frame) -> Values:
        ticket = _object(frame.raw, notes)
        requester = ticket.get("requester")
        person = requester if isinstance(requester, dict) else {}
        return values_of_row(rules, _fields(ticket, person, _metrics_in(ticket)))

    for frame in ndjson_frames(content):
        yield outcome_of(frame, values_of, name=name, content=content)


# Form (a): one document, the people and the metrics beside the tickets ----------------


def _incremental_export(
    content: Content, contract: Contract, rules: tuple[Rule, ...], *, name: str, notes: FileNotes
) -> Iterator[Outcome]:
    if not content:
        return
    arrays = json_arrays(content, (contract.json_records, *contract.json_beside))
    if contract.json_records not in arrays.elements:
        raise FileRefusedError(
            RefusalReason.HEADER_MISMATCH,
            f"{name} holds no array `tickets`: deliver Zendesk's incremental export as it is, "
            "or one ticket per line as .ndjson.",
        )
    notes.records_at = contract.json_records
    is_whole = arrays.broken_from is None
    with closing(_Beside(content, arrays, name, notes)) as beside:

        def values_of(frame: Frame) -> Values:
            ticket = _object(frame.raw, notes)
            person = beside.find("users", _text(ticket.get("requester_id")))
            if person is None and not is_whole:
                # The lost rest of the document may have held this person: do not load the ticket without.
                raise BadFieldError(
                    QuarantineReason.MISSING_REQUIRED, "its user was lost with the rest of the file"
                )
            metric = beside.find("metric_sets", _text(ticket.get("id"))) or _metrics_in(ticket)
            return values_of_row(rules, _fields(ticket, person or {}, metric))

        for frame in span_frames(content, arrays, contract.json_records):
            yield outcome_of(frame, values_of, name=name, content=content)


_IDS_BESIDE = {"users": "id", "metric_sets": "ticket_id"}
_FIELDS_BESIDE = ("external_id", "email", "solved_at", "reopens")


class _Beside:
    """The users and metric sets of one document, by id.

    They are kept in a private SQLite database, which stays in memory while it is small and becomes an
    unnamed file on disk when it is not.
    """

    def __init__(self, content: Content, arrays: JsonArrays, name: str, notes: FileNotes) -> None:
        self._database = sqlite3.connect("")
        self._database.execute("create table beside (kind, id, fields, primary key (kind, id)) without rowid")
        for kind, id_field in _IDS_BESIDE.items():
            self._database.executemany(
                "insert or replace into beside values (?, ?, ?)",
                self._entries(content, arrays, kind, id_field, name=name, notes=notes),
            )

    def _entries(
        self,
        content: Content,
        arrays: JsonArrays,
        kind: str,
        id_field: str,
        *,
        name: str,
        notes: FileNotes,
    ) -> Iterator[tuple[str, str, bytes]]:
        """The wanted fields of each entry. An unreadable entry is skipped and counted."""
        unread = 0
        for start, end in arrays.spans(kind):
            limits.alive()
            try:
                element = _parsed(content[start:end], notes) if end - start <= _MAX_BESIDE_BYTES else None
            except (BadFieldError, UndecodableError):
                element = None
            if isinstance(element, dict) and element.get(id_field) is not None:
                fields = {field: element[field] for field in _FIELDS_BESIDE if field in element}
                yield kind, _text(element[id_field]), orjson.dumps(fields)
            else:
                unread += 1
        if unread:
            notes.messages.append(f"{name}: {unread} entries of {kind} cannot be read")

    def find(self, kind: str, wanted: str) -> Json | None:
        """The fields of one entry, or None when there is none of that id."""
        query = "select fields from beside where kind = ? and id = ?"
        row = self._database.execute(query, (kind, wanted)).fetchone()
        return None if row is None else orjson.loads(row[0])

    def close(self) -> None:
        """Forget them all."""
        self._database.close()


def _metrics_in(ticket: Json) -> Json:
    """Metrics in the ticket itself."""
    nested = ticket.get("metric_set")
    return nested if isinstance(nested, dict) else {}


# JSON to the fields of the CSV form ---------------------------------------------------


def _object(raw: bytes, notes: FileNotes) -> Json:
    value = _parsed(raw, notes)
    if not isinstance(value, dict):
        raise BadFieldError(QuarantineReason.NOT_A_RECORD, "this is not a JSON object")
    return value


def _parsed(raw: bytes, notes: FileNotes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return json_value(text_of(raw, notes))  # perhaps only its encoding


def _fields(ticket: Json, person: Json, metric: Json) -> dict[str, str]:
    """The fields of the CSV form, as text, from a ticket, its requester and its metrics."""
    satisfaction = ticket.get("satisfaction_rating")
    score = satisfaction.get("score") if isinstance(satisfaction, dict) else satisfaction
    given = ticket.get("tags")
    tags = ",".join(_text(tag) for tag in given) if isinstance(given, list) else _text(given)
    description = _text(ticket.get("description"))
    if MERGED in tags.split(","):
        tags = with_merge_tags(tags, text=description)
    reopens = metric.get("reopens")
    return {
        "ticket_id": _text(ticket.get("id")),
        "customer_id": _text(person.get("external_id")),
        "requester_email": _text(person.get("email")),
        "created_at": _text(ticket.get("created_at")),
        "updated_at": _text(ticket.get("updated_at")),
        "solved_at": _text(ticket.get("solved_at") or metric.get("solved_at")),
        "status": _text(ticket.get("status")),
        "type": _text(ticket.get("type")),
        "priority": _text(ticket.get("priority")),
        "tags": tags,
        "subject": _text(ticket.get("subject")),
        "description": description,
        "satisfaction": _text(score),
        "reopens": _text(ticket.get("reopens") if reopens is None else reopens),
        "is_deleted": "",
    }


def _text(value: object) -> str:
    """A JSON value as the CSV form would hold it; other values count as empty."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < FIRST_INEXACT:
        return str(int(value))
    return ""


# The fields to values -----------------------------------------------------------------


def _rules(contract: Contract, context: ReaderContext) -> tuple[Rule, ...]:
    words = contract.field("status").words

    def status(text: str, is_deleted: str) -> tuple[str, bool]:
        """The status, and whether the ticket is deleted, by its status or by a mark of its own."""
        is_marked = word_of(is_deleted, _YES_OR_NO, "is_deleted") in _YES
        word = word_of(text, words, "status")
        word = "deleted" if is_marked else there(word, "status")
        return word, word == "deleted"

    deletion = Rule(("status", "is_deleted"), ("status", "is_deleted"), status)
    rules = rules_of(contract, context.settings, context.identity_key)
    dating = next(rule for rule in rules if rule.columns[0] == "updated_at")
    return rules_of(contract, context.settings, context.identity_key, [deletion, _telling_undated(dating)])


def _telling_undated(dating: Rule) -> Rule:
    """The rule of the last change, which tells too whether the record has none."""

    def made_of(text: str, created: str) -> tuple[object, ...]:
        return (*dating.made_of(text, created), True if not text else None)

    def made_of_all(texts: pa.StringArray, created: pa.StringArray) -> Columns | None:
        dates = dating.made_of_all and dating.made_of_all(texts, created)
        return dates and [*dates, pc.if_else(pc.equal(texts, ""), True, pa.scalar(None, pa.bool_()))]

    return Rule((*dating.columns, IS_UNDATED), dating.fields, made_of, made_of_all)
