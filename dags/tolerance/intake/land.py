"""First step: what is new in the inbox is copied to `landing/`, and its load is planned."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from tolerance import inbox, steps
from tolerance.files import sync_folder
from tolerance.intake.landed import Landed, land_delivered, land_file
from tolerance.intake.loads import (
    FileRecord,
    by_profile,
    load_records,
    refuse_lost_loads,
    sweep,
    write_records,
)
from tolerance.intake.work import Work
from tolerance.profiles.catalogue import company_file, mappings
from tolerance.profiles.profile import Profile

if TYPE_CHECKING:
    from tolerance.state import State


def land(source: str, extracts: Path, as_of: date, state: State, loaded_at: datetime) -> str | None:
    """Copy what is new in the inbox to `landing/` and plan its load.

    `loaded_at` is the run's start. Returns the load's id, a hash of names and contents
    alone, or None when nothing is new. Raises `inbox.InboxError` when there is
    no inbox, `MappingError` when the company's mapping file has a mistake,
    `RawLostError` when earlier loads are missing.
    """
    loaded = load_records(state, source)
    refuse_lost_loads(state, loaded)
    sweep(source, state)
    shutil.rmtree(state.work / source, ignore_errors=True)
    found = inbox.deliveries(extracts, source, as_of, state.acknowledgements)
    company = company_file(extracts)
    known_mappings = mappings(company)
    known = {(file.file_name, file.file_sha256): file for file in loaded}
    new: list[tuple[inbox.DeliveredFile, Landed, Profile]] = []
    for file in found.files:
        landed = land_delivered(file.path, file.inside, state.landing, state.work / source / "landing")
        profile = known_mappings.profile_of(source, file.name)
        if _is_new(known.get((file.name, landed.sha256)), profile):
            new.append((file, landed, profile))
    if not new:
        return None
    mappings_sha256 = None
    if company is not None:
        mappings_sha256 = land_file(company, state.landing, state.work / source / "landing").sha256
    sync_folder(state.landing)
    load_id = _load_id(
        source,
        sorted(
            (file.name, landed.sha256, *filter(None, (profile.fingerprint,))) for file, landed, profile in new
        ),
    )
    plan = [
        FileRecord(
            mails_have_identities=True,
            load_id=load_id,
            load_no=0,  # given by `load`, in the order in which loads end
            source=source,
            as_of_on=as_of,
            loaded_at=loaded_at,
            file_name=file.name,
            file_sha256=landed.sha256,
            byte_count=landed.byte_count,
            delivered_on=file.delivered_on,
            **by_profile(profile, mappings_sha256),
        )
        for file, landed, profile in new
    ]
    steps.passed("landing")
    write_records(Work(state, source, load_id).plan, plan)
    return load_id


def plan_again(load: list[FileRecord], state: State) -> None:
    """Plan an earlier load again: `read` reads its files again, without their former counts."""
    write_records(
        Work(state, load[0].source, load[0].load_id).plan,
        [FileRecord(**{name: getattr(file, name) for name in _PLANNED}) for file in load],
    )


_PLANNED = (
    *("load_id", "load_no", "source", "as_of_on", "loaded_at", "file_name", "file_sha256", "byte_count"),
    *("delivered_on", "profile", "profile_fingerprint", "mappings_sha256", "unknown"),
    "mails_have_identities",
)
"""The fields of a file's load record that are known before it is read."""


def _is_new(known: FileRecord | None, profile: Profile) -> bool:
    """A known name and content is not new, unless it was refused and has another mapping profile now."""
    if known is None:
        return True
    return known.status == "refused" and known.profile_fingerprint != profile.fingerprint


def _load_id(source: str, files: list[tuple[str, ...]]) -> str:
    return sha256(orjson.dumps([source, files])).hexdigest()[:16]
