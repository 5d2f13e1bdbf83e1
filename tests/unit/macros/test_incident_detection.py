"""Which incident a text tells of."""

from __future__ import annotations

import pytest

from tests.python_macros import python_macro

detection = python_macro("incident_detection")
detect_incident = detection.detect_incident
plain_words = detection.plain_words
ticket_reference = detection.ticket_reference


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
    assert 0 < float(str(unsure["confidence"])) < 0.6


def test_two_phrases_of_one_type_are_surer_than_one() -> None:
    one = detect_incident("it is defective")
    two = detect_incident("it is defective, it does not work")
    assert float(str(two["confidence"])) > float(str(one["confidence"]))


def test_a_tie_between_two_types_abstains() -> None:
    assert detect_incident("the website is down and your agent was rude")["incident_type"] is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Re: [#10240] still waiting", "10240"),
        ("ticket n° 10240", "10240"),
        ("Ticket 10240: nothing happened", "10240"),
        ("ma demande 10240 du 3 mai", "10240"),
        ("order 10240 of 3 May", None),
        ("12345", None),
        (None, None),
    ],
)
def test_a_ticket_number_is_read_only_where_it_is_called_one(text: str | None, number: str | None) -> None:
    assert ticket_reference(text) == number


def test_words_are_plain_and_apart() -> None:
    assert plain_words("L'été — où ?") == " l ete ou "
