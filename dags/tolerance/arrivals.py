"""What lies in the inbox by names, sizes and times, and whether a source was ingested since it does."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from tolerance import files, inbox
from tolerance.code_hashes import digest
from tolerance.contracts import CONTRACTS
from tolerance.state import State


def present(state: State, extracts: Path, source: str, as_of: date) -> str:
    """What lies there of a source for dates up to `as_of`; '' for nothing. No file is opened."""
    found = inbox.stamps(extracts, (source,), as_of)
    if CONTRACTS[source].comes_from_crm:
        found += inbox.stamps(state.root, (state.acknowledgements.name,), as_of)
    return digest(*map(os.fsencode, sorted(found))) if found else ""


def ingested(state: State, source: str) -> str:
    """What lay there when the source was ingested last; '' where nobody remembers."""
    place = _place(state, source)
    return place.read_text("utf-8") if place.exists() else ""


def remember(state: State, source: str, found: str) -> None:
    """Remember what lay there before the source was ingested: what came later is news."""
    files.write_text(_place(state, source), found)


def _place(state: State, source: str) -> Path:
    return state.work / "ingested" / f"{source}.present"
