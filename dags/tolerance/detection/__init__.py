"""From contacts to incidents: which incident a text reports, which ticket it names, what belongs together.

Models call these functions by name; `macros/python/tolerance_plugin.py` registers them for SQL.
"""

from __future__ import annotations

from pathlib import Path

from tolerance import company
from tolerance.code_hashes import code_hash, digest, files_hash, named_files_hash
from tolerance.settings import DBT_PROJECT

PHRASES = "incident_phrases.csv"
"""The seed of the phrases that the detector knows."""

TICKET_NUMBERS = "ticket_number_patterns.csv"
"""The seed of the forms of ticket numbers that the company knows beside those that everybody writes."""

OWN_MODEL = "detector.json"
"""The company's own model, in its folder."""

_READS_TEXTS = (
    "__init__.py",
    "linear.py",
    "own.py",
    "references.py",
    "reminders.py",
    "sayings.py",
    "settled.py",
    "tokens.py",
    "words.py",
)
"""The modules that decide how a text is read. Linking is part of the code version, because it moves every
account; fitting and measuring decide nothing of a run."""


def phrases_file() -> Path:
    """The file of phrases in use: the company's own, else the tree's."""
    return company.seeds(DBT_PROJECT / "seeds")[PHRASES]


def ticket_number_patterns_file() -> Path:
    """The file of the forms of ticket numbers in use: the company's own, else the tree's."""
    return company.seeds(DBT_PROJECT / "seeds")[TICKET_NUMBERS]


def own_model_file() -> Path | None:
    """The file of the company's own model, if it has one."""
    return company.own_file(OWN_MODEL)


def detector_version() -> str:
    """A hash of what decides how a text is read: modules, weights, phrases, the company's own model
    and forms of ticket numbers.

    It is data of a run, not part of the code version: a new version reads every text once and touches the
    customers whose contacts it reads differently.
    """
    package = Path(__file__).parent
    own = own_model_file()
    if own:
        from tolerance.detection.own import read_models  # it imports this module

        read_models(own)  # one that cannot be read is refused before anything is ingested
    from tolerance.detection.references import own_patterns  # it imports this module

    own_patterns()  # likewise
    own_forms = ticket_number_patterns_file()
    return digest(
        code_hash([package / name for name in _READS_TEXTS], package).encode(),
        files_hash((package / "weights").glob("*.json"), package).encode(),
        named_files_hash(
            {PHRASES: phrases_file(), TICKET_NUMBERS: own_forms} | ({OWN_MODEL: own} if own else {})
        ).encode(),
    )[:16]
