"""The finished lists as files on an SFTP server, whose host key must be known."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import paramiko
import tenacity

from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.destinations import SftpDestination
from tolerance.crm.delivery.items import Answer, DestinationError, Item, Outcome
from tolerance.crm.delivery.senders.finished_lists import MANIFEST, finished_lists, outdated
from tolerance.crm.delivery.ssh import FAULTS, UnreachableError, logged_in, told
from tolerance.state import State


@contextmanager
def sftp_sender(
    destination: SftpDestination, connection: Connection, state: State, clock: Clock
) -> Iterator[SftpSender]:
    """A sender that is logged in with the password or the private key of the connection."""
    again = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(UnreachableError),
        stop=tenacity.stop_after_attempt(destination.retries + 1),
        wait=tenacity.wait_random_exponential(
            multiplier=destination.backoff_seconds, max=destination.longest_wait_seconds
        ),
        sleep=clock.sleep,
        reraise=True,
    )
    try:
        with logged_in(connection, destination.timeout_seconds, again) as sftp:
            yield SftpSender(sftp, destination, state)
    except FAULTS as fault:
        raise DestinationError(
            f"{destination.path} cannot be written ({told(fault)})",
            "give the login the right to, with room.",
        ) from None


class SftpSender:
    """Puts the lists of a date into a folder of that name; each file appears whole, the manifest last."""

    sends_at_once = False

    def __init__(self, sftp: paramiko.SFTPClient, destination: SftpDestination, state: State) -> None:
        self._sftp = sftp
        self._top = destination.path
        self._state = state

    def send(self, items: Sequence[Item]) -> Iterator[Outcome]:
        """Put the lists of each date."""
        for item in items:
            content = finished_lists(self._state, item)
            place = posixpath.join(self._top, item.key)
            self._make_folder(place)
            with suppress(FileNotFoundError):
                with self._sftp.open(posixpath.join(place, MANIFEST), "rb") as file:
                    former = file.read()
                for name in outdated(former, content):
                    with suppress(FileNotFoundError):
                        self._sftp.remove(posixpath.join(place, name))
                # Until the rest is the one that it tells of.
                self._sftp.remove(posixpath.join(place, MANIFEST))
            for name, written in content.items():
                self._put(posixpath.join(place, name), written)
            yield Outcome(item, Answer.ACCEPTED)

    def _put(self, path: str, content: bytes) -> None:
        folder, name = posixpath.split(path)
        self._make_folder(folder)
        part = posixpath.join(folder, f".{name}.part")
        with self._sftp.open(part, "wb") as file:
            file.set_pipelined(True)
            file.write(content)
        size = self._sftp.stat(part).st_size
        if size != len(content):
            raise DestinationError(f"{part} has {size} bytes of {len(content)}", "is its disk full?")
        self._sftp.posix_rename(part, path)

    def _make_folder(self, path: str) -> None:
        try:
            self._sftp.stat(path)
        except FileNotFoundError:
            self._sftp.mkdir(path)
