"""Mapping files and settings that were made to grow or nest without bound are refused in one sentence."""

from __future__ import annotations

import pytest
import yaml

from tolerance.plain_yaml import load
from tolerance.profiles.mistakes import MappingError
from tolerance.profiles.reading import parse

_BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (_BOMB, "its aliases make more than"),
        ("a: &a [*a]", "it contains itself"),
        ("[" * 50_000, "it is nested deeper than"),
        ("a: " + "{b: " * 5_000, "it is nested deeper than"),
        ("[1, 2]: x", "a key must be a text"),
        ("? {a: 1}\n: x", "a key must be a text"),
        ("profiles: [", "this is not YAML"),
        ("!!python/object/apply:os.system ['true']: x", "a key must be a text"),
    ],
)
def test_a_mapping_file_made_to_break_its_reader_is_refused_in_one_sentence(text: str, what: str) -> None:
    with pytest.raises(MappingError) as refused:
        parse(text.encode(), "mappings.yml", {})
    assert what in str(refused.value)
    assert str(refused.value).startswith("mappings.yml")
    assert len(str(refused.value)) < 300


def test_aliases_that_people_write_are_written_out() -> None:
    text = "a: &a {b: 1}\nc: &c {d: *a, e: *a}\nf: *c"
    assert load(text, yaml.SafeLoader)["f"] == {"d": {"b": 1}, "e": {"b": 1}}
