"""Are this machine and this state fit for a run? Only looks: changes nothing, computes nothing.

The present instant is the time of a file written into STATE for the purpose: the same clock as its other
files' times.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
from filelock import FileLock, Timeout
from packaging.requirements import Requirement

from tolerance import inbox, reread, runs
from tolerance.company import CompanyError
from tolerance.configured_airflow import examine_airflow
from tolerance.contracts import NEEDED, SOURCES
from tolerance.crm.delivery import journal
from tolerance.engines import ENGINES
from tolerance.errors import ToleranceError
from tolerance.file_modes import too_open
from tolerance.findings import Finding, Verdict, looked
from tolerance.identity import KEY_VARIABLE
from tolerance.intake.loads import known_loads, refuse_lost_loads
from tolerance.lock import held, holder_note
from tolerance.parameters import current_parameters
from tolerance.profiles.catalogue import company_file, mappings
from tolerance.publishing.generations import published_generation
from tolerance.settings import PROJECT_ROOT, settings
from tolerance.state import State
from tolerance.storage import LEAST_FREE_BYTES, bytes_of_a_day

OLDEST_PYTHON = (3, 11)
STALE_DAYS = 2
"""A daily warehouse whose published file is older than this is not being run."""

_CLOCK_TOLERANCE = timedelta(minutes=5)
_NAMED_AT_MOST = 5
_MB = 1 << 20


def examine(state: State, extracts: Path | None) -> Iterator[Finding]:
    """Check everything, machine first. `extracts` is an inbox to check as well, if given."""
    yield _python()
    yield _packages(PROJECT_ROOT / "requirements.lock")
    yield company()
    yield from examine_airflow()
    if extracts is not None:
        yield _inbox(state, extracts)
    if not state.root.is_dir():
        yield Finding(
            "state",
            Verdict.OK,
            f"{state.root} does not exist yet: the first run makes it",
        )
        return
    now, of_state = _state(state)
    yield of_state
    yield disk(state)
    yield looked(_clock, state, now)
    for check in (_modes, _key, _lock, _raw, _landing, _unfinished, _warehouse):
        yield looked(check, state)
    yield looked(_generation, state, now)
    yield looked(_alert_list, state)
    yield looked(_deliveries, state)


# The machine --------------------------------------------------------------------------


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding(
            "python", Verdict.PROBLEM, f"{version} is too old: make the environment with Python 3.11 or later"
        )
    return Finding("python", Verdict.OK, version)


_PINNED = re.compile(r"^([\w.-]+)==([^ ;\\]+)( *;)?", re.MULTILINE)


def _packages(lock: Path) -> Finding:
    if not lock.is_file():
        return _packages_as_declared()
    pinned: dict[str, set[str | None]] = defaultdict(set)
    for name, version, only_somewhere in _PINNED.findall(lock.read_text("utf-8")):
        pinned[name] |= {version, None} if only_somewhere else {version}
    other = [
        f"{name} {installed or 'missing'} instead of {' or '.join(sorted(filter(None, versions)))}"
        for name, versions in pinned.items()
        if (installed := _installed(name)) not in versions
    ]
    if other:
        return Finding(
            "packages",
            Verdict.PROBLEM,
            f"{len(other)} of {len(pinned)} differ from the lock ({_some(other)}): run `make setup`",
        )
    return Finding("packages", Verdict.OK, f"all {len(pinned)} as in requirements.lock")


def _packages_as_declared() -> Finding:
    """Of an installed wheel, which brings no lock: what the package asks for."""
    needed = [Requirement(line) for line in metadata.requires("tolerance-warehouse") or ()]
    needed = [each for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    other = [
        f"{each.name} {_installed(each.name) or 'missing'} instead of {each.specifier or 'any'}"
        for each in needed
        if not each.specifier.contains(_installed(each.name) or "0", prereleases=True)
        or _installed(each.name) is None
    ]
    if other:
        return Finding("packages", Verdict.PROBLEM, f"{_some(other)}: install the package's requirements")
    engines = ", ".join(f"{name} {_installed(name)}" for name in ENGINES)
    return Finding("packages", Verdict.OK, f"all {len(needed)} as the package asks for, {engines}")


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def company() -> Finding:
    """Settings, seeds and time zones can be read."""
    try:
        zone = settings().business_time_zone
        current_parameters()
        hours = {datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)}
        ZoneInfo("America/Montreal")
    except CompanyError as error:
        return Finding("company", Verdict.PROBLEM, str(error))
    except (OSError, ValueError, KeyError) as error:
        return Finding(
            "company",
            Verdict.PROBLEM,
            f"settings, seeds or time zones cannot be read ({type(error).__name__}: {error}): "
            "fix dbt_project/, or run `make setup` for the time zones",
        )
    seasons = "with summer time" if len(hours) > 1 else "without summer time"
    return Finding(
        "company", Verdict.OK, f"settings and seeds can be read; business time is {zone}, {seasons}"
    )


# The state ----------------------------------------------------------------------------


def _state(state: State) -> tuple[datetime, Finding]:
    """STATE can be written, and renames within it stay on one file system; and the present instant."""
    now = datetime.fromtimestamp(state.root.stat().st_mtime, UTC)
    try:
        with tempfile.NamedTemporaryFile(dir=state.root, prefix=".doctor-") as probe:
            now = datetime.fromtimestamp(os.fstat(probe.fileno()).st_mtime, UTC)
    except OSError as error:
        return now, Finding(
            "state",
            Verdict.PROBLEM,
            f"{state.root} cannot be written ({error.strerror}): give this user the right to, or make room",
        )
    folders = (
        *(state.landing, state.raw, state.quarantine, state.work, state.history, state.runs),
        *(state.serving.parent, state.outbox),
    )
    elsewhere = [
        folder.relative_to(state.root).as_posix()
        for folder in folders
        if folder.exists() and folder.stat().st_dev != state.root.stat().st_dev
    ]
    if elsewhere:
        return now, Finding(
            "state",
            Verdict.PROBLEM,
            f"{', '.join(elsewhere)} are on another file system than {state.root}: nothing can be "
            "renamed into place; keep all of STATE on one file system",
        )
    return now, Finding("state", Verdict.OK, f"{state.root} can be written and is one file system")


def disk(state: State) -> Finding:
    """Whether there is room for a day, and for a rebuild."""
    free = shutil.disk_usage(state.root).free
    needed = bytes_of_a_day(state)
    serving = needed - LEAST_FREE_BYTES
    warehouse = state.warehouse.stat().st_size if state.warehouse.exists() else 0
    anew = warehouse + serving + sum(reread.folder_bytes(place) for place in (state.raw, state.quarantine))
    room = f"{free // _MB:,} MB free"
    if free < needed:
        return Finding(
            "disk",
            Verdict.PROBLEM,
            f"{room}: a generation takes {serving // _MB:,} MB beside the one before, and a run needs "
            f"{LEAST_FREE_BYTES // _MB} MB to work; make room",
        )
    if free < anew + LEAST_FREE_BYTES:
        return Finding(
            "disk",
            Verdict.WARNING,
            f"{room}: enough for a day, a rebuild needs {anew // _MB:,} MB; make room",
        )
    return Finding("disk", Verdict.OK, f"{room}; a rebuild would need {anew // _MB:,} MB")


def _key(state: State) -> Finding:
    if os.environ.get(KEY_VARIABLE, "").strip():
        return Finding("key", Verdict.OK, f"the key of the address hashes comes from {KEY_VARIABLE}")
    path = state.identity_key
    if not path.exists():
        if not known_loads(state):
            return Finding("key", Verdict.OK, f"no {KEY_VARIABLE}: the first run makes {path}")
        return Finding(
            "key",
            Verdict.PROBLEM,
            f"{path} is gone, so no address can be recognised: put it back or set {KEY_VARIABLE}; if it is "
            "lost for good, `tolerance rebuild` reads everything again under a new one",
        )
    if not path.read_bytes().strip():
        return Finding("key", Verdict.PROBLEM, f"{path} holds no key: put the key of this warehouse back")
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return Finding("key", Verdict.PROBLEM, f"{path} can be read by others (mode {mode:o}): chmod 600 it")
    return Finding("key", Verdict.OK, f"{path}, readable by its owner alone")


def _is_held(state: State) -> bool:
    """Whether a run is under way.

    The lock is tried only where a holder left its note, so that a free lock is never taken from a run that
    is about to start.
    """
    if not holder_note(state).exists():
        return False
    try:
        with FileLock(state.root / "run.lock", timeout=0):
            return False
    except Timeout:
        return True


def _lock(state: State) -> Finding:
    if _is_held(state):
        return Finding("lock", Verdict.WARNING, str(held(state)))
    if holder_note(state).exists():
        return Finding("lock", Verdict.WARNING, "a run that held it was killed: the next run recovers")
    return Finding("lock", Verdict.OK, "nobody holds the state")


def _modes(state: State) -> Finding:
    found = [path.relative_to(state.root.parent).as_posix() for path in too_open(state)]
    if found:
        return Finding(
            "modes",
            Verdict.WARNING,
            f"{len(found)} files or folders are open to others than they are meant for ({_some(found)}): the "
            "next run closes them; find out what opened them",
        )
    return Finding("modes", Verdict.OK, "nobody may read more than is meant for him")


def _clock(state: State, now: datetime) -> Finding:
    """A machine whose clock stands wrong dates loads and deliveries wrongly; results do not depend on it."""
    written = [
        (datetime.fromtimestamp(path.stat().st_mtime, UTC), path)
        for folder in (state.runs, state.loads, state.serving.parent)
        for path in folder.glob("*.*")
    ]
    newest, path = max(written, default=(now, state.root))
    if newest > now + _CLOCK_TOLERANCE:
        return Finding(
            "clock",
            Verdict.WARNING,
            f"it says {now:%Y-%m-%d %H:%M} UTC, and {path.name} was written {newest:%Y-%m-%d %H:%M}: set it",
        )
    published = runs.last_published(state)
    if published is not None and published.as_of_on > (now + timedelta(days=1)).date():
        return Finding(
            "clock",
            Verdict.WARNING,
            f"it says {now:%Y-%m-%d}, and {published.as_of_on} is published: set it, or find out who asked "
            "for a date to come",
        )
    return Finding("clock", Verdict.OK, f"{now:%Y-%m-%d %H:%M} UTC, later than all that was written")


# What was ingested --------------------------------------------------------------------


def _raw(state: State) -> Finding:
    loads = known_loads(state)
    try:
        refuse_lost_loads(state, [file for load in loads for file in load])
    except ToleranceError as error:
        return Finding("raw", Verdict.PROBLEM, str(error))
    unbalanced = [
        file.file_name
        for load in loads
        for file in load
        if file.landed_records != file.loaded_records + file.duplicate_records + file.quarantined_records
    ]
    if unbalanced:
        return Finding(
            "raw",
            Verdict.PROBLEM,
            f"the counts of {_some(unbalanced)} are wrong: run `tolerance rebuild`",
        )
    files = sum(len(load) for load in loads)
    return Finding("raw", Verdict.OK, f"{len(loads):,} loads of {files:,} files, all present and balanced")


def _landing(state: State) -> Finding:
    """Compares sizes only; a rebuild reads the bytes."""
    files = [file for load in known_loads(state) for file in load]
    there = {path.name: path.stat().st_size for path in state.landing.glob("*")}
    lost = [file.file_name for file in files if there.get(file.file_sha256) != file.byte_count]
    if lost:
        return Finding(
            "landing",
            Verdict.PROBLEM,
            f"{len(lost)} delivered files are gone or cut ({_some(lost)}): put them back from a backup, or "
            "no rebuild is possible",
        )
    known = {file.file_sha256 for file in files} | {file.mappings_sha256 for file in files}
    unknown = there.keys() - known
    if unknown:
        return Finding(
            "landing",
            Verdict.WARNING,
            f"{len(unknown)} files were landed and never loaded ({_some(sorted(unknown), 1)}): a run was "
            "killed or stopped by a gate; the next run with the same inbox ingests them",
        )
    return Finding("landing", Verdict.OK, f"{len(there):,} files, each of a load")


def _unfinished(state: State) -> Finding:
    begun = [f"the load of {path.parents[1].name}" for path in state.work.glob("*/*/plan.ndjson")]
    if (state.work / "rebuild").exists():
        begun.append("a rebuild")
    known = runs.all_runs(state)
    published = runs.last_published(state)
    since = [run for run in known if (published is None or run.run_no > published.run_no) and not run.is_told]
    if since:
        begun.append(f"{len(since)} runs, the last for {since[-1].as_of_on}")
    if begun:
        return Finding(
            "unfinished", Verdict.WARNING, f"{', '.join(dict.fromkeys(begun))}: run the date (again)"
        )
    return Finding("unfinished", Verdict.OK, f"none of {len(known):,} runs since the last published one")


# What was published -------------------------------------------------------------------


def _warehouse(state: State) -> Finding:
    published = runs.last_published(state)
    if not state.warehouse.exists():
        if published is None:
            return Finding("warehouse", Verdict.OK, "none yet: the first run makes it")
        return Finding("warehouse", Verdict.WARNING, "it is missing: the next run makes it again")
    if _is_held(state):
        return Finding("warehouse", Verdict.OK, "not looked at while the state is held")
    try:
        known = runs.warehouse_run_no(state)
    except ToleranceError as error:
        return Finding("warehouse", Verdict.PROBLEM, str(error))
    if known is None:
        return Finding("warehouse", Verdict.WARNING, "it cannot be read: the next run makes it again")
    if published is not None and known < published.run_no:
        return Finding(
            "warehouse",
            Verdict.WARNING,
            f"it is of run {known}, the published generation of run {published.run_no}: the next run "
            "makes it again",
        )
    return Finding("warehouse", Verdict.OK, f"it knows run {known} and nobody has it open")


def _generation(state: State, now: datetime) -> Finding:
    generation = published_generation(state)
    published = runs.last_published(state)
    if generation is None:
        if published is not None:
            return Finding(
                "generation",
                Verdict.PROBLEM,
                f"{state.serving} is gone: run {published.as_of_on} again to publish it",
            )
        return Finding("generation", Verdict.WARNING, "nothing was published yet: run a date")
    days = (now - datetime.fromtimestamp(state.serving.stat().st_mtime, UTC)).days
    what = f"{generation[0]} as of {generation[1]}, published {days} days ago"
    if published is None or published.generation_id != generation[0]:
        return Finding(
            "generation",
            Verdict.WARNING,
            f"{what}, but runs/ records another: the next run corrects it",
        )
    if days >= STALE_DAYS:
        return Finding("generation", Verdict.WARNING, f"{what}: find out why no day was run since")
    return Finding("generation", Verdict.OK, what)


def _alert_list(state: State) -> Finding:
    generation = published_generation(state)
    if generation is None:
        return Finding("alert list", Verdict.OK, "none before a generation")
    manifest = state.outbox / generation[1] / "manifest.json"
    if not manifest.exists() or json.loads(manifest.read_text("utf-8"))["generation_id"] != generation[0]:
        return Finding(
            "alert list",
            Verdict.WARNING,
            "the list of the published generation is missing: the next run writes it",
        )
    return Finding("alert list", Verdict.OK, f"written to {manifest.parent}")


def _deliveries(state: State) -> Finding:
    paths = [*state.deliveries.glob("*/*.ndjson")]
    with duckdb.connect() as memory:
        journal.load_events(memory, paths)
        pending = memory.execute(
            "select destination, count(*) from standing where standing <> 'accepted' "
            "group by destination order by destination"
        ).fetchall()
    if pending:
        told = ", ".join(f"{count:,} at {destination}" for destination, count in pending)
        return Finding(
            "deliveries",
            Verdict.WARNING,
            f"not accepted: {told}; see crm_rejects for what the CRM says, then run `tolerance deliver`",
        )
    return Finding("deliveries", Verdict.OK, "nothing that was sent is pending" if paths else "none yet")


def _inbox(state: State, extracts: Path) -> Finding:
    try:
        mappings(company_file(extracts))
        sources = [inbox.deliveries(extracts, source, date.max, state.acknowledgements) for source in SOURCES]
    except ToleranceError as error:
        return Finding("inbox", Verdict.PROBLEM, str(error))
    waiting = [
        f"{file.source}/{file.name}: {file.why}" for deliveries in sources for file in deliveries.waiting
    ]
    if waiting:
        return Finding("inbox", Verdict.WARNING, f"{len(waiting)} files wait ({_some(waiting)})")
    missing = [
        source
        for source, deliveries in zip(SOURCES, sources, strict=True)
        if source in NEEDED and not deliveries.files
    ]
    if missing:
        return Finding("inbox", Verdict.WARNING, f"no file of {', '.join(missing)} in {extracts}")
    count = sum(len(deliveries.files) for deliveries in sources)
    return Finding("inbox", Verdict.OK, f"{count:,} files, all complete")


def _some(names: list[str], most: int = _NAMED_AT_MOST) -> str:
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
