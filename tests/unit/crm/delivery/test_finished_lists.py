"""The finished lists as files: whole, the manifest last, to a folder and to a real OpenSSH server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import sshd
from tests.fixtures.crm.told import DAY, NEXT, finish_lists, published
from tests.fixtures.sshd import Server, key
from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.deliver import Report, deliver
from tolerance.crm.delivery.destinations import Destination, FolderDestination, SftpDestination
from tolerance.crm.delivery.senders import sftp
from tolerance.state import State

FILES = ["acknowledgement_template.csv", "alerts.csv", "manifest.json"]


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = published(tmp_path / "state")
    finish_lists(state)
    return state


def send(state: State, destination: Destination, connection: Connection | None = None) -> Report:
    (report,) = deliver(
        state, [destination], lambda _: connection or Connection(""), Clock(sleep=lambda _: None)
    )
    return report


def found(folder: Path) -> dict[str, list[str]]:
    return {path.name: sorted(file.name for file in path.iterdir()) for path in sorted(folder.iterdir())}


# A folder


@pytest.fixture
def folder(tmp_path: Path) -> FolderDestination:
    (tmp_path / "drop").mkdir()
    return FolderDestination(name="drop", kind="folder", path=str(tmp_path / "drop"))


def test_each_dates_lists_go_into_a_folder_of_its_name_once(state: State, folder: FolderDestination) -> None:
    finish_lists(state, NEXT)
    report = send(state, folder)
    assert report.sentence == "drop: 2 accepted now, 2 of 2 lists accepted, 0 pending."
    drop = Path(folder.path)
    assert found(drop) == {DAY: FILES, NEXT: FILES}
    for name in FILES:
        assert (drop / DAY / name).read_bytes() == (state.outbox / DAY / name).read_bytes()
    shutil.rmtree(drop / DAY)  # the CRM has taken it
    assert send(state, folder).accepted == 0
    assert found(drop) == {NEXT: FILES}


def test_a_list_that_is_written_again_with_other_rows_is_sent_again(
    state: State, folder: FolderDestination
) -> None:
    send(state, folder)
    finish_lists(state, content="alert_id\na\nb\n")
    assert send(state, folder).accepted == 1
    assert (Path(folder.path) / DAY / "alerts.csv").read_text("utf-8") == "alert_id\na\nb\n"


def test_a_list_without_a_manifest_is_not_finished(state: State, folder: FolderDestination) -> None:
    (state.outbox / DAY / "manifest.json").unlink()
    assert send(state, folder).counts.decided == 0
    assert found(Path(folder.path)) == {}


def test_a_list_that_a_run_is_writing_waits(state: State, folder: FolderDestination) -> None:
    (state.outbox / DAY / "alerts.csv").write_text("alert_id\nhalf", "utf-8")
    report = send(state, folder)
    assert report.counts.pending == 1
    assert str(report.error).startswith(f"drop: The lists of {DAY} are being written")
    assert found(Path(folder.path)) == {}


def test_a_folder_that_is_not_there_is_not_made(state: State, folder: FolderDestination) -> None:
    Path(folder.path).rmdir()
    report = send(state, folder)
    assert str(report.error).endswith("is not a folder: make it, mount its disk or correct the path.")
    assert not Path(folder.path).exists()


def test_the_lists_of_a_date_in_folders_of_their_crms_come_along_and_nothing_else(
    state: State, folder: FolderDestination
) -> None:
    finish_lists(state, crm="zoho")
    (state.outbox / DAY / ".alerts.csv.part").write_text("x", "utf-8")
    (state.outbox / DAY / "~$alerts.xlsx").write_text("a colleague's name", "utf-8")
    send(state, folder)
    assert found(Path(folder.path)) == {DAY: [*FILES, "zoho"]}
    assert [path.name for path in (Path(folder.path) / DAY / "zoho").iterdir()] == ["alerts.csv"]


def test_a_list_that_is_no_longer_asked_for_is_taken_away_and_what_others_keep_there_stays(
    state: State, folder: FolderDestination
) -> None:
    finish_lists(state, crm="zoho")
    send(state, folder)
    (Path(folder.path) / DAY / "zoho" / "imported.log").write_text("x", "utf-8")
    (state.outbox / DAY / "zoho" / "alerts.csv").unlink()
    finish_lists(state)
    send(state, folder)
    assert [path.name for path in (Path(folder.path) / DAY / "zoho").iterdir()] == ["imported.log"]


# SFTP


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with sshd.running(tmp_path_factory.mktemp("sshd")) as server:
        yield server


def destination(server: Server) -> SftpDestination:
    return SftpDestination(
        name="crm", kind="sftp", connection="crm_sftp", path=str(server.top), timeout_seconds=10, retries=1
    )


@pytest.fixture
def empty_server(server: Server) -> Server:
    shutil.rmtree(server.top)
    server.top.mkdir()
    return server


def test_lists_are_put_on_a_real_server_whole_and_once(state: State, empty_server: Server) -> None:
    server = empty_server
    finish_lists(state, crm="zoho")
    report = send(state, destination(server), server.connection())
    assert report.error is None
    assert found(server.top) == {DAY: [*FILES, "zoho"]}
    assert (server.top / DAY / "alerts.csv").read_bytes() == (state.outbox / DAY / "alerts.csv").read_bytes()
    finish_lists(state, content="alert_id\nb\n" * 100_000)
    assert send(state, destination(server), server.connection()).accepted == 1
    assert (server.top / DAY / "alerts.csv").read_bytes() == (state.outbox / DAY / "alerts.csv").read_bytes()
    assert send(state, destination(server), server.connection()).accepted == 0


def test_the_manifest_is_put_last_and_each_file_by_rename(
    state: State, empty_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    rename = sftp.paramiko.SFTPClient.posix_rename

    def renamed(self: Any, old: str, new: str) -> None:
        assert not Path(new).exists()
        seen.append(Path(new).name)
        rename(self, old, new)

    monkeypatch.setattr(sftp.paramiko.SFTPClient, "posix_rename", renamed)
    send(state, destination(empty_server), empty_server.connection())
    assert seen == FILES
    assert seen[-1] == "manifest.json"


@pytest.fixture
def no_known_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


def _other_host_key(server: Server, tmp_path: Path) -> dict[str, Any]:
    other = key(tmp_path / "other").with_suffix(".pub").read_text("utf-8")
    return {"extra": {"host_key": other, "private_key": server.client_key}}


def _no_host_key(server: Server, _: Path) -> dict[str, Any]:
    return {"extra": {"private_key": server.client_key}}


def _bad_host_key(server: Server, _: Path) -> dict[str, Any]:
    return {"extra": {"host_key": "ssh-ed25519 AAAA", "private_key": server.client_key}}


def _other_client_key(server: Server, tmp_path: Path) -> dict[str, Any]:
    return {"extra": {"host_key": server.host_key, "private_key": key(tmp_path / "mine").read_text("utf-8")}}


def _no_key(server: Server, _: Path) -> dict[str, Any]:
    return {"extra": {"host_key": server.host_key, "private_key": "nonsense"}}


def _nobody_there(_: Server, __: Path) -> dict[str, Any]:
    return {"port": 1}


@pytest.mark.usefixtures("no_known_hosts")
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (_other_host_key, "The server has another host key than the connection crm_sftp says: find out why"),
        (_no_host_key, "The server's host key is not known for the connection crm_sftp: put it into"),
        (_bad_host_key, "host_key of the connection crm_sftp is no public key"),
        (_other_client_key, "The server refuses the login of the connection crm_sftp"),
        (_no_key, "private_key of the connection crm_sftp cannot be read"),
        (_nobody_there, "The server of the connection crm_sftp cannot be reached"),
    ],
)
def test_a_server_that_is_not_the_one_or_does_not_let_us_in_gets_nothing(
    state: State,
    empty_server: Server,
    tmp_path: Path,
    changed: Callable[[Server, Path], dict[str, Any]],
    sentence: str,
) -> None:
    report = send(
        state, destination(empty_server), empty_server.connection(**changed(empty_server, tmp_path))
    )
    assert str(report.error).startswith(f"crm: {sentence}")
    assert report.counts.pending == 1
    assert found(empty_server.top) == {}


def test_a_place_that_is_not_there_is_told(state: State, empty_server: Server) -> None:
    nowhere = destination(empty_server).model_copy(update={"path": "/nowhere/at/all"})
    report = send(state, nowhere, empty_server.connection())
    assert str(report.error).startswith("crm: /nowhere/at/all cannot be written (No such file or directory)")
