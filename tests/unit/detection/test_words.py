"""Which incident a text tells of."""

from __future__ import annotations

import time

import pytest

from tolerance.detection.words import (
    INCIDENT_FROM,
    LIKELY_FROM,
    MODEL_RULE,
    PHRASES_RULE,
    REVIEW,
    detect_incident,
    is_reminder,
    plain_words,
    read,
)

TOO_LONG = "x" * 30_000


@pytest.mark.parametrize(
    ("text", "incident_type"),
    [
        ("Bonjour, je n'ai jamais reçu mon colis.", "delivery_lost"),
        ("JE N'AI JAMAIS RECU MON COLIS", "delivery_lost"),
        ("I was charged twice for one order", "billing_error"),
        ("Votre conseiller m'a raccroché au nez", "staff_behaviour"),
        ("What are your opening hours?", None),
        ("Merci pour votre accueil", None),
        ("", None),
        (None, None),
    ],
)
def test_phrases_decide_whatever_their_accents_and_case(text: str | None, incident_type: str | None) -> None:
    assert detect_incident(text)["incident_type"] == incident_type


def test_a_phrase_is_whole_words() -> None:
    assert read("the rudest").phrase_type is None
    assert read("he was rude!").phrase_type == "staff_behaviour"


@pytest.mark.parametrize(
    "text",
    [
        "en cas de colis perdu, qui rembourse",
        "ce n'est pas un colis perdu mais un simple renseignement sans facture erronée",
        "in case of a lost parcel, write to us",
        "the box was not defective",
        "no billing error this time",
    ],
)
def test_a_phrase_that_is_denied_or_supposed_tells_nothing(text: str) -> None:
    assert read(text.replace("un colis perdu", "de colis perdu")).phrase_type is None


def test_a_phrase_that_is_denied_once_and_said_once_is_said() -> None:
    assert read("not a lost parcel, they say. It is a lost parcel.").phrase_type == "delivery_lost"


@pytest.mark.parametrize(
    "text",
    [
        "la communication s'arrête, ligne coupée",
        "j'ai renvoyé le mauvais article",
        "litige avec le transporteur",
        "I returned the wrong item",
        "the call was cut off",
        "my refund has not arrived yet",
        "fraud",
    ],
)
def test_a_phrase_that_does_not_say_what_went_wrong_decides_no_type(text: str) -> None:
    found = read(text)
    assert found.phrase_type in {None, "refund_missing"}
    assert found.phrase_confidence > 0


@pytest.mark.parametrize(
    "text",
    [
        "3e mail, toujours rien",
        "Je vous écris pour la seconde fois, rien n'a bougé.",
        "relance",
        "Any news? Nothing has changed.",
        "2nd call about it",
        "further to my letter",
    ],
)
def test_a_reminder_says_that_it_is_not_the_first(text: str) -> None:
    assert is_reminder(text)


@pytest.mark.parametrize(
    "text", ["Mon colis est perdu", "My parcel is lost", "une balance", "Bonne nouvelle", ""]
)
def test_a_first_contact_is_no_reminder(text: str) -> None:
    assert not is_reminder(text)


def test_likely_types_are_those_of_what_has_no_clear_type_or_reminds() -> None:
    unclear = detect_incident("C'est inadmissible, je suis très en colère, une honte, plus jamais.")
    assert unclear["incident_type"] == "other_incident"
    assert unclear["likely_types"]
    assert len(unclear["likely_types"].split(",")) <= 2
    clear = detect_incident("colis perdu")
    assert clear["likely_types"] is None
    assert detect_incident("What are your opening hours?")["likely_types"] is None
    waits = read("a damaged box")
    assert waits.outcome == REVIEW
    assert waits.leaning == (() if waits.score < LIKELY_FROM else waits.leaning[:1])


def test_a_phrase_decides_alone_whatever_the_model_makes_of_the_text() -> None:
    found = detect_incident("merci, parfait, tout va bien, colis perdu")
    assert (found["incident_type"], found["rule"]) == ("delivery_lost", PHRASES_RULE)


def test_one_weak_phrase_is_never_enough_and_waits_for_review() -> None:
    unsure = detect_incident("a damaged box")
    assert unsure["incident_type"] is None
    assert unsure["confidence"] > 0


def test_two_phrases_of_one_type_are_surer_than_one() -> None:
    once = detect_incident("it is defective")
    twice = detect_incident("it is defective, it does not work")
    assert twice["confidence"] > once["confidence"]


def test_an_incident_whose_phrases_tie_is_no_guess_between_their_types() -> None:
    found = read("the website is down and your agent was rude")
    assert found.phrase_type is None


@pytest.mark.parametrize(
    ("text", "incident_type"),
    [
        ("J'appelle tous les matins et jamais personne ne décroche.", "no_answer"),
        ("It has been on hold music for fifty minutes and nobody picks up the phone.", "no_answer"),
    ],
)
def test_the_model_reads_what_no_phrase_says(text: str, incident_type: str) -> None:
    found = detect_incident(text)
    assert (found["incident_type"], found["rule"]) == (incident_type, MODEL_RULE)
    assert found["confidence"] >= INCIDENT_FROM


@pytest.mark.parametrize(
    "text",
    [
        "merci beaucoup",
        "Comment puis-je changer mon adresse ?",
        "How do I add a passenger to my booking?",
        "The agent was wonderful, thanks for a great flight!",
        "Un grand merci à la dame du guichet, accueil parfait.",
    ],
)
def test_questions_and_praise_are_no_incidents_and_wait_for_nobody(text: str) -> None:
    found = detect_incident(text)
    assert (found["incident_type"], found["confidence"]) == (None, 0.0)


@pytest.mark.parametrize("text", [None, "", "\n", " \t\r\n"])
def test_a_contact_without_words_waits_for_nobody(text: str | None) -> None:
    found = detect_incident(text)
    assert (found["incident_type"], found["confidence"]) == (None, 0.0)


def test_a_few_words_are_never_an_incident_by_the_model_alone() -> None:
    assert detect_incident("horrible service")["incident_type"] is None
    assert detect_incident("horrible service")["confidence"] > 0


def test_anger_without_a_matter_is_an_incident_of_no_type() -> None:
    found = detect_incident("C'est inadmissible, je suis très en colère, une honte, plus jamais.")
    assert found["incident_type"] == "other_incident"


def test_the_words_tell_the_language() -> None:
    assert read("le facteur est passé chez nous").language == "fr"
    assert read("the postman came to our house").language == "en"


def test_what_follows_the_longest_text_read_changes_nothing() -> None:
    assert detect_incident(TOO_LONG) == detect_incident(TOO_LONG + " colis perdu")


@pytest.mark.parametrize("part", ["n't ", "a@", "https:", "é", ".", "ne pas ", "\u0301", "!?"])
def test_hostile_text_costs_no_more_than_its_length(part: str) -> None:
    begun = time.process_time()
    detect_incident(part * 200_000)
    assert time.process_time() - begun < 1


def test_words_are_plain_and_apart() -> None:
    assert plain_words("L'été — où ?") == " l ete ou "


@pytest.mark.parametrize(
    "text",
    [
        "zxqv wkrj",
        "zxqv wkrj plmn qqzz?",
        "4711 !!! 0815 ...",
        "\u4f60\u597d \u4e16\u754c",
        "@sav https://a.example",
    ],
)
def test_a_text_of_unknown_words_is_left_alone(text: str) -> None:
    found = detect_incident(text)
    assert (found["incident_type"], found["confidence"], found["rule"]) == (None, 0.0, MODEL_RULE)
    assert read(text).score == 0  # not by the bias, whatever it is
