"""An SFTP session by an Airflow connection: only with the server whose host key is known."""

from __future__ import annotations

import base64
import binascii
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import paramiko
import tenacity
from paramiko.pkey import UnknownKeyType

from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.items import DestinationError

FAULTS = (paramiko.SSHException, OSError, EOFError)
"""What a session may raise."""

_PORT = 22
_KEY_KINDS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class UnreachableError(DestinationError):
    """The server does not answer; it may do so later."""


@contextmanager
def logged_in(
    connection: Connection, timeout_seconds: float, again: tenacity.Retrying
) -> Iterator[paramiko.SFTPClient]:
    """A session that is logged in with the password or the private key of the connection.

    Raises:
        DestinationError: when it must not begin.
        UnreachableError: when the server did not answer, as often as `again` asks it.
    """
    with paramiko.SSHClient() as client:
        _expect_host_key(client, connection)
        again(_log_in, client, connection, timeout_seconds)
        with _session(client, connection) as session:
            if (channel := session.get_channel()) is not None:
                channel.settimeout(timeout_seconds)
            yield session


def told(fault: BaseException) -> str:
    """A fault of a session in a few words."""
    number = getattr(fault, "errno", None)
    return os.strerror(number) if isinstance(number, int) else type(fault).__name__


class _Answer(paramiko.Message):  # type: ignore[misc]
    def get_text(self) -> str:
        return str(self.get_string(), "utf-8", "surrogateescape")


class _Session(paramiko.SFTPClient):  # type: ignore[misc]
    """Paramiko's, which would fail on a whole folder for one name in it that is no UTF-8."""

    def _request(self, kind: Any, *given: Any) -> Any:
        kind, answer = super()._request(kind, *given)
        answer.__class__ = _Answer
        return kind, answer


def _session(client: paramiko.SSHClient, connection: Connection) -> paramiko.SFTPClient:
    with suppress(*FAULTS):
        transport = client.get_transport()
        if transport and (session := _Session.from_transport(transport)):
            return session
    raise UnreachableError(f"The server of the connection {connection.conn_id} gives no SFTP")


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


def _log_in(client: paramiko.SSHClient, connection: Connection, timeout_seconds: float) -> None:
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
            timeout=timeout_seconds,
            banner_timeout=timeout_seconds,
            auth_timeout=timeout_seconds,
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
        raise UnreachableError(f"The server of {who} does not answer as one of SFTP") from None
    except OSError as fault:
        raise UnreachableError(f"The server of {who} cannot be reached ({told(fault)})") from None


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
