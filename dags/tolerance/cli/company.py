"""Commands for an installation: lay the company's own part, prepare a service."""

from __future__ import annotations

from pathlib import Path

import click

from tolerance.company import VARIABLE
from tolerance.company_folder import DAG_FILE, lay
from tolerance.dag_ids import POOL, dag_id


@click.command(short_help="Lay the company's own part into a folder.")
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Lay the company's own part into FOLDER: settings, seeds, mapping file, destinations and a DAG file.

    What FOLDER has already is kept. Exit codes: 0 all of it is there, 2 FOLDER cannot be written.
    """
    folder = folder.resolve()
    written, kept = lay(folder)
    click.echo(f"Written in {folder}: {', '.join(written) or 'nothing'}.")
    if kept:
        click.echo(f"Kept as it was: {', '.join(kept)}.")
    click.echo(
        "\nNext:\n"
        f"  export {VARIABLE}={folder}\n"
        "  export TOLERANCE_EXTRACTS=...  # the inbox: customers/ faq/ mail/ tickets/\n"
        "  export TOLERANCE_STATE=...     # the warehouse and its files\n"
        "  tolerance doctor\n"
        f"For Airflow: set all three for every component, and link {folder / DAG_FILE} into its DAG folder, "
        f'and make its pool: airflow pools set {dag_id(POOL)} 1 "STATE has one writer"'
    )


@click.command(short_help="Prepare the start of a service.")
def prepare_service() -> None:
    """Do what a service needs before its first process: check places and secrets, write the login, migrate.

    Reads the environment that all processes of the service share (docs/deployment.md). Exit codes: 0 the
    processes may start, 2 something is missing or too weak.
    """
    from tolerance.service import prepare

    prepare(click.echo)
