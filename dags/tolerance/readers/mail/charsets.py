"""What bytes of a mail mean: by their label, in the sense that browsers give to labels, where that holds.

Labels are often wrong: `iso-8859-1` means cp1252, `gb2312` means gb18030, and text of any label may be UTF-8.
A bad byte costs one character, never the part.
"""

from __future__ import annotations

import codecs
import re

import webencodings

UNREADABLE = "\ufffd"
_UNSAFE_CODECS = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "utf_7"}
)
_WIDER = {"gbk": "gb18030", "gb2312": "gb18030", "iso2022_jp": "iso2022_jp_ext"}
_EAST_ASIAN = ("gb", "big5", "euc", "shift", "cp9", "johab", "iso2022", "hz")
_WESTERN = ("utf-8", "cp1252", "iso8859-1", "ascii")
_WIDE = ("utf-16", "utf-32")
_LATIN_BESIDE = re.compile(rb"[A-Za-z][\xc3-\xc5][\x80-\xbf]")
_OF_UTF8 = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_LEAST_SURE_SEQUENCES = 3
_MOST_LABEL_CHARACTERS = 64


def plain(raw: bytes, label: str | None) -> str:
    """Bytes as text, by their label where that can be, else UTF-8, else cp1252; never an error."""
    if raw.isascii() and b"\x1b" not in raw and not _is_wide(label):
        return clean(raw.decode("ascii"))
    codec = codec_of(label) if label else None
    if codec is None or codec in _WESTERN or (codec.startswith(_WIDE) and b"\0" not in raw):
        return clean(_western(raw))
    if _is_utf8(raw, needs_proof=codec.startswith(_EAST_ASIAN)):
        return clean(raw.decode("utf-8"))
    try:
        return clean(raw.decode(codec))
    except (UnicodeError, ValueError):
        pass
    try:
        labelled = raw.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return clean(_western(raw))
    if labelled.count(UNREADABLE) * 2 > sum(not character.isascii() for character in labelled):
        return clean(_western(raw))
    return clean(labelled)


def clean(text: str) -> str:
    """Text that every store accepts: without lone surrogates and NULs."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def codec_of(label: str) -> str | None:
    """The name of the codec for a label as written in a mail, if it is a safe codec for text."""
    written = label.strip().strip("\"'")[:_MOST_LABEL_CHARACTERS]
    try:
        known = webencodings.lookup(written)
        codec = known.codec_info if known and known.name != "replacement" else codecs.lookup(written)
    except (LookupError, ValueError):
        return None
    name = codec.name.replace("-", "_")
    if not getattr(codec, "_is_text_encoding", True) or name in _UNSAFE_CODECS:
        return None
    return _WIDER.get(name, codec.name)


def _is_wide(label: str | None) -> bool:
    return bool(label) and str(label).strip().lower().startswith(("utf-16", "utf-32", "utf16", "utf32"))


def _western(raw: bytes) -> str:
    """UTF-8 with what is bad in it replaced, unless more is bad than good: then cp1252."""
    try:
        return raw.decode("utf-8")
    except UnicodeError:
        pass
    text = raw.decode("utf-8", "replace")
    bad = text.count(UNREADABLE)
    good = sum(not character.isascii() for character in text) - bad
    return text if good >= bad else raw.decode("cp1252", "replace")


def _is_utf8(raw: bytes, *, needs_proof: bool) -> bool:
    """Whether bytes are UTF-8 and hold more than ASCII, in spite of a label that says otherwise."""
    try:
        raw.decode("utf-8")
    except UnicodeError:
        return False
    if not needs_proof:
        return not raw.isascii()
    sequences = _OF_UTF8.findall(raw)
    return bool(_LATIN_BESIDE.search(raw)) or len(sequences) >= _LEAST_SURE_SEQUENCES
