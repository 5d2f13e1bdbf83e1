"""A text that says its matter is over makes no incident by itself."""

from __future__ import annotations

import pytest

from tolerance.detection.settled import told_after
from tolerance.detection.words import detect_incident, read


def plain(text: str) -> str:
    return f" {text} "


@pytest.mark.parametrize(
    "words",
    [
        "colis perdu bonjour il est arrive tout est regle merci",
        "panne internet probleme resolu ce matin vous pouvez fermer",
        "no connection it s sorted thanks",
        "parcel lost all resolved you may close the ticket",
    ],
)
def test_what_is_over_is_settled(words: str) -> None:
    assert told_after(plain(words)) is not None


@pytest.mark.parametrize(
    "words",
    [
        "le colis n est toujours pas arrive",
        "vous dites que c est regle c est faux",
        "ce n est pas parce que c est regle pour vous mais pour moi rien",
        "probleme resolu hier puis nouvelle coupure",
        "you said it s sorted and it is not",
        "it worked and was back to normal for an hour but it failed again",
        "until it s sorted I will not pay",
        "",
    ],
)
def test_what_is_denied_supposed_told_by_others_or_broken_again_is_not(words: str) -> None:
    assert told_after(plain(words)) is None


def test_a_mail_of_thanks_under_the_tickets_subject_is_no_incident() -> None:
    subject = "My parcel is lost, nobody answers and the money is gone"
    assert detect_incident(f"{subject}\nWhere is it?")["incident_type"] is not None
    thanks = detect_incident(f"{subject}\nIt came this morning, all sorted, thank you.")
    assert thanks["incident_type"] is None
    assert thanks["confidence"] > 0  # a person may look


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for fixing the first bill. The second one is wrong too: 80 euros too much, nobody calls.",
        "Dossier clos sans aucun geste, la machine est en panne depuis trois semaines, j'attends toujours.",
        "The advisor wrote that all is resolved. The line is dead again since noon and I am furious.",
        "Le site affiche que tout est réparé. Ma box est toujours en panne et personne ne répond.",
        "Case closed, no refund, and I was charged a second time.",
    ],
)
def test_what_is_closed_and_goes_wrong_behind_it_is_an_incident(text: str) -> None:
    assert read(text).outcome == "incident"


def test_what_follows_the_last_saying_counts() -> None:
    assert told_after(plain("all fixed the app crashed again and it is fixed thanks a lot")) == "a lot "
    assert told_after(plain("all fixed you may close the ticket")) == "the ticket "
