"""The command that delivers what was told to the company's CRMs."""

from __future__ import annotations

from pathlib import Path

import click

from tolerance import stopping
from tolerance.cli.console import PatientConsole
from tolerance.cli.options import STATE, state_in
from tolerance.file_modes import keep_private

_PATIENCE_SECONDS = 3600.0
_SHOWN = 20


@click.command(short_help="Deliver alerts to the CRM.")
@click.option("--destination", "named", multiple=True, help="Only this one; may be given more than once.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--again", is_flag=True, help="Try also what was set aside after too many refusals.")
@STATE
def deliver(named: tuple[str, ...], state_folder: Path, *, is_dry: bool, again: bool) -> None:
    """Send each destination of destinations.yml what it has not accepted yet.

    Call it as often as you like: what was accepted is not sent again. Another delivery from the same STATE is
    waited for. Logins are Airflow connections (AIRFLOW_CONN_…). Exit codes: 0 all accepted or no destination,
    1 something is pending or refused, 2 wrong usage, 75 another process delivers for too long.
    """
    from tolerance.crm.delivery.clock import Clock
    from tolerance.crm.delivery.deliver import deliver as deliver_to
    from tolerance.crm.delivery.deliver import undelivered
    from tolerance.crm.delivery.destinations import FILE, chosen
    from tolerance.crm.delivery.preview import preview
    from tolerance.local_run import airflow_connection
    from tolerance.lock import delivery_lock

    console = PatientConsole()

    def say(sentence: str) -> None:
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)

    state = state_in(state_folder)
    destinations = chosen(named)
    if not destinations:
        say(f"No destination is set: {FILE} in the company's folder has none. Nothing was sent.")
        return
    if is_dry:
        for destination in destinations:
            for line in preview(state, destination, most=_SHOWN):
                say(line)
        return
    keep_private()
    with (
        stopping.obeyed("deliver again, which sends the rest."),
        delivery_lock(state, wait_seconds=_PATIENCE_SECONDS, say=say),
    ):
        reports = deliver_to(
            state, destinations, lambda conn_id: airflow_connection(state, conn_id), Clock(), say, again=again
        )
    if error := undelivered(reports):
        raise error
