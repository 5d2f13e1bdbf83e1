"""Which tickets does a mail or a call name, in the forms in which people write their numbers?

A text names candidates only: a number links when it is that of a ticket of the customer's own. Text and
tickets meet in keys, made from both sides by one rule.
"""

from __future__ import annotations

import csv
import re
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

_CALLED_SO = (
    r"(?:tickets?|cases?|requests?|incidents?|demandes?|dossiers?|r[ée]clamations?|sav|suivi"
    r"|r[ée]f(?:[ée]rences?|s)?\b\.?|reference)"
)
_SMALL_WORDS = r"(?:\s+(?:de|du|of)?\s*(?:ticket|dossier|suivi|demande|case|request|support|sav)\b)?"
_IS_A_NUMBER = r"(?:no\b\.?|n[°ºo]\.?|nr\b\.?|num(?:ber|[ée]ro)?\b\.?|id\b)"
_PREFIX = r"(?:(?-i:[A-Z][A-Z0-9]{0,9})[-_]?|[a-z][a-z0-9]{0,9}[-_])"
_NUMBER = rf"{_PREFIX}?(?:[0-9]{{1,3}}(?:[ \x{{a0}}][0-9]{{3}})+|[0-9]{{1,15}})"

_NAMED = re2.compile(
    r"(?i)"
    # "ticket 12345", "votre réf. 4719", "dossier n° 4 719", "Ticket [#4719]", "ticket SAV-4719"
    rf"\b{_CALLED_SO}{_SMALL_WORDS}(?:\s*{_IS_A_NUMBER})?\s*[:=]?\s*[\[(]?\s*(?P<mark>#|{_IS_A_NUMBER})?\s*"
    rf"(?P<called>{_NUMBER})\b"
    # "[SAV-4719]", "[#7]", "[Ticket#4719]"
    rf"|\[(?:[^\[\]\s]{{0,30}}[:#])?\s*(?P<bracketed>{_NUMBER})\s*\]"
    # "#4719"
    rf"|#\s?(?P<hashed>{_NUMBER})\b"
    # "SUP-123", "INC0012345": a key as desks write them, without a word that says so
    r"|\b(?P<key>(?-i:[A-Z][A-Z0-9]{1,9}-[0-9]{1,12}|[A-Z]{2,10}[0-9]{4,12}))\b"
)
_GOES_ON = re.compile(
    r"[/.,:][0-9]|\s?(?:€|\$|£|%|euros?\b|eur\b|jours?\b|days?\b|heures?\b|hours?\b|fois\b)", re.I
)
"""What makes of a number a date, an hour, an amount or a span."""

_PARTS = re.compile(r"(.*?)([0-9]+)", re.DOTALL)
_NO_WORD = re.compile(r"[^A-Z0-9]")


def ticket_references(text: str | None) -> str | None:
    """The keys of all numbers that a text may name a ticket by, in the order of the text, separated by ",".

    None when there are none. A number that is only figures has two keys: of the ticket with just that number,
    then of the one whose number ends so behind a prefix. One with a prefix is also that of the ticket whose
    desk writes the figures alone. Linear in the length of the text, whatever it holds.
    """
    if not text:
        return None
    text = text[:MAX_CHARACTERS]
    found = sorted((*_by_forms(text), *_by_own_patterns(text)))
    keys = dict.fromkeys(key for _, keys in found for key in keys)
    return ",".join([*keys][:MAX_KEYS]) or None


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
    for found in _NAMED.finditer(text):
        form = found.lastgroup if found.lastgroup != "mark" else "called"
        number = found.group(form)
        if (
            form == "called"
            and not found.group("mark")
            and sum(map(str.isdigit, number)) < _LEAST_BARE_DIGITS
        ):
            continue
        if form == "hashed" and sum(map(str.isdigit, number)) < _LEAST_BARE_DIGITS:
            continue
        if form != "bracketed" and _GOES_ON.match(text, found.end()):
            continue
        prefix, figures = _parts(re.sub(r"\s", "", number))
        if not prefix:
            yield found.start(), (figures, f"~{figures}")
        elif form == "key":
            yield found.start(), (f"{prefix}-{figures}",)
        else:
            yield found.start(), (f"{prefix}-{figures}", figures)


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
