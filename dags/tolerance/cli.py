"""The command-line tool `tolerance`. `make NAME KEY=value` and `tolerance name --key value` are the same."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from tolerance.calendar import parse_as_of
from tolerance.state import State

EXIT_NOT_PUBLISHED = 1
EXIT_WRONG_USAGE = 2
EXIT_STATE_BUSY = 75

_STATE = click.option(
    "--state",
    "state_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var"),
    show_default=True,
    help="Folder of the warehouse and all its files.",
)


def _state(folder: Path) -> State:
    return State(folder.resolve())


def _stop(sentence: str, code: int) -> None:
    click.echo(sentence, err=True)
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The customer tolerance warehouse: who is about to break with us, and why."""


@main.command()
@click.option(
    "--extracts",
    type=click.Path(path_type=Path),
    help="The inbox, with customers/ faq/ mail/ tickets/ in it. Default: the sample company.",
)
@click.option("--as-of", "as_of_text", help="Business date, YYYY-MM-DD. Default: the newest in the inbox.")
@click.option("--crm", default="", help="CRM profiles to write beside the canonical list.")
@_STATE
def run(extracts: Path | None, as_of_text: str | None, crm: str, state_folder: Path) -> None:
    """Run one daily cycle: take in the extracts, compute, check, publish, write the alert list.

    It may be repeated for the same date, which changes nothing, or for a later one. Exit codes: 0 a
    generation was published, 1 none was, 2 wrong usage, 75 another run holds the state.
    """
    from tolerance import daily_cycle

    try:
        as_of = parse_as_of(as_of_text) if as_of_text else None
        request = daily_cycle.Request(_state(state_folder), extracts, as_of, crm)
        sys.exit(daily_cycle.run(request, Console()))
    except (ValueError, daily_cycle.UsageError) as error:
        _stop(str(error), EXIT_WRONG_USAGE)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to make the inbox in.")
@click.option("--customers", default=2000, show_default=True, help="How many customers.")
@click.option(
    "--contacts",
    default=60_000,
    show_default=True,
    help="How many calls, mails and tickets, about.",
)
@click.option("--seed", default=7, show_default=True, help="Same seed, same bytes.")
@click.option("--until", default="2026-10-31", show_default=True, help="Last business date.")
def sample(out: Path, customers: int, contacts: int, seed: int, until: str) -> None:
    """Make the sample company: five years of calls, mails and tickets, delivered by day."""
    from tolerance.sample import make_sample

    try:
        last_day = parse_as_of(until)
    except ValueError as error:
        _stop(str(error), EXIT_WRONG_USAGE)
    make_sample(out, customers=customers, contacts=contacts, seed=seed, until=last_day, progress=click.echo)


@main.command()
@click.argument("customer_id")
@_STATE
def explain(customer_id: str, state_folder: Path) -> None:
    """Explain one customer's balance line by line, down to the records it rests on."""
    from tolerance.explain import print_explanation

    if not print_explanation(Console(), _state(state_folder), customer_id):
        _stop("No such customer in the published generation.", EXIT_WRONG_USAGE)


@main.command()
@_STATE
def generations(state_folder: Path) -> None:
    """List what was published: as-of date, generation, checks passed."""
    from tolerance.runs import all_runs

    for one in all_runs(_state(state_folder)):
        if one.published:
            click.echo(
                f"{one.as_of_on:%Y-%m-%d}  {one.generation_id}  {one.checks_passed} checks passed"
                + (f"  (full rebuild: {one.full_rebuild_reason})" if one.is_full_rebuild else "")
            )
