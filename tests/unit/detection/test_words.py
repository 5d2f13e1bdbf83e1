"""Which incident a text tells of."""

from __future__ import annotations

import pytest

from tolerance.detection.words import detect_incident, plain_words


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
    assert detect_incident("the rudest")["incident_type"] is None
    assert detect_incident("he was rude!")["incident_type"] == "staff_behaviour"


def test_one_weak_phrase_abstains_and_says_how_sure_it_was() -> None:
    unsure = detect_incident("The box is damaged")
    assert unsure["incident_type"] is None
    assert 0 < unsure["confidence"] < 0.6


def test_two_phrases_of_one_type_are_surer_than_one() -> None:
    once = detect_incident("it is defective")
    twice = detect_incident("it is defective, it does not work")
    assert twice["confidence"] > once["confidence"]


def test_a_tie_between_two_types_abstains() -> None:
    assert detect_incident("the website is down and your agent was rude")["incident_type"] is None


def test_words_are_plain_and_apart() -> None:
    assert plain_words("L'été — où ?") == " l ete ou "
