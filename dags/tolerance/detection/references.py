"""Which tickets does a mail or a call name, in the forms in which people write their numbers?

A text names candidates only: a number links when it is that of a ticket of the customer's own. Text and
tickets meet in keys, made from both sides by one rule.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

import re2

from tolerance.company import CompanyError
from tolerance.detection import ticket_number_patterns_file

MAX_CHARACTERS = 20_000
MAX_KEYS = 40
LONGEST_NUMBER = 64
_LEAST_BARE_DIGITS = 2

_BLANKS = {code: " " for code in range(0x80, 0x3001) if chr(code).isspace()}
_ONE_OF_EACH = (
    _BLANKS
    | dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
    | dict.fromkeys(map(ord, "\u00ab\u00bb\u201c\u201d\u201e"), '"')
)
"""French typography and word processors write blanks, dashes and quotation marks of many kinds."""

_CALLED_SO = (
    r"(?:tickets?|cases?|requests?|incidents?|demandes?|dossiers?|r[ée]clamations?|sav|suivi"
    r"|r[ée]f(?:[ée]rences?|s)?\b\.?|reference)"
)
_SMALL_WORDS = r"(?:\s+(?:de|du|of)?\s*(?:ticket|dossier|suivi|demande|case|request|support|sav)\b)?"
_IS_A_NUMBER = r"(?:nos?\b\.?|n[°ºo.]s?\.?|nrs?\b\.?|num(?:ber|[ée]ro)?s?\b\.?|ids?\b)"
_PREFIX = r"(?:(?-i:[A-Z][A-Z0-9]{0,9})[-_]?|[a-z][a-z0-9]{0,9}[-_])"
_NUMBER = rf"{_PREFIX}?(?:[0-9]{{1,3}}(?: [0-9]{{3}})+|[0-9]{{1,15}})"
_AND = r"(?:\s?[,;]\s?(?:et\s|and\s|ou\s|or\s|&)?|\s(?:et|and|ou|or)\s|\s?[&+]\s?)"
_ONE_MORE = rf"{_AND}\s?(?:#|{_IS_A_NUMBER})?\s?"
_MORE = rf"(?:{_ONE_MORE}{_NUMBER}\b)*"

_NAMED = re2.compile(
    r"(?i)"
    # "ticket 12345", "votre réf. 4719", "dossier n° 4 719", "Ticket [#4719]", "tickets 4719, 4720 et 4721"
    rf"\b{_CALLED_SO}{_SMALL_WORDS}(?:\s*{_IS_A_NUMBER})?\s*[:=]?\s*[\[(\x22]?\s*(?P<mark>#|{_IS_A_NUMBER})?\s*"
    rf"(?P<called>{_NUMBER})\b(?P<more_called>{_MORE})"
    # "[SAV-4719]", "[#7]", "[Ticket#4719]"
    rf"|\[(?:[^\[\]\s]{{0,30}}[:#])?\s*(?P<bracketed>{_NUMBER})\s*\]"
    # "#4719"
    rf"|#\s?(?P<hashed>{_NUMBER})\b(?P<more_hashed>{_MORE})"
    # "SUP-123", "sup-123", "INC0012345": a key as desks write them, without a word that says so
    r"|\b(?P<key>[a-z][a-z0-9]{1,9}-[0-9]{1,12}|(?-i:[A-Z]{2,10}[0-9]{4,12}))\b"
)
_GOES_ON = re.compile(
    r"[/.:][0-9]|,[0-9]{1,3}\b|\s?(?:€|\$|£|%|euros?\b|eur\b|jours?\b|days?\b|heures?\b|hours?\b|fois\b)",
    re.I,
)
"""What makes of a number a date, an hour, an amount or a span."""

_UP_TO = re.compile(
    rf"\s?(?:-|à|au|to|through|jusqu'à|until)\s?#?({_PREFIX}?[0-9]{{1,15}})\b(?!-[0-9])", re.I
)
"""What makes of a number the beginning of a range, when the number behind it is greater and no date."""

_IN_A_LIST = re.compile(rf"{_ONE_MORE}({_NUMBER})\b", re.I)
"""One more number behind the first of a list."""

_OTHER_FIGURES = 1
"""By how many figures a number of a list or range may differ from the first: 999 and 1000 are of one desk."""

_PARTS = re.compile(r"(.*?)([0-9]+)", re.DOTALL)
_NO_WORD = re.compile(r"[^A-Z0-9]")


def ticket_references(text: str | None) -> str | None:
    """The keys of all numbers that a text may name a ticket by, in the order of the text, separated by ",".

    None when there are none. Of a list ("tickets 4719, 4720 and 4721") each number counts, of a range none.
    A number that is only figures has two keys: of the ticket with just that number, then of the one whose
    number ends so behind a prefix. One with a prefix is also that of the ticket whose desk writes the figures
    alone. Linear in the length of the text, whatever it holds.
    """
    if not text:
        return None
    text = text[:MAX_CHARACTERS]
    found = sorted((*_by_forms(_plainly(text)), *_by_own_patterns(text.translate(_BLANKS))))
    keys = dict.fromkeys(key for _, keys in found for key in keys)
    return ",".join([*keys][:MAX_KEYS]) or None


def _plainly(text: str) -> str:
    """The text with one kind of blank, dash and quotation mark, accents on their letters, no wide figures."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).translate(_ONE_OF_EACH)[:MAX_CHARACTERS]


