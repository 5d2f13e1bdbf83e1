"""Sayings: what people write in a certain case, as plain words, looked for in one pass over a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator


class Sayings:
    """A set of sayings, given as texts with commas between them; each in plain words.

    A text is plain words separated by blanks and with one at both ends.
    """

    def __init__(self, *lists: str) -> None:
        self._by_first_word: dict[str, list[str]] = defaultdict(list)
        for sayings in lists:
            for saying in " ".join(sayings.split()).split(", "):
                self._by_first_word[saying.partition(" ")[0]].append(f" {saying} ")

    def said_in(self, plain_words: str) -> Iterator[str]:
        """Each saying that stands in the text, with a blank at both ends."""
        for word in self._by_first_word.keys() & set(plain_words.split()):
            yield from (saying for saying in self._by_first_word[word] if saying in plain_words)
