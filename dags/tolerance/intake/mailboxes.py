"""Mails from IMAP mailboxes into the inbox: each once, as it came, and none is changed or marked as read.

How far a mailbox was read stands in `history/mailboxes/`: its UIDVALIDITY and the highest UID that lies in
the inbox. A mail's file is named by the mail's own bytes and put in place before the mark moves, so one that
was fetched before a kill, or is fetched again under a new UIDVALIDITY, meets its own file.
"""

from __future__ import annotations

import hashlib
import imaplib
import ipaddress
import json
import os
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from tolerance.crm.delivery.connection import Connection
from tolerance.errors import ToleranceError, UsageError
from tolerance.files import write_bytes, write_text
from tolerance.instants import business_date
from tolerance.settings import settings
from tolerance.state import State

VARIABLE = "TOLERANCE_MAILBOXES"
_TIMEOUT_SECONDS = 60.0
_PORTS = {"implicit": 993, "starttls": 143, "plain": 143}
_UID = re.compile(rb"\bUID (\d+)")


class MailboxError(ToleranceError):
    """A mailbox cannot be used as it is set up."""


class MailboxUnreachableError(MailboxError):
    """The mail server does not answer, or stopped; it may answer later."""

    can_retry = True


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox: the id of the Airflow connection that logs in, and the folder on the server."""

    connection: str
    folder: str

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.connection}:{self.folder}"


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a mailbox was read."""

    uid_validity: int = 0
    uid: int = 0


def mailboxes() -> tuple[Mailbox, ...]:
    """The mailboxes that the environment names, such as `service_imap:INBOX,complaints_imap:INBOX/Team`.

    Raises:
        UsageError: for one without a connection.
    """
    found = []
    for written in filter(None, map(str.strip, os.environ.get(VARIABLE, "").split(","))):
        connection, _, folder = written.partition(":")
        if not re.fullmatch(r"[\w.-]+", connection) or '"' in folder or not folder.isascii():
            raise UsageError(
                f"{VARIABLE} names {written!r}",
                "write CONNECTION:FOLDER, separated by commas, the folder as the server writes it.",
            )
        found.append(Mailbox(connection, folder or "INBOX"))
    return tuple(dict.fromkeys(found))


def pick_up(mailbox: Mailbox, connection: Connection, extracts: Path, state: State) -> int:
    """Put every mail of `mailbox` that was not picked up yet below `EXTRACTS/mail/`; how many those were.

    Each in the folder of the business date on which the server received it.

    Raises:
        MailboxError: when the server cannot be used, with all that was picked up until then in its place.
    """
    place = _mark_of(state, mailbox)
    picked_up = 0
    # Whatever this machine's disk may raise here, it is no fault of the server.
    for mark, mail in _news(mailbox, connection, _read(place)):
        if mail:
            _put(extracts, *mail)
            picked_up += 1
        _write(place, mark)
    return picked_up


# The server ---------------------------------------------------------------------------


def _news(
    mailbox: Mailbox, connection: Connection, former: _Mark
) -> Iterator[tuple[_Mark, tuple[date, bytes] | None]]:
    """Each mail after the mark, if it is still there, and the mark behind it."""
    with _logged_in(mailbox, connection) as server:
        uid_validity = _opened(server, mailbox)
        read_up_to = former.uid if former.uid_validity == uid_validity else 0
        for uid in _uids_after(server, read_up_to, mailbox):
            yield _Mark(uid_validity, uid), _fetched(server, uid)


@contextmanager
def _logged_in(mailbox: Mailbox, connection: Connection) -> Iterator[imaplib.IMAP4]:
    who = f"the connection {mailbox.connection}"
    try:
        server = _connected(connection, who)
        try:
            _log_in(server, connection, who)
            yield server
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                server.logout()
    except ssl.SSLCertVerificationError:
        raise MailboxError(
            f"The certificate of the mail server of {who} cannot be trusted",
            "let its authority be known to this machine (SSL_CERT_FILE); it may be another server.",
        ) from None
    except (imaplib.IMAP4.abort, OSError) as fault:
        number = getattr(fault, "errno", None)
        told = os.strerror(number) if isinstance(number, int) and number > 0 else type(fault).__name__
        raise MailboxUnreachableError(
            f"The mail server of {who} cannot be reached, or stopped answering ({told})",
            "what was picked up is in the inbox; the next pick-up continues there.",
        ) from None
    except imaplib.IMAP4.error:
        # What the server said may quote a mail.
        raise MailboxError(
            f"The mail server of {who} refused to show {mailbox.folder}", "see the server's own log."
        ) from None


