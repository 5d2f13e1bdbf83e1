"""Which mailboxes the environment names."""

from __future__ import annotations

import pytest

from tolerance.errors import UsageError
from tolerance.intake.mailboxes import VARIABLE, Mailbox, mailboxes


def test_mailboxes_are_named_once_each_by_connection_and_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mailboxes() == ()
    monkeypatch.setenv(VARIABLE, "a:INBOX/Team, b, a:INBOX/Team,")
    assert mailboxes() == (Mailbox("a", "INBOX/Team"), Mailbox("b", "INBOX"))


@pytest.mark.parametrize("written", [":INBOX", "a b:INBOX", 'a:IN"BOX', "a:Réclamations"])
def test_a_mailbox_that_cannot_be_opened_so_is_a_sentence(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, written)
    with pytest.raises(UsageError, match="write CONNECTION:FOLDER, separated by commas"):
        mailboxes()
