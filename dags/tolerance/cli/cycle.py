"""Commands that make tables: a daily cycle, a rebuild, a sample company to run on."""

from __future__ import annotations

from pathlib import Path

import click

from tolerance import stopping
from tolerance.cli.console import PatientConsole
from tolerance.cli.options import JSON, STATE, business_date, for_a_program, state_in
from tolerance.file_modes import keep_private


@click.command(short_help="Run one daily cycle.")
@click.option(
    "--extracts",
    type=click.Path(path_type=Path),
    help="The inbox, with customers/ faq/ mail/ tickets/ in it. Default: the sample company.",
)
@click.option("--as-of", "as_of_text", help="Business date, YYYY-MM-DD. Default: the newest in the inbox.")
@click.option(
    "--crm",
    default="",
    envvar="TOLERANCE_CRM",
    help="List profiles to write beside the canonical one, as a,b. Default: TOLERANCE_CRM.",
)
@JSON
@STATE
def run(extracts: Path | None, as_of_text: str | None, crm: str, is_json: bool, state_folder: Path) -> None:
    """Run one daily cycle: ingest the extracts, compute, check, publish, write the alert list.

    Run it again for the same date, which changes nothing, or for a later date. Exit codes: 0 a
    generation was published, 1 none was, 2 wrong usage, 75 another run holds the state.
    """
    from tolerance import daily_cycle

    as_of = business_date(as_of_text) if as_of_text else None
    keep_private()
    request = daily_cycle.Request(state_in(state_folder), extracts, as_of, crm)
    with for_a_program(is_json) as write, stopping.obeyed("run the same date again, which makes it good."):
        write(daily_cycle.run(request, PatientConsole()))


@click.command(short_help="Run a range of days, in their order.")
@click.option("--from", "first_text", required=True, help="The first business date, YYYY-MM-DD.")
@click.option("--to", "last_text", required=True, help="The last one.")
@click.option("--extracts", type=click.Path(path_type=Path), required=True, help="The inbox.")
@click.option(
    "--crm",
    default="",
    envvar="TOLERANCE_CRM",
    help="List profiles to write beside the canonical one, as a,b. Default: TOLERANCE_CRM.",
)
@STATE
def backfill(first_text: str, last_text: str, extracts: Path, crm: str, state_folder: Path) -> None:
    """Run each day of a range as `tolerance run` does, one after another, up to the first that fails.

    Days up to the last published one are passed over, so the same range goes on where it stopped. Exit codes:
    0 all days are published, 1 one was not, 2 wrong usage, 75 another run holds the state.
    """
    import subprocess
    import sys
    from datetime import timedelta

    from tolerance.errors import UsageError
    from tolerance.runs import last_published

    first, last = business_date(first_text), business_date(last_text)
    if last < first:
        raise UsageError(f"--to {last} lies before --from {first}", "give the earlier date first.")
    state = state_in(state_folder)
    with stopping.obeyed("run the same range again, which goes on."):
        for number in range((last - first).days + 1):
            day, published = first + timedelta(days=number), last_published(state)
            if published is not None and day <= published.as_of_on:
                click.echo(f"{day}: {published.as_of_on} is published already.")
                continue
            # In a process of its own: DuckDB shows a process the file that it opened first.
            command = [sys.executable, "-m", "tolerance", "run", "--extracts", str(extracts)]
            command += ["--as-of", str(day), "--state", str(state_folder), "--crm", crm]
            if code := subprocess.call(command, preexec_fn=stopping.with_its_parent):
                sys.exit(code if code > 0 else 128 - code)


@click.command(short_help="Tell alerts of the day in progress.")
@click.option("--extracts", type=click.Path(path_type=Path), required=True, help="The inbox.")
@click.option(
    "--as-of",
    "as_of_text",
    help="The day in progress, YYYY-MM-DD. Default: the day after the last published one.",
)
@click.option(
    "--crm",
    default="",
    envvar="TOLERANCE_CRM",
    help="List profiles to write beside the canonical one, as a,b. Default: TOLERANCE_CRM.",
)
@STATE
def urgent(extracts: Path, as_of_text: str | None, crm: str, state_folder: Path) -> None:
    """Ingest the calls, mails and tickets that have arrived and write the alerts of the day in progress.

    Nothing is published: the daily run of that date computes everything, and tells again only what records
    have changed. Call it as often as you like, with nothing new it ends at once; `tolerance deliver` sends
    what it told. Exit codes: 0 told, nothing new, or the daily run has to come first (it says which), 1 the
    list was not fit to leave the house, 2 wrong usage, 75 another run holds the state.
    """
    from datetime import UTC, datetime

    from tolerance import storage
    from tolerance import urgent as urgent_run
    from tolerance.crm.list_profiles import profiles_named
    from tolerance.lock import state_lock

    keep_private()
    state = state_in(state_folder)
    profiles = profiles_named(crm)
    with (
        stopping.obeyed("the next one, or the daily run, makes it good."),
        storage.told(state),
        state_lock(state),
    ):
        as_of = business_date(as_of_text) if as_of_text else urgent_run.day_in_progress(state)
        if as_of is None:
            click.echo("The daily run comes first: nothing was published yet.")
            return
        loaded_at = datetime.now(UTC).replace(tzinfo=None)
        click.echo(urgent_run.tell(state, extracts.resolve(), as_of, loaded_at, profiles).sentence)


@click.command(short_help="Rebuild everything from the landed files.")
@click.option(
    "--extracts",
    type=click.Path(path_type=Path),
    help="An inbox whose present mappings.yml is used for every file ever ingested. Default: each file is "
    "read by the mapping file that was landed with it.",
)
@STATE
def rebuild(extracts: Path | None, state_folder: Path) -> None:
    """Rebuild everything from the landed files: raw layer, quarantine, warehouse, generation.

    For a lost or damaged raw/, and to apply to the past what is decided on ingest: a corrected reader or
    mapping profile, another time zone or range of plausible dates. The date is the last published one.
    Readers keep the published generation until the new one is checked; the differences are listed. Alerts
    sent before are not sent again. Exit codes: 0 published, 1 not published (if a file cannot be read again,
    nothing was changed), 2 nothing to rebuild, 75 another run holds the state.
    """
    from tolerance.rebuild import rebuild as rebuild_all

    keep_private()
    with stopping.obeyed("rebuild again, or run a date; either makes it good."):
        rebuild_all(state_in(state_folder), extracts and extracts.resolve(), PatientConsole())


@click.command(short_help="Make the sample company.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to make the inbox in.")
@click.option("--customers", default=2000, show_default=True, help="How many customers.")
@click.option(
    "--contacts",
    default=60_000,
    show_default=True,
    help="Roughly how many calls, mails and tickets.",
)
@click.option("--seed", default=7, show_default=True, help="Same seed, same bytes.")
@click.option("--until", default="2026-10-31", show_default=True, help="Last business date.")
def sample(out: Path, customers: int, contacts: int, seed: int, until: str) -> None:
    """Make the sample company: five years of calls, mails and tickets, delivered by day."""
    from tolerance.sample import make_sample

    last_day = business_date(until)
    make_sample(out, customers=customers, contacts=contacts, seed=seed, until=last_day, progress=click.echo)