def _connected(connection: Connection, who: str) -> imaplib.IMAP4:
    security = str(connection.extra.get("tls", "implicit"))
    if security not in _PORTS:
        raise MailboxError(f"tls of {who} is {security!r}", f"write one of {', '.join(_PORTS)}.")
    if security == "plain" and not _is_this_machine(connection.host):
        raise MailboxError(
            f"T{who[1:]} asks for a login without TLS", "that is for a server on this machine alone."
        )
    port = connection.port or _PORTS[security]
    trusted = ssl.create_default_context()
    if security == "implicit":
        return imaplib.IMAP4_SSL(connection.host, port, ssl_context=trusted, timeout=_TIMEOUT_SECONDS)
    server = imaplib.IMAP4(connection.host, port, timeout=_TIMEOUT_SECONDS)
    if security == "starttls":
        server.starttls(trusted)
    return server


def _is_this_machine(host: str) -> bool:
    with suppress(OSError):
        return all(ipaddress.ip_address(found[4][0]).is_loopback for found in socket.getaddrinfo(host, None))
    return False


def _log_in(server: imaplib.IMAP4, connection: Connection, who: str) -> None:
    try:
        server.login(connection.login, connection.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        raise MailboxError(f"The mail server refuses the login of {who}", "correct it in Airflow.") from None


def _opened(server: imaplib.IMAP4, mailbox: Mailbox) -> int:
    """Open the folder read-only; its UIDVALIDITY."""
    status, _ = server.select(f'"{mailbox.folder}"', readonly=True)
    if status != "OK":
        raise MailboxError(
            f"The mailbox of the connection {mailbox.connection} has no folder {mailbox.folder}",
            f"correct {VARIABLE}.",
        )
    _, found = server.response("UIDVALIDITY")
    if not found or not found[0]:
        raise MailboxError(
            f"The mail server of the connection {mailbox.connection} keeps no UIDVALIDITY",
            "without one nobody can tell which mails are new; put the mails into the inbox by other means.",
        )
    return int(found[0])


def _uids_after(server: imaplib.IMAP4, uid: int, mailbox: Mailbox) -> list[int]:
    """In rising order. A range that ends in `*` holds the last mail even if it is below its beginning."""
    status, found = server.uid("SEARCH", f"UID {uid + 1}:*")
    if status != "OK":
        raise MailboxUnreachableError(f"The mail server did not search {mailbox.folder}", "try again later.")
    return sorted(number for number in map(int, (found[0] or b"").split()) if number > uid)


def _fetched(server: imaplib.IMAP4, uid: int) -> tuple[date, bytes] | None:
    """The business date on which the server received a mail, and its bytes; None where it is gone."""
    status, answer = server.uid("FETCH", str(uid), "(UID INTERNALDATE BODY.PEEK[])")
    if status != "OK":
        raise MailboxUnreachableError("The mail server did not give a mail", "try again later.")
    for index, part in enumerate(answer):
        if isinstance(part, tuple):
            head, content = part
            # What has no place before the bytes stands after them.
            rest = answer[index + 1] if index + 1 < len(answer) else b""
            about = head + (rest if isinstance(rest, bytes) else b"")
            named = _UID.search(about)
            if named and int(named[1]) == uid:
                return _received_on(about), content
    return None


def _received_on(about: bytes) -> date:
    # imaplib gives the local time of this machine.
    local = imaplib.Internaldate2tuple(about)
    if local is None:
        raise MailboxUnreachableError("The mail server did not say when it received a mail", "try again.")
    return business_date(datetime(*local[:6]).astimezone(UTC), settings())


# The inbox and the mark ---------------------------------------------------------------


def _put(extracts: Path, received_on: date, content: bytes) -> None:
    name = f"{hashlib.sha256(content).hexdigest()[:32]}.eml"
    path = extracts / "mail" / received_on.isoformat() / name
    if not path.exists():
        write_bytes(path, content)


def _mark_of(state: State, mailbox: Mailbox) -> Path:
    name = hashlib.sha256(mailbox.folder.encode()).hexdigest()[:12]
    return state.mailboxes / f"{mailbox.connection}.{name}.json"


def _read(place: Path) -> _Mark:
    try:
        found = json.loads(place.read_text("utf-8"))
        return _Mark(int(found["uid_validity"]), int(found["uid"]))
    except FileNotFoundError:
        return _Mark()
    except (ValueError, KeyError, TypeError):
        # All mails again: each meets its own file, or is known to `landing/`.
        return _Mark()


def _write(place: Path, mark: _Mark) -> None:
    write_text(place, json.dumps({"uid_validity": mark.uid_validity, "uid": mark.uid}) + "\n")
