"""Only what the sender wrote now is read: the history below it was counted when it came."""

from __future__ import annotations

import time

import pytest

from tolerance.readers.quoting import own_words

OWN = "Toujours rien reçu."


@pytest.mark.parametrize(
    "history",
    [
        "Le ven. 2 oct. 2026 à 10:02, Service client <service@x.fr> a écrit :\n> Bonjour\n> Cordialement",
        "Le 2 octobre 2026 à 10:02, Service client\n<service@x.fr> a écrit :\n\n> Bonjour",
        "Le 02/10/2026 à 10:02, Service a écrit :\nBonjour,\nvotre colis est parti.",
        "On Fri, Oct 2, 2026 at 10:02 AM Service <service@x.fr> wrote:\n\n> Hello",
        "On 2 Oct 2026, at 10:02, Service <service@x.fr>\nwrote:\n> Hello",
        "2026-10-02 10:02 GMT+02:00 Service <service@x.fr>:\n> Hello",
        "De : Service <s@x.fr>\nEnvoyé : vendredi 2 octobre 2026\nÀ : Ana\nObjet : RE: colis\n\nBonjour",
        "____________________\nDe: Service\nEnvoyé: vendredi\nÀ: Ana\nObjet: RE: colis\n\nBonjour",
        "*From:* Service\n*Sent:* Friday\n*To:* Ana\n*Subject:* parcel\n\nHello",
        "-----Message d'origine-----\nDe : Service\nBonjour",
        "-----Original Message-----\nFrom: Service\nHello",
        "Am 02.10.2026 um 10:02 schrieb Service:\n> Hallo",
        "-- \nAna Durand\n06 12 34 56 78",
        "Envoyé de mon iPhone",
        "Sent from my Galaxy\n\nOn Fri, Oct 2, 2026 at 10:02 AM Service <service@x.fr> wrote:\nHello",
        "> Bonjour\n> votre colis est parti",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_history_and_signature_are_cut_off(history: str, end: str) -> None:
    assert own_words(f"{OWN}\n\n{history}\n".replace("\n", end)) == OWN


@pytest.mark.parametrize(
    "text",
    [
        "Votre agent a écrit :\nnous remboursons.\nJe n'ai rien reçu.",
        "De : Paris\nPour aller à Lyon, le train avait 3 heures de retard.",
        "On Monday I wrote: nothing works.\nIt still does not.",
        "Le 3 mai, votre technicien est venu.\nDate : le 3 mai",
        "Bonjour,\n\n- le colis\n- la facture\n\nmanquent.",
        "From my view this is the third time.",
    ],
)
def test_what_only_resembles_history_stays(text: str) -> None:
    assert own_words(text) == text


def test_answers_between_quoted_lines_are_kept() -> None:
    text = "Le 2 oct. 2026 à 10:02, S <s@x.fr> a écrit :\n> Est-il arrivé ?\nNon.\n> Depuis quand ?\nLundi."
    assert own_words(text) == "Non.\nLundi."


@pytest.mark.parametrize(
    "head",
    [
        "---------- Forwarded message ---------\nFrom: Ana\n\n",
        "De : Ana\nEnvoyé : lundi\nÀ : Service\nObjet : colis\n\n",
    ],
)
def test_a_forwarded_mail_without_a_word_is_what_its_sender_wants_read(head: str) -> None:
    forwarded = head + "My parcel is lost."
    assert "My parcel is lost." in own_words(forwarded)
    assert own_words("See below.\n\n" + forwarded) == "See below."


@pytest.mark.parametrize(
    "piece",
    [
        "On ",
        "On x\n",
        "Le a écrit ",
        "De : x\n",
        "From: x\nTo: y\n",
        "> ",
        ">",
        "--\n",
        " " * 50,
        "\n",
        "_",
        "@ <",
    ],
)
def test_the_cost_grows_with_the_length_alone(piece: str) -> None:
    begin = time.process_time()
    own_words(piece * (400_000 // len(piece)))
    assert time.process_time() - begin < 2
