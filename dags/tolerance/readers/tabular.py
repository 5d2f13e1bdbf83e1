"""Reads a plain source: CSV with the contract's fields, or any form by a mapping profile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tolerance.contracts.base import Contract
from tolerance.formats.content import FileNotes, content_of, form_of
from tolerance.readers.mapped import mapped_outcomes
from tolerance.readers.outcomes import Outcome, OwnCsv, ReaderContext, csv_outcomes, unknown_form
from tolerance.readers.rules import rules_of


def read(
    contract: Contract, path: Path, *, name: str, context: ReaderContext, notes: FileNotes
) -> Iterator[Outcome]:
    """The records of one landed file.

    Raises `FileRefusedError` for a file that is not a CSV of this contract, or that its profile cannot read.
    """
    rules = rules_of(contract, context.settings, context.identity_key)
    form = form_of(name)
    if not context.profile.is_contract(form):
        yield from mapped_outcomes(path, context.profile, rules, name=name, context=context, notes=notes)
        return
    if form != "csv":
        raise unknown_form(name, ".csv or .csv.gz")
    own = OwnCsv.of(contract)
    with content_of(path, name=name, scratch=context.scratch) as content:
        yield from csv_outcomes(content, own, rules, name=name, notes=notes, by_blocks=context.by_blocks)
