"""Options that several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from tolerance.calendar import parse_as_of
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


def state_in(folder: Path) -> State:
    """The state that a user named."""
    return State(folder.resolve())


def business_date(text: str) -> date:
    """The date that a user gave, within the range that the company holds plausible."""
    known = settings()
    return parse_as_of(text, known.earliest_plausible_on, known.latest_plausible_on)
