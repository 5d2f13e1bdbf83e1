"""Which tickets a text names, in the forms in which people write numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolerance.company import CompanyError
from tolerance.detection import references
from tolerance.detection.references import MAX_CHARACTERS, own_patterns, ticket_number_keys, ticket_references


def numbers(text: str) -> list[str]:
    """The keys that a text names, without those of the figures behind a prefix."""
    return [key for key in (ticket_references(text) or "").split(",") if key and not key.startswith("~")]


@pytest.mark.parametrize(
    "text",
    [
        "Re: [#4719] still waiting",
        "[4719] toujours rien",
        "[Ticket#4719] Votre demande",
        "Ticket [#4719]",
        "ticket n° 4719",
        "Ticket 4719: nothing happened",
        "(ticket 4719).",
        "TICKET NO. 4719",
        "Ticket ID: 4719",
        "ma demande 4719 du 3 mai",
        "numéro de dossier : 4719",
        "dossier n° 4 719",
        "dossier n°004719",
        "mon dossier de suivi n°4719",
        "dossier SAV 4719",
        "votre réf. 4719",
        "Vos réf : 4719",
        "référence 4719",
        "your ref. no. 4719",
        "case number 4719",
        "réclamation numéro 4719",
        "request #4719",
        "#4719",
        "je relance pour #4719, svp",
        "incident 4719",
        "votre réf.\u00a04719",
        "ticket n°\u00a04719",
        "dossier\u202fn°\u202f4719",
        "dossier n° 4\u202f719",
        "votre re\u0301f. 4719",
        "ticket \u2116 4719",
        "ticket n.4719",
        'ticket "4719"',
        "dossier \u00ab\u00a04719\u00a0\u00bb",
        "the case \u201c4719\u201d",
        "ticket \uff14\uff17\uff11\uff19",
    ],
)
def test_a_number_is_read_in_the_forms_in_which_people_write_it(text: str) -> None:
    assert numbers(text) == ["4719"]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "4719",
        "order 4719 of 3 May",
        "commande 4719",
        "tel 0612345678",
        "ma demande du 12 mai",
        "dossier 12/05/2026",
        "je demande 150 euros",
        "je demande 2 choses",
        "un incident survenu le 12",
        "incident 24h",
        "le ticket à 10:30",
        "#1 of its kind",
        "case 3 jours",
        "suivi 6A12345678901",
    ],
)
def test_other_numbers_are_none_of_a_ticket(text: str | None) -> None:
    assert ticket_references(text) is None


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("[SAV-4719] toujours rien", ["SAV-4719", "4719"]),
        ("ticket sav-4719", ["SAV-4719", "4719"]),
        ("ticket SAV4719", ["SAV-4719", "4719"]),
        ("[SAV\u20114719] toujours rien", ["SAV-4719", "4719"]),
        ("[SAV\u20134719] toujours rien", ["SAV-4719", "4719"]),
        ("je relance pour sav-4719", ["SAV-4719"]),
        ("cf. SUP-123 et INC0012345", ["SUP-123", "INC-12345"]),
        ("Request #123, then ticket 456, and again #123", ["123", "456"]),
    ],
)
def test_keys_with_a_prefix_and_several_numbers_are_read_in_their_order(text: str, keys: list[str]) -> None:
    assert numbers(text) == keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("tickets 4719, 4720 et 4721", ["4719", "4720", "4721"]),
        ("tickets 4719, 4720, and 4721.", ["4719", "4720", "4721"]),
        ("tickets #4719,4720;4721", ["4719", "4720", "4721"]),
        ("vos dossiers n° 4719 et n° 4720", ["4719", "4720"]),
        ("demandes nos 4719 ou 4720", ["4719", "4720"]),
        ("requests no. 4719 & 4720", ["4719", "4720"]),
        ("#4719 + 4720", ["4719", "4720"]),
        ("tickets SAV-4719, SAV-4720 et 4721", ["SAV-4719", "4719", "SAV-4720", "4720", "4721"]),
        ("tickets 999 et 1000", ["999", "1000"]),
        ("ticket 4719, ticket 4725", ["4719", "4725"]),
        ("ticket 4719 et INC0012345", ["4719", "INC-12345", "12345"]),
    ],
)
def test_each_number_of_a_list_is_read(text: str, keys: list[str]) -> None:
    assert numbers(text) == keys


@pytest.mark.parametrize(
    "text",
    [
        "ticket 4719, 15 jours que j'attends",
        "ticket 4719, 20 euros",
        "ticket 4719 et 2 relances",
        "ticket 4719, 0612345678",
        "ticket 4719, 4720 euros",
        "ticket 4719 - 3 rue des Lilas",
        "ticket 4719 - 0612345678",
        "ticket 4719 à 10:30",
        "ticket 4719-2",
    ],
)
def test_what_follows_a_number_is_no_number_of_its_list(text: str) -> None:
    assert numbers(text) == ["4719"]


@pytest.mark.parametrize(
    "text",
    [
        "tickets 4719 à 4725",
        "tickets 4719-4725",
        "tickets 4719 \u2013 4725",
        "tickets #4719 to #4725",
        "dossiers n° 999 au 1004",
        "les tickets entre 4719 et 4725",
    ],
)
def test_a_range_names_no_ticket(text: str) -> None:
    assert ticket_references(text) is None


@pytest.mark.parametrize("text", ["Ticket 1850 - 2026-11-03", "dossier 1850 \u2013 2026-11-03"])
def test_a_date_behind_a_number_makes_no_range_of_it(text: str) -> None:
    assert numbers(text) == ["1850"]


def test_a_range_ends_a_list() -> None:
    assert numbers("tickets 4710, 4712, 4719 à 4725") == ["4710", "4712"]


@pytest.mark.parametrize(
    ("native_id", "keys"),
    [
        ("4719", "4719"),
        ("004719", "4719"),
        ("SAV-4719", "SAV-4719,~4719"),
        ("sav_4719", "SAV-4719,~4719"),
        ("INC0012345", "INC-12345,~12345"),
        ("PRJ2-45", "PRJ2-45,~45"),
        ("a1b2-uuid-x", "A1B2-UUID-X"),
        ("", None),
        (None, None),
    ],
)
def test_a_tickets_number_has_the_keys_that_texts_have(native_id: str | None, keys: str | None) -> None:
    assert ticket_number_keys(native_id) == keys


@given(
    st.integers(1, 10**12), st.sampled_from(["ticket {}", "[{}]", "votre réf. {}", "#{}", "dossier n° {}"])
)
def test_any_number_that_a_desk_gives_is_found_again(number: int, form: str) -> None:
    named = (ticket_references(form.format(number)) or "").split(",")
    assert number < 10 or ticket_number_keys(str(number)) in named


@given(st.text(max_size=300))
def test_whatever_a_text_holds_its_keys_are_words_without_a_comma(text: str) -> None:
    keys = (ticket_references(f"ticket {text} [{text}] #{text}") or "").split(",")
    assert len(keys) <= references.MAX_KEYS
    assert all(key == key.strip() for key in keys)


@pytest.mark.parametrize(
    "piece",
    [
        *("#", "ticket ", "[", "réf ", "dossier n° ", "A-", "1 234 ", "#12 "),
        *("ticket 12, ", "#12, ", ", 12", " et 12", "12-13", "ticket 12 à 13, "),
    ],
)
def test_a_hostile_text_costs_no_more_than_an_honest_one(piece: str) -> None:
    ticket_references(piece * MAX_CHARACTERS)


@pytest.fixture
def own_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "ticket_number_patterns.csv"
    monkeypatch.setattr(references, "ticket_number_patterns_file", lambda: path)
    own_patterns.cache_clear()
    yield path
    own_patterns.cache_clear()


def test_a_companys_own_form_is_read_beside_the_others(own_forms: Path) -> None:
    own_forms.write_text("pattern,example\nvorgang ([0-9]+),mein vorgang 12\n", "utf-8")
    assert numbers("zu vorgang 4719 und #88") == ["4719", "88"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("vorgang ([0-9]+,vorgang 12", "is no pattern"),
        ("vorgang [0-9]+,vorgang 12", "has 0 groups"),
        ("(vorgang) ([0-9]+),vorgang 12", "has 2 groups"),
        ("vorgang ([0-9]+),ticket 12", "finds no number in its example"),
    ],
)
def test_a_form_that_cannot_be_used_is_refused_in_one_sentence(own_forms: Path, line: str, told: str) -> None:
    own_forms.write_text(f"pattern,example\n{line}\n", "utf-8")
    with pytest.raises(CompanyError, match=told):
        own_patterns()
