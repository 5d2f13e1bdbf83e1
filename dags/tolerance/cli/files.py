"""Commands on delivered files: preview a file, list or export quarantined records."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tolerance.cli.options import JSON, STATE, for_a_program, state_in
from tolerance.contracts import SOURCES
from tolerance.errors import UsageError
from tolerance.inbox import printable_name
from tolerance.profiles.catalogue import company_file, mappings
from tolerance.records import QuarantineReason

if TYPE_CHECKING:
    from tolerance.preview import ColumnUse, Preview
    from tolerance.quarantine import Group, QuarantineEntry
    from tolerance.settings import Settings

WOULD_LOAD, WOULD_NOT = 0, 1
_BYTES_SHOWN = 2_000
_TAGS_SHOWN = 15


# pick-up ------------------------------------------------------------------------------


@click.command(short_help="Pick up new mails and files of servers into the inbox.")
@click.option(
    "--extracts",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="The inbox; files are put below the folder of their source.",
)
@STATE
def pick_up(extracts: Path, state_folder: Path) -> None:
    """Put what is new in TOLERANCE_MAILBOXES and TOLERANCE_SFTP_FOLDERS into the inbox, once, as it came.

    Nothing on the servers is changed, and no mail marked as read. Logins are Airflow connections
    (AIRFLOW_CONN_…). Exit codes: 0 all servers were read, 1 one could not be, 2 wrong usage, 75 another run
    holds the state.
    """
    from tolerance import readiness, stopping, storage
    from tolerance.file_modes import keep_private
    from tolerance.intake.pick_up import VARIABLES, pick_up_all, sources_picked_up
    from tolerance.local_run import airflow_connection
    from tolerance.lock import state_lock

    if not sources_picked_up():
        click.echo(f"{' and '.join(VARIABLES)} name nothing. Nothing was picked up.")
        return
    state = state_in(state_folder)
    keep_private()
    with stopping.obeyed("pick up again, which goes on."), storage.told(state), state_lock(state):
        pick_up_all(extracts, state, lambda conn_id: airflow_connection(state, conn_id), click.echo)
        for source in sources_picked_up():
            readiness.end_pick_up(state, source)


# preview ------------------------------------------------------------------------------


@click.command(short_help="Show how a file would be read, before it is loaded.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", type=click.Choice(SOURCES), required=True, help="The source of the file.")
@click.option(
    "--profile",
    "profile_name",
    help="Mapping profile. Default: the one that the rules give the name of a FILE in EXTRACTS/SOURCE/.",
)
@click.option("--extracts", type=click.Path(path_type=Path), help="The inbox whose mappings.yml is used.")
@click.option("--rows", default=5, show_default=True, help="How many records to show.")
def preview(file: Path, source: str, profile_name: str | None, extracts: Path | None, rows: int) -> None:
    """Show what a mapping profile makes of FILE, before anything is loaded.

    Shows the first records as read (no personal data: only the length of a text, the hash of an address),
    which columns are read and which are not, what would be quarantined and why. Exit codes: 0 the file would
    be loaded (perhaps with quarantine), 1 it would be refused or nothing of it loaded, 2 wrong usage.
    """
    from tolerance.preview import preview as look
    from tolerance.settings import settings

    if not file.is_file():
        raise UsageError(f"FILE={file} is not a file.")
    extracts = extracts or _inbox_of(file, source)
    known = mappings(company_file(extracts))
    name = _delivered_name(file, extracts, source)
    profile = known.profile(source, profile_name) if profile_name else known.profile_of(source, name)
    found = look(file, source, profile, settings(), name=name, most_shown=max(rows, 0))
    console = Console()
    console.print(
        f"{name} as {source} by profile {profile.name}", soft_wrap=True, highlight=False, markup=False
    )
    _print_columns(console, found.columns)
    _print_records(console, found)
    _print_undecided(console, found)
    sys.exit(_print_verdict(console, found, settings()))


def _inbox_of(file: Path, source: str) -> Path | None:
    """The inbox of a file: the folder above that of its source."""
    return next((folder.parent for folder in file.resolve().parents if folder.name == source), None)


def _delivered_name(file: Path, extracts: Path | None, source: str) -> str:
    folder = extracts.resolve() / source if extracts else None
    inside = folder is not None and file.resolve().is_relative_to(folder)
    return printable_name(file.resolve().relative_to(folder).as_posix() if folder and inside else file.name)


def _print_columns(console: Console, columns: ColumnUse) -> None:
    if not columns.read and not columns.missing:
        return
    table = Table("field", "read from")
    for name, names in columns.read.items():
        table.add_row(name, escape(", ".join(names)))
    for name, nearest in columns.missing.items():
        hint = f" ({nearest} looks like it)" if nearest else ""
        is_required = "missing, required" if name in columns.required else "not there"
        table.add_row(name, f"[{'red' if name in columns.required else 'dim'}]{is_required}{escape(hint)}[/]")
    console.print(table)
    if columns.unread and not columns.read:
        # Line 1 may be a customer's record and not a header.
        console.print(f"None of the {len(columns.unread)} columns has a known name.")
    elif columns.unread:
        console.print(
            f"Not read ({len(columns.unread)}): {', '.join(columns.unread)}", soft_wrap=True, markup=False
        )


def _print_records(console: Console, found: Preview) -> None:
    """One column per record: a table of twenty columns does not fit the screen."""
    if not found.first:
        return
    table = Table("field", *(f"record {position.record_no}" for position, _ in found.first))
    for column in found.first[0][1]:
        table.add_row(column, *(escape(values[column]) for _, values in found.first))
    console.print(table)


def _print_undecided(console: Console, found: Preview) -> None:
    if not found.undecided:
        return
    table = Table("tag without an incident type", "records", "such as record")
    for tag, count in found.undecided.most_common(_TAGS_SHOWN):
        table.add_row(escape(tag), f"{count:,}", ", ".join(map(str, found.examples[tag])))
    console.print(table)
    if (more := len(found.undecided) - _TAGS_SHOWN) > 0:
        console.print(f"and {more:,} more tags.", highlight=False)
    console.print(
        "Until somebody decides what they mean, only the words of these tickets tell: `tolerance tags` "
        "writes the table to fill in once the file is loaded.",
        soft_wrap=True,
    )


def _print_verdict(console: Console, found: Preview, settings: Settings) -> int:
    """Print what would become of the file; return the exit code."""
    for message in found.messages:
        console.print(message, soft_wrap=True, markup=False, highlight=False)
    if found.refusal is not None:
        console.print(f"[red]Refused:[/] {escape(found.refusal)}", soft_wrap=True, highlight=False)
        return WOULD_NOT
    console.print(
        f"{found.accepted:,} records accepted, {found.bad:,} quarantined (encoding {found.encoding})",
        highlight=False,
    )
    if found.without_customer:
        console.print(
            f"  {found.without_customer:,} of them have neither a customer nor an address", highlight=False
        )
    for (reason, detail), count in found.quarantined.most_common():
        first = found.first_of[reason, detail]
        console.print(f"  {count:,} {reason}: {detail} (first: record {first})", markup=False, soft_wrap=True)
    if found.is_too_bad(settings):
        console.print("[red]Refused:[/] too many records are bad, so none would be loaded.", soft_wrap=True)
        return WOULD_NOT
    return WOULD_LOAD if found.accepted else WOULD_NOT


# quarantine ---------------------------------------------------------------------------


@click.command(short_help="List quarantined records, or export them for repair.")
@click.option("--source", type=click.Choice(SOURCES), help="Only this source.")
@click.option(
    "--reason", type=click.Choice([reason.value for reason in QuarantineReason]), help="Only this reason."
)
@click.option(
    "--show-bytes", is_flag=True, help="Show the bytes of the examples: PERSONAL DATA on the screen."
)
@click.option(
    "--export",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the records below this folder, for repair and new delivery.",
)
@JSON
@STATE
def quarantine(
    *,
    source: str | None,
    reason: str | None,
    show_bytes: bool,
    folder: Path | None,
    is_json: bool,
    state_folder: Path,
) -> None:
    """List quarantined records by source and reason, with one example each.

    With --export they are written as files of the form they were delivered in: repair them and put them into
    the inbox, where they are loaded as files of their own. Exit codes: 0, or 2 for wrong usage.
    """
    from tolerance.quarantine import export, groups

    state, console = state_in(state_folder), Console()
    if not state.loads.is_dir():
        raise UsageError(f"STATE={state_folder} holds no loads", "give the folder of a warehouse.")
    if folder is not None:
        done = export(state, folder, source, reason)
        for path, count in done.files.items():
            console.print(f"{count:,} records: {path}", soft_wrap=True, markup=False, highlight=False)
        if done.left_out:
            console.print(f"{done.left_out:,} left out: too large, their bytes are only in landing/.")
        console.print("They hold personal data. Repair them and put them into the inbox under these names.")
        return
    found = groups(state, source, reason)
    if is_json:
        with for_a_program(is_json) as write:
            write([_as_document(group) for group in found])
        return
    if not found:
        console.print("No record is quarantined.")
        return
    table = Table("source", "reason", "records", "an example")
    for group in found:
        table.add_row(group.source, group.reason, f"{group.count:,}", escape(_place(group.example)))
    console.print(table)
    if show_bytes:
        for group in found:
            console.print(
                f"{group.source}, {group.reason}, {_place(group.example)}", markup=False, soft_wrap=True
            )
            console.print(repr(group.example.raw[:_BYTES_SHOWN])[2:-1], markup=False, soft_wrap=True)


def _as_document(group: Group) -> dict[str, object]:
    example, at = group.example, group.example.position
    return {
        "source": group.source,
        "reason": group.reason,
        "records": group.count,
        "example": {
            "file_name": example.file.file_name,
            "record_no": at.record_no,
            "byte_start": at.byte_start,
            "byte_end": at.byte_end,
            "detail": example.detail,
        },
    }


def _place(record: QuarantineEntry) -> str:
    at = record.position
    place = f"{record.file.file_name}, record {at.record_no}, bytes {at.byte_start} to {at.byte_end}"
    return f"{place}: {record.detail}"
