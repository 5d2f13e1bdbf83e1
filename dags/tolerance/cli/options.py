"""Options that several commands share."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from tolerance.calendar import parse_as_of
from tolerance.errors import UsageError
from tolerance.inbox import printable_name
from tolerance.settings import settings
from tolerance.state import State

STATE = click.option(
    "--state",
    "state_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var"),
    show_default=True,
    help="Folder of the warehouse and all its files.",
)


JSON = click.option(
    "--json",
    "is_json",
    is_flag=True,
    help="Write one JSON document to standard output, and what is for people to standard error.",
)


@contextmanager
def for_a_program(is_json: bool) -> Iterator[Callable[[Any], None]]:
    """Yield what writes a document to standard output, and send all else meanwhile to standard error.

    Without `is_json` it writes nothing, and all else goes where it always does.
    """
    if not is_json:
        yield lambda _: None
        return
    sys.stdout.flush()
    program = os.dup(1)
    os.dup2(2, 1)
    try:
        yield lambda document: _write(program, document)
    finally:
        sys.stdout.flush()
        os.dup2(program, 1)
        os.close(program)


def _write(descriptor: int, document: Any) -> None:
    with os.fdopen(os.dup(descriptor), "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2, ensure_ascii=False, default=str)
        file.write("\n")


_READ_AS_SYNTAX = re.compile(r"""[][{}*?'"#%\\\x00-\x1f\x7f]""")
"""What DuckDB takes for a pattern or the end of a text, dbt for a template, Airflow for an address's end."""


def state_in(folder: Path) -> State:
    """The state that a user named.

    Raises:
        UsageError: when its path has characters with which it cannot be used.
    """
    state = State(folder.resolve())
    if found := sorted(set(_READ_AS_SYNTAX.findall(str(state.root)))):
        raise UsageError(
            f"STATE={printable_name(str(state.root))} has {' '.join(map(repr, found))} in its path",
            "choose a folder without; blanks and letters of any language are fine.",
        )
    return state


def business_date(text: str) -> date:
    """The date that a user gave, within the range that the company holds plausible."""
    known = settings()
    return parse_as_of(text, known.earliest_plausible_on, known.latest_plausible_on)
