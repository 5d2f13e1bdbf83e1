"""What comes into the inbox by itself: mails of mailboxes, files of folders on SFTP servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tolerance.contracts import SOURCES
from tolerance.crm.delivery.connection import Connection
from tolerance.errors import ToleranceError
from tolerance.intake import mailboxes, sftp_folders
from tolerance.state import State

VARIABLES = (mailboxes.VARIABLE, sftp_folders.VARIABLE)


def sources_picked_up() -> tuple[str, ...]:
    """The sources of which anything is picked up."""
    picked_up = {folder.source for folder in sftp_folders.sftp_folders()}
    return tuple(
        source for source in SOURCES if source in picked_up or (source == "mail" and mailboxes.mailboxes())
    )


def pick_up_all(
    extracts: Path,
    state: State,
    log_in_by: Callable[[str], Connection],
    say: Callable[[str], None],
    sources: tuple[str, ...] = SOURCES,
) -> None:
    """Pick up all that is new of `sources`; a server that is out of order keeps no other waiting.

    Raises:
        ToleranceError: after the last server, for the first that failed.
    """
    failed: ToleranceError | None = None
    for source, what, pick_up in _all(extracts, state, log_in_by, say):
        if source not in sources:
            continue
        try:
            say(f"{source}: {pick_up()} picked up from {what}")
        except ToleranceError as error:
            say(f"{source}: {error}")
            failed = failed or error
    if failed:
        raise failed


def _all(
    extracts: Path, state: State, log_in_by: Callable[[str], Connection], say: Callable[[str], None]
) -> Iterator[tuple[str, object, Callable[[], int]]]:
    """Each mailbox and folder: its source, its name, and what picks up."""
    for box in mailboxes.mailboxes():
        yield "mail", box, partial(_mails, box, extracts, state, log_in_by)
    for folder in sftp_folders.sftp_folders():
        yield folder.source, folder, partial(_files, folder, extracts, state, log_in_by, say)


def _mails(
    box: mailboxes.Mailbox, extracts: Path, state: State, log_in_by: Callable[[str], Connection]
) -> int:
    return mailboxes.pick_up(box, log_in_by(box.connection), extracts, state)


def _files(
    folder: sftp_folders.SftpFolder,
    extracts: Path,
    state: State,
    log_in_by: Callable[[str], Connection],
    say: Callable[[str], None],
) -> int:
    return sftp_folders.pick_up(folder, log_in_by(folder.connection), extracts, state, say)
