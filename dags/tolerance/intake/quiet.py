"""Which sources a run on request need not ingest: their inbox is as it was when all of it had been loaded.

Starting a DAG to find nothing costs more than all other work of a date without news. What is remembered only
saves that: where anything is unlike, damaged or left over, the source is ingested as ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

from tolerance import arrivals, files
from tolerance.code_hashes import digest
from tolerance.contracts import SOURCES
from tolerance.errors import ToleranceError
from tolerance.inbox import Deliveries
from tolerance.intake.loads import load_records, refuse_lost_loads
from tolerance.intake.pick_up import sources_picked_up
from tolerance.parameters import reading_version
from tolerance.profiles.catalogue import company_file, mappings
from tolerance.state import State


def in_the_inbox(state: State, extracts: Path, as_of: date) -> dict[str, str]:
    """What lies there of each source for dates up to `as_of`, and how it is read; no file is opened."""
    rules = [reading_version(), *_rules(extracts)]
    return {
        source: digest(*map(str.encode, [*rules, arrivals.present(state, extracts, source, as_of)]))
        for source in SOURCES
    }


def quiet_sources(state: State, found: Mapping[str, str]) -> frozenset[str]:
    """The sources of which the ingestion would find nothing new, and nothing to mend or to sweep."""
    try:
        remembered = json.loads(_place(state).read_text("utf-8"))
    except (OSError, ValueError):
        return frozenset()
    if not isinstance(remembered, dict):
        return frozenset()
    picked_up = sources_picked_up()
    return frozenset(
        source
        for source, lies_there in found.items()
        if source not in picked_up and remembered.get(source) == [lies_there, _loaded(state, source)]
    )


def remember(state: State, found: Mapping[str, str], deliveries: Mapping[str, Deliveries]) -> None:
    """Remember what lay there before a run that loaded it; not of a source of which a file still waits."""
    remembered = {
        source: [lay_there, loaded]
        for source, lay_there in found.items()
        if not deliveries[source].waiting and (loaded := _loaded(state, source)) is not None
    }
    with suppress(OSError):  # the run is published; the next one only takes longer
        files.write_text(_place(state), json.dumps(remembered) + "\n")


def _rules(extracts: Path) -> Iterable[str]:
    """What decides which mapping profile a file has: a refused file is read again when that changes."""
    known = mappings(company_file(extracts))
    yield from (f"{rule.pattern} {rule.profile}" for rule in known.rules)
    for (source, name), profile in sorted(known.profiles.items(), key=lambda item: item[0]):
        yield f"{source} {name} {profile.fingerprint}"


def _loaded(state: State, source: str) -> str | None:
    """What identifies the loads of a source; None where one is not whole or another was not finished."""
    if any((state.work / source).glob("*/plan.ndjson")):
        return None
    try:
        loads = load_records(state, source)
        refuse_lost_loads(state, loads)
    except (ToleranceError, OSError, ValueError, TypeError, KeyError):
        return None  # the ingestion tells what is wrong
    is_landed = all((state.landing / file.file_sha256).exists() for file in loads)
    return digest(*sorted({file.load_id.encode() for file in loads})) if is_landed else None


def _place(state: State) -> Path:
    return state.work / "ingested" / "quiet.json"
