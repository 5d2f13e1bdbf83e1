"""Commands that show what was published, and how it came about."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from tolerance.cli.options import JSON, STATE, for_a_program, state_in
from tolerance.errors import UsageError
from tolerance.wording import LANGUAGES


@click.command(short_help="Explain one customer's balance, an incident or an alert.")
@click.argument("customer_id", required=False, default="")
@click.option("--incident", "incident_id", default="", help="Explain this incident of fct_incident alone.")
@click.option("--alert", "alert_id", default="", help="Explain this alert of a list, and what it stands for.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--exact", "is_exact", is_flag=True, help="Every month of its own, points to six decimals.")
@click.option("--json", "is_json", is_flag=True, help="The facts of the customer as JSON.")
@STATE
def explain(
    customer_id: str,
    incident_id: str,
    alert_id: str,
    language: str,
    state_folder: Path,
    *,
    is_exact: bool,
    is_json: bool,
) -> None:
    """Explain one customer's balance, an incident or an alert, down to the records it is based on."""
    import duckdb

    from tolerance.explain import facts
    from tolerance.explain.page import Page
    from tolerance.settings import settings

    state = state_in(state_folder)
    if sum(map(bool, (customer_id, incident_id, alert_id))) != 1:
        raise UsageError("Explain what?", "give one of a customer, --incident ID and --alert ID.")
    if not state.serving.exists():
        raise UsageError(f"Nothing is published in {state.root} yet", "run a date first.")
    try:
        with duckdb.connect(str(state.serving), read_only=True) as serving:
            if incident_id:
                customer_id = facts.customer_of_incident(serving, incident_id) or ""
            if alert_id:
                customer_id, incident_id = facts.customer_of_alert(serving, alert_id) or ("", "")
            found = facts.of_customer(serving, customer_id)
    except (duckdb.CatalogException, duckdb.BinderException):
        raise UsageError(
            f"{state.serving} was published by another release and lacks what this one explains",
            "run a date: that publishes it anew.",
        ) from None
    if found is None:
        asked = "alert" if alert_id else "incident" if incident_id else "customer"
        raise UsageError(f"No such {asked} in the published generation.")
    if is_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))
        return
    page = Page(Console(), language, settings().business_time_zone, is_exact=is_exact)
    if incident_id or alert_id:
        page.of_incident(found, incident_id, alert_id)
    else:
        page.of_customer(found)


@click.command(short_help="List what was published.")
@JSON
@STATE
def generations(is_json: bool, state_folder: Path) -> None:
    """List what was published: as-of date, generation, checks passed."""
    from tolerance.runs import all_runs

    published = [run for run in all_runs(state_in(state_folder)) if run.published]
    with for_a_program(is_json) as write:
        for run in published:
            click.echo(
                f"{run.as_of_on:%Y-%m-%d}  {run.generation_id}  {run.checks_passed} checks passed"
                + (f"  (full rebuild: {run.full_rebuild_reason})" if run.is_full_rebuild else "")
            )
        told = ("as_of_on", "generation_id", "run_no", "checks_passed", "full_rebuild_reason")
        write([{name: getattr(run, name) for name in told} for run in published])


@click.command(name="crm-dry-run", short_help="What the CRMs would be sent today, and why.")
@click.option(
    "--crm",
    default="",
    envvar="TOLERANCE_CRM",
    help="List profiles to try beside the canonical one, as a,b. Default: TOLERANCE_CRM, else all.",
)
@click.option("--rows", default=1, show_default=True, help="How many rows of each list to show.")
@STATE
def crm_dry_run(crm: str, rows: int, state_folder: Path) -> None:
    """Show what the lists of the published generation hold, why, and what the linter finds. Writes nothing.

    Exit codes: 0 every list would be written, 1 at least one would not, 2 wrong usage.
    """
    from tolerance.crm.dry_run import dry_run
    from tolerance.crm.list_profiles import list_profiles, profiles_named
    from tolerance.file_modes import keep_private

    keep_private()
    profiles = profiles_named(crm or ",".join(list_profiles()))
    if not dry_run(state_in(state_folder), profiles, max(rows, 0), Console()):
        raise SystemExit(1)


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
