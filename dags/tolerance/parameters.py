"""What the numbers depend on besides the data: hashes of parameters and code.

When they change, tables are rebuilt in full and the log says so. A changed decision table touches only the
customers whose contacts it decides differently.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import yaml

from tolerance import company, compatibility, taxonomy
from tolerance.code_hashes import code_hash, digest, effective, named_files_hash
from tolerance.compatibility import compatible_pairs
from tolerance.contracts import contracts_for_dbt
from tolerance.detection import detector_version
from tolerance.settings import DBT_PROJECT, PROJECT_ROOT, settings
from tolerance.untyped_tags import decided_tags

_TAXONOMY = "incident_types.csv"
_FAQ_TYPES = "faq_incident_types.csv"
_BUDGETS = "tolerance_budgets.csv"


@dataclass(frozen=True, slots=True)
class Parameters:
    """Hashes of what a run computes with.

    `parameters_hash` covers every number of the company; `rebuild_hash` those that change every account.
    `incident_types` has one hash per type of the taxonomy, `decision_hash` covers which structure of a
    contact means which type, and `detector_version` what its words mean: a change of these touches only the
    customers concerned. What only future alerts depend on rebuilds nothing and touches nobody.
    """

    parameters_hash: str
    rebuild_hash: str
    decision_hash: str
    code_version: str
    incident_types: dict[str, str]
    detector_version: str


def _incident_type_hashes(seeds: dict[str, Path]) -> dict[str, str]:
    """A hash per type: of its entries, the types that go with it, its stage and its departments."""
    rows: dict[str, list[object]] = defaultdict(list)
    with seeds[_TAXONOMY].open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["incident_type"]].append(row)
    belonging = taxonomy.belonging(seeds)
    for name, entries in rows.items():
        entries.append(belonging[name])
    for one, other, holds_in in compatible_pairs(seeds[compatibility.TABLE], tuple(rows)):
        for name in {one, other} & rows.keys():
            rows[name].append([one, other, holds_in])
    return {name: digest(json.dumps(entries, sort_keys=True).encode())[:16] for name, entries in rows.items()}


def _tag_order(taxonomy: Path) -> list[tuple[str, str]]:
    with taxonomy.open(encoding="utf-8", newline="") as file:
        return sorted({(row["sort_order"], row["incident_type"]) for row in csv.DictReader(file)})


_READING = ("contracts", "formats", "intake", "profiles", "readers", "sandbox")
_READING_BESIDE = ("identity.py", "inbox.py", "instants.py", "record_hashes.py", "records.py")
"""The packages and modules that decide what becomes of a delivered file's bytes."""


@cache
def reading_version() -> str:
    """A hash of what decides what becomes of a delivered file's bytes: the reading code and the settings."""
    package = Path(__file__).parent
    code = [path for room in _READING for path in (package / room).rglob("*.py")]
    code += [package / name for name in _READING_BESIDE]
    return digest(code_hash(code, package).encode(), _json(_settings_of_reading()))[:16]


INGEST_SETTINGS = frozenset(
    {"business_time_zone", "max_bad_share", "max_bad_share_from_records", "own_addresses"}
)
"""Settings that no model reads: they apply to what is ingested from then on, and `tolerance rebuild` applies
them to the past."""


def _settings_of_reading() -> dict[str, object]:
    return {name: value for name, value in asdict(settings()).items() if name not in _SETTINGS_OF_FILES}


_SETTINGS_OF_FILES = frozenset(
    {
        *("dag_prefix", "ingest_at", "daily_deadline", "urgent_schedule"),
        *("ingest_schedules", "ingest_on_arrival"),
        *("list_link", "shared_group", "shared_umask", "team_language"),
    }
)
"""Settings on which no number depends."""

_SOURCES_OF_NUMBERS = {".sql", ".py", ".yml"}
_CALLED_BY_MODELS = (
    "components.py",
    "crm/reasons.py",
    "crm/words/en.yml",
    "crm/words/fr.yml",
    "customer_merges.py",
    "detection/linking.py",
    "direct_sum.py",
    "oracle.py",
    "wording.py",
)
"""The modules that compute rows of the tables; the detector version covers those that read texts."""


def _code_version() -> str:
    """A hash of the code that computes the tables, without descriptions and tests."""
    code = [
        path
        for folder in (PROJECT_ROOT / "models", PROJECT_ROOT / "macros", DBT_PROJECT / "seeds")
        for path in folder.rglob("*")
        if path.suffix in _SOURCES_OF_NUMBERS
    ]
    package = Path(__file__).parent
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text("utf-8"))
    del project["vars"]
    return digest(
        code_hash(code, PROJECT_ROOT).encode(),
        code_hash([package / name for name in _CALLED_BY_MODELS], package).encode(),
        _json(project),
        effective(DBT_PROJECT / "profiles.yml"),
        _json(contracts_for_dbt()),
    )[:16]


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, default=str).encode()


def current_parameters() -> Parameters:
    """The parameters of the company and the code of this checkout."""
    seeds = company.seeds(DBT_PROJECT / "seeds")
    taxonomy.refuse_mistakes(seeds)
    variables = {
        name: value
        for name, value in company.variables(DBT_PROJECT / "dbt_project.yml").items()
        if name not in _SETTINGS_OF_FILES
    }
    of_models = {name: value for name, value in variables.items() if name not in INGEST_SETTINGS}
    return Parameters(
        parameters_hash=digest(_json(variables), named_files_hash(seeds).encode()),
        rebuild_hash=digest(_json(of_models), named_files_hash({_BUDGETS: seeds[_BUDGETS]}).encode()),
        decision_hash=digest(
            named_files_hash(
                {name: seeds[name] for name in (_FAQ_TYPES, taxonomy.CHANNELS, taxonomy.CODE_STAGES)}
            ).encode(),
            _json(sorted(decided_tags(seeds).items())),
            # A new type, or another order of types, changes what a tag means.
            _json(_tag_order(seeds[_TAXONOMY])),
        ),
        code_version=_code_version(),
        incident_types=_incident_type_hashes(seeds),
        detector_version=detector_version(),
    )
