"""Reads the call centre's log of calls against FAQ entries: CSV, one call a record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tolerance import framing
from tolerance.framing import FileNotes
from tolerance.mapping import FIELDS
from tolerance.readers.contract import (
    CsvContract,
    Outcome,
    ReaderContext,
    Values,
    csv_outcomes,
    moment,
    one_of,
    required,
    unknown_form,
)
from tolerance.readers.mapped import mapped_outcomes

CONTRACT = CsvContract(FIELDS["faq"])

_ANSWERS = frozenset({"yes", "no"})


def read(path: Path, *, name: str, context: ReaderContext, notes: FileNotes) -> Iterator[Outcome]:
    """The calls of one landed file.

    Raises `FileRefusedError` for a file that is no CSV of this contract.
    """
    if context.profile is not None and not context.profile.is_contract("csv"):
        yield from mapped_outcomes(
            path, context.profile, lambda row: _values(row, context), name=name, context=context, notes=notes
        )
        return
    if framing.form_of(name) != "csv":
        raise unknown_form(name, ".csv or .csv.gz")
    with framing.content_of(path, name=name, scratch=context.scratch) as content:
        yield from csv_outcomes(content, CONTRACT, lambda row: _values(row, context), name=name, notes=notes)


def _values(row: dict[str, str], context: ReaderContext) -> Values:
    call_id = required(row["call_id"], "call_id")
    asked_at, asked_on = moment(row["asked_at"], "asked_at", context.settings)
    answered = one_of(row["answered"], _ANSWERS, "answered")
    return {
        "call_id": call_id,
        "customer_id": row["customer_id"] or None,
        "asked_at": asked_at,
        "asked_on": asked_on,
        "faq_code": row["faq_code"] or None,
        "question": row["question"] or None,
        "is_answered": None if answered is None else answered == "yes",
        "agent_team": row["agent_team"] or None,
        "language": row["language"].lower() or None,
    }
