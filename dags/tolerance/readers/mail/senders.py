"""Who wrote a mail: never by the display name, which anybody can choose, unless it is all there is.

A form, a mailing list and a colleague send in a customer's name; where the headers or the forwarded lines
name that customer, the mail is theirs.
"""

from __future__ import annotations

import re
from email.utils import parseaddr

from tolerance.readers.mail.headers import Headers, decoded, first
from tolerance.settings import Settings

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_COMMENT = re.compile(r"\([^()]*\)")
_PART = r"[^<>\s@,;:()\[\]\"]"
_IN_ANGLES = re.compile(rf"<\s*(?:mailto:)?\s*({_PART}{{1,320}}@{_PART}{{1,320}})\s*>", re.IGNORECASE)
_BARE = re.compile(rf"(?<![^\s<>@,;:()\[\]\"'=])({_PART}{{1,320}}@{_PART}{{1,320}})")
_VIA = re.compile(r"\bvia\b|\bpar l['’]interm[ée]diaire\b", re.IGNORECASE)
_NO_REPLY = re.compile(
    r"(?:do[-_.]?)?no[t]?[-_.]?repl(?:y|ies)|ne[-_.]?pas[-_.]?r[eé]pondre|nepasrepondre|no[-_.]?responder|noreply.*"
    r"|keine[-_.]?antwort|nicht[-_.]?antworten|non[-_.]?rispondere|wordpress|no-?reponse|formulaire|contact-?form",
    re.IGNORECASE,
)
_ORIGINAL = ("x-original-from", "x-google-original-from", "x-original-sender", "reply-to")
_FROM_LINE_LABELS = re.compile(
    r"[>*\s]{0,10}(?:From|De|Von|Da|Van|Exp[ée]diteur|Absender|Remitente|Mittente)\*?\s?:\s*\*?(.{1,400})",
    re.IGNORECASE,
)
_MOST_FORWARD_LINES = 12
_MOST_COMMENTS = 50


def address_in(written: str) -> str:
    """The first address in angle brackets, else the first address, else ''.

    `parseaddr` alone gives the name in `jane@other.fr <joe@x.fr>` and nothing in `Doe, Joe <joe@x.fr>`, and
    its result depends on Python's patch release.
    """
    found = _plainly_in(written)
    return found or (_plainly_in(decoded(written)) if "=?" in written else "")


def _plainly_in(written: str) -> str:
    outside = _COMMENT.sub(" ", _QUOTED.sub(" ", written))
    if found := _IN_ANGLES.search(outside) or _BARE.search(outside):
        return found.group(1).removeprefix("mailto:").rstrip(".'")
    # Python reads comments within comments by recursion.
    parsed = parseaddr(written)[1].strip() if written.count("(") <= _MOST_COMMENTS else ""
    if "@" in parsed.strip("@") and " " not in parsed.rpartition("@")[2]:
        return parsed
    inside = _IN_ANGLES.search(written) or _BARE.search(written)
    return inside.group(1).removeprefix("mailto:").rstrip(".'") if inside else ""


def from_address(headers: Headers) -> str | None:
    """The address in From, else in Sender."""
    for name in ("from", "sender"):
        address = address_in(first(headers, name))
        if "@" in address.strip("@"):
            return address
    return None


def sender_of(headers: Headers, older: str | None, settings: Settings) -> str | None:
    """The address of the person who wrote the mail. `older` is the mail that it forwards, if any."""
    address = from_address(headers)
    if not _writes_for_others(headers, address, settings):
        return address
    for name in _ORIGINAL:
        original = address_in(first(headers, name))
        if original and not is_own(original, settings) and not is_no_reply(original):
            return original
    if older is not None and is_own(address, settings) and _is_for_us(headers, settings):
        forwarded = forwarded_sender(older)
        if forwarded and not is_own(forwarded, settings):
            return forwarded
    return address


def _writes_for_others(headers: Headers, address: str | None, settings: Settings) -> bool:
    if address is None or is_own(address, settings) or is_no_reply(address):
        return True
    is_list = any(
        name in headers for name in ("list-id", "list-post", "x-original-from", "x-google-original-from")
    )
    return is_list and _VIA.search(decoded(first(headers, "from"))) is not None


def forwarded_sender(older: str) -> str | None:
    """The sender that the first lines of a forwarded mail name."""
    for line in older.split("\n")[:_MOST_FORWARD_LINES]:
        if found := _FROM_LINE_LABELS.match(line[:400]):
            return address_in(found[1]) or None
    return None


def _is_for_us(headers: Headers, settings: Settings) -> bool:
    """Whether a colleague sent it to our own mailboxes alone, and not to a customer or supplier as well."""
    written = [*headers.get("to", []), *headers.get("cc", []), *headers.get("delivered-to", [])]
    if not "".join(written).strip():
        return True
    people = [
        address for name in ("to", "cc") for line in headers.get(name, []) for address in _addresses_in(line)
    ]
    people = people or _addresses_in(first(headers, "delivered-to"))
    return bool(people) and all(is_own(address, settings) for address in people)


def _addresses_in(written: str) -> list[str]:
    """All addresses of a list of people, without those in their names."""
    outside = _COMMENT.sub(" ", _QUOTED.sub(" ", written))
    found = [
        address.removeprefix("mailto:").rstrip(".'")
        for person in re.split("[,;]", outside)
        for address in _IN_ANGLES.findall(person) or _BARE.findall(person)
    ]
    return found or (_addresses_in(decoded(written)) if "=?" in written else [])


def is_no_reply(address: str | None) -> bool:
    """Whether nobody reads what is sent to an address: a machine writes from it."""
    return _NO_REPLY.fullmatch((address or "").partition("@")[0]) is not None


def is_mailer(address: str | None) -> bool:
    """Whether an address is that of a mail server."""
    return (address or "").partition("@")[0].lower() in ("mailer-daemon", "postmaster")


def is_own(address: str | None, settings: Settings) -> bool:
    """Whether an address is the company's: named in full, or in a domain named as `@example.com`."""
    written = (address or "").lower()
    return any(
        written == own or (own.startswith("@") and written.endswith((own, "." + own[1:])))
        for own in settings.own_addresses
    )
