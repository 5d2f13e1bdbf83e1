"""Mails come from a real IMAP server into the inbox: each once, and the mailbox stays as it is."""

from __future__ import annotations

import errno
import imaplib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tolerance.crm.delivery.connection import Connection
from tolerance.intake import mailboxes
from tolerance.intake.mailboxes import Mailbox, MailboxError, MailboxUnreachableError, pick_up
from tolerance.state import State

pytestmark = pytest.mark.service

BOX = Mailbox("service_imap", "INBOX")
PASSWORD = "canary-of-the-mailbox"
SETTINGS = """
protocols = imap
listen = 127.0.0.1
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{base}/mail/%u
mail_uid = {mail_user}
mail_gid = {mail_user}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_user} home={base}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


@pytest.fixture
def port() -> Iterator[int]:
    dovecot = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    if dovecot is None or os.geteuid() != 0:
        pytest.skip("needs Dovecot (apt-get install dovecot-imapd) and the right to start it")
    base = Path("/tmp") / f"dovecot-{os.getpid()}"  # sockets want a short path, open to all
    for folder in (base, base / "mail"):
        folder.mkdir(mode=0o755)
    shutil.chown(base / "mail", "dovecot", "dovecot")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    settings = base / "dovecot.conf"
    settings.write_text(
        SETTINGS.format(base=base, port=port, mail_user="dovecot", password=PASSWORD), "utf-8"
    )
    server = subprocess.Popen([dovecot, "-F", "-c", settings])
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(base)


@pytest.fixture
def client(port: int) -> Iterator[imaplib.IMAP4]:
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login("service", PASSWORD)
        yield client


@pytest.fixture
def connection(port: int) -> Connection:
    return Connection(
        "service_imap",
        host="127.0.0.1",
        port=port,
        login="service",
        password=PASSWORD,
        extra={"tls": "plain"},
    )


def mail(number: int) -> bytes:
    return f"From: a@example.com\r\nSubject: {number}\r\n\r\n Late again ({number}).\r\n".encode()


def deliver(client: imaplib.IMAP4, *numbers: int, received: str = "01-Nov-2026 10:00:00 +0000") -> None:
    for number in numbers:
        status, told = client.append("INBOX", "", f'"{received}"', mail(number))
        assert status == "OK", told


def inbox(extracts: Path) -> list[bytes]:
    files = [path for path in extracts.rglob("*") if path.is_file()]
    assert all(path.suffix == ".eml" for path in files)
    return sorted(path.read_bytes() for path in files)


def test_each_mail_is_picked_up_once_as_it_came_and_stays_unread(
    client: imaplib.IMAP4, connection: Connection, tmp_path: Path
) -> None:
    extracts, state = tmp_path / "extracts", State(tmp_path / "state")
    assert pick_up(BOX, connection, extracts, state) == 0
    deliver(client, 1, 2)
    deliver(client, 3, received="02-Nov-2026 23:30:00 -0500")
    assert pick_up(BOX, connection, extracts, state) == 3
    assert pick_up(BOX, connection, extracts, state) == 0
    assert inbox(extracts) == [mail(1), mail(2), mail(3)]
    days = sorted(path.name for path in (extracts / "mail").iterdir())
    assert days == ["2026-11-01", "2026-11-03"]  # the business date on which the server received it
    client.select("INBOX", readonly=True)
    assert client.search(None, "UNSEEN")[1] == [b"1 2 3"]
    shutil.rmtree(extracts)  # as after a clearing of the inbox: the mark alone knows
    deliver(client, 4)
    assert pick_up(BOX, connection, extracts, state) == 1
    assert inbox(extracts) == [mail(4)]


def test_a_pick_up_killed_after_any_mail_loses_none_and_brings_none_twice(
    client: imaplib.IMAP4, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(client, 1, 2, 3)
    for name in ("_put", "_write"):
        whole = getattr(mailboxes, name)
        for after in range(1, 4):
            for is_done in (False, True):
                extracts, state = (tmp_path / f"{name}{after}{is_done}" / part for part in ("in", "state"))
                calls = 0

                def killed(*given: object) -> None:
                    nonlocal calls
                    calls += 1
                    if calls < after or is_done:  # noqa: B023  (called before the next turn)
                        whole(*given)  # noqa: B023
                    if calls == after:  # noqa: B023
                        raise KeyboardInterrupt

                with monkeypatch.context() as patch:
                    patch.setattr(mailboxes, name, killed)
                    with pytest.raises(KeyboardInterrupt):
                        pick_up(BOX, connection, extracts, State(state))
                pick_up(BOX, connection, extracts, State(state))
                assert inbox(extracts) == [mail(1), mail(2), mail(3)]


def test_a_full_disk_is_no_fault_of_the_mail_server_and_loses_no_mail(
    client: imaplib.IMAP4, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(client, 1, 2)
    extracts, state = tmp_path / "extracts", State(tmp_path / "state")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(mailboxes, "write_bytes", full)
        with pytest.raises(OSError, match="No space left"):
            pick_up(BOX, connection, extracts, state)
    assert pick_up(BOX, connection, extracts, state) == 2


def test_a_mailbox_that_numbers_anew_is_read_again_and_brings_no_mail_twice(
    client: imaplib.IMAP4, connection: Connection, tmp_path: Path
) -> None:
    extracts, state = tmp_path / "extracts", State(tmp_path / "state")
    box = Mailbox("service_imap", "Team")
    client.create("Team")
    for number in (1, 2):
        client.append("Team", "", '"01-Nov-2026 10:00:00 +0000"', mail(number))
    assert pick_up(box, connection, extracts, state) == 2
    client.delete("Team")
    time.sleep(1.1)  # UIDVALIDITY is a time in seconds
    client.create("Team")
    client.append("Team", "", '"01-Nov-2026 10:00:00 +0000"', mail(3))
    client.append("Team", "", '"01-Nov-2026 10:00:00 +0000"', mail(1))
    pick_up(box, connection, extracts, state)
    assert inbox(extracts) == [mail(1), mail(2), mail(3)]


_INGEST = """
import sys
from datetime import date
from pathlib import Path
from tolerance import local_run
from tolerance.state import State
state = State(Path(sys.argv[1]))
local_run._configure_airflow(state, Path(sys.argv[2]), "")
print("FAILURES", local_run._run(state, ["ingest_mail"], date(2026, 11, 1)))
"""


def test_the_command_and_the_ingestion_of_mails_pick_up_by_an_airflow_connection(
    client: imaplib.IMAP4, port: int, tmp_path: Path
) -> None:
    extracts, state = tmp_path / "extracts", tmp_path / "state"
    extracts.mkdir()
    deliver(client, 1)

    def started(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                mailboxes.VARIABLE: str(BOX),
                "AIRFLOW_CONN_SERVICE_IMAP": f"imap://service:{PASSWORD}@127.0.0.1:{port}/?tls=plain",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        return done.stdout

    told = started("-m", "tolerance", "pick-up", "--extracts", str(extracts), "--state", str(state))
    assert told == "mail: 1 picked up from service_imap:INBOX\n"
    deliver(client, 2)
    told = started("-c", _INGEST, str(state), str(extracts))
    assert "FAILURES []" in told
    assert "mail: 1 picked up from service_imap:INBOX" in told
    assert inbox(extracts) == [mail(1), mail(2)]
    assert [path for path in (state / "raw" / "mail").rglob("*") if path.is_file()]


def test_what_a_mailbox_refuses_is_a_sentence_that_names_no_secret(
    connection: Connection, tmp_path: Path
) -> None:
    extracts, state = tmp_path / "extracts", State(tmp_path / "state")
    wrong = Connection(
        "service_imap", "127.0.0.1", connection.port, "service", "no-" + PASSWORD, "", {"tls": "plain"}
    )
    with pytest.raises(MailboxError, match="refuses the login of the connection service_imap") as refused:
        pick_up(BOX, wrong, extracts, state)
    assert PASSWORD not in str(refused.value)
    assert not refused.value.can_retry
    with pytest.raises(MailboxError, match="no folder Nowhere"):
        pick_up(Mailbox("service_imap", "Nowhere"), connection, extracts, state)
    plain = Connection("service_imap", "192.0.2.1", 143, "service", PASSWORD, "", {"tls": "plain"})
    with pytest.raises(MailboxError, match="without TLS"):
        pick_up(BOX, plain, extracts, state)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = Connection(
            "service_imap", "127.0.0.1", closed.getsockname()[1], "a", "b", "", {"tls": "plain"}
        )
        with pytest.raises(MailboxUnreachableError, match="cannot be reached"):
            pick_up(BOX, nobody, extracts, state)
    assert not extracts.exists()
