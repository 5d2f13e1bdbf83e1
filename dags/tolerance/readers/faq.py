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
    csv_outcomes,
    unknown_form,
)
from tolerance.readers.mapped import mapped_outcomes
from tolerance.readers.rules import Rule, instant, lowered, one_of, optional, required

CONTRACT = CsvContract(FIELDS["faq"])

_ANSWERS = frozenset({"yes", "no"})


def read(path: Path, *, name: str, context: ReaderContext, notes: FileNotes) -> Iterator[Outcome]:
    """The calls of one landed file.

    Raises `FileRefusedError` for a file that is no CSV of this contract.
    """
    if context.profile is not None and not context.profile.is_contract("csv"):
        yield from mapped_outcomes(
            path, context.profile, _rules(context), name=name, context=context, notes=notes
        )
        return
    if framing.form_of(name) != "csv":
        raise unknown_form(name, ".csv or .csv.gz")
    with framing.content_of(path, name=name, scratch=context.scratch) as content:
        yield from csv_outcomes(
            content, CONTRACT, _rules(context), name=name, notes=notes, by_blocks=context.by_blocks
        )


def _rules(context: ReaderContext) -> tuple[Rule, ...]:
    settings = context.settings
    return (
        required("call_id"),
        optional("customer_id"),
        instant("asked_at", "asked_on", settings),
        optional("faq_code"),
        optional("question"),
        Rule(("is_answered",), ("answered",), _is_answered),
        optional("agent_team"),
        lowered("language"),
    )


def _is_answered(text: str) -> bool | None:
    answer = one_of(text, _ANSWERS, "answered")
    return None if answer is None else answer == "yes"
