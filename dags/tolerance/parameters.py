"""What the numbers depend on besides the data: parameters and code, as hashes.

When they change, tables are rebuilt in full and the log says so. A changed entry of the taxonomy
touches only the customers who have incidents of that type.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from tolerance.settings import DBT_PROJECT, PROJECT_ROOT, settings

_TAXONOMY = "incident_types.csv"


@dataclass(frozen=True, slots=True)
class Parameters:
    """Hashes of what a run computes with.

    `parameters_hash` covers every number of the company. `rebuild_hash` leaves out what a
    reclassification can replace row by row: the entries of the taxonomy, which stand in
    `incident_types` with one hash per type.
    """

    parameters_hash: str
    rebuild_hash: str
    code_version: str
    incident_types: dict[str, str]


def _sha256(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _files_hash(paths: list[Path], root: Path) -> str:
    parts: list[bytes] = []
    for path in sorted(paths):
        parts += [path.relative_to(root).as_posix().encode(), path.read_bytes()]
    return _sha256(*parts)


def _incident_type_hashes(taxonomy: Path) -> dict[str, str]:
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    with taxonomy.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["incident_type"]].append(row)
    return {
        name: _sha256(json.dumps(entries, sort_keys=True).encode())[:16] for name, entries in rows.items()
    }


def _tag_order(taxonomy: Path) -> list[tuple[str, str]]:
    with taxonomy.open(encoding="utf-8", newline="") as file:
        return sorted({(row["sort_order"], row["incident_type"]) for row in csv.DictReader(file)})


_READING_ROOMS = ("formats", "readers", "sandbox")
_READING = {
    "identity.py",
    "instants.py",
    "mapping.py",
    "record_hashes.py",
    "records.py",
}
"""The modules beside these rooms that decide what a delivered file's bytes become."""


@cache
def reading_version() -> str:
    """What decides what a delivered file's bytes become, as a hash: the readers and the settings."""
    package = Path(__file__).parent
    code = [
        *(path for room in _READING_ROOMS for path in (package / room).glob("*.py")),
        *(one for one in package.glob("*.py") if one.name in _READING),
    ]
    return _sha256(_files_hash(code, package).encode(), repr(settings()).encode())[:16]


def current_parameters() -> Parameters:
    """The parameters and the code of this checkout."""
    seeds = DBT_PROJECT / "seeds"
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text("utf-8"))
    variables = json.dumps(project.pop("vars"), sort_keys=True, default=str).encode()
    all_seeds = sorted(seeds.glob("*.csv"))
    incident_types = _incident_type_hashes(seeds / _TAXONOMY)
    code = [
        path
        for folder in ("models", "macros")
        for path in (PROJECT_ROOT / folder).rglob("*")
        if path.suffix in {".sql", ".py", ".yml"}
    ]
    return Parameters(
        parameters_hash=_sha256(variables, _files_hash(all_seeds, seeds).encode()),
        rebuild_hash=_sha256(
            variables,
            _files_hash([path for path in all_seeds if path.name != _TAXONOMY], seeds).encode(),
            # A new type, or another order of them, changes what a tag means.
            json.dumps(_tag_order(seeds / _TAXONOMY)).encode(),
        ),
        code_version=_sha256(
            _files_hash(code, PROJECT_ROOT).encode(),
            json.dumps(project, sort_keys=True, default=str).encode(),
        )[:16],
        incident_types=incident_types,
    )
