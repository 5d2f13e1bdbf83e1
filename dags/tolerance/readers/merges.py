"""The tags of a merged ticket: `closed_by_merge` (Zendesk's own), and `merged_into_123` for its target.

A merge is told by tags in every form, so the contract needs no column for it.
"""

from __future__ import annotations

import re2

MERGED = "closed_by_merge"
_INTO = "merged_into_"

_MOST_CHARACTERS = 20_000
_TARGET = re2.compile(
    r"(?i)\b(?:merged\s+into|merged\s+with|fusionnée?\s+(?:dans|avec|à))\s+"
    r"(?:(?:the|le|la)\s+)?(?:request|ticket|case|demande|conversation)?\s*(?:no\.?|n°)?\s*#?\s*"
    r"([0-9]{1,18})\b"
)
_NUMBER = re2.compile(r"#?([^\s,#]{1,255})")


def with_merge_tags(tags: str, *, target: str = "", text: str = "") -> str:
    """The tags of a merged ticket, with the number of its target where that is given or `text` names it."""
    if _INTO in tags:
        return tags
    number = _NUMBER.fullmatch(target) or _TARGET.search(text[:_MOST_CHARACTERS])
    own = [tag for tag in tags.split(",") if tag and tag != MERGED]
    return ",".join([*own, MERGED, *([_INTO + number.group(1)] if number else [])])
