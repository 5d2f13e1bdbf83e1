"""The finished lists as files on an SFTP server, whose host key must be known."""

from __future__ import annotations

import base64
import binascii
import io
import os
import posixpath
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import paramiko
import tenacity
from paramiko.pkey import UnknownKeyType

from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.destinations import SftpDestination
from tolerance.crm.delivery.items import Answer, DestinationError, Item, Outcome
from tolerance.crm.delivery.senders.finished_lists import MANIFEST, finished_lists, outdated
from tolerance.state import State

_PORT = 22
_KEY_KINDS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
_FAULTS = (paramiko.SSHException, OSError, EOFError)


@contextmanager
def sftp_sender(
    destination: SftpDestination, connection: Connection, state: State, clock: Clock
) -> Iterator[SftpSender]:
    """A sender that is logged in with the password or the private key of the connection."""
    with paramiko.SSHClient() as client:
        _expect_host_key(client, connection)
        tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_UnreachableError),
            stop=tenacity.stop_after_attempt(destination.retries + 1),
            wait=tenacity.wait_random_exponential(
                multiplier=destination.backoff_seconds, max=destination.longest_wait_seconds
            ),
            sleep=clock.sleep,
            reraise=True,
        )(_log_in, client, destination, connection)
        try:
            with client.open_sftp() as sftp:
                yield SftpSender(sftp, destination, state)
        except _FAULTS as fault:
            raise DestinationError(
                f"{destination.path} cannot be written ({_told(fault)})",
                "give the login the right to, with room.",
            ) from None


class _UnreachableError(DestinationError):
    """The server does not answer; it may do so later."""


def _expect_host_key(client: paramiko.SSHClient, connection: Connection) -> None:
    """Let only the server with the connection's host key be spoken with, or one of the user's known hosts."""
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    given = str(connection.extra.get("host_key", "")).split()
    if not given:
        client.load_system_host_keys()
        return
    try:
        content = base64.b64decode(given[-1] if len(given) == 1 else given[1], validate=True)
        kind = paramiko.Message(content).get_text()
        key = paramiko.PKey.from_type_string(kind, content)
    except (binascii.Error, paramiko.SSHException, UnknownKeyType, ValueError):
        raise DestinationError(
            f"host_key of the connection {connection.conn_id} is no public key",
            "give a line of ssh-keyscan without the host's name.",
        ) from None
    port = connection.port or _PORT
    name = connection.host if port == _PORT else f"[{connection.host}]:{port}"
    client.get_host_keys().add(name, kind, key)


def _log_in(client: paramiko.SSHClient, destination: SftpDestination, connection: Connection) -> None:
    who = f"the connection {connection.conn_id}"
    try:
        client.connect(
            connection.host,
            connection.port or _PORT,
            username=connection.login or None,
            password=connection.password or None,
            pkey=_private_key(connection),
            key_filename=connection.extra.get("key_file"),
            passphrase=connection.extra.get("private_key_passphrase"),
            timeout=destination.timeout_seconds,
            banner_timeout=destination.timeout_seconds,
            auth_timeout=destination.timeout_seconds,
            allow_agent=False,
            look_for_keys=False,
        )
    except paramiko.BadHostKeyException:
        raise DestinationError(
            f"The server has another host key than {who} says",
            "find out why before you change the connection: it may be another server.",
        ) from None
    except paramiko.AuthenticationException:
        raise DestinationError(f"The server refuses the login of {who}", "correct it in Airflow.") from None
    except paramiko.SSHException as fault:
        if "known_hosts" in str(fault):
            raise DestinationError(
                f"The server's host key is not known for {who}",
                "put it into the connection's extra as host_key.",
            ) from None
        raise _UnreachableError(f"The server of {who} does not answer as one of SFTP") from None
    except OSError as fault:
        raise _UnreachableError(f"The server of {who} cannot be reached ({_told(fault)})") from None


def _private_key(connection: Connection) -> paramiko.PKey | None:
    text = connection.extra.get("private_key")
    if not text:
        return None
    for kind in _KEY_KINDS:
        with suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(
                io.StringIO(text), password=connection.extra.get("private_key_passphrase")
            )
    raise DestinationError(
        f"private_key of the connection {connection.conn_id} cannot be read", "give it as OpenSSH writes it."
    )


def _told(fault: BaseException) -> str:
    number = getattr(fault, "errno", None)
    return os.strerror(number) if isinstance(number, int) else type(fault).__name__


class SftpSender:
    """Puts the lists of a date into a folder of that name; each file appears whole, the manifest last."""

    sends_at_once = False

    def __init__(self, sftp: paramiko.SFTPClient, destination: SftpDestination, state: State) -> None:
        self._sftp = sftp
        self._top = destination.path
        self._state = state
        channel = sftp.get_channel()
        if channel is not None:
            channel.settimeout(destination.timeout_seconds)

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
