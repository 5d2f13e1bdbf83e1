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
        "x-campaign",
        "x-campaign-id",
        "x-campaignid",
        "x-mailchimp-campaign-id",
        "x-csa-complaints",
        "x-mailer-lid",
        "x-bulkmail",
    }
)
_DISPATCHER_HEADERS = frozenset({"feedback-id", "x-mc-user", "x-mailgun-tag", "x-mj-mid", "x-sib-id"})
"""Of services that send for many: newsletters, and the mail of persons too. One trait, and no proof."""

_NOT_AUTOMATIC = ("", "no", "false", "0", "none")
_END = r"(?=\s*(?:$|[:.!|\[(]|[-–—]\s|-{2}))"
_ANSWERED = r"(?=\s*(?:[.|\[(]|:|[-–—]\s|-{2}|$))"
"""What stands behind a machine's own phrase: nothing, or the subject that it answers."""

_STRONG_SUBJECT = re.compile(
    r"(?:(?:automatic|auto)[- ]?(?:reply|response|answer)|autoreply"
    r"|out of (?:the )?office[: -]{1,3}(?:auto-?\s?reply|automatic reply)"
    r"|r[ée]ponse automatique"
    r"|message automatique|r[ée]pondeur automatique|(?:notification|message) d['’]absence"
    r"|absence du bureau"
    r"|automatische (?:antwort|nachricht)|abwesenheits(?:notiz|nachricht|meldung)|respuesta autom[áa]tica"
    r"|risposta automatica|resposta autom[áa]tica|automatisch antwoord|vacation (?:reply|message"
    r"|response))" + _ANSWERED,
    re.IGNORECASE,
)
"""Only machines write these, so they prove it alone."""

_DATES = r"(?:\s+(?:du|au|le|jusqu\S{1,5}|until|till|from|to|bis|since|depuis)\s[^:,;!?()\[\]]{1,24}?){0,2}"
_ABSENCE_SUBJECT = re.compile(
    r"(?:out of (?:the )?office(?: \w+)?|ooo|avis d['’]absence|absences?|je suis absente?"
    r"|(?:(?:actuellement |momentan[ée]ment )?absent\(?e?\)?)(?: du bureau)?"
    r"|(?:en )?cong[ée]s?(?: annuels?)?|vacances|automatique|urlaub|abwesenheit|away|vacation"
    r"|on (?:leave|vacation|holiday))" + _DATES + r"\s*(?:$|[.!]\s*$|[:|\[(]"
    r"|-{1,2}\s+(?:re|tr|fwd?|aw|r[ée]f)\s?:)",
    re.IGNORECASE,
)
"""Customers write these too, of themselves and others: the text must speak of its writer's absence."""

_AWAY = r"absente?s?\b|en (?:cong|vacances|d[ée]placement)|indisponible|hors du bureau|de retour"
_ABSENCE_WORDS = re.compile(
    rf"\b(?:je (?:suis|serai)|nous (?:sommes|serons)) (?:[a-zé]{{2,16}} ){{0,2}}(?:{_AWAY})"
    rf"|\b(?:actuellement|momentan[ée]ment) (?:{_AWAY})"
    r"|\bde retour (?:le|au|[àa] partir|lundi|mardi|mercredi)"
    r"|\b(?:pendant|durant|en) mon absence"
    r"|out of (?:the )?office (?:until|from|with|and|on|at|till)"
    r"|\bI(?:['’]m| am| will be|['’]ll be)(?: currently| now)?"
    r" (?:away|out of|on (?:leave|vacation|holiday)|back)"
    r"|\bback (?:on|in the office)\b|(?:during|in) my absence"
    r"|\bce(?:ci|t|tte)? (?:est |message |r[ée]ponse ).{0,40}automatique|this is an automat"
    r"|ne pas r[ée]pondre|do not reply|\bich bin .{0,60}(?:abwesend|urlaub|b[üu]ro)",
    re.IGNORECASE,
)
_WEAK_SUBJECT = re.compile(
    r"(?:accus[ée] de r[ée]ception|acknowledge?ment(?: of receipt)?)" + _END,
    re.IGNORECASE,
)
_AUTOMATIC_WORDS = re.compile(
    r"automati(?:que|c)|accus(?:e|ons|é) (?:bonne )?r[ée]ception|bien re[çc]u votre"
    r"|received your (?:e?-?mail|message|request)|ne pas r[ée]pondre|do not reply",
    re.IGNORECASE,
)
"""What the text says where a subject alone does not prove it."""

_BOUNCE_SUBJECT = re.compile(
    r"(?:undeliver(?:ed|able)|delivery status notification|mail delivery (?:failed|failure)|returned mail"
    r"|delivery (?:has )?(?:failed|failure|delayed)|failure notice|non remis"
    r"|[ée]chec de (?:la )?(?:remise|distribution)"
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
"""In whatever has one of these."""

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
    traits = has_no_return + bool(report) + (_BOUNCE_SUBJECT.match(title) is not None)
    if _is_mail_program(written_by) or "delivery-status" in report:
        return "bounce"
    if (traits and is_mailer(written_by)) or (has_no_return and _BOUNCE_SUBJECT.match(title)):
        return "bounce"
    if (
        _is_automatic(headers, is_for_another=bool(sender) and sender != written_by)
        or "disposition-notification" in report
        or _tells_of_absence(title, text)
    ):
        return "automatic_reply"
    if is_own(sender, settings):
        return "own_company"
    if sender == written_by and _is_bulk(headers, text, settings):
        return "mailing_list"
    if _is_foreign_list(headers, settings):
        return "mailing_list"
    return "customer"


def _is_mail_program(address: str | None) -> bool:
    """Whether nobody writes from an address; `postmaster` is in small firms a person's."""
    return is_mailer(address) and not (address or "").lower().startswith("postmaster@")


def _is_automatic(headers: Headers, *, is_for_another: bool) -> bool:
    """A form that sends in a customer's name calls the mail generated; it is theirs."""
    submitted = first(headers, "auto-submitted").strip().lower() or "no"
    if submitted != "no" and not (is_for_another and submitted.startswith("auto-generated")):
        return True
    if first(headers, "precedence").strip().lower() in ("auto_reply", "auto-reply"):
        return True
    return any(
        _AUTOMATIC_HEADER.match(name) and first(headers, name).strip().lower() not in _NOT_AUTOMATIC
        for name in headers
    )


def _tells_of_absence(title: str, text: str) -> bool:
    if _STRONG_SUBJECT.match(title):
        return True
    begin = text[:2_000]
    if _ABSENCE_SUBJECT.match(title):
        return _ABSENCE_WORDS.search(begin) is not None
    return _WEAK_SUBJECT.match(title) is not None and _AUTOMATIC_WORDS.search(begin) is not None


def _is_bulk(headers: Headers, text: str, settings: Settings) -> bool:
    """Whether it was sent to many: by a header of bulk senders, or by two things that only they write."""
    is_sent_to_many = first(headers, "precedence").strip().lower() in ("bulk", "junk")
    if (is_sent_to_many or _BULK_HEADERS & headers.keys()) and not _is_of_our_list(headers, settings):
        return True
    traits = 1 if _DISPATCHER_HEADERS & headers.keys() else 0
    short = text[:20_000]
    if not _BULK_HINT.search(short):
        return False
    traits += sum(trait.search(short) is not None for trait in _BULK_WORDS)
    return traits >= _LEAST_BULK_TRAITS


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
