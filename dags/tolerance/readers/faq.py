"""Reads the call centre's log of calls against FAQ entries: CSV, one call a record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tolerance.formats.content import FileNotes
from tolerance.mapping import FIELDS
from tolerance.readers.contract import CsvContract, Outcome, ReaderContext
from tolerance.readers.mapped import csv_or_mapped_outcomes
from tolerance.readers.rules import (
    LANGUAGE,
    LONGEST_CODE,
    LONGEST_ID,
    Rule,
    instant,
    lowered,
    one_of,
    optional,
    required,
)

CONTRACT = CsvContract(FIELDS["faq"])

_ANSWERS = frozenset({"yes", "no"})


def read(path: Path, *, name: str, context: ReaderContext, notes: FileNotes) -> Iterator[Outcome]:
    """The calls of one landed file.

    Raises `FileRefusedError` for a file that is no CSV of this contract.
    """
    return csv_or_mapped_outcomes(path, CONTRACT, _rules(context), name=name, context=context, notes=notes)


def _rules(context: ReaderContext) -> tuple[Rule, ...]:
    settings = context.settings
    return (
        required("call_id", most=LONGEST_ID),
        optional("customer_id", most=LONGEST_ID),
        instant("asked_at", "asked_on", settings),
        optional("faq_code", most=LONGEST_CODE),
        optional("question"),
        Rule(("is_answered",), ("answered",), _is_answered),
        optional("agent_team"),
        lowered("language", least=LANGUAGE[0], most=LANGUAGE[1]),
    )


def _is_answered(text: str) -> bool | None:
    answer = one_of(text, _ANSWERS, "answered")
    return None if answer is None else answer == "yes"
