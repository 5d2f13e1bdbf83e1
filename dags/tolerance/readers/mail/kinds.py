# ruff: noqa: RUF001  (dashes of all kinds are looked for)
"""Who or what wrote a mail: a customer, a machine that answers, a bounce, a list, the company itself.

Headers tell, and of machines that write none the subject: but the words of a subject must stand as machines
write them, for customers write about automatic answers too.
"""

from __future__ import annotations

import re
from email.message import Message

from tolerance.readers.mail.headers import Headers, first
from tolerance.readers.mail.senders import from_address, is_mailer, is_own
from tolerance.settings import Settings

_AUTOMATIC_HEADER = re.compile(
    r"x-(?:mail-)?auto-?(?:reply|respon[ds]|generated)(?!e?-suppress)|x-vacation|autoresponder"
)
_BULK_HEADERS = frozenset(
    {
        "list-unsubscribe",
        "list-help",
        "feedback-id",
        "x-campaign",
        "x-campaign-id",
        "x-campaignid",
        "x-mailchimp-campaign-id",
        "x-mc-user",
        "x-csa-complaints",
        "x-mailer-lid",
        "x-mailgun-tag",
        "x-mj-mid",
        "x-sib-id",
        "x-bulkmail",
    }
)
_NOT_AUTOMATIC = ("", "no", "false", "0", "none")
_END = r"(?=\s*(?:$|[:.!|\[(]|[-–—]\s|-{2}))"

_STRONG_SUBJECT = re.compile(
    r"(?:(?:automatic|auto)[- ]?(?:reply|response|answer)|autoreply|out of (?:the )?office(?: \w+)?"
    r"|r[ée]ponse automatique"
    r"|message automatique|r[ée]pondeur automatique|notification d['’]absence|message d['’]absence"
    r"|avis d['’]absence|absence du bureau|absent\(?e?\)? du bureau|je suis absente?|en cong[ée]s?"
    r"|automatische (?:antwort|nachricht)|abwesenheits?(?:notiz|nachricht|meldung)?|respuesta autom[áa]tica"
    r"|risposta automatica|resposta autom[áa]tica|automatisch antwoord|vacation (?:reply|message"
    r"|response)|ooo)" + _END,
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"(?:(?:actuellement |momentan[ée]ment )?absent\(?e?\)?|absences?|cong[ée]s?(?: annuels?)?"
    r"|en cong[ée]s?|away|on (?:leave|vacation|holiday)"
    r"|out of (?:the )?office|je suis absente?)\s+(?:jusqu|du \d|au \d|le \d|until|till|from"
    r"|du (?:lundi|mardi|mercredi|jeudi|vendredi))",
    re.IGNORECASE,
)
_WEAK_SUBJECT = re.compile(
    r"(?:absence|absent\(?e?\)?|cong[ée]s?(?: annuels?)?|vacances|accus[ée] de r[ée]ception"
    r"|acknowledge?ment(?: of receipt)?"
    r"|on (?:leave|vacation|holiday)|away|vacation|automatique|urlaub)" + _END,
    re.IGNORECASE,
)
_AUTOMATIC_WORDS = re.compile(
    r"\babsente?s?\b|\ben cong[ée]s?\b|\bde retour\b|\bindisponible\b|\bserai de retour"
    r"|out of (?:the )?office|\bon leave\b"
    r"|\baway\b|\bon vacation\b|\bback on\b|automati(?:que|c)|accus(?:e|ons"
    r"|é) (?:bonne )?r[ée]ception|bien re[çc]u votre"
    r"|received your (?:e?-?mail|message|request)|ne pas r[ée]pondre|do not reply|urlaub",
    re.IGNORECASE,
)
"""What the text says where a subject alone does not prove it."""

_BOUNCE_SUBJECT = re.compile(
    r"(?:undeliver(?:ed|able)|delivery status notification|mail delivery (?:failed|failure)|returned mail"
    r"|delivery (?:has )?failed|failure notice|non remis|[ée]chec de (?:la )?(?:remise|distribution)"
    r"|message non (?:distribu[ée]|d[ée]livr[ée]|remis))",
    re.IGNORECASE,
)

