"""Words as the linear model sees them."""

from __future__ import annotations

from tolerance.detection.tokens import features, sentences, tokens


def test_accents_case_numbers_mentions_and_addresses_do_not_count() -> None:
    assert tokens("@sav L'Été 2024, voir https://a.example/x") == ["l", "ete", "0", "voir"]


def test_a_code_is_a_number_and_a_name_with_underscores_tells_nothing() -> None:
    assert tokens("order A4471 file_of_lost_parcels") == ["order", "0"]


def test_a_sentence_ends_with_its_mark_and_marks_alone_are_none() -> None:
    assert [*sentences(tokens("Colis perdu. Pourquoi ?\n\n!"))] == [
        ["colis", "perdu", "."],
        ["pourquoi", "?"],
    ]


def test_three_words_behind_a_negation_are_marked() -> None:
    shown = features(["not", "one", "bad", "word", "today"])
    assert {"!one", "!bad", "!word", "today"} <= {*shown}
    assert "bad" not in shown


def test_pairs_and_stems_are_shown_beside_the_words() -> None:
    assert features(["late", "delivery"]) == ["late", "delivery", "deliv*", "late delivery"]
