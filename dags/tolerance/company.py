"""The company's own numbers, settings and mapping file, found by one setting.

`TOLERANCE_COMPANY` names a folder that may hold `seeds/*.csv`, `settings.yml` (in place of vars of
`dbt_project.yml`) and `mappings.yml`. What it does not hold is the tree's, file by file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from croniter import croniter  # type: ignore[import-untyped]

from tolerance import plain_yaml
from tolerance.errors import UsageError
from tolerance.wording import LANGUAGES

VARIABLE = "TOLERANCE_COMPANY"
SETTINGS = "settings.yml"
_PLAIN = re.compile(r"[A-Za-z0-9_/+:.-]+")
"""The characters that a text setting may have: dbt would take braces for a template."""

_CRON = re.compile(r"|[0-9A-Za-z*,/-]+(?: +[0-9A-Za-z*,/-]+){4}")
_IN_THEIR_ORDER = (("ingest_at", "daily_deadline"), ("earliest_plausible_on", "latest_plausible_on"))
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_PREFIX = re.compile(r"[A-Za-z0-9_.-]{1,50}")
"""What Airflow takes at the beginning of an id."""

_UMASK = re.compile(r"0?0[0-7]{2}")
"""What is published stays readable and writable by its owner."""

_LIMITS = {"monthly_decay_rate": 0.99, "max_bad_share": 1.0}
"""The greatest value of a share. At a decay of 1 nothing is remembered, and no account can be computed."""


class CompanyError(UsageError):
    """The company's folder, or a file in it, cannot be used."""


def folder() -> Path | None:
    """The company's folder; None where the tree's files are used.

    Raises:
        CompanyError: when the variable does not name a folder.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if not named:
        return None
    found = Path(named).resolve()
    if not found.is_dir():
        raise CompanyError(f"{VARIABLE} names {named}, which is not a folder", "correct or unset it.")
    return found


def own_file(name: str) -> Path | None:
    """The company's own file of that name, if it has one."""
    path = folder()
    return path / name if path is not None and (path / name).is_file() else None


def seeds(tree: Path) -> dict[str, Path]:
    """The seeds in use, by file name: the company's own, else those of `tree`.

    Raises:
        CompanyError: for a file that is not a seed of the tree, or has other columns.
    """
    known = {path.name: path for path in sorted(tree.glob("*.csv"))}
    company = folder()
    for path in sorted((company / "seeds").glob("*")) if company is not None else ():
        if path.name not in known:
            raise CompanyError(f"{path} is not a seed", f"name it one of {', '.join(known)}, or remove it.")
        if (columns := _header(known[path.name])) != _header(path):
            raise CompanyError(f"{path} has other columns", f"its first line must be {columns}")
        known[path.name] = path
    return known


def _header(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise CompanyError(f"{path} cannot be read as UTF-8", "save it as CSV UTF-8.") from None
    if text.startswith("\ufeff"):
        raise CompanyError(f"{path} begins with a byte order mark", "save it as UTF-8 without one.")
    return text.partition("\n")[0].strip()


def variables(project_file: Path) -> dict[str, Any]:
    """The vars of `dbt_project.yml`, overridden by the company's."""
    of_tree: dict[str, Any] = yaml.safe_load(project_file.read_text("utf-8"))["vars"]
    return of_tree | own_variables(project_file)


def own_variables(project_file: Path) -> dict[str, Any]:
    """The company's `settings.yml`, which overrides vars of `dbt_project.yml`.

    Raises:
        CompanyError: when it cannot be read, names an unknown setting, or gives one an impossible value.
    """
    path = own_file(SETTINGS)
    if path is None:
        return {}
    try:
        own = plain_yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) or {}
    except (OSError, ValueError, TypeError, yaml.YAMLError):
        raise CompanyError(f"{path} cannot be read", "write lines such as `budget_preset: flat`.") from None
    if not isinstance(own, dict):
        raise CompanyError(f"{path} holds no settings", "write lines such as `budget_preset: flat`.")
    known = yaml.safe_load(project_file.read_text("utf-8"))["vars"]
    unknown = [str(name) for name in own if name not in known]
    if unknown:
        raise CompanyError(
            f"{path} names {', '.join(unknown)}, which is not a setting", f"known are {', '.join(known)}."
        )
    checked = {name: _checked(path, name, value, known[name]) for name, value in own.items()}
    _refuse_reversed(path, known | checked)
    return checked


