"""HTML to text in linear time: one pass over the tags, whatever they nest or leave open.

A tree is not built: parsers that build one take quadratic time for deeply nested tags.
"""

from __future__ import annotations

import html
import re

_INLINE = frozenset(
    {
        "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn",
        "em", "font", "i", "img", "ins", "kbd", "mark", "q", "s", "samp",
        "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
    }
)  # fmt: skip
_NOT_SHOWN = frozenset({"script", "style", "head", "template", "noscript", "title", "textarea", "xml"})
_HISTORY = re.compile(
    r"gmail_quote|gmail_signature|moz-cite-prefix|moz-signature|yahoo_quoted|protonmail_quote"
    r"|type\s?=\s?[\"']?cite"
)
_QUOTE = "<blockquote"
_MOST_ABOVE_QUOTE = 2_000
_QUOTE_LEFT_OUT = "\n>\n"
"""Stands for a quote that was left out, so that an introduction above it is known as one."""
_ALL_BELOW_IS_HISTORY = re.compile(r"id\s?=\s?[\"']?(?:x_)?(?:divrplyfwdmsg|appendonsend)")
_HIDDEN = re.compile(
    r"style\s?=\s?[\"'][^\"'>]{0,400}?(?:display\s?:\s?none|visibility\s?:\s?hidden|mso-hide\s?:\s?all)"
    r"|\shidden(?:\s|=|$)"
)
_STYLE = r"style\s?=\s?[\"'][^\"'>]{0,400}?"
_OF_NO_SIZE = re.compile(_STYLE + r"font-size\s?:\s?0(?:px|pt|em)?\s?[;\"'!]")
_OF_SOME_SIZE = re.compile(
    _STYLE + r"(?:font-size\s?:\s?(?:[1-9]|0?\.[1-9]|x{0,2}-?(?:small|large)|medium)"
    r"|font\s?:[^;\"']{0,40}?(?<![\d.])[1-9][\d.]{0,6}(?:px|pt|r?em|%))|^<font\s[^>]{0,200}?size\s?="
)
_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
_NAME = re.compile(r"/?([a-z][a-z0-9:]*)")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_MOST_TAG_CHARACTERS = 2_000


def text_of_html(page: str, *, with_history: bool = False) -> str:
    """The visible text of a page, one line per block, without the history that mail programs mark.

    What a style hides is left out, unless it is never closed or nothing else is there: then it may be all of
    the mail. A quote that is left out becomes a line `>`.
    """
    text = _text(page, with_history=with_history, with_hidden=False)
    if text or (text == "" and not with_history and _text(page, with_history=True, with_hidden=False)):
        return text
    return _text(page, with_history=with_history, with_hidden=True) or ""


def _text(page: str, *, with_history: bool, with_hidden: bool) -> str | None:  # noqa: PLR0912, PLR0915  (one pass)
    """The text, or None when an element that is hidden is never closed."""
    pieces: list[str] = []
    lower = page.lower()
    if len(lower) != len(page):
        lower = page  # some letters change length in lower case; then only lower-case tags are recognised
    at = 0
    skipped, depth, is_hidden = "", 0, False  # the element that is skipped, and how deep it nests in itself
    is_sizeless = False  # whether it is skipped for its size alone, which elements within may set again
    while at < len(page):
        markup = _MARKUP.search(page, at)
        begin = markup.start() if markup else len(page)
        if not skipped:
            pieces.append(_BLANKS.sub(" ", page[at:begin]))
        if markup is None:
            break
        if lower.startswith("<!--", begin):
            end = page.find("-->", begin)
            at = len(page) if end < 0 else end + 3
            continue
        end = page.find(">", begin)
        if end < 0:
            break  # a tag that never ends
        at = end + 1
        found = _NAME.match(lower, begin + 1)
        if found is None:
            continue
        name, is_closing = found.group(1), lower[begin + 1] == "/"
        tag = lower[begin : min(end, begin + _MOST_TAG_CHARACTERS)]
        if skipped and is_sizeless and not is_closing and _OF_SOME_SIZE.search(tag):
            skipped = ""
        if skipped:
            if name == skipped:
                depth += -1 if is_closing else 1
                skipped = skipped if depth else ""
            continue
        if name in _NOT_SHOWN and not is_closing:
            close = lower.find("</" + name, at)
            at = len(page) if close < 0 else close
        elif not with_history and not is_closing and _ALL_BELOW_IS_HISTORY.search(tag):
            break
        elif is_closing or name in _VOID:
            if name not in _INLINE:
                pieces.append("\n")
        elif not with_history and _HISTORY.search(tag):
            quote = _quote_within(tag, lower, at)
            skipped, depth, is_hidden, is_sizeless = _QUOTE[1:] if quote else name, 1, False, False
            pieces.append(_QUOTE_LEFT_OUT if skipped == _QUOTE[1:] else "\n")
            at = quote or at
        elif not with_hidden and (_HIDDEN.search(tag) or _OF_NO_SIZE.search(tag)):
            skipped, depth, is_hidden, is_sizeless = name, 1, True, not _HIDDEN.search(tag)
        elif name not in _INLINE:
            pieces.append("\n")
    if skipped and is_hidden:
        return None
    lines = (line.strip() for line in html.unescape("".join(pieces)).split("\n"))
    return "\n".join(line for line in lines if line)


def _quote_within(tag: str, lower: str, at: int) -> int:
    """Where in Gmail's division the quote begins, 0 for nowhere: an answer may stand below the quote."""
    if _QUOTE in tag or "gmail_quote" not in tag:
        return 0
    begin = lower.find(_QUOTE, at, at + _MOST_ABOVE_QUOTE)
    return 0 if begin < 0 or "-----" in lower[at:begin] else begin + len(_QUOTE)


_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr"})
