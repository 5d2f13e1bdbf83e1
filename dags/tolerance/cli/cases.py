"""Are the readers right about a folder of cases?"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table


@click.command(short_help="Read a folder of cases and say which come out as expected.")
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
def cases(folder: Path) -> None:
    """Read the mails of FOLDER and hold each against its line of FOLDER/expected.json.

    FOLDER may also be a JSON file of texts (`text`, and `own_text` or `keeps`), which the cutter of quoted
    history gets alone; then the shares of each group are shown too. The texts of the cases appear on the
    screen. Exit codes: 0 all right, 1 at least one wrong, 2 wrong usage.
    """
    from tolerance.cases import shares, verdicts_of
    from tolerance.settings import settings

    verdicts = list(verdicts_of(folder, settings()))
    table = Table("case", "", "expected", "came")
    for verdict in verdicts:
        mark = "[green]right[/]" if verdict.is_right else "[red]wrong[/]"
        table.add_row(escape(verdict.name), mark, escape(verdict.expected), escape(verdict.came))
    console = Console()
    console.print(table)
    for group, (right, of) in shares(verdicts).items():
        console.print(f"{group or 'all cases'}: {right} of {of} right", highlight=False, markup=False)
    sys.exit(not all(verdict.is_right for verdict in verdicts))
