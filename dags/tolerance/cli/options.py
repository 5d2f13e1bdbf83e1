"""Options that several commands share."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

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
