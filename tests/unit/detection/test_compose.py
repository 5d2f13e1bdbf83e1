"""Messages of the example clauses."""

from __future__ import annotations

from collections import Counter

import pytest

from tolerance.detection.compose import NOT_INCIDENTS, SCAFFOLD, clauses, messages
from tolerance.detection.linear import LANGUAGES, weights


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_seed_makes_the_same_messages(language: str) -> None:
    assert [*messages(language, 50, seed=1)] == [*messages(language, 50, seed=1)]
    assert [*messages(language, 50, seed=1)] != [*messages(language, 50, seed=2)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_half_the_messages_are_incidents_and_no_alternative_is_left_open(language: str) -> None:
    made = [*messages(language, 1_000, seed=1)]
    assert 0.4 < sum(message.label != "none" for message in made) / len(made) < 0.6
    assert not any(mark in message.text for message in made for mark in "{|}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_type_of_the_weights_has_examples(language: str) -> None:
    headings = {*clauses(language)} - {*NOT_INCIDENTS, *SCAFFOLD, "other_incident"}
    assert headings == {*weights(language).types}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_clause_stands_twice(language: str) -> None:
    lines = Counter(line for of_heading in clauses(language).values() for line in of_heading)
    assert [line for line, count in lines.items() if count > 1] == []
