"""Reads the customers' master data: CSV, one customer a record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tolerance import framing
from tolerance.framing import FileNotes
from tolerance.identity import address_hash, phone_hash
from tolerance.mapping import FIELDS
from tolerance.readers.contract import (
    BadFieldError,
    CsvContract,
    Outcome,
    ReaderContext,
    Values,
    csv_outcomes,
    optional_day,
    required,
    unknown_form,
)
from tolerance.readers.mapped import mapped_outcomes
from tolerance.records import QuarantineReason

CONTRACT = CsvContract(FIELDS["customers"])


def read(path: Path, *, name: str, context: ReaderContext, notes: FileNotes) -> Iterator[Outcome]:
    """The customers of one landed file, addresses and phones as keyed hashes.

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
    return {
        "customer_id": required(row["customer_id"], "customer_id"),
        "address_hashes": _address_hashes(row["email"], context.identity_key),
        "phone_hash": phone_hash(context.identity_key, row["phone"]) if row["phone"] else None,
        "relationship_started_on": optional_day(
            row["relationship_started_on"], "relationship_started_on", context.settings
        ),
        "relationship_ended_on": optional_day(
            row["relationship_ended_on"], "relationship_ended_on", context.settings
        ),
        "preferred_language": row["preferred_language"].lower() or None,
    }


def _address_hashes(cell: str, key: bytes) -> str | None:
    """The hashes of all addresses in a cell, in its order, separated by commas."""
    addresses = [address.strip() for address in cell.split(",") if address.strip()]
    if any("@" not in address.strip("@") for address in addresses):
        raise BadFieldError(QuarantineReason.BAD_VALUE, "email holds what is no address")
    return ",".join(address_hash(key, address) for address in addresses) or None
