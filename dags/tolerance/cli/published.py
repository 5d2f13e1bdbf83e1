"""Commands that show what was published, and how it came about."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from tolerance.cli.options import STATE, state_in
from tolerance.errors import UsageError


@click.command(short_help="Explain one customer's balance line by line.")
@click.argument("customer_id")
@STATE
def explain(customer_id: str, state_folder: Path) -> None:
    """Explain one customer's balance line by line, down to the records it is based on."""
    import duckdb

    from tolerance.explain import print_explanation

    state = state_in(state_folder)
    if not state.serving.exists():
        raise UsageError(f"Nothing is published in {state.root} yet", "run a date first.")
    try:
        is_known = print_explanation(Console(), state, customer_id)
    except (duckdb.CatalogException, duckdb.BinderException):
        raise UsageError(
            f"{state.serving} was published by another release and lacks what this one explains",
            "run a date: that publishes it anew.",
        ) from None
    if not is_known:
        raise UsageError("No such customer in the published generation.")


@click.command(short_help="List what was published.")
@STATE
def generations(state_folder: Path) -> None:
    """List what was published: as-of date, generation, checks passed."""
    from tolerance.runs import all_runs

    for run in all_runs(state_in(state_folder)):
        if run.published:
            click.echo(
                f"{run.as_of_on:%Y-%m-%d}  {run.generation_id}  {run.checks_passed} checks passed"
                + (f"  (full rebuild: {run.full_rebuild_reason})" if run.is_full_rebuild else "")
            )


@click.command(name="data-docs", short_help="Write the pages of what is expected, and how it was met.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to make, new or empty. Default: data_docs/ in STATE, made again each time.",
)
@STATE
def data_docs(out: Path | None, state_folder: Path) -> None:
    """Write Great Expectations' Data Docs: what each suite expects, and how the last load met it.

    Counts only, no customer's values. Exit codes: 0 written, 2 wrong usage.
    """
    from tolerance.data_docs import build_data_docs

    state = state_in(state_folder)
    if not state.loads.is_dir():
        raise UsageError(f"STATE={state_folder} holds no loads", "give the folder of a warehouse.")
    if out is not None and out.exists() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty", "give a new folder.")
    folder = out or state.root / "data_docs"
    for page in build_data_docs(state, folder.resolve()):
        met = f"{page.rows:,} rows, {page.failed} expectations failed" if page.rows else "no data yet"
        click.echo(f"{page.suite}: {met}")
    click.echo(f"Open {folder / 'index.html'} in a browser (its style comes from the network).")
