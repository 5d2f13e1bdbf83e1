"""Whatever stands under the names that a shipped profile knows is loaded, or set aside for a reason."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fixtures.mapped import csv_of, read_mapped
from tolerance.profiles import catalogue
from tolerance.profiles.profile import Form, Profile
from tolerance.readers.mapped import path_of
from tolerance.records import FileRefusedError, QuarantinedRecord

PROFILES = {f"{source}/{name}": profile for (source, name), profile in catalogue.mappings().profiles.items()}
ODD = (
    *(
        "",
        "1",
        "-1",
        "true",
        "null",
        "[]",
        "[1, {}]",
        '{"a": ["b"]}',
        "x@y.fr",
        "(x@y.fr)",
        "2026-10-01",
        "inbound",
    ),
    *(
        "01/13/2026 9:00 AM",
        "31/12/2026 10:00",
        "1790841600",
        "1e400",
        "closed",
        "merged",
        "\u0000",
        "é;,|\t",
        "é" * 500,
    ),
)
NODES: tuple[object, ...] = (*ODD, None, True, 7, 1.5, 2**70, [], {}, [[]], [{"id": 1}, "x"])


def names(profile: Profile, form: Form) -> Iterator[str]:
    """Every column and path that a profile looks at."""
    for columns in (*form.columns.values(), profile.vendor_person, profile.account, profile.merged_into):
        yield from columns
    decided = [conditions for words in profile.when.values() for _, conditions in words]
    marks = (profile.deleted_when, profile.skip_when, profile.merged_when)
    for conditions in (*marks, *profile.not_where.values(), *decided):
        for condition in conditions:
            yield from condition.columns


def put(record: dict[str, object], column: str, value: object, dice: random.Random) -> None:
    """Write a value at a path, past what lies there already."""
    node = record
    *outer, last = path_of(column)
    for step in outer:
        inner: dict[str, object] = {}
        node[step.key] = [inner] if step.index is not None or dice.random() < 0.2 else inner
        node = inner
    node[last.key] = [value] if last.index is not None else value


@pytest.mark.parametrize("name", PROFILES)
def test_no_record_makes_the_reader_of_a_profile_fail(tmp_path: Path, name: str) -> None:
    profile, dice = PROFILES[name], random.Random(name)
    profile = replace(profile, burdened="account" if profile.account else "contact")
    for kind, form in (("csv", profile.csv), ("json", profile.json)):
        columns = sorted(set(names(profile, form))) if form else []
        for _ in range(20 if form else 0):
            chosen = [column for column in columns if dice.random() < 0.7]
            if kind == "csv":
                content: object = csv_of(
                    *[{c: dice.choice(ODD) for c in chosen}] * 2, delimiter=form.delimiter
                )
            else:
                content = [{}, {}]
                for record in content:
                    for column in chosen:
                        put(record, column, dice.choice(NODES), dice)
            try:
                found = read_mapped(tmp_path, profile, f"t.{kind}", content)
            except FileRefusedError:
                continue
            problems = [record.detail for record in found if isinstance(record, QuarantinedRecord)]
            assert not [detail for detail in problems if "the reader failed" in detail]