def ticket_number_keys(native_id: str | None) -> str | None:
    """The keys of a ticket, separated by ",": of its number, and of the figures behind a prefix."""
    if not native_id:
        return None
    prefix, figures = _parts(native_id)
    if not figures:
        return prefix or None
    return f"{prefix}-{figures},~{figures}" if prefix else figures


def _parts(number: str) -> tuple[str, str]:
    """Prefix and figures of a number, without what stands between them, capitals or leading zeros."""
    number = number.strip().upper()
    found = _PARTS.fullmatch(number)
    if not found:
        return number.replace(",", ""), ""
    return _NO_WORD.sub("", found[1]), found[2].lstrip("0") or "0"


def _by_forms(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    range_end = 0
    for found in _NAMED.finditer(text):
        if found.start() < range_end:
            continue
        form = next(name for name in ("called", "bracketed", "hashed", "key") if found.group(name))
        number, end = found.group(form), found.end(_NAMED.groupindex[form])
        range_end = 0 if form == "bracketed" else _range_end(text, end, number)
        is_enough = form in ("bracketed", "key") or bool(found.group("mark")) or _has_enough_figures(number)
        if not range_end and is_enough and (form == "bracketed" or not _GOES_ON.match(text, end)):
            yield found.start(), _keys(number, form)
        if form not in ("called", "hashed"):
            continue
        for other in _IN_A_LIST.finditer(text, end, found.end()):
            range_end = _range_end(text, other.end(), other[1])
            is_alike = _are_alike(number, other[1]) or not other[1][0].isdigit()
            is_one = not range_end and is_alike and _has_enough_figures(other[1])
            if is_one and not _GOES_ON.match(text, other.end()):
                yield other.start(), _keys(other[1], form)


def _range_end(text: str, end: int, number: str) -> int:
    """Where a range ends that begins with the number that ends there; 0 where none does."""
    up_to = _UP_TO.match(text, end)
    if not up_to or not _are_alike(number, up_to[1]) or _GOES_ON.match(text, up_to.end()):
        return 0
    return up_to.end() if int(_parts(up_to[1])[1]) > int(_parts(number)[1]) else 0


def _has_enough_figures(number: str) -> bool:
    return _figures(number) >= _LEAST_BARE_DIGITS


def _are_alike(number: str, other: str) -> bool:
    return abs(_figures(number) - _figures(other)) <= _OTHER_FIGURES


def _figures(number: str) -> int:
    return sum(map(str.isdigit, number))


def _keys(number: str, form: str) -> tuple[str, ...]:
    prefix, figures = _parts(re.sub(r"\s", "", number))
    if not prefix:
        return figures, f"~{figures}"
    return (f"{prefix}-{figures}",) if form == "key" else (f"{prefix}-{figures}", figures)


def _by_own_patterns(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    for pattern in own_patterns():
        for found in pattern.finditer(text):
            number = found.group(1)
            if number and len(number) <= LONGEST_NUMBER:
                prefix, figures = _parts(number)
                keys = (f"{prefix}-{figures}",) if prefix and figures else (prefix or figures,)
                yield found.start(), keys if prefix or not figures else (figures, f"~{figures}")


@cache
def own_patterns() -> tuple[Any, ...]:
    """The company's own patterns, each with one group: the number.

    Raises:
        CompanyError: for a pattern that is none, has not one group, or does not find its example's number.
    """
    path = ticket_number_patterns_file()
    patterns = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            patterns.append(_own_pattern(row["pattern"] or "", row["example"] or "", str(path)))
    return tuple(patterns)


def _own_pattern(written: str, example: str, path: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        pattern = re2.compile(written, options)
    except re2.error as error:
        raise CompanyError(
            f"{path}: {written!r} is no pattern ({error})", "correct it (RE2 syntax)."
        ) from None
    if pattern.groups != 1:
        raise CompanyError(
            f"{path}: {written!r} has {pattern.groups} groups", "put ( ) around the ticket's number alone."
        )
    found = pattern.search(example)
    if not found or not found.group(1):
        raise CompanyError(
            f"{path}: {written!r} finds no number in its example {example!r}", "correct one of the two."
        )
    return pattern
