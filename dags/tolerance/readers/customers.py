"""Reads the customers' master data: CSV, one customer a record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tolerance.formats.content import FileNotes
from tolerance.identity import address_hash, phone_hash
from tolerance.mapping import FIELDS
from tolerance.readers.contract import CsvContract, Outcome, ReaderContext
from tolerance.readers.mapped import csv_or_mapped_outcomes
from tolerance.readers.rules import LANGUAGE, LONGEST_ID, BadFieldError, Rule, lowered, optional_day, required
from tolerance.records import QuarantineReason

CONTRACT = CsvContract(FIELDS["customers"])


def read(path: Path, *, name: str, context: ReaderContext, notes: FileNotes) -> Iterator[Outcome]:
    """The customers of one landed file, addresses and phones as keyed hashes.

    Raises `FileRefusedError` for a file that is no CSV of this contract.
    """
    return csv_or_mapped_outcomes(path, CONTRACT, _rules(context), name=name, context=context, notes=notes)


def _rules(context: ReaderContext) -> tuple[Rule, ...]:
    key, settings = context.identity_key, context.settings

    def day(field: str) -> Rule:
        return Rule((field,), (field,), lambda text: optional_day(text, field, settings))

    return (
        required("customer_id", most=LONGEST_ID),
        Rule(("address_hashes",), ("email",), lambda text: _address_hashes(text, key)),
        Rule(("phone_hash",), ("phone",), lambda text: phone_hash(key, text) if text else None),
        day("relationship_started_on"),
        day("relationship_ended_on"),
        lowered("preferred_language", least=LANGUAGE[0], most=LANGUAGE[1]),
    )


def _address_hashes(cell: str, key: bytes) -> str | None:
    """The hashes of all addresses in a cell, in its order, separated by commas."""
    addresses = [address.strip() for address in cell.split(",") if address.strip()]
    if any("@" not in address.strip("@") for address in addresses):
        raise BadFieldError(QuarantineReason.BAD_VALUE, "email holds what is no address")
    return ",".join(address_hash(key, address) for address in addresses) or None
