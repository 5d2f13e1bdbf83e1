"""Which files of the inbox a run takes, and which must wait."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tolerance import inbox
from tolerance.inbox import InboxError, deliveries, is_maildir_message

AS_OF = date(2026, 11, 20)

Put = Callable[[str, bytes], Path]


@pytest.fixture(autouse=True)
def _no_look_is_remembered() -> None:
    inbox._first_looks.clear()


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "LOOK_INTERVAL_SECONDS", 0.01)


def names(tmp_path: Path, source: str = "faq", as_of: date = AS_OF) -> list[str]:
    return [file.name for file in deliveries(tmp_path, source, as_of).files]


@pytest.mark.usefixtures("short_looks")
def test_day_folders_count_up_to_the_date_and_other_files_always(put: Put, tmp_path: Path) -> None:
    put("faq/2026-11-19/b.csv", b"x")
    put("faq/2026-11-20/a.csv", b"x")
    put("faq/2026-11-21/c.csv", b"x")
    put("faq/old/z.csv", b"x")
    found = deliveries(tmp_path, "faq", AS_OF).files
    assert [(file.name, file.delivered_on) for file in found] == [
        ("2026-11-19/b.csv", date(2026, 11, 19)),
        ("2026-11-20/a.csv", AS_OF),
        ("old/z.csv", AS_OF),
    ]


@pytest.mark.usefixtures("short_looks")
def test_a_sidecar_vouches_or_holds_back_and_is_no_delivery(put: Put, tmp_path: Path) -> None:
    put("faq/good.csv", b"x")
    put("faq/good.csv.sha256", hashlib.sha256(b"x").hexdigest().upper().encode() + b"  good.csv")
    put("faq/wrong.csv", b"x")
    put("faq/wrong.csv.sha256", b"0" * 64)
    put("faq/done.csv", b"x")
    put("faq/done.csv.done", b"")
    put("faq/short.csv", b"x")
    put("faq/short.csv.done", b"2")
    put("faq/part.csv", b"x")
    put("faq/part.csv.part", b"x")
    found = deliveries(tmp_path, "faq", AS_OF)
    assert [file.name for file in found.files] == ["done.csv", "good.csv"]
    assert [file.name for file in found.waiting] == ["part.csv", "short.csv", "wrong.csv"]


def test_a_file_that_grows_between_two_looks_waits(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = put("faq/growing.csv", b"x")
    put("faq/still.csv", b"x")
    monkeypatch.setattr(inbox.time, "sleep", lambda _: growing.write_bytes(b"xy"))
    assert names(tmp_path) == ["still.csv"]
    monkeypatch.setattr(inbox.time, "sleep", lambda _: None)
    assert names(tmp_path) == ["growing.csv", "still.csv"]


def test_the_looks_at_four_sources_take_one_second_not_four(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    clock = [100.0]

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr(inbox.time, "sleep", sleep)
    monkeypatch.setattr(inbox.time, "monotonic", lambda: clock[0])
    for source in ("customers", "faq", "mail", "tickets"):
        put(f"{source}/a.csv", b"x")
    for source in ("customers", "faq", "mail", "tickets"):
        assert names(tmp_path, source) == ["a.csv"]
    assert sum(waits) == pytest.approx(1.0)


@pytest.mark.usefixtures("short_looks")
def test_a_message_that_a_maildir_is_still_writing_is_not_taken(put: Put, tmp_path: Path) -> None:
    put("mail/box/cur/1:2,S", b"x")
    put("mail/box/new/2", b"x")
    put("mail/box/tmp/3", b"x")
    assert names(tmp_path, "mail") == ["box/cur/1:2,S", "box/new/2"]
    assert is_maildir_message("box/cur/1:2,S")
    assert not is_maildir_message("box/other/1")


def test_a_missing_inbox_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InboxError, match="is not a folder"):
        deliveries(tmp_path / "nowhere", "faq", AS_OF)


def test_a_missing_source_folder_is_an_empty_one(tmp_path: Path) -> None:
    assert deliveries(tmp_path, "faq", AS_OF).files == ()


@pytest.mark.usefixtures("short_looks")
def test_a_name_that_is_no_utf_8_is_spelt_out(put: Put, tmp_path: Path) -> None:
    put("faq/" + os.fsdecode(b"caf\xe9.csv"), b"x")
    assert names(tmp_path) == ["caf\\xe9.csv"]


@pytest.mark.usefixtures("short_looks")
def test_linked_folders_are_looked_into_and_dead_links_are_told(put: Put, tmp_path: Path) -> None:
    put("elsewhere/a.csv", b"x")
    put("faq/b.csv", b"x")
    (tmp_path / "faq" / "2026-11-19").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "faq" / "circle").symlink_to(tmp_path / "faq")
    (tmp_path / "faq" / "dead.csv").symlink_to(tmp_path / "nowhere.csv")
    found = deliveries(tmp_path, "faq", AS_OF)
    assert [file.name for file in found.files] == ["2026-11-19/a.csv", "b.csv"]
    assert [(file.name, file.why) for file in found.waiting] == [
        ("dead.csv", "it is a link whose target is missing")
    ]


@pytest.mark.usefixtures("short_looks")
@pytest.mark.parametrize("target", ["secret.csv", "/proc/self/environ", "/dev/zero", "/nowhere"])
def test_a_link_that_leads_out_of_the_inbox_is_told_and_not_followed(
    put: Put, tmp_path: Path, target: str
) -> None:
    put("secret.csv", b"canary")
    put("inbox/faq/b.csv", b"x")
    link = tmp_path / "inbox" / "faq" / "a.csv"
    link.symlink_to(tmp_path / target)
    found = deliveries(tmp_path / "inbox", "faq", AS_OF)
    assert [file.name for file in found.files] == ["b.csv"]
    assert [file.name for file in found.waiting] == ["a.csv"]
    assert "leads out of the inbox" in found.waiting[0].why


@pytest.mark.usefixtures("short_looks")
@pytest.mark.parametrize("link", ["faq", "faq/day"])
def test_a_linked_folder_outside_the_inbox_is_told_and_not_followed(
    put: Put, tmp_path: Path, link: str
) -> None:
    put("elsewhere/a.csv", b"canary")
    (tmp_path / "inbox" / link).parent.mkdir(parents=True)
    (tmp_path / "inbox" / link).symlink_to(tmp_path / "elsewhere")
    found = deliveries(tmp_path / "inbox", "faq", AS_OF)
    assert found.files == ()
    assert ["leads out of the inbox" in file.why for file in found.waiting] == [True]


@pytest.mark.usefixtures("short_looks")
def test_an_inbox_reached_by_a_link_is_read(put: Put, tmp_path: Path) -> None:
    put("inbox/faq/a.csv", b"x")
    (tmp_path / "link").symlink_to(tmp_path / "inbox")
    assert names(tmp_path / "link") == ["a.csv"]


@pytest.mark.usefixtures("short_looks")
def test_a_pipe_is_told_and_nobody_waits_for_its_writer(put: Put, tmp_path: Path) -> None:
    put("faq/b.csv", b"x")
    os.mkfifo(tmp_path / "faq" / "a.csv")
    found = deliveries(tmp_path, "faq", AS_OF)
    assert [file.name for file in found.files] == ["b.csv"]
    assert ["it is a pipe" in file.why for file in found.waiting] == [True]


@pytest.mark.parametrize("is_pipe", [False, True])
def test_a_file_replaced_between_look_and_landing_is_not_read(
    put: Put, tmp_path: Path, *, is_pipe: bool
) -> None:
    put("inbox/faq/a.csv", b"x").unlink()
    path = tmp_path / "inbox" / "faq" / "a.csv"
    if is_pipe:
        os.mkfifo(path)
    else:
        path.symlink_to(put("secret.csv", b"canary"))
    with pytest.raises(InboxError, match="was replaced"), inbox.opened(path, tmp_path / "inbox"):
        pass


def test_the_view_of_the_system_is_no_inbox() -> None:
    with pytest.raises(InboxError, match="belongs to the system"):
        deliveries(Path("/proc/self"), "faq", AS_OF)


@pytest.mark.usefixtures("short_looks")
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_folder_that_may_not_be_looked_into_is_told(put: Put, tmp_path: Path, mode: int) -> None:
    closed = put("faq/closed/a.csv", b"x").parent
    put("faq/b.csv", b"x")
    closed.chmod(mode)
    is_root = os.geteuid() == 0
    for folder in (tmp_path / "faq", tmp_path, *tmp_path.parents) if is_root else ():
        if not folder.stat().st_mode & stat.S_IXOTH:  # only the folder under test is to be closed
            folder.chmod(0o755)
    try:
        if is_root:
            os.seteuid(65534)
        found = deliveries(tmp_path, "faq", AS_OF)
    finally:
        if is_root:
            os.seteuid(0)
        closed.chmod(0o755)
    assert [file.name for file in found.files] == ["b.csv"]
    assert ["give this user the right to read" in file.why for file in found.waiting] == [True]


@pytest.mark.usefixtures("short_looks")
def test_a_done_file_of_any_number_is_judged(put: Put, tmp_path: Path) -> None:
    put("faq/a.csv", b"x")
    put("faq/a.csv.done", b"9" * 5_000)
    put("faq/b.csv", b"x" * 10)
    put("faq/b.csv.done", b"0010")
    assert names(tmp_path) == ["b.csv"]


@pytest.mark.usefixtures("short_looks")
def test_a_control_character_in_a_name_is_spelt_out(put: Put, tmp_path: Path) -> None:
    put("faq/a\nWARNING\x1b[31m\u2028b\x9c.csv", b"x")
    put("faq/é \xa0’.csv", b"x")
    assert names(tmp_path) == ["a\\nWARNING\\x1b[31m\\u2028b\\x9c.csv", "é \xa0’.csv"]


@pytest.mark.usefixtures("short_looks")
def test_what_windows_and_mail_servers_leave_in_folders_is_no_delivery(put: Put, tmp_path: Path) -> None:
    for name in (
        "Thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "maildirfolder",
        "dovecot.index.log",
        "dovecot-uidlist",
    ):
        put(f"mail/box/{name}", b"x")
    for name in ("box/cur/1:2,S", "dovecot.csv", "thumbs.db.csv", "maildirfolder.eml"):
        put(f"mail/{name}", b"x")
    assert names(tmp_path, "mail") == ["box/cur/1:2,S", "dovecot.csv", "maildirfolder.eml", "thumbs.db.csv"]


@pytest.mark.usefixtures("short_looks")
def test_what_the_crm_answers_lies_in_the_inbox_or_in_the_folder_for_answers(
    put: Put, tmp_path: Path
) -> None:
    put("in/acknowledgements/a.csv", b"x")
    answers = put("inbox_crm/a.csv", b"y").parent
    put("inbox_crm/2026-11-21/b.csv", b"tomorrow's")
    found = deliveries(tmp_path / "in", "acknowledgements", AS_OF, answers).files
    assert [(file.name, file.path.read_bytes()) for file in found] == [
        ("a.csv", b"x"),
        ("inbox_crm/a.csv", b"y"),
    ]
    assert deliveries(tmp_path / "in", "faq", AS_OF, answers).files == ()
    (alone,) = deliveries(tmp_path / "in", "acknowledgements", AS_OF, tmp_path / "nowhere").files
    assert alone.name == "a.csv"


@pytest.mark.usefixtures("short_looks")
def test_who_may_answer_does_not_choose_what_else_is_read_and_an_unfinished_answer_waits(
    put: Put, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    secret = put("secret/identity.key", b"key")
    answers = put("inbox_crm/half.csv", b"y").parent
    put("inbox_crm/half.csv.part", b"")
    (answers / "link.csv").symlink_to(secret)
    found = deliveries(tmp_path / "in", "acknowledgements", AS_OF, answers)
    assert found.files == ()
    assert {file.name: file.why.partition(";")[0] for file in found.waiting} == {
        "inbox_crm/half.csv": "a .part beside it says that it is still being written",
        "inbox_crm/link.csv": "it is a link that leads out of the inbox, which is not followed",
    }
