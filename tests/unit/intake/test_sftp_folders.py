"""Files come from a real SFTP server into the inbox, each version once and whole; there nothing changes."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paramiko
import pytest

from tests.fixtures import sshd
from tests.fixtures.sshd import Server, key
from tolerance import files
from tolerance.crm.delivery.clock import Clock
from tolerance.errors import UsageError
from tolerance.intake import sftp_folders
from tolerance.intake.sftp_folders import (
    VARIABLE,
    SftpFileError,
    SftpFolder,
    SftpFolderError,
    SftpUnreachableError,
    pick_up,
)
from tolerance.profiles.catalogue import mappings
from tolerance.settings import settings
from tolerance.state import State

NOON = datetime(2026, 11, 1, 11, tzinfo=UTC)  # 12:00 in Paris
CLOCK = Clock(now=lambda: datetime(2026, 11, 20, tzinfo=UTC), sleep=lambda _: None)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with sshd.running(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    shutil.rmtree(running.top)
    running.top.mkdir()
    return running


def put(server: Server, name: str, content: bytes, at: datetime = NOON) -> Path:
    path = server.top / name
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


class Inbox:
    """An inbox beside a STATE, and what was said while files were picked up."""

    def __init__(self, server: Server, folder: Path, path: str | None = None) -> None:
        self.extracts, self.state = folder / "extracts", State(folder / "state")
        self.server = server
        self.folder = SftpFolder("tickets", "desk_sftp", path or str(server.top))
        self.said: list[str] = []

    def pick_up(self, clock: Clock = CLOCK, **changes: Any) -> int:
        connection = self.server.connection("desk_sftp", **changes)
        return pick_up(self.folder, connection, self.extracts, self.state, self.said.append, clock=clock)

    @property
    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.extracts).as_posix().replace(f"-{self.folder.key}/", "/"): path.read_bytes()
            for path in sorted(self.extracts.rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def inbox(server: Server, tmp_path: Path) -> Inbox:
    return Inbox(server, tmp_path)


def test_folders_are_named_once_each_by_source_connection_and_path(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sftp_folders.sftp_folders() == ()
    monkeypatch.setenv(VARIABLE, "tickets=a:/out/x, mail=b:m, tickets=a:/out/x,")
    assert sftp_folders.sftp_folders() == (SftpFolder("tickets", "a", "/out/x"), SftpFolder("mail", "b", "m"))


@pytest.mark.parametrize(
    "written", ["a:/out", "ticket=a:/out", "tickets=:/out", "tickets=a", "tickets=a b:/x"]
)
def test_a_folder_that_is_named_wrongly_is_a_sentence(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, written)
    with pytest.raises(UsageError, match="write SOURCE=CONNECTION:FOLDER, separated by commas"):
        sftp_folders.sftp_folders()


def test_each_version_is_picked_up_once_on_its_day_in_their_order_and_the_server_stays_as_it_is(
    inbox: Inbox, server: Server
) -> None:
    assert inbox.pick_up() == 0
    put(server, "export.csv", b"one")
    put(server, "big.csv", b"0123456789" * 500_000, NOON.replace(day=2, hour=23))  # midnight in Paris
    assert inbox.pick_up() == 2
    assert inbox.pick_up() == 0
    put(server, "export.csv", b"two!", NOON.replace(minute=1))
    assert inbox.pick_up() == 1
    assert list(inbox.files) == [
        "tickets/2026-11-01/043200-3/export.csv",
        "tickets/2026-11-01/043260-4/export.csv",
        "tickets/2026-11-02/086400-5000000/big.csv",
    ]
    assert inbox.files["tickets/2026-11-01/043200-3/export.csv"] == b"one"
    assert inbox.files["tickets/2026-11-02/086400-5000000/big.csv"] == b"0123456789" * 500_000
    assert sorted(path.name for path in server.top.iterdir()) == ["big.csv", "export.csv"]
    shutil.rmtree(inbox.extracts)  # as after a clearing of the inbox: the memory alone knows
    assert inbox.pick_up() == 0


def test_an_export_of_the_night_counts_for_the_day_that_is_over_until_its_source_is_ingested(
    inbox: Inbox, server: Server
) -> None:
    put(server, "at_two.csv", b"one", datetime(2026, 11, 2, 1, tzinfo=UTC))
    put(server, "at_four.csv", b"one", datetime(2026, 11, 2, 3, tzinfo=UTC))
    put(server, "after_four.csv", b"one", datetime(2026, 11, 2, 3, 0, 1, tzinfo=UTC))
    assert inbox.pick_up() == 3
    assert list(inbox.files) == [
        "tickets/2026-11-01/093600-3/at_two.csv",
        "tickets/2026-11-01/100800-3/at_four.csv",
        "tickets/2026-11-02/014401-3/after_four.csv",
    ]


@pytest.mark.parametrize(
    ("schedule", "day"),
    [("0 1 * * *", "2026-10-25"), ("0 9 * * *", "2026-10-25"), ("30 6 * * *", "2026-10-24")],
)
def test_the_line_of_the_night_is_the_run_that_closes_the_date_of_that_source_and_of_no_other(
    inbox: Inbox, server: Server, monkeypatch: pytest.MonkeyPatch, schedule: str, day: str
) -> None:
    own = replace(settings(), ingest_schedules={"tickets": schedule}, ingest_at="01:00")
    monkeypatch.setattr(sftp_folders, "settings", lambda: own)
    put(server, "a.csv", b"one", datetime(2026, 10, 25, 4, tzinfo=UTC))  # 05:00, six hours after midnight
    assert inbox.pick_up() == 1
    assert [name.split("/")[1] for name in inbox.files] == [day]


def test_files_of_two_folders_alike_in_name_size_and_second_are_two(inbox: Inbox, server: Server) -> None:
    for folder, content in (("one", b"1"), ("two", b"2")):
        (server.top / folder).mkdir()
        put(server, f"{folder}/export.csv", content)
        inbox.folder = SftpFolder("tickets", "desk_sftp", str(server.top / folder))
        assert inbox.pick_up() == 1
    assert sorted(inbox.files.values()) == [b"1", b"2"]


def test_a_rule_of_the_mapping_file_counts_for_what_was_picked_up(tmp_path: Path) -> None:
    rules = tmp_path / "mappings.yml"
    rules.write_text("files:\n  tickets/export*.csv: zendesk\n", "utf-8")
    found = mappings(rules)
    assert found.profile_of("tickets", "2026-11-01/043200-3-0123456789ab/export_1.csv").name == "zendesk"
    assert found.profile_of("tickets", "2026-11-01/43200/export_1.csv").name != "zendesk"


def test_a_file_that_grows_between_two_looks_waits_and_comes_whole(inbox: Inbox, server: Server) -> None:
    path = put(server, "export.csv", b"ha")

    def grow(_: float) -> None:
        with path.open("ab") as file:
            file.write(b"lf")
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))

    assert inbox.pick_up(Clock(CLOCK.now, grow)) == 0
    assert "it is still growing" in inbox.said[-1]
    assert inbox.pick_up() == 1
    assert list(inbox.files.values()) == [b"half"]


def test_a_file_that_is_changed_while_it_is_read_waits(
    inbox: Inbox, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(server, "export.csv", b"one")
    chunks = sftp_folders._chunks

    def changed(*given: Any) -> Iterator[bytes]:
        yield from chunks(*given)
        path.write_bytes(b"another")

    with monkeypatch.context() as patch:
        patch.setattr(sftp_folders, "_chunks", changed)
        assert inbox.pick_up() == 0
    assert inbox.files == {}
    assert "it was changed while it was read" in inbox.said[-1]


def test_what_is_being_written_or_no_delivery_is_left_there(inbox: Inbox, server: Server) -> None:
    put(server, "export.csv", b"one")
    put(server, "export.csv.part", b"")
    put(server, ".hidden.csv", b"x")
    put(server, "export.csv.sha256", b"x")
    (server.top / "below").mkdir()
    put(server, "tomorrow.csv", b"x", NOON.replace(year=2027))
    assert inbox.pick_up() == 0
    assert any("a .part beside it" in said for said in inbox.said)
    assert any("lies in the future" in said for said in inbox.said)
    (server.top / "export.csv.part").unlink()
    assert inbox.pick_up() == 1


def test_hostile_names_and_links_stay_outside_and_keep_nothing_else_waiting(
    inbox: Inbox, server: Server, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("secret", "utf-8")
    (server.top / "linked.csv").symlink_to(secret)
    for name in (b"line\nbreak.csv", b"latin-\xe9.csv", b"..\\up.csv", b"n" * 250):
        Path(os.fsdecode(os.fsencode(server.top) + b"/" + name)).write_bytes(b"x")
    put(server, "export é.csv", b"one")
    assert inbox.pick_up() == 1
    assert [Path(name).name for name in inbox.files] == ["export é.csv"]
    assert len(inbox.said) == 5
    assert all("is left there" in said and "\n" not in said for said in inbox.said)


def test_a_server_that_lists_a_way_out_of_the_inbox_is_not_believed(
    inbox: Inbox, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(server, "export.csv", b"one")
    listdir = paramiko.SFTPClient.listdir_attr

    def hostile(self: Any, path: str) -> Any:
        entries = listdir(self, path)
        entries[0].filename = "../../../export.csv"
        return entries

    monkeypatch.setattr(paramiko.SFTPClient, "listdir_attr", hostile)
    assert inbox.pick_up() == 0
    assert inbox.files == {}


@pytest.mark.parametrize(
    ("module", "name", "is_done"),
    [
        (sftp_folders, "_chunks", False),
        (files, "put_in_place", False),
        (files, "put_in_place", True),
        (sftp_folders, "_write", False),
        (sftp_folders, "_write", True),
    ],
)
def test_a_pick_up_killed_at_any_step_loses_no_file_and_brings_none_twice(
    inbox: Inbox, server: Server, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, *, is_done: bool
) -> None:
    put(server, "a.csv", b"one")
    put(server, "b.csv", b"two", NOON.replace(minute=1))
    whole = getattr(module, name)
    calls = []

    def killed(*given: Any) -> Any:
        calls.append(given)
        if len(calls) > 1 or name == "_write":
            if is_done:
                whole(*given)
            raise KeyboardInterrupt
        return whole(*given)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, killed)
        if name != "_write":  # a process that is gone remembers nothing
            patch.setattr(sftp_folders, "_write", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            inbox.pick_up()
    inbox.pick_up()
    assert inbox.pick_up() == 0
    stand = {"tickets/2026-11-01/043200-3/a.csv": b"one", "tickets/2026-11-01/043260-3/b.csv": b"two"}
    assert inbox.files == stand


def test_a_full_disk_is_no_fault_of_the_server_and_loses_no_file(
    inbox: Inbox, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(server, "a.csv", b"one")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "put_in_place", full)
        with pytest.raises(OSError, match="No space left"):
            inbox.pick_up()
    assert inbox.pick_up() == 1


@pytest.mark.parametrize("fault", [PermissionError(errno.EACCES, "no"), OSError("Failure")])
def test_a_file_that_the_server_does_not_give_keeps_no_other_one_waiting_and_fails_the_pick_up_at_the_end(
    inbox: Inbox, server: Server, monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    put(server, "a.csv", b"one")
    put(server, "b.csv", b"two", NOON.replace(minute=1))
    whole = paramiko.SFTPClient.open

    def refused(self: Any, path: str, mode: str) -> Any:
        if path.endswith("/a.csv"):
            raise fault
        return whole(self, path, mode)

    with monkeypatch.context() as patch:
        patch.setattr(paramiko.SFTPClient, "open", refused)
        with pytest.raises(SftpFileError, match=r"^a\.csv in tickets=desk_sftp:.* cannot be read") as failed:
            inbox.pick_up()
    assert failed.value.can_retry
    assert list(inbox.files) == ["tickets/2026-11-01/043260-3/b.csv"]
    assert inbox.pick_up() == 1


def test_a_file_that_is_gone_before_it_was_read_is_no_fault(
    inbox: Inbox, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(server, "a.csv", b"one")
    whole = sftp_folders._put

    def gone(*given: Any) -> None:
        path.unlink()
        whole(*given)

    monkeypatch.setattr(sftp_folders, "_put", gone)
    assert inbox.pick_up() == 0
    assert "it is there no more" in inbox.said[-1]
    assert inbox.files == {}


def _other_host_key(server: Server, tmp_path: Path) -> dict[str, Any]:
    other = key(tmp_path / "other").with_suffix(".pub").read_text("utf-8")
    return {"extra": {"host_key": other, "private_key": server.client_key}}


def _no_host_key(server: Server, _: Path) -> dict[str, Any]:
    return {"extra": {"private_key": server.client_key}}


def _other_client_key(server: Server, tmp_path: Path) -> dict[str, Any]:
    return {"extra": {"host_key": server.host_key, "private_key": key(tmp_path / "mine").read_text("utf-8")}}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (_other_host_key, "another host key than the connection desk_sftp says"),
        (_no_host_key, "host key is not known for the connection desk_sftp"),
        (_other_client_key, "refuses the login of the connection desk_sftp"),
    ],
)
def test_only_the_server_that_is_known_is_spoken_with(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changed: Callable[[Server, Path], dict[str, Any]],
    sentence: str,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    inbox = Inbox(server, tmp_path)
    put(server, "a.csv", b"one")
    with pytest.raises(SftpFolderError, match=sentence) as refused:
        inbox.pick_up(**changed(server, tmp_path))
    assert not refused.value.can_retry
    assert inbox.files == {}


def test_what_cannot_be_read_is_a_sentence_and_only_an_absent_server_is_tried_again(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(SftpFolderError, match="/nowhere cannot be read by the connection desk_sftp") as wrong:
        Inbox(server, tmp_path, "/nowhere").pick_up()
    assert not wrong.value.can_retry
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(SftpUnreachableError, match="cannot be reached") as absent:
            Inbox(server, tmp_path).pick_up(port=closed.getsockname()[1])
    assert absent.value.can_retry
