"""Which ticket does a mail or a call name?"""

from __future__ import annotations

import re2

MAX_CHARACTERS = 20_000

# "#12345", "[ticket 12345]", "ticket n° 12345", "demande 12345": a number the help desk gave.
_TICKET_NUMBER = re2.compile(
    r"(?i)(?:#|\b(?:ticket|case|request|demande|dossier)\s*(?:no\.?|n°|nr\.?|number|num[ée]ro)?\s*[:#]?\s*)"
    r"([0-9]{2,15})\b"
)


def ticket_reference(text: str | None) -> str | None:
    """The first ticket number that a text names, or None."""
    if not text:
        return None
    found = _TICKET_NUMBER.search(text[:MAX_CHARACTERS])
    return str(found.group(1)) if found else None
