"""The words of a text as the detector sees them: plain, in sentences, marked behind a negation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

MAX_CHARACTERS = 20_000

# A web address, a mention and a name_with_underscores tell nothing; the rest is words and what ends or asks.
# It costs no more than the text's length: none of the alternatives repeats a repetition.
_TOKEN = re.compile(r"https?:[^\s\x1c-\x1f]*|@?\w+|[.!?;:\n]", re.ASCII)
_NUMBER = "0"
_ENDS = frozenset(".!?;:\n")
_MARKS = {mark: mark for mark in ".!?;:"} | {"\x00": "\n"}
_PARTED = {code: " " for code in range(128) if not chr(code).isalnum() and chr(code) not in _ENDS} | {
    ord("\n"): "\x00"  # a line's end is a mark, and no blank
}
_STEM = 5

NEGATIONS = frozenset(
    {
        *("ne", "n", "pas", "jamais", "aucun", "aucune", "sans", "ni", "personne", "non"),
        *("not", "no", "never", "nothing", "nobody", "none", "nor", "without", "t", "cannot", "cant", "dont"),
        *("doesnt", "didnt", "wont", "isnt", "wasnt", "arent", "havent", "hasnt", "couldnt", "wouldnt"),
    }
)
"""Of both languages: none is a common word of the other."""

_REACH = 3
"""How many words a negation marks."""


def plain(text: str) -> str:
    """The text, cut at MAX_CHARACTERS, in lower case and without accents."""
    if text.isascii():
        return text[:MAX_CHARACTERS].lower()
    decomposed = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS].replace("’", "'").casefold())
    return decomposed.encode("ascii", "ignore").decode("ascii")


def tokens(text: str) -> list[str]:
    """Plain words, numbers and codes as 0, and the marks that end a sentence, in order."""
    return tokens_of(plain(text))


def tokens_of(plain_text: str) -> list[str]:
    """The same of a text that is plain already."""
    if "@" not in plain_text and "_" not in plain_text and "http" not in plain_text:
        # Most texts: words and marks alone, which blanks can part. That takes half the time.
        parted = plain_text.translate(_PARTED)
        for mark in _MARKS:
            parted = parted.replace(mark, f" {mark} ")
        return [token if token.isalpha() else _MARKS.get(token, _NUMBER) for token in parted.split()]
    found = _TOKEN.findall(plain_text)
    if "@" in plain_text or "_" in plain_text or ":/" in plain_text:
        found = [token for token in found if token[0] != "@" and "_" not in token and ":/" not in token]
    return [token if token.isalpha() or token in _ENDS else _NUMBER for token in found]


def sentences(found: list[str]) -> Iterator[list[str]]:
    """The tokens cut behind each mark that ends a sentence; the mark stays with what it ends."""
    begin = 0
    for end, token in enumerate(found, start=1):
        if token in _ENDS:
            if end - begin > 1:
                yield found[begin:end]
            begin = end
    if begin < len(found):
        yield found[begin:]


def features(sentence: list[str]) -> list[str]:
    """What a sentence shows: its words, their stems, its pairs of words.

    A word within reach of a negation is `!word`, a stem `word*`.
    """
    shown = [word[:_STEM] + "*" for word in sentence if len(word) > _STEM]
    shown += map(" ".join, pairwise(sentence))
    if NEGATIONS.isdisjoint(sentence):
        return sentence + shown
    marked = 0
    for word in sentence:
        if marked and word not in _ENDS:
            marked -= 1
            shown.append(f"!{word}")
        else:
            shown.append(word)
        if word in NEGATIONS:
            marked = _REACH
    return shown
