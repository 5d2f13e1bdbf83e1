"""Which mail it is: Message-ID, sender and text. Nothing else, and nothing less."""

from __future__ import annotations

import base64
import shutil

import pytest

from tests.fixtures.ingesting import Deliver, rows, take_in
from tolerance.identity import KEY_VARIABLE
from tolerance.state import State

pytestmark = pytest.mark.usefixtures("reading_here")

TEXT = "Ma facture d'été est fausse.\n\nMerci."


def mail(
    *,
    sender: str = "Ana <ana@x.fr>",
    day: int = 1,
    subject: str = "x",
    text: str = TEXT,
    coding: str = "8bit",
    message_id: str = "<m1@x>",
    beside: str = "",
) -> str:
    body = base64.encodebytes(text.encode()).decode() if coding == "base64" else text
    return (
        f"Message-ID: {message_id}\nFrom: {sender}\nDate: {day} Oct 2026 10:00:00 +0200\nSubject: {subject}\n"
        f"{beside}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {coding}\n\n{body}"
    )


@pytest.mark.parametrize(
    "again",
    [
        mail(),
        mail(subject="[EXT] x"),
        mail(sender="Ana Bo <ANA@x.fr>"),
        mail(day=2),
        mail(coding="base64"),
        mail().replace("\n", "\r\n"),
        "Received: by x; 1 Oct 2026 10:00:00 +0200\n" + mail() + "\n",
    ],
)
def test_the_same_id_sender_and_text_again_are_a_duplicate(
    state: State, deliver: Deliver, again: str
) -> None:
    deliver("mail/a.eml", mail())
    deliver("mail/b.eml", again)
    summary = take_in(state, "mail")
    assert summary is not None
    assert (summary.total("loaded_records"), summary.total("duplicate_records")) == (1, 1)


@pytest.mark.parametrize(
    "other",
    [
        mail(sender="bo@y.fr"),
        mail(text="Mon colis est perdu."),
        mail(message_id="<m2@x>"),
        mail(beside="Reply-To: bo@y.fr\n"),
        mail(beside="X-Original-From: Bo <bo@y.fr>\n"),
        mail(beside="X-Google-Original-From: Bo <bo@y.fr>\n"),
        mail(beside="X-Original-Sender: bo@y.fr\n"),
    ],
)
def test_another_sender_or_text_under_a_known_id_is_a_mail_of_its_own(
    state: State, deliver: Deliver, other: str
) -> None:
    deliver("mail/a.eml", mail())
    assert take_in(state, "mail")
    deliver("mail/b.eml", other)
    summary = take_in(state, "mail")
    assert summary is not None
    assert (summary.total("loaded_records"), summary.total("duplicate_records")) == (1, 0)
    assert len({row["identity_hash"] for row in rows(state, "mail")}) == 2


@pytest.mark.parametrize("message_id", ["", " ", "<>", "< >"])
def test_a_form_without_ids_loses_no_mail_and_its_same_bytes_again_are_a_duplicate(
    state: State, deliver: Deliver, message_id: str
) -> None:
    form = {"sender": "noreply@shop.fr", "message_id": message_id}
    mails = [
        mail(**form, beside="Reply-To: ana@x.fr\n"),
        mail(**form, beside="Reply-To: bo@y.fr\n"),
        mail(**form, beside="Reply-To: bo@y.fr\n", day=2),
        mail(**form, beside="Reply-To: bo@y.fr\n", day=2).replace("\n", "\r\n"),
    ]
    for number, written in enumerate(mails):
        deliver(f"mail/{number}.eml", written)
    summary = take_in(state, "mail")
    assert summary is not None
    assert (summary.total("loaded_records"), summary.total("duplicate_records")) == (3, 1)


@pytest.mark.usefixtures("reading_in_a_child")  # as in a run, where the key is handed over
def test_a_state_with_another_identity_key_knows_a_mail_by_the_same_id(
    state: State, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver("mail/a.eml", mail())
    ids = set()
    for key in ("a" * 64, "b" * 64):
        monkeypatch.setenv(KEY_VARIABLE, key)
        shutil.rmtree(state.root, ignore_errors=True)
        assert take_in(state, "mail")
        [row] = rows(state, "mail")
        ids.add((row["mail_id"], row["identity_hash"]))
    assert len(ids) == 1
