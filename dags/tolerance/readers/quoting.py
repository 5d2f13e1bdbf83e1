"""A mail's own words: what its sender wrote now, without the history and the signature below it.

Works line by line; each line is read a bounded number of times and cut to a bound before any pattern
is tried, so the cost grows only with the length of the text.
"""

from __future__ import annotations

import re

_MOST_LINE_CHARACTERS = 400
_MOST_INTRODUCTION_LINES = 3
_MOST_SIGNATURE_LINES = 12
_HEADER_BLOCK_LINES = 8
_LEAST_HEADERS = 3

_INTRODUCTION = re.compile(
    r"(?:On|Le|Am|El|Il giorno|Il|Em|Op|Den)\b.{4,300}"
    r"(?:\bwrote|\ba [ée]crit|\bschrieb\b.{0,120}|\bescribi[óo]|\bha scritto|\bescreveu|\bschreef\b.{0,120}"
    r"|\bskrev\b.{0,120})\s?:$",
    re.IGNORECASE,
)
"""The line above a quote, such as `Le 3 mai 2026 à 10:02, Ana <ana@x.fr> a écrit :`."""

_SHORT_INTRODUCTION = re.compile(
    r".{0,120}(?:@|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}).{0,120}"
    r"(?:(?:wrote|a [ée]crit)\s?:|<[^<>@\s]+@[^<>@\s]+>\s?:?)$",
    re.IGNORECASE,
)
_NAMED_INTRODUCTION = re.compile(r".{1,120}\b(?:wrote|a [ée]crit)\s?:$", re.IGNORECASE)
_INTRODUCTION_ENDS = (":", ">")

_ORIGINAL = re.compile(
    r"[-_*\s]{2,40}(?:Original Message|Original Appointment|Message d['’]origine|Message original"
    r"|Message initial|Reply message|Urspr[üu]ngliche Nachricht|Mensaje original|Messaggio originale"
    r"|Oorspronkelijk bericht)\b[-_*\s:]{0,40}",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"(?:[-_*\s]{2,40}(?:Forwarded message|Forwarded by .{1,100}|Message transf[ée]r[ée]"
    r"|Message r[ée]exp[ée]di[ée]"
    r"|Weitergeleitete Nachricht|Mensaje reenviado|Doorgestuurd bericht)\b.{0,100}"
    r"|(?:Begin forwarded message|D[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée]))\s?:?)",
    re.IGNORECASE,
)

_FIRST_HEADER = re.compile(r"[>*\s]{0,10}(?:From|De|Von|Da|Van|Exp[ée]diteur)\*?\s?:", re.IGNORECASE)
_HEADER = re.compile(
    r"[>*\s]{0,10}(?:From|Sent|To|Cc|Subject|Date|Reply-To|De|Envoy[ée](?: le)?|[ÀA]|Pour|Objet|Sujet"
    r"|Exp[ée]diteur|Destinataire|Date d['’]envoi|Copie [àa]|Importance|Von|Gesendet|An|Betreff|Datum"
    r"|Da|Inviato|Oggetto|Van|Verzonden|Aan|Onderwerp)\*?\s?:",
    re.IGNORECASE,
)

_RULE = re.compile(r"[_\-=*]{10,}")
_SIGNATURES = ("--", "__", "—")
_DEVICE = re.compile(
    r"(?:Sent from (?:my|Outlook|Mail|Yahoo|Samsung|an?)\b|Sent via\b|Get Outlook for\b"
    r"|Envoy[ée] (?:de(?:puis)? (?:mon|ma|l['’]|Outlook|Yahoo|un)|[àa] partir d|avec |via )"
    r"|Obtenir Outlook pour\b|T[ée]l[ée]charge[rz] Outlook\b|Provenance : Courrier\b).{0,200}",
    re.IGNORECASE,
)
_CAUTION = re.compile(
    r"(?:Ce message et (?:toutes )?(?:ses|les) (?:[ée]ventuelles )?pi[èe]ces jointes"
    r"|This (?:e-?mail|message)(?: and any (?:attachments?|files?))? (?:is|are|may be) confidential)",
    re.IGNORECASE,
)


def own_words(text: str) -> str:
    """`text` without quoted history, signature and the lines that mail programs add.

    A forwarded message stays when its sender added no word: it is what they want to be read.
    """
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    short = [line.strip()[:_MOST_LINE_CHARACTERS] for line in lines]
    kept, forward_at = _without_history(lines, short)
    own = _without_signature(kept)
    if not any(own) and forward_at is not None:
        own = lines[forward_at:]
    return "\n".join(own).strip()


def _without_history(lines: list[str], short: list[str]) -> tuple[list[str], int | None]:
    """The lines that are not history, and where an older, perhaps forwarded message begins."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = short[at]
        if line.startswith(">"):
            at += 1
            continue
        if _FORWARDED.fullmatch(line):
            return kept, at
        if _ORIGINAL.fullmatch(line) or _begins_header_block(short, at):
            return _without_rule(kept), at
        length = _introduction_length(short, at)
        if length:
            at += length
            if not _quote_follows(short, at):
                return kept, None  # the whole rest is history
            continue
        kept.append(lines[at])
        at += 1
    return kept, None


def _begins_header_block(short: list[str], at: int) -> bool:
    """Whether the header lines of an older mail begin here: `De :`, `Envoyé :`, `À :`, `Objet :`."""
    if not _FIRST_HEADER.match(short[at]):
        return False
    block = short[at : at + _HEADER_BLOCK_LINES]
    return (
        len({found.group().strip("*> :").lower() for line in block if (found := _HEADER.match(line))})
        >= _LEAST_HEADERS
    )


def _introduction_length(short: list[str], at: int) -> int:
    """How many lines from here introduce a quote, as mail programs wrap that sentence; 0 for none."""
    joined = ""
    for length in range(1, _MOST_INTRODUCTION_LINES + 1):
        if at + length > len(short) or not short[at + length - 1]:
            return 0
        joined = f"{joined} {short[at + length - 1]}".strip()[:_MOST_LINE_CHARACTERS]
        if not joined.endswith(_INTRODUCTION_ENDS):
            continue
        if _INTRODUCTION.fullmatch(joined) or (length == 1 and _SHORT_INTRODUCTION.fullmatch(joined)):
            return length
        if length == 1 and _NAMED_INTRODUCTION.fullmatch(joined) and _quote_follows(short, at + 1):
            return length
    return 0


def _quote_follows(short: list[str], at: int) -> bool:
    """Whether the next line with words is quoted."""
    for line in short[at : at + _MOST_INTRODUCTION_LINES]:
        if line:
            return line.startswith(">")
    return False


def _without_rule(kept: list[str]) -> list[str]:
    """`kept` without the rule that some programs draw above an older mail."""
    while kept and (not kept[-1].strip() or _RULE.fullmatch(kept[-1].strip()[:_MOST_LINE_CHARACTERS])):
        kept.pop()
    return kept


def _without_signature(kept: list[str]) -> list[str]:
    """`kept` up to a signature mark near its end, without what devices and lawyers add."""
    last = len(kept)
    while last and not kept[last - 1].strip():
        last -= 1
    kept = kept[:last]
    for at in range(max(0, last - _MOST_SIGNATURE_LINES - 1), last):
        if kept[at].strip() in _SIGNATURES:
            return kept[:at]
    for at, line in enumerate(kept):
        if _CAUTION.match(line.strip()[:_MOST_LINE_CHARACTERS]):
            kept = kept[:at]
            break
    return [line for line in kept if not _DEVICE.fullmatch(line.strip()[:_MOST_LINE_CHARACTERS])]
