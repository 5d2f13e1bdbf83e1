"""The company's own part, laid into a folder of its own: to be edited and kept under version control."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tolerance.company import SETTINGS
from tolerance.errors import UsageError
from tolerance.settings import DBT_PROJECT, LIBRARY, PROJECT_ROOT

_TEMPLATE = LIBRARY / "company_folder"
_TEMPLATES = ("README.md", "mappings.yml", "destinations.yml")
DAG_FILE = "dags/tolerance_dags.py"
_OF_THE_PRODUCT = frozenset({"incident_phrases.csv"})
"""Seeds that are laid for nobody: the detector is improved with each release."""


def lay(folder: Path) -> tuple[list[str], list[str]]:
    """Write what `folder` lacks of a company's part; give the names of what was written and of what was kept.

    Raises:
        UsageError: when `folder` is something else, or cannot be written.
    """
    written, kept = [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in _contents():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() or path.is_symlink():
                kept.append(name)
            else:
                path.write_text(text, "utf-8")
                written.append(name)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written ({error.strerror})", "name a folder that you may write."
        ) from None
    return written, kept


def _contents() -> Iterator[tuple[str, str]]:
    for name in _TEMPLATES:
        yield name, (_TEMPLATE / name).read_text("utf-8")
    yield SETTINGS, _settings()
    yield DAG_FILE, (PROJECT_ROOT / DAG_FILE).read_text("utf-8")
    for seed in sorted((DBT_PROJECT / "seeds").glob("*.csv")):
        if seed.name not in _OF_THE_PRODUCT:
            yield f"seeds/{seed.name}", seed.read_text("utf-8")


def _settings() -> str:
    """The settings with their comments, as they stand in the project, each commented out."""
    _, _, behind = (DBT_PROJECT / "dbt_project.yml").read_text("utf-8").partition("\nvars:\n")
    lines = []
    for line in behind.splitlines():
        if line and not line.startswith("  "):
            break
        setting = line[2:]
        lines.append(f"# {setting}" if setting and not setting.startswith("#") else setting)
    return (
        "\n".join(
            ["# The company's settings. Take the # away from a line and change its value.", "", *lines]
        ).rstrip()
        + "\n"
    )
