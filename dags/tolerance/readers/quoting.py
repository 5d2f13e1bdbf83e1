# ruff: noqa: RUF001  (dashes and colons of all kinds are looked for)
"""A mail's own words: what its sender wrote now, without the history and the signature below it.

Works line by line; each line is read a bounded number of times and cut to a bound before any pattern
is tried, so the cost grows only with the length of the text.

What is cut must be known by more than one trait (a verb and an address, several labels, a mark of a program):
a sentence of the customer's that is lost is worse than a line of history that stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from tolerance.readers import quoting_words as words

_MOST_LINE_CHARACTERS = 400
_MOST_INTRODUCTION_LINES = 3
_MOST_SIGNATURE_LINES = 12
_HEADER_BLOCK_LINES = 10
_LEAST_HEADERS = 3
_LEAST_HEADERS_WITHOUT_ADDRESS = 4
_MOST_MARK_CHARACTERS = 80
_MOST_NAME_WORDS = 6
_LEAST_SENTENCE_WORDS = 3

_QUOTE_MARKS = re.compile(r"(?:>\s?)+")
_INVISIBLE = re.compile("[\ufeff\u200b\u200e]")
_ODD_BLANKS = re.compile("[\u00a0\u202f]")
_SIGNATURES = ("--", "__", "—", "–")
_RFC_SIGNATURE = "-- "
_RULE_CHARACTERS = "-_=* "
"""What a rule is drawn of: a line of these alone begins nothing, and a text may hold very many."""

_BARE_LINK = re.compile(r"[(<]{0,2}https?://\S{1,300}\s?>?")
_CONTACT = re.compile(r"@|https?://|www\.|\+?\d[\d .()/-]{7,}")
_MOST_NAMED_CHARACTERS = 140


def own_words(text: str) -> str:
    """`text` without quoted history, signature and the lines that mail programs add.

    A forwarded message stays when its sender added no word: it is what they want to be read. So does unquoted
    text below an introduction when there is no other: it may be the answer.
    """
    return cut(text).own


def forwarded_words(text: str) -> str | None:
    """The older mail in `text`, with the lines that name its sender; None when there is none."""
    return cut(text).older


@dataclass(frozen=True, slots=True)
class Cut:
    """A text after the cut: the writer's own words, and the older mail in it, if there is one."""

    own: str
    older: str | None


class _Lines(list[str]):
    """The lines of a text, made ready for matching."""

    @cached_property
    def heads(self) -> list[tuple[str, str] | None]:
        """What each line is as a header line, and None for a blank one: many lines above one ask for it."""
        return [_label(bare) if (bare := _bare(line)) else None for line in self]

    @cached_property
    def next_label(self) -> list[int]:
        """For each header line, which next line has another label; the end for none."""
        following = [len(self)] * len(self)
        last, last_at, after_last = "", len(self), len(self)
        for at in range(len(self) - 1, -1, -1):
            head = self.heads[at]
            if head is None or not head[0]:
                continue
            if head[0] != last:
                last, after_last = head[0], last_at
            last_at = at
            following[at] = after_last
        return following


@dataclass(slots=True)
class _History:
    """Where the writer's own lines end."""

    kept: list[str]
    older_at: int | None = None
    """Where an older, perhaps forwarded mail begins, with its marks."""
    rest_at: int | None = None
    """Where the text below an introduction begins."""
    says_anything: bool = False
    """Whether the kept lines are more than a greeting."""
    quoted: list[str] = field(default_factory=list)
    """The lines with marks of quotes, which are the writer's own when nothing else is."""
    is_introduced: bool = False
    """Whether any quote has an introduction."""

    def keep(self, line: str) -> None:
        self.kept.append(line)
        self.says_anything = self.says_anything or _is_more_than_a_greeting(line)


