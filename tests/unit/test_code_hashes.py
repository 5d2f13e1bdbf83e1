"""What is code to a rebuild, and what is only said about it."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

from tests import REPOSITORY
from tolerance.code_hashes import code_hash, effective, files_hash

SQL = "-- One row per customer.\nselect {# a note #} points -- the balance\nfrom accounts\n"
PYTHON = '''"""A module."""

LIMIT = 3  # days
"""How long."""


def f(été: str) -> str:
    """Say it."""
    return été + "# no comment"
'''
YML = """
version: 2
models:
  - name: accounts
    description: One row per customer.
    config: {materialized: table}
    columns:
      - name: points
        description: What is left.
        data_type: decimal(18, 6)
        data_tests: [not_null]
unit_tests: []
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "old", "new"),
    [
        ("a.sql", SQL, "-- One row per customer.", "-- One row per account."),
        ("a.sql", SQL, "a note", "another note"),
        ("a.sql", SQL, "\nfrom", "\n\nfrom"),
        ("a.py", PYTHON, "# days", "# of days"),
        ("a.py", PYTHON, "A module.", "The module."),
        ("a.py", PYTHON, "How long.", "How long it is."),
        ("a.py", PYTHON, "Say it.", "Say it\n\n    twice."),
        ("a.yml", YML, "What is left.", "What is left today."),
        ("a.yml", YML, "data_tests: [not_null]", "data_tests: [unique]"),
    ],
)
def test_what_is_said_about_code_is_no_other_code(
    tmp_path: Path, name: str, text: str, old: str, new: str
) -> None:
    assert old in text
    before = code_hash([written(tmp_path, name, text)], tmp_path)
    assert code_hash([written(tmp_path, name, text.replace(old, new))], tmp_path) == before


@pytest.mark.parametrize(
    ("name", "text", "old", "new"),
    [
        ("a.sql", SQL, "points", "cents"),
        ("a.py", PYTHON, "LIMIT = 3", "LIMIT = 4"),
        ("a.py", PYTHON, "# no comment", "# no  comment"),
        ("a.yml", YML, "decimal(18, 6)", "double"),
        ("a.yml", YML, "table", "view"),
    ],
)
def test_what_code_does_is(tmp_path: Path, name: str, text: str, old: str, new: str) -> None:
    assert old in text
    before = code_hash([written(tmp_path, name, text)], tmp_path)
    assert code_hash([written(tmp_path, name, text.replace(old, new))], tmp_path) != before


def test_a_file_under_another_name_is_other_code(tmp_path: Path) -> None:
    first, second = written(tmp_path, "a.sql", SQL), written(tmp_path, "b.sql", SQL)
    assert code_hash([first], tmp_path) != code_hash([second], tmp_path)
    assert files_hash([first], tmp_path) != files_hash([second], tmp_path)


def test_a_file_of_an_unknown_kind_counts_to_the_byte(tmp_path: Path) -> None:
    assert effective(written(tmp_path, "model.json", '{"a": 1}')) == b'{"a": 1}'


def spoken(source: str) -> list[str]:
    """The words of Python code, without comments and without texts that are a statement of their own."""
    words = [
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT}
    ]
    at_ends = [tokenize.NEWLINE, *(word.type for word in words), tokenize.NEWLINE]
    return [
        word.string
        for place, word in enumerate(words)
        if word.string.strip()
        and not (
            word.type == tokenize.STRING
            and at_ends[place] == tokenize.NEWLINE
            and at_ends[place + 2] == tokenize.NEWLINE
        )
    ]


def test_of_our_own_code_nothing_is_lost_but_comments_and_docstrings() -> None:
    paths = sorted((REPOSITORY / "dags").rglob("*.py"))
    assert len(paths) > 50
    for path in paths:
        # Not parsed: a body that was a docstring alone is empty now.
        kept = re.findall(r"\w+|[^\w\s]", effective(path).decode())
        assert kept == re.findall(r"\w+|[^\w\s]", " ".join(spoken(path.read_text("utf-8")))), path
