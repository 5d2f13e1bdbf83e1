"""Hashes of what source code does: changed comments, descriptions and tests cause no rebuild."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import yaml

_JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_SQL_COMMENT_LINE = re.compile(r"^[ \t]*--.*$", re.MULTILINE)
_WITHOUT_EFFECT = frozenset(
    {"description", "data_tests", "tests", "unit_tests", "exposures", "docs", "version"}
)
"""Keys of dbt's properties that no number depends on."""


def digest(*parts: bytes) -> str:
    """The SHA-256 of the parts, in hex; the boundaries between parts count too."""
    found = sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.hexdigest()


def files_hash(paths: Iterable[Path], root: Path) -> str:
    """The hash of the exact bytes of files, with their paths below `root`."""
    return _hash({path.relative_to(root).as_posix(): path.read_bytes() for path in paths})


def named_files_hash(files: Mapping[str, Path]) -> str:
    """The hash of the exact bytes of files, under the given names."""
    return _hash({name: path.read_bytes() for name, path in files.items()})


def code_hash(paths: Iterable[Path], root: Path) -> str:
    """The hash of SQL, Python and dbt's yml with paths below `root`, without comments and descriptions."""
    return _hash({path.relative_to(root).as_posix(): effective(path) for path in paths})


def _hash(contents: Mapping[str, bytes]) -> str:
    return digest(*(part for name in sorted(contents) for part in (name.encode(), contents[name])))


def effective(path: Path) -> bytes:
    """The parts of a source file that can change a number; all of it where its kind is unknown."""
    return _effective(path.suffix, path.read_bytes())


@lru_cache(maxsize=1024)  # a run asks several times, and parsing the library takes a second
def _effective(suffix: str, content: bytes) -> bytes:
    match suffix:
        case ".sql":
            return _without_blank_lines(_SQL_COMMENT_LINE.sub("", _JINJA_COMMENT.sub("", content.decode())))
        case ".py":
            return _without_blank_lines(_python(content.decode()))
        case ".yml":
            kept = _kept(yaml.load(content, Loader=yaml.CSafeLoader))
            return orjson.dumps(kept, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
        case _:
            return content


def _without_blank_lines(text: str) -> bytes:
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()).encode()


def _python(source: str) -> str:
    """The source without comments and docstrings."""
    lines = source.splitlines(keepends=True)
    for (first, begin), (last, end) in sorted(
        [*_python_comments(source), *_docstrings(source, lines)], reverse=True
    ):
        lines[first - 1 : last] = [lines[first - 1][:begin] + lines[last - 1][end:]]
    return "".join(lines)


_Place = tuple[int, int]


def _python_comments(source: str) -> list[tuple[_Place, _Place]]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [(token.start, token.end) for token in tokens if token.type == tokenize.COMMENT]


def _docstrings(source: str, lines: list[str]) -> list[tuple[_Place, _Place]]:
    """The places of strings that are a whole statement: docstrings, also of attributes."""
    found: list[tuple[_Place, _Place]] = []
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            # The parser counts columns in UTF-8 bytes.
            last, end = node.end_lineno or node.lineno, node.end_col_offset or 0
            begin = len(lines[node.lineno - 1].encode()[: node.col_offset].decode())
            found.append(((node.lineno, begin), (last, len(lines[last - 1].encode()[:end].decode()))))
    return found


def _kept(properties: Any) -> Any:
    """Properties without what no number depends on."""
    if isinstance(properties, dict):
        return {key: _kept(value) for key, value in properties.items() if key not in _WITHOUT_EFFECT}
    if isinstance(properties, list):
        return [_kept(value) for value in properties]
    return properties
