"""Sayings: what people write in a certain case, as plain words, looked for in one pass over a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache


@lru_cache(maxsize=1)
def words_of(plain_words: str) -> frozenset[str]:
    """The words of a text, each once; kept for the next who asks about the same text."""
    return frozenset(plain_words.split())


class Sayings:
    """A set of sayings, given as texts with commas between them; each in plain words.

    A text is plain words separated by blanks and with one at both ends.
    """

    def __init__(self, *lists: str) -> None:
        self._by_first_word: dict[str, list[str]] = defaultdict(list)
        for sayings in lists:
            for saying in " ".join(sayings.split()).split(", "):
                self._by_first_word[saying.partition(" ")[0]].append(f" {saying} ")
        self._first_words = frozenset(self._by_first_word)

    def said_in(self, plain_words: str) -> Iterator[str]:
        """Each saying that stands in the text, with a blank at both ends."""
        for word in words_of(plain_words) & self._first_words:
            yield from (saying for saying in self._by_first_word[word] if saying in plain_words)
