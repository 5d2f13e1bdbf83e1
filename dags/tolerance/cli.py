"""The command-line tool `tolerance`; the Makefile's targets set up the environment and call it."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tolerance.calendar import parse_as_of
from tolerance.cli_files import preview, quarantine
from tolerance.errors import ToleranceError, UsageError
from tolerance.settings import settings
from tolerance.state import State

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


def _business_date(text: str) -> date:
    known = settings()
    return parse_as_of(text, known.earliest_plausible_on, known.latest_plausible_on)


class _Commands(click.Group):
    """The commands in the order in which somebody new meets them; a fault ends each with one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ToleranceError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)

    def list_commands(self, ctx: click.Context) -> list[str]:
        known = super().list_commands(ctx)
        return sorted(known, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))


_ORDER = (
    "run",
    "doctor",
    "preview",
    "quarantine",
    "explain",
    "generations",
    "data-docs",
    "rebuild",
    "sample",
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The customer tolerance warehouse: who is about to break with us, and why.

    All files of a warehouse lie in one folder, STATE (default: var). Each command tells its exit codes by
    --help: 0 it went well, 1 it did not, 2 wrong usage, 75 another run holds the state.
    """


@main.command(short_help="Run one daily cycle.")
@click.option(
    "--extracts",
    type=click.Path(path_type=Path),
    help="The inbox, with customers/ faq/ mail/ tickets/ in it. Default: the sample company.",
)
@click.option("--as-of", "as_of_text", help="Business date, YYYY-MM-DD. Default: the newest in the inbox.")
@click.option("--crm", default="", help="List profiles to write beside the canonical one, as a,b.")
@_STATE
def run(extracts: Path | None, as_of_text: str | None, crm: str, state_folder: Path) -> None:
    """Run one daily cycle: take in the extracts, compute, check, publish, write the alert list.

    It may be repeated for the same date, which changes nothing, or for a later one. Exit codes: 0 a
    generation was published, 1 none was, 2 wrong usage, 75 another run holds the state.
    """
    from tolerance import daily_cycle

    as_of = _business_date(as_of_text) if as_of_text else None
    request = daily_cycle.Request(_state(state_folder), extracts, as_of, crm)
    daily_cycle.run(request, Console())


@main.command(short_help="Make everything again from the landed files.")
@click.option(
    "--extracts",
    type=click.Path(path_type=Path),
    help="An inbox whose mappings.yml, as it is today, counts for all that was ever taken in. Default: each "
    "file is read by the mapping file that was landed with it.",
)
@_STATE
def rebuild(extracts: Path | None, state_folder: Path) -> None:
    """Make everything again from the landed files: raw layer, quarantine, warehouse, generation.

    For a lost or damaged raw/, and for what taking in decided and would decide otherwise today: a mended
    reader or mapping profile, another time zone or range of plausible dates. The date is the last published
    one. Readers see the published generation until the new one is checked; what differs is told. Alerts that
    were told stay known. Exit codes: 0 published, 1 not (if a file cannot be read again, nothing was
    changed), 2 nothing to rebuild, 75 another run holds the state.
    """
    from tolerance.rebuild import rebuild as rebuild_all

    rebuild_all(_state(state_folder), extracts and extracts.resolve(), Console())


@main.command(short_help="Make the sample company.")
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

    last_day = _business_date(until)
    make_sample(out, customers=customers, contacts=contacts, seed=seed, until=last_day, progress=click.echo)


@main.command(short_help="Explain one customer's balance line by line.")
@click.argument("customer_id")
@_STATE
def explain(customer_id: str, state_folder: Path) -> None:
    """Explain one customer's balance line by line, down to the records it rests on."""
    from tolerance.explain import print_explanation

    state = _state(state_folder)
    if not state.serving.exists():
        raise UsageError(f"Nothing is published in {state.root} yet", "run a date first.")
    if not print_explanation(Console(), state, customer_id):
        raise UsageError("No such customer in the published generation.")


@main.command(short_help="List what was published.")
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


@main.command(short_help="Are this machine and this state fit for a run?")
@click.option("--extracts", type=click.Path(path_type=Path), help="An inbox to look at as well.")
@_STATE
def doctor(extracts: Path | None, state_folder: Path) -> None:
    """Tell on one screen whether this machine and this state are fit for a run. Changes nothing.

    Each line is ok, a warning (for somebody's eyes) or a problem (a run would fail or be wrong), with what
    to do. Exit codes: 0 no problem, 1 at least one.
    """
    from tolerance.doctor import Verdict, examine

    colours = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.PROBLEM: "red"}
    table = Table("check", "", "what")
    found = list(examine(_state(state_folder), extracts and extracts.resolve()))
    for one in found:
        table.add_row(one.check, f"[{colours[one.verdict]}]{one.verdict}[/]", escape(one.what))
    Console().print(table)
    sys.exit(any(one.verdict == Verdict.PROBLEM for one in found))


@main.command(name="data-docs", short_help="Write the pages of what is expected, and how it was met.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to make, new or empty. Default: data_docs/ in STATE, made anew each time.",
)
@_STATE
def data_docs(out: Path | None, state_folder: Path) -> None:
    """Write Great Expectations' Data Docs: what each door expects, and how the last load met it.

    Counts only, no customer's values. Exit codes: 0 written, 2 wrong usage.
    """
    from tolerance.data_docs import build_data_docs

    state = _state(state_folder)
    if not state.loads.is_dir():
        raise UsageError(f"STATE={state_folder} holds no loads", "give the folder of a warehouse.")
    if out is not None and out.exists() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty", "give a new folder.")
    folder = out or state.root / "data_docs"
    for one in build_data_docs(state, folder.resolve()):
        met = f"{one.rows:,} rows, {one.failed} expectations failed" if one.rows else "no data yet"
        click.echo(f"{one.suite}: {met}")
    click.echo(f"Open {folder / 'index.html'} in a browser (its style comes from the network).")


main.add_command(preview)
main.add_command(quarantine)