_BULK_WORDS = (
    re.compile(
        r"(?:unsubscribe|opt[- ]out|d[ée]sabonn\w+|d[ée]sinscri\w+|abmelden).{0,80}(?:https?://|here|ici"
        r"|lien|link|hier)",
        re.I,
    ),
    re.compile(r"(?:click|cliquez|klicken).{0,60}(?:unsubscribe|d[ée]sabonn|d[ée]sinscri|abmelden)", re.I),
    re.compile(
        r"(?:view|voir|consulter|lire|read).{0,40}(?:in (?:your|a) browser|web version"
        r"|version (?:en ligne|web)|online)",
        re.I,
    ),
    re.compile(
        r"(?:you(?:'re| are) receiving|you received) this|this (?:e-?mail|message) was sent to"
        r"|vous recevez ce|ce (?:message|mail|courriel) (?:vous )?a [ée]t[ée] envoy[ée] [àa]",
        re.I,
    ),
    re.compile(r"all rights reserved|tous droits r[ée]serv[ée]s|(?:©|\(c\)) ?20\d\d", re.I),
)
_BULK_HINT = re.compile(
    r"unsubscribe|opt.out|abonn|inscri|abmelden|browser|en ligne|version|online|serv", re.IGNORECASE
)
"""In whatever has two of these."""

_LEAST_BULK_TRAITS = 2


def kind_of(
    headers: Headers,
    message: Message,
    *,
    sender: str | None,
    subject: str | None,
    text: str,
    settings: Settings,
) -> str:
    """The kind of a mail. `sender` is who wrote it, which may be another than From; `text` is all text."""
    report = (
        first(headers, "content-type").lower() if message.get_content_type() == "multipart/report" else ""
    )
    title = subject or ""
    has_no_return = first(headers, "return-path").strip() == "<>"
    written_by = from_address(headers)
    if (
        is_mailer(written_by)
        or "delivery-status" in report
        or (has_no_return and _BOUNCE_SUBJECT.match(title))
    ):
        return "bounce"
    if _is_automatic(headers) or "disposition-notification" in report or _tells_of_absence(title, text):
        return "automatic_reply"
    if is_own(sender, settings):
        return "own_company"
    if sender == written_by and _is_bulk(headers, text, settings):
        return "mailing_list"
    if _is_foreign_list(headers, settings):
        return "mailing_list"
    return "customer"


def _is_automatic(headers: Headers) -> bool:
    if (first(headers, "auto-submitted").strip().lower() or "no") != "no":
        return True
    if first(headers, "precedence").strip().lower() in ("auto_reply", "auto-reply"):
        return True
    return any(
        _AUTOMATIC_HEADER.match(name) and first(headers, name).strip().lower() not in _NOT_AUTOMATIC
        for name in headers
    )


def _tells_of_absence(title: str, text: str) -> bool:
    if _STRONG_SUBJECT.match(title) or _UNTIL.match(title):
        return True
    return _WEAK_SUBJECT.match(title) is not None and _AUTOMATIC_WORDS.search(text[:2_000]) is not None


def _is_bulk(headers: Headers, text: str, settings: Settings) -> bool:
    """Whether it was sent to many: by a header of bulk senders, or by two things that only they write."""
    if first(headers, "precedence").strip().lower() in ("bulk", "junk"):
        return True
    if _BULK_HEADERS & headers.keys() and not _is_of_our_list(headers, settings):
        return True
    short = text[:20_000]
    if not _BULK_HINT.search(short):
        return False
    return sum(trait.search(short) is not None for trait in _BULK_WORDS) >= _LEAST_BULK_TRAITS


def _is_of_our_list(headers: Headers, settings: Settings) -> bool:
    """Whether a list of the company's own brought it: that is just a mailbox."""
    named = "".join(
        first(headers, name).lower() for name in ("list-id", "list-post", "list-unsubscribe", "list-help")
    )
    return any(own.rpartition("@")[2] in named for own in settings.own_addresses)


def _is_foreign_list(headers: Headers, settings: Settings) -> bool:
    """Whether a mailing list of others sent it."""
    named = first(headers, "list-id") + first(headers, "list-post")
    is_list = bool(named.strip()) or first(headers, "precedence").strip().lower() == "list"
    return is_list and not _is_of_our_list(headers, settings)
