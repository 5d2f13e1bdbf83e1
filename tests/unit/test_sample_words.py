"""The sample's words are its own: it shares none with the detector's examples and phrases."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest

from tolerance.detection.compose import clauses
from tolerance.sample.phrases import HARMLESS_TOPICS, INCIDENT_TYPES, MANNERS, words_about
from tolerance.settings import PROJECT_ROOT

LEAST_WAYS = 12
GRAM = 4
Words = tuple[str, ...]


def words_of(text: str) -> Words:
    """The words in lower case and without accents; `d'un` and `rendez-vous` are one word."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return tuple(re.findall(r"[a-z0-9]+(?:['-][a-z0-9]+)*", plain.encode("ascii", "ignore").decode()))


def grams(text: str) -> set[Words]:
    words = words_of(text)
    return {words[i : i + GRAM] for i in range(len(words) - GRAM + 1)}


def said(clause: str) -> Iterator[str]:
    """The clause with each of its alternatives."""
    parts = [part.split("|") if n % 2 else [part] for n, part in enumerate(re.split(r"\{([^{}]*)\}", clause))]
    return ("".join(chosen) for chosen in product(*parts))


def known_to_the_detector(language: str) -> tuple[set[Words], set[str]]:
    """All 4-grams of examples and phrases, and the function words.

    A function word stands under more than half of the examples' headings, so it tells one kind of message
    from another no more than `the` does.
    """
    headings = {
        name: [text for clause in found for text in said(clause)] for name, found in clauses(language).items()
    }
    spread = Counter(
        word for texts in headings.values() for word in {word for text in texts for word in words_of(text)}
    )
    known = {gram for texts in headings.values() for text in texts for gram in grams(text)}
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "incident_phrases.csv").open(encoding="utf-8") as file:
        known |= {
            gram
            for row in csv.DictReader(file)
            if row["language"] == language
            for gram in grams(row["phrase"])
        }
    return known, {word for word, count in spread.items() if count > len(headings) / 2}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_four_words_of_a_problem_stand_in_the_detectors_examples_or_phrases(language: str) -> None:
    known, function_words = known_to_the_detector(language)
    assert len(known) > 5_000
    shared = []
    for incident_type in INCIDENT_TYPES:
        found = words_about(incident_type, language)
        asked = (*found.questions, *found.question_notes)
        for text in (*found.subjects, *found.sentences, *found.details, *found.notes, *asked):
            for piece in re.split(r"\{[^{}]*\}", text):  # a fact may be anything
                # With one word of content a gram is a manner of speaking.
                shared += [
                    (incident_type, " ".join(gram))
                    for gram in grams(piece) & known
                    if sum(word not in function_words for word in gram) > 1
                ]
    assert shared == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_type_is_told_in_a_dozen_ways_with_details_of_its_own(language: str) -> None:
    for incident_type in INCIDENT_TYPES:
        found = words_about(incident_type, language)
        assert len(set(found.sentences)) >= LEAST_WAYS
        assert len(found.details) >= 5
        assert len(found.notes) >= 8
        assert found.questions
        assert found.question_notes
    for topic in HARMLESS_TOPICS:
        assert words_about(topic, language).sentences
    assert len(HARMLESS_TOPICS) >= 15
    assert len(MANNERS[language].greetings) > 3
