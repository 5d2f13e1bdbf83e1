"""The finished lists as files in a folder of this machine, such as one that a CRM's importer watches."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tolerance import files
from tolerance.crm.delivery.destinations import FolderDestination
from tolerance.crm.delivery.items import Answer, DestinationError, Item, Outcome
from tolerance.crm.delivery.senders.finished_lists import MANIFEST, finished_lists, outdated
from tolerance.file_modes import shared
from tolerance.state import State


@contextmanager
def folder_sender(destination: FolderDestination, state: State) -> Iterator[FolderSender]:
    """A sender into the folder, which must be there: an absent disk is no empty folder."""
    folder = Path(destination.path)
    if not folder.is_dir():
        raise DestinationError(f"{folder} is not a folder", "make it, mount its disk or correct the path.")
    try:
        yield FolderSender(folder, state)
    except OSError as error:
        raise DestinationError(
            f"{folder} cannot be written ({os.strerror(error.errno or 0)})", "make it writable, with room."
        ) from None


class FolderSender:
    """Copies the lists of a date into a folder of that name; each file appears whole, the manifest last."""

    sends_at_once = False

    def __init__(self, folder: Path, state: State) -> None:
        self._folder = folder
        self._state = state

    def send(self, items: Sequence[Item]) -> Iterator[Outcome]:
        """Copy the lists of each date."""
        for item in items:
            content = finished_lists(self._state, item)
            place = self._folder / item.key
            with shared(place):
                former = (place / MANIFEST).read_bytes() if (place / MANIFEST).exists() else b""
                for name in outdated(former, content):
                    (place / name).unlink(missing_ok=True)
                (place / MANIFEST).unlink(missing_ok=True)  # until the rest is the one that it tells of
                for name, written in content.items():
                    files.write_bytes(place / name, written)
            yield Outcome(item, Answer.ACCEPTED)
