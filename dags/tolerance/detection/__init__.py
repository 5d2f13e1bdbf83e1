"""From contacts to incidents: which incident a text reports, which ticket it names, what belongs together.

Models call these functions by name; `macros/python/tolerance_plugin.py` registers them for SQL.
"""

from __future__ import annotations

from pathlib import Path

from tolerance import company
from tolerance.code_hashes import code_hash, digest, named_files_hash
from tolerance.settings import DBT_PROJECT

PHRASES = "incident_phrases.csv"
"""The seed of the phrases that the detector knows."""

_READS_NO_TEXT = "linking.py"
"""Part of the code version: what it changes moves every account."""


def phrases_file() -> Path:
    """The file of phrases in use: the company's own, else the tree's."""
    return company.seeds(DBT_PROJECT / "seeds")[PHRASES]


def detector_version() -> str:
    """A hash of what decides how a text is read: the modules and the phrases.

    It is data of a run, not part of the code version: a new version reads every text once and touches the
    customers whose contacts it reads differently.
    """
    package = Path(__file__).parent
    code = code_hash([path for path in package.rglob("*.py") if path.name != _READS_NO_TEXT], package)
    return digest(code.encode(), named_files_hash({PHRASES: phrases_file()}).encode())[:16]