def _refuse_reversed(path: Path, chosen: dict[str, Any]) -> None:
    """Settings that make sense in one order only, of which a company may set one and keep the other."""
    for earlier, later in _IN_THEIR_ORDER:
        if str(chosen[earlier]) > str(chosen[later]):
            raise CompanyError(
                f"{path}: {earlier} ({chosen[earlier]}) is after {later} ({chosen[later]})",
                f"move one of them: {earlier} comes first.",
            )


def _checked(path: Path, name: str, value: Any, of_tree: Any) -> Any:
    if isinstance(value, date):
        value = value.isoformat()  # YAML reads an unquoted date as a date
    wanted, is_so = _kind(name, of_tree)
    if not is_so(value):
        raise CompanyError(f"{path}: {name} cannot be {value!r}", f"give {wanted}.")
    return value


def _kind(name: str, of_tree: Any) -> tuple[str, Callable[[Any], bool]]:
    """What a setting must be, in words and as a check, by the kind of the tree's own value."""
    if isinstance(of_tree, list):
        return (
            "a list of texts",
            lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
        )
    if isinstance(of_tree, dict):
        from tolerance.contracts import SOURCES

        return (
            f"a table of sources ({', '.join(SOURCES)}) and their five fields of cron, such as "
            '{mail: "0 * * * *"}',
            _is_schedules,
        )
    if isinstance(of_tree, bool):
        return "true or false", lambda value: isinstance(value, bool)
    if isinstance(of_tree, int):
        return "a whole number, 0 or more", lambda value: type(value) is int and value >= 0
    if isinstance(of_tree, float):
        most = _LIMITS[name]
        return f"a number from 0 to {most}", lambda value: type(value) in {int, float} and 0 <= value <= most
    if name.endswith("_on"):
        # To the letter: the models cut year and month out of the text.
        return (
            "a date, YYYY-MM-DD",
            lambda value: _can(date.fromisoformat, value) and date.fromisoformat(value).isoformat() == value,
        )
    if name.endswith("umask"):
        return 'an octal umask in quotes such as "027"', lambda value: bool(_UMASK.fullmatch(str(value)))
    if name.endswith("language"):
        return " or ".join(LANGUAGES), LANGUAGES.__contains__
    if name.endswith("time_zone"):
        return "a time zone such as Europe/Paris", lambda value: _can(ZoneInfo, value)
    if name.endswith("schedule"):
        return 'five fields of cron, or "" for none', lambda value: bool(_CRON.fullmatch(str(value).strip()))
    if name.endswith(("_at", "_deadline")):
        return 'a time of day in quotes such as "07:00"', lambda value: bool(_TIME.fullmatch(str(value)))
    if name.endswith("prefix"):
        return "letters, digits, _, . or -", lambda value: bool(_PREFIX.fullmatch(str(value)))
    return "a name", lambda value: _can(str, value)


def _is_schedules(value: Any) -> bool:
    from tolerance.contracts import SOURCES

    return isinstance(value, dict) and all(
        source in SOURCES
        and isinstance(cron, str)
        and _CRON.fullmatch(cron.strip())
        and croniter.is_valid(cron)
        for source, cron in value.items()
    )


def _can(make: Callable[[str], object], value: Any) -> bool:
    try:
        make(value)
    except (OSError, TypeError, ValueError, KeyError):
        return False
    return isinstance(value, str) and bool(_PLAIN.fullmatch(value))
