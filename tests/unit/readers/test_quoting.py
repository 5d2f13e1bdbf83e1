"""Only what the sender wrote now is read: the history below it was counted when it came."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tolerance.readers.quoting import forwarded_words, own_words

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
        "De : a\n",
        "=" * 14 + "\n",
        "-" * 300 + "\n",
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


@pytest.mark.parametrize("greeting", ["", "Bonjour,\n"])
def test_quoted_lines_alone_are_the_writers_own_unless_they_are_introduced(greeting: str) -> None:
    assert own_words(f"{greeting}> La porte\n> Le prix") == f"{greeting}La porte\nLe prix"
    introduction = "Le 05/01/2026 à 10:00, Aide <a@x.fr> a écrit :\n"
    assert own_words(f"{greeting}{introduction}> La porte") == greeting.strip()


def test_header_lines_without_an_address_are_known_by_a_time_or_a_blank_line_below() -> None:
    head = "De : Aide\nÀ : Ana\nDate : 4 juin 2026{}\nObjet : colis\n"
    assert own_words(f"{OWN}\n{head.format(' 10:02')}Il est parti.") == OWN
    assert own_words(f"{OWN}\n{head.format('')}\nIl est parti.") == OWN


def test_the_footer_of_a_list_is_known_by_its_link() -> None:
    footer = "____________\nx-users mailing list -- x@l.example\nTo unsubscribe write to x-leave@l.example"
    assert own_words(f"{OWN}\n{footer}") == OWN


@pytest.mark.parametrize(
    "text",
    [
        "Comme convenu le 14/02/2026 avec <aide@x.fr>\nje demande un avoir.",
        "Le 3 mai votre livreur m'a écrit :\nje repasse demain.\nPersonne n'est venu.",
        "Envoyé via Colissimo lundi, rien n'est arrivé.",
        "Envoyé par La Poste, le paquet est ouvert.",
        "Sent with DHL, never received.",
        "Deux soucis :\n—\nla porte ferme mal\n—\nle tiroir manque",
        "Madame,\n--\nLe montant de la facture est faux.\nAna",
        "Ce message et ses pièces jointes prouvent votre erreur.",
        "Nom : Ana\nTéléphone : 06 12 34 56 78\nObjet : colis perdu\n\nIl n'est jamais arrivé.",
        "De : Brest\nDate : 4 juin 2026\nObjet : train\n\nTrois heures de retard.",
        "J'ai signé au-dessus de cette ligne sur le bon.",
        "On 3 May 2026 I wrote to you twice:\nno answer so far.",
        "On me demande d'écrire au-dessus de cette ligne et rien n'arrive.\nLe montant est faux.",
        "I did reply above this line.\nNobody answers.",
        "Train annulé.\nDe : Brest\nÀ : Nantes\nDate : 04.06.2026\nObjet : avoir\nJe demande 80 €.",
        "C'est cher.\n============\nPour me désabonner de l'option on me fait attendre.",
        "La porte est cassée.\n--\nRappelez-moi au 06 98 76 54 32 car le prix est faux aussi",
        "The door is broken.\n--\nCall me on +44 20 7946 0000 because the price is wrong",
    ],
)
def test_a_customers_sentence_is_never_taken_for_a_mark(text: str) -> None:
    assert own_words(text) == text


@pytest.mark.parametrize(
    "history",
    [
        "Le\u00a0lun. 5 janv. 2026 à\u202f10:00, Aide <a@x.fr> a\u00a0écrit\u00a0:\n\nBonjour",
        "---- On Mon, 05 Jan 2026 10:00:00 +0100 Aide <a@x.fr> wrote ----\n\n> Hello",
        "---- Aide wrote ----\n\n> Hello",
        "2026-01-05 10:00 GMT+01:00 Aide au client <\nnotifications@x.example>:\n\n> Bonjour",
        "On January 5, 2026 at 10:00:00, Aide (a@x.fr) said:\n\n\n> Hello",
        "mån 5 jan. 2026 kl 10:00 skrev Aide <\na@x.fr>:\n\n> Hej",
        "Op 5 jan. 2026 om 10:00 heeft Aide <a@x.fr> het volgende geschreven:\n\nDag",
        "W dniu 5 stycznia 2026 10:00 użytkownik Aide <a@x.fr>\nnapisał:\n\nWitam",
        "##- Veuillez saisir votre réponse au-dessus de cette ligne -##\n\nVotre demande est résolue.",
        "=-=-=-= Pour répondre par courriel, écrivez au-dessus de cette ligne =-=-=-=\n\nRésolu.",
        "Please reply above this line\n\nYour ticket is closed.",
        "Fra: a@x.fr\nSendt: 5. januar 2026 10:00\nTil: Ana\nEmne: pakke\n\nHej",
        "Date: Mon, 05 Jan 2026 10:00:00 +0100\nTo: ana@x.fr\n\nHello",
        "------------------------------\nx-users mailing list\nhttps://x.example/listinfo/x",
        "-- \nAna Durand\nDirectrice de tout. Et du reste.",
        "—\nAna Durand\nEntreprise Durand",
        "Envoyé avec Proton Mail",
        "Envoyé à partir de Outlook pour Android",
        "This message and any attachments are confidential and intended for its reader.",
    ],
)
def test_marks_of_programs_and_desks_are_known_by_their_shape(history: str) -> None:
    assert own_words(f"{OWN}\n\n{history}\n") == OWN


@pytest.mark.parametrize(
    "line",
    [
        "Toujours rien reçu. Le lun. 5 janv. 2026 à 10:00, Aide <a@x.fr> a écrit :\n> Bonjour",
        "Toujours rien reçu. --- On Mon, Jan 5, 2026 at 10:00 AM, a@x.fr wrote:\n> Hello",
    ],
)
def test_words_before_an_introduction_on_its_line_are_kept(line: str) -> None:
    assert own_words(line) == OWN


@pytest.mark.parametrize("greeting", ["", "Bonjour,\n\n", "Dear Mr Doe,\n"])
def test_an_answer_below_an_unmarked_quote_is_not_lost(greeting: str) -> None:
    text = "Le 05/01/2026 à 10:00, Aide <a@x.fr> a écrit :\nIl est parti.\n\nNon, jamais arrivé."
    assert "Non, jamais arrivé." in own_words(greeting + text)
    assert own_words(f"{greeting}Merci.\n\n{text}") == f"{greeting}Merci."


def test_nothing_below_the_line_of_a_desk_is_fallen_back_to() -> None:
    assert own_words("Reply above this line\n\nYour invoice was wrong.") == ""
    text = (
        "Le 05/01/2026 à 10:00, Aide <a@x.fr> a écrit :\nOui.\nReply above this line\nYour invoice was wrong."
    )
    assert own_words(text) == "Oui."


@pytest.mark.parametrize("quote", ["", "> "])
@pytest.mark.parametrize(
    "head",
    [
        "Od: Ana <ana@x.cz>\nDatum: čtvrtek 28. října 2026 12:06\nKomu: b@x.cz\nPředmět: balík\n",
        "-------- Messaggio Inoltrato --------\nOggetto: pacco\nMittente: Ana <a@x.it>\nA: b@x.it\n\n",
        "Forwarded message:\n\nFrom: Ana <a@x.fr>\nTo: b@x.fr\nSubject: parcel\n\n",
        "Unknown words of a program:\n\nVon: Ana <a@x.de>\nBetreff: Paket\nAn: b@x.de\n\n",
    ],
)
def test_a_forward_in_any_language_keeps_its_words(quote: str, head: str) -> None:
    text = "".join(quote + line + "\n" for line in (head + "It is broken.").split("\n"))
    assert "It is broken." in own_words(text)
    assert "It is broken." in (forwarded_words(text) or "")
    assert own_words("See below.\n\n" + text) == "See below."


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *("", "Bonjour,", "> Bonjour", "--", "—", "De : Ana <a@x.fr>", "Objet : colis", "À : b@x.fr"),
                *(
                    "Le 05/01/2026 à 10:00, S <s@x.fr> a écrit :",
                    "Envoyé de mon iPhone",
                    "-----Original Message-----",
                ),
                *("Reply above this line", "Date : 5 mai 2026 10:00", "Merci", "a\u00a0écrit :", "\ufeff"),
            ]
        ),
        max_size=12,
    ),
    st.integers(0, 12),
)
def test_whatever_stands_around_it_a_complaint_is_kept_or_quoted_history(lines: list[str], at: int) -> None:
    complaint = "La facture du mois est fausse."
    text = "\n".join([complaint, *lines])
    assert complaint in own_words(text)
    assert own_words(own_words(text)).startswith(complaint)
    own_words("\n".join([*lines[:at], complaint, *lines[at:]]))
