"""Sayings: what people write in a certain case, as plain words, looked for in one pass over a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache


@lru_cache(maxsize=1)
def words_of(plain_words: str) -> frozenset[str]:
    """The words of a text, each once; kept for the next who asks about the same text."""
    return frozenset(plain_words.split())


def longest_word(saying: str) -> str:
    """The longest word of a saying, the first of those as long."""
    return max(saying.split(), key=len, default="")


class Sayings:
    """A set of sayings, given as texts with commas between them; each in plain words.

    A text is plain words separated by blanks and with one at both ends. A saying is looked for only in a text
    that has its longest word, which few texts have.
    """

    def __init__(self, *lists: str) -> None:
        self._by_longest_word: dict[str, list[str]] = defaultdict(list)
        for sayings in lists:
            for saying in " ".join(sayings.split()).split(", "):
                self._by_longest_word[longest_word(saying)].append(f" {saying} ")
        self._longest_words = frozenset(self._by_longest_word)

    def said_in(self, plain_words: str) -> Iterator[str]:
        """Each saying that stands in the text, with a blank at both ends."""
        for word in words_of(plain_words) & self._longest_words:
            yield from (saying for saying in self._by_longest_word[word] if saying in plain_words)