@lru_cache(maxsize=4)
def cut(text: str) -> Cut:
    """The own words of a text and the older mail in it: `own_words` and `forwarded_words` at once.

    The parts of a mail are compared with one another, so the same text comes several times.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    short = _Lines(map(_for_matching, lines))
    history = _without_history(lines, short)
    older = None if history.older_at is None else _unquoted(lines[history.older_at :])
    own = _without_signature(history.kept)
    if not _says_anything(own):
        if older is not None:
            own = own + older
        elif history.rest_at is not None:
            own = own + _rest(lines, short, history.rest_at)
        elif history.quoted and not history.is_introduced:
            own = own + _without_signature(_unquoted(history.quoted))
    joined = "\n".join(line.rstrip() for line in own).strip().lstrip("\ufeff")
    return Cut(joined, None if older is None else "\n".join(older).strip())


def _without_history(lines: list[str], short: _Lines) -> _History:
    """The lines that are not history, and where an older mail or the text of an answer begins."""
    found = _History([])
    at = 0
    while at < len(lines):
        line = short[at]
        is_quoted = line.startswith(">")
        if line and _begins_older_mail(short, at):
            if not is_quoted:
                found.kept = _without_rule(found.kept)
                found.older_at = at
                return found
            if found.older_at is None and not found.says_anything:
                found.older_at = at
        if is_quoted:
            found.quoted.append(lines[at])
            at += 1
            continue
        if _is_line_of_a_desk(line) or _begins_list_footer(short, at):
            return found
        if _is_inside_a_quote(short, at):
            at += 1
            continue
        length, before = _introduction(short, at)
        if not length:
            found.keep(lines[at])
            at += 1
            continue
        found.is_introduced = True
        if before:
            found.keep(before)
        at += length
        if not _quote_follows(short, at):
            found.rest_at = at
            return found  # the whole rest is history
    return found


def _rest(lines: list[str], short: _Lines, at: int) -> list[str]:
    """The unquoted lines from `at` on, up to where a help desk's own words begin."""
    rest = []
    for line, matched in zip(lines[at:], short[at:], strict=True):
        if _is_line_of_a_desk(matched):
            break
        if not matched.startswith(">"):
            rest.append(line)
    return _without_signature(rest)


def _is_line_of_a_desk(line: str) -> bool:
    """Whether a help desk's own words stand below."""
    return (
        words.LINE.search(line) is not None
        and words.ANSWER_ABOVE.fullmatch(line) is not None
        and words.OF_AN_ANSWER.search(line) is None
    )


def _unquoted(lines: list[str]) -> list[str]:
    """Lines as they were before they were quoted, when they begin with a quoted one."""
    if not lines[0].lstrip().startswith(">"):
        return lines
    return [
        _QUOTE_MARKS.sub("", line.lstrip(), count=1) if line.lstrip().startswith(">") else line
        for line in lines
    ]


def _says_anything(lines: list[str]) -> bool:
    """Whether there is more than a greeting."""
    return any(map(_is_more_than_a_greeting, lines))


def _is_more_than_a_greeting(line: str) -> bool:
    line = _for_matching(line)
    if not line.endswith(","):
        return bool(line)
    return len(line.split()) > _MOST_NAME_WORDS or words.GREETING.match(line) is None


# An older mail ------------------------------------------------------------------------


def _bare(line: str) -> str:
    """A line without the marks of quotes."""
    return _QUOTE_MARKS.sub("", line, count=1).strip() if line.startswith(">") else line


def _begins_older_mail(short: _Lines, at: int) -> bool:
    """Whether the mark above an older mail, or its header lines, begin here."""
    line = _bare(short[at])
    if not line.strip(_RULE_CHARACTERS):
        return False
    if words.MARKED.fullmatch(line):
        return True
    if _begins_header_block(short, at):
        return True
    is_mark = words.FORWARD_BEGINS.fullmatch(line) or words.BETWEEN_DASHES.fullmatch(line)
    is_lead = line.endswith(":") and len(line) <= _MOST_MARK_CHARACTERS and words.LABELLED.fullmatch(line)
    if not is_mark and not is_lead:
        return False
    for below in range(at + 1, min(at + 4, len(short))):
        if _bare(short[below]):
            return _begins_header_block(short, below)
    return False


