"""The command that asks what a help desk's tags mean."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tolerance.cli.options import STATE, state_in


@click.command(short_help="List tags that nobody has given an incident type.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The table to write. Default: seeds/tag_incident_types.csv in the company's folder.",
)
@click.option("--most", default=30, show_default=True, help="How many values to show.")
@STATE
def tags(out: Path | None, most: int, state_folder: Path) -> None:
    """List the tags and codes of what was loaded that have no incident type yet, the most frequent first.

    Writes the tags into a table. Fill in its column incident_type (a type of the taxonomy, or `none` for a
    tag that says nothing of an incident), and the next run uses it: only the incidents concerned are computed
    again. What was filled in before stays. Exit codes: 0 done, 2 wrong usage.
    """
    from tolerance import untyped_tags as asked

    found = asked.undecided(state_in(state_folder))
    console = Console()
    if not found:
        console.print("Every tag and code of what was loaded has an incident type.")
        return
    table = Table("source", "value", "records", "the first of them")
    for each in found[:most]:
        table.add_row(each.source, escape(each.value), f"{each.count:,}", escape("\n".join(each.examples)))
    console.print(table)
    if len(found) > most:
        console.print(f"and {len(found) - most:,} more (--most).")
    path = out or asked.company_table()
    if path is None:
        console.print(
            "To decide, name your company's folder in TOLERANCE_COMPANY and call this again: it writes the "
            "table there.",
            soft_wrap=True,
        )
        return
    added = asked.write_table(path, found)
    types = ", ".join(asked.incident_types(asked.seeds_in_use()))
    console.print(
        f"{path}: {added:,} tags added. Fill in incident_type with one of {types}, or {asked.SAYS_NOTHING}; "
        "the next run uses it.",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )
