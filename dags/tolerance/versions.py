"""The formats of the files under STATE: each file has its version, and is read by name with defaults.

A STATE outlives the code. A file of an older version lacks fields, which then have their defaults; unknown
fields are kept and written back; an unknown version is refused, because the known fields may mean something
else in it. A version is raised only when older code would read the file wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from typing import Any

from tolerance.errors import ToleranceError

VERSION = "format_version"
"""The field, the Parquet key and the column that hold the version. Files of release 0.1.0 lack it: 1."""


class Format(StrEnum):
    """The kinds of files under STATE that have a format of their own."""

    RUN = "runs/"
    RUN_STEPS = "runs/steps/"
    LOAD = "raw/loads/"
    RAW = "raw/"
    QUARANTINE = "quarantine/"
    ALERT_HISTORY = "history/alerts/"
    TOLD_ALERTS = "history/told/"
    DELIVERIES = "history/deliveries/"
    ALIASES = "history/aliases.ndjson"
    GENERATION = "serving/"


CURRENT: dict[Format, int] = {
    Format.RUN: 2,  # 1: unknown fields were an error
    Format.RUN_STEPS: 1,
    Format.LOAD: 2,  # 1: unknown fields were an error
    Format.RAW: 1,
    Format.QUARANTINE: 1,
    Format.ALERT_HISTORY: 1,
    Format.TOLD_ALERTS: 1,
    Format.DELIVERIES: 1,
    Format.ALIASES: 1,
    Format.GENERATION: 1,
}


class NewerFormatError(ToleranceError):
    """A file was written by a newer release than this one."""


class DamagedRecordError(ToleranceError):
    """A record under STATE lacks what every release has written."""


def refuse_newer(kind: Format, version: object, file: object) -> None:
    """Raise `NewerFormatError` when `file` has a version that this code does not know.

    `version` is what the file gives: a number, its text, or None where it gives none (version 1).
    """
    known = CURRENT[kind]
    if version is not None and int(str(version)) > known:
        raise NewerFormatError(
            f"{file} has format {version} and this release reads {kind} up to format {known}",
            "run the newer release that wrote it, or give another STATE.",
        )


def refuse_newer_file(kind: Format, metadata: Mapping[bytes, bytes] | None, file: object) -> None:
    """Raise `NewerFormatError` when a Parquet file's metadata tells a version unknown here."""
    version = (metadata or {}).get(VERSION.encode())
    refuse_newer(kind, None if version is None else version.decode(), file)


def split_known(
    record: type, given: Mapping[str, Any], file: object
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of a JSON object in `file` that the dataclass `record` has, and the others.

    A missing field is left to the dataclass's default; without one it raises `DamagedRecordError`.
    """
    declared = {field.name: field for field in fields(record)}
    known = {name: value for name, value in given.items() if name in declared}
    for name, field in declared.items():
        if name not in known and field.default is MISSING and field.default_factory is MISSING:
            raise DamagedRecordError(f"{file} lacks the field {name}", "restore it from a backup.")
    unknown = {name: value for name, value in given.items() if name not in declared and name != VERSION}
    return known, unknown