def _begins_header_block(short: _Lines, at: int) -> bool:
    """Whether the header lines of an older mail begin here: `De :`, `Envoyé :`, `À :`, `Objet :`.

    Customers label lines too: so an address is asked for, or four labels and a time or a blank line below.
    """
    head = short.heads[at]
    if head is None or not head[0]:
        return False
    if short.next_label[at] >= at + _HEADER_BLOCK_LINES:
        return False
    roles: set[str] = set()
    values: dict[str, str] = {}
    is_all_labels = True
    for found in short.heads[at : at + _HEADER_BLOCK_LINES]:
        if found is None:
            break
        role, value = found
        if role:
            roles.add(role)
            values.setdefault(role, value)
        else:
            is_all_labels = False
    people = f"{values.get('from', '')} {values.get('to', '')}"
    has_address = words.ADDRESS.search(people) is not None
    when = values.get("date", "") + values.get("sent", "")
    if "from" in roles and len(roles) >= _LEAST_HEADERS:
        is_timed = words.TIME.search(words.DATE.sub("", when)) is not None
        is_whole = len(roles) >= _LEAST_HEADERS_WITHOUT_ADDRESS and (is_timed or is_all_labels)
        return has_address or "sent" in roles or is_whole
    return (
        has_address
        and len(roles & {"from", "to", "date", "sent"}) > 1
        and words.TIME.search(when) is not None
    )


def _label(bare: str) -> tuple[str, str]:
    """What the label of a header line names, and its value; `''` for a line that is none."""
    found = words.LABELLED.match(bare.lstrip("* ").replace("*", "", 2))
    if found is None:
        return "", ""
    label = found[1].strip().casefold()
    role = next((role for role, labels in words.ROLES.items() if label in labels), None)
    return (role, found[2]) if role else ("", "")


def _without_rule(kept: list[str]) -> list[str]:
    """`kept` without the rule that some programs draw above an older mail."""
    while kept and (not kept[-1].strip() or words.RULE.fullmatch(kept[-1].strip()[:_MOST_LINE_CHARACTERS])):
        kept.pop()
    return kept


def _begins_list_footer(short: _Lines, at: int) -> bool:
    """Whether a rule stands here above the footer of a mailing list."""
    if not words.RULE.fullmatch(short[at]):
        return False
    below = [line for line in short[at + 1 : at + 6] if not words.RULE.fullmatch(line)]
    if not any(map(words.LIST_LINK.search, below)):
        return False
    return any(map(words.LIST_FOOTER.fullmatch, below[:3]))


# Introductions of quotes --------------------------------------------------------------


def _introduction(short: _Lines, at: int) -> tuple[int, str]:
    """How many lines from here introduce a quote, 0 for none, and the words before it on its line."""
    if not short[at].strip(_RULE_CHARACTERS):
        return 0, ""
    joined = ""
    for length in range(1, _MOST_INTRODUCTION_LINES + 1):
        if at + length > len(short) or not short[at + length - 1]:
            break
        joined = f"{joined} {short[at + length - 1]}".strip()[:_MOST_LINE_CHARACTERS]
        if not joined.endswith((":", "：", "-", "—", ">")):
            continue
        before = _before_introduction(joined, is_quote_next=_quote_follows(short, at + length))
        if before is not None and (length == 1 or _may_be_wrapped(short[at])):
            return length, before
    return 0, ""


def _may_be_wrapped(first: str) -> bool:
    """Whether an introduction of several lines may begin with this one, and not with a later one."""
    return any(part.search(first) for part in (words.STARTER, words.TIME, words.ADDRESS))


