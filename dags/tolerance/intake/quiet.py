"""Which sources a run on request need not ingest: their inbox is as it was when all of it had been loaded.

Starting a DAG to find nothing costs more than all other work of a date without news.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from tolerance import arrivals, files, inbox
from tolerance.code_hashes import digest
from tolerance.contracts import SOURCES
from tolerance.intake.loads import RawLostError, load_records, refuse_lost_loads
from tolerance.intake.pick_up import sources_picked_up
from tolerance.parameters import current_parameters
from tolerance.profiles.catalogue import company_file
from tolerance.state import State


def in_the_inbox(state: State, extracts: Path, as_of: date) -> dict[str, str]:
    """What lies there of each source for dates up to `as_of`, and how it is read; no file is opened."""
    company = company_file(extracts)
    rules = current_parameters().code_version.encode(), company.read_bytes() if company else b""
    return {
        source: digest(*rules, arrivals.present(state, extracts, source, as_of).encode())
        for source in SOURCES
    }


def quiet_sources(state: State, found: dict[str, str]) -> set[str]:
    """The sources of which the ingestion would find nothing new, and nothing to mend."""
    try:
        remembered = json.loads(_place(state).read_text("utf-8"))
    except (OSError, ValueError):
        return set()
    if not isinstance(remembered, dict):
        return set()
    return {
        source
        for source, lies_there in found.items()
        if source not in sources_picked_up()
        and remembered.get(source) == [lies_there, _loaded(state, source)]
    }


def remember(state: State, extracts: Path, as_of: date, found: dict[str, str]) -> None:
    """Remember what lay there before all of it was loaded; not of a source of which a file still waits."""
    remembered = {
        source: [lay_there, _loaded(state, source)]
        for source, lay_there in found.items()
        if not inbox.deliveries(extracts, source, as_of, state.acknowledgements).waiting
    }
    files.write_text(_place(state), json.dumps(remembered) + "\n")


def _loaded(state: State, source: str) -> str | None:
    """What identifies the loads of a source; None where one is not whole any more."""
    loads = load_records(state, source)
    try:
        refuse_lost_loads(state, loads)
    except RawLostError:
        return None
    is_landed = all((state.landing / file.file_sha256).exists() for file in loads)
    return digest(*sorted({file.load_id.encode() for file in loads})) if is_landed else None


def _place(state: State) -> Path:
    return state.work / "ingested" / "quiet.json"
