"""Which groups belong together because they share a member, also through others?"""

from __future__ import annotations

from collections.abc import Sequence


def components(groups: Sequence[Sequence[str]]) -> list[int]:
    """For each group of names the number, from 0, of all that it is connected with. No group is empty."""
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        while (parent := parents.setdefault(name, name)) != name:
            parents[name] = name = parents[parent]
        return name

    for first, *others in groups:
        for name in others:
            parents[root(name)] = root(first)
    numbers: dict[str, int] = {}
    return [numbers.setdefault(root(group[0]), len(numbers)) for group in groups]