def _before_introduction(line: str, *, is_quote_next: bool) -> str | None:
    """The words before the introduction in which `line` ends; None when it ends in none."""
    if words.STARTS_WITH_DATE.match(line) and words.IN_ANGLES_AT_THE_END.search(line[-330:]):
        return "" if is_quote_next or line.endswith(":") else None
    sentence = line.rstrip("-—–=*_ ")
    if not line.endswith((":", "：")) and not (sentence != line and words.VERB.search(sentence[-30:])):
        return None
    verbs = list(words.VERB.finditer(line))
    if not verbs:
        return None
    verb = verbs[-1]
    behind = line[verb.end() :].strip(" :：-—–=*_")
    if behind and not words.ADDRESS.search(behind) and not words.VERB_BEFORE_NAME.search(verb.group()):
        return None
    starts = [found.start() for found in words.STARTER.finditer(line, 0, verb.start())]
    introduction = line[starts[-1] :] if starts else line
    has_address = words.ADDRESS.search(introduction) is not None
    is_dated = words.TIME.search(introduction) is not None
    if words.OWN_SENTENCE.match(introduction) or (
        not has_address and words.OWN_SENTENCE.search(introduction)
    ):
        return None
    if (starts and (has_address or is_dated)) or (has_address and (is_dated or is_quote_next)):
        return line[: starts[-1]].rstrip(" -—–=*_") if starts else ""
    return "" if is_quote_next and len(line) <= _MOST_NAMED_CHARACTERS else None


def _quote_follows(short: _Lines, at: int) -> bool:
    """Whether the next line with words is quoted."""
    for line in short[at : at + _MOST_INTRODUCTION_LINES]:
        if line:
            return line.startswith(">")
    return False


def _is_inside_a_quote(short: _Lines, at: int) -> bool:
    """Whether a line is a link that broke out of the quoted line above it."""
    return (
        0 < at < len(short) - 1
        and short[at - 1].startswith(">")
        and short[at + 1].startswith(">")
        and _BARE_LINK.fullmatch(short[at]) is not None
    )


# Signatures ---------------------------------------------------------------------------


def _without_signature(kept: list[str]) -> list[str]:
    """`kept` up to a signature mark near its end, without what devices and lawyers add."""
    last = len(kept)
    while last and not kept[last - 1].strip():
        last -= 1
    kept = kept[:last]
    for at in range(max(0, last - _MOST_SIGNATURE_LINES - 1), last):
        if kept[at].strip() in _SIGNATURES and _is_signature(kept, at):
            kept = kept[:at]
            break
    for at, line in enumerate(kept):
        if words.CAUTION.match(_for_matching(line)):
            kept = kept[:at] if _says_anything(kept[:at]) else kept
            break
    return [line for line in kept if not words.DEVICE.fullmatch(_for_matching(line))]


def _for_matching(line: str) -> str:
    line = line[:_MOST_LINE_CHARACTERS]
    if not line.isascii():
        line = _INVISIBLE.sub("", _ODD_BLANKS.sub(" ", line))
    return line.replace("\t", " ").strip()


def _is_signature(kept: list[str], at: int) -> bool:
    """Whether the mark at `at` stands above a signature, and not between a customer's own lines."""
    if not _says_anything(kept[:at]):
        return False
    if kept[at] == _RFC_SIGNATURE:
        return True
    below = [_for_matching(line) for line in kept[at + 1 :] if line.strip()]
    if any(line in _SIGNATURES for line in below) or any(map(_is_sentence, below)):
        return False
    return not below or _is_name(below[0]) or any(map(_CONTACT.search, below))


def _is_sentence(line: str) -> bool:
    if _CONTACT.search(line):
        return len({word.casefold() for word in words.OF_A_SENTENCE.findall(line)}) > 1
    if len(line.split()) < _LEAST_SENTENCE_WORDS:
        return False
    return line.endswith((".", "!", "?", "…")) or not _is_name(line)


def _is_name(line: str) -> bool:
    """Whether a line may be a name, a post or a firm: few words, the longer ones with a capital."""
    parts = line.split()
    return len(parts) <= _MOST_NAME_WORDS and all(
        not part[0].islower() for part in parts if len(part) > _LEAST_SENTENCE_WORDS
    )
