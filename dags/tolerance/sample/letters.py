"""Mails as they arrive: MIME in several forms and charsets, replies with quoted history."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.charset import BASE64, QP, Charset
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import Compat32
from email.utils import format_datetime, formataddr
from io import BytesIO
from random import Random

from tolerance.sample.chance import chance
from tolerance.sample.company import address_on
from tolerance.sample.contacts import Contact
from tolerance.sample.moments import COMPANY_ZONE, at_work, business_date
from tolerance.sample.phrases import (
    MANNERS,
    fill,
    letter,
    month_name,
    roughen,
    story_of,
    subject_of,
    weekday_name,
)
from tolerance.sample.wording import words

SERVICE_ADDRESS = "service-client@orlane.example"
_SERVICE_NAMES = {"fr": "Service client Orlane", "en": "Orlane Customer Care"}

_CHARSETS = (
    ("utf-8", QP, 40),
    ("utf-8", BASE64, 22),
    ("utf-8", None, 8),  # sent as 8bit
    ("iso-8859-1", QP, 12),
    ("iso-8859-15", QP, 6),
    ("windows-1252", QP, 9),
    ("windows-1252", BASE64, 3),
)
_FORMS = (("plain", 62), ("alternative", 26), ("html", 12))
_CONTENT_HEADERS = ("MIME-Version", "Content-Type", "Content-Transfer-Encoding")
_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = words("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")


class _AsWritten(Compat32):
    """Headers go out as they were set: they are ASCII and folded already."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header with its line end."""
        return f"{name}: {value}\n".encode("ascii")


def mbox_entry(rng: Random, contact: Contact) -> bytes:
    """The contact's mail as one mboxrd entry: `From ` line, message, empty line.

    Sets `contact.subject`, which a later reply repeats: write mails in the order of time.
    """
    message, sender = _message(rng, contact)
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=False, policy=_AsWritten()).flatten(message)
    body = _FROM_LINE.sub(rb">\1", buffer.getvalue()).rstrip(b"\n")
    return f"From {sender} {_asctime(contact.at)}\n".encode("ascii") + body + b"\n\n"


def dated_1970(entry: bytes) -> bytes:
    """The same mail from a machine whose clock was never set, and without its trace of relays."""
    entry = re.sub(rb"(?m)^Received: .*\n(?:[ \t].*\n)*", b"", entry)
    return re.sub(rb"(?m)^Date: .*$", b"Date: Thu, 01 Jan 1970 00:00:11 +0000", entry, count=1)


def _message(rng: Random, contact: Contact) -> tuple[Message, str]:
    if contact.kind == "bounce":
        return _bounce(contact), "MAILER-DAEMON"
    if contact.kind == "newsletter":
        return _newsletter(rng, contact), "news@bulletin.example"
    paragraphs, quoted = _content(rng, contact)
    charset = _charset(rng, contact.subject + paragraphs + quoted)
    message = _mime(rng, paragraphs, quoted, charset)
    sender = address_on(contact.person, business_date(contact.at))
    _head(rng, message, contact, sender, charset.input_charset)
    return message, sender


def _content(rng: Random, contact: Contact) -> tuple[str, str]:
    """What the person writes, and the quoted history below it (often empty)."""
    language, facts = contact.person.language, contact.facts
    manners = MANNERS[language]
    if contact.kind == "absence":
        contact.subject = fill(rng.choice(manners.absence_subjects), facts, subject=_notice(language))
        return fill(rng.choice(manners.absences), facts), ""
    if contact.kind == "forwarded" and contact.earlier:
        return _forwarded(rng, contact, contact.earlier)
    paragraphs = [story_of(rng, contact)]
    if chance(rng, 0.12) and contact.person.customer_id and contact.kind not in ("thanks", "resolved"):
        number = contact.person.customer_id
        paragraphs.append(f"N° client {number}" if language == "fr" else f"Customer {number}")
    return _reference(rng, contact, letter(rng, paragraphs, language, facts))


def _forwarded(rng: Random, contact: Contact, original: Contact) -> tuple[str, str]:
    """Somebody else's mail below a line of one's own."""
    language = contact.person.language
    contact.subject = ("TR: " if language == "fr" else "Fwd: ") + original.subject
    text = letter(rng, [rng.choice(MANNERS[language].forwards)], language, contact.facts)
    theirs = original.person.language
    told = letter(rng, [story_of(rng, original)], theirs, original.facts)
    at = original.at.astimezone(COMPANY_ZONE)
    day = f"{weekday_name(at, language)} {at.day} {month_name(at, language)} {at.year} {at:%H:%M}"
    sender = f"{original.person.full_name} <{original.person.addresses[0]}>"
    if language == "fr":
        head = f"---------- Message transféré ---------\nDe : {sender}\nDate : {day}\n"
        head += f"Objet : {original.subject}\nÀ : {SERVICE_ADDRESS}\n\n"
    else:
        head = f"---------- Forwarded message ---------\nFrom: {sender}\nDate: {day}\n"
        head += f"Subject: {original.subject}\nTo: {SERVICE_ADDRESS}\n\n"
    return text, head + told


def _notice(language: str) -> str:
    return "Votre facture est disponible" if language == "fr" else "Your bill is ready"


def _reference(rng: Random, contact: Contact, text: str) -> tuple[str, str]:
    """The subject, and how the mail refers to an earlier ticket or mail."""
    language, facts, earlier = contact.person.language, contact.facts, contact.earlier
    manners = MANNERS[language]
    if earlier is None:
        contact.subject = subject_of(rng, contact)
        return text, ""
    about = earlier.subject or subject_of(rng, contact)
    if contact.twist == "number_as_written":
        if chance(rng, 0.5):
            contact.subject = fill(
                rng.choice(manners.number_subjects), facts, ticket=earlier.native_id, subject=about
            )
        else:
            contact.subject = subject_of(rng, contact)
            mention = rng.choice(manners.number_mentions)
            text = fill(mention, facts, ticket=earlier.native_id) + "\n\n" + text
        return text, ""
    if earlier.source == "tickets":
        if chance(rng, 0.7):
            contact.subject = fill(
                rng.choice(manners.ticket_subjects),
                facts,
                ticket=earlier.native_id,
                subject=about,
            )
        else:
            contact.subject = subject_of(rng, contact)
            mention = rng.choice(manners.ticket_mentions)
            text = fill(mention, facts, ticket=earlier.native_id) + "\n\n" + text
    else:
        contact.subject = about if about.lower().startswith("re") else f"Re: {about}"
    quoted = _quoted(rng, contact, earlier.at, about) if chance(rng, 0.75) else ""
    return text, quoted


def _quoted(rng: Random, contact: Contact, asked_at: datetime, subject: str) -> str:
    """The company's last answer as the person's mail program quotes it."""
    language = contact.person.language
    wait = (contact.at - asked_at) * rng.uniform(0.2, 0.8)
    answered = min(at_work(rng, asked_at + wait), contact.at - timedelta(minutes=5))
    at = answered.astimezone(COMPANY_ZONE)
    answer = rng.choice(MANNERS[language].agent_answers)
    if chance(rng, 0.25):
        return _outlook_head(language, at, contact, subject) + answer + "\n"
    lines = [f"> {line}".rstrip() for line in answer.splitlines()]
    return "\n".join([_attribution(language, at), *lines]) + "\n"


def _attribution(language: str, at: datetime) -> str:
    clock, name = f"{at:%H:%M}", f"{_SERVICE_NAMES[language]} <{SERVICE_ADDRESS}>"
    if language == "fr":
        day = f"{weekday_name(at, 'fr')[:3]}. {at.day} {month_name(at, 'fr')} {at.year}"
        return f"Le {day} à {clock}, {name} a écrit :\n"
    day = f"{weekday_name(at, 'en')[:3]}, {at.day} {month_name(at, 'en')[:3]} {at.year}"
    return f"On {day} at {clock}, {name} wrote:\n"


def _outlook_head(language: str, at: datetime, contact: Contact, subject: str) -> str:
    service, name = _SERVICE_NAMES[language], contact.person.full_name
    day = f"{weekday_name(at, language)} {at.day} {month_name(at, language)} {at.year} {at:%H:%M}"
    if language == "fr":
        return (
            f"-----Message d'origine-----\nDe : {service} <{SERVICE_ADDRESS}>\nEnvoyé : {day}\n"
            f"À : {name}\nObjet : RE: {subject}\n\n"
        )
    return (
        f"-----Original Message-----\nFrom: {service} <{SERVICE_ADDRESS}>\nSent: {day}\n"
        f"To: {name}\nSubject: RE: {subject}\n\n"
    )


def _charset(rng: Random, text: str) -> Charset:
    """One that has all letters of the text, as mail programs choose it."""
    name, encoding, _ = rng.choices(_CHARSETS, weights=[share for *_, share in _CHARSETS])[0]
    try:
        text.encode(name)
    except UnicodeEncodeError:
        name, encoding = "windows-1252", QP
    charset = Charset(name)
    charset.input_charset = charset.output_charset = name
    charset.body_encoding = encoding  # type: ignore[assignment]  # None is 7bit or 8bit
    return charset


def _mime(rng: Random, text: str, quoted: str, charset: Charset) -> Message:
    form = rng.choices([f for f, _ in _FORMS], weights=[share for _, share in _FORMS])[0]
    plain = _text_part(text + ("\n" + quoted if quoted else ""), "plain", charset)
    if form == "plain":
        return plain
    page = _text_part(_page(text, quoted), "html", charset)
    if form == "html":
        return page
    boundary = f"=_{rng.getrandbits(96):024x}"
    return MIMEMultipart("alternative", boundary, [plain, page])


def _text_part(text: str, subtype: str, charset: Charset) -> MIMEText:
    return MIMEText(text, subtype, charset)  # type: ignore[arg-type]  # a Charset is fine


def _page(text: str, quoted: str) -> str:
    paragraphs = [
        f'<p style="margin:0 0 12px">{html.escape(block).replace(chr(10), "<br>")}</p>'
        for block in text.strip().split("\n\n")
    ]
    if quoted:
        lines = html.escape(re.sub(r"(?m)^> ?", "", quoted)).replace("\n", "<br>\n")
        paragraphs.append(f'<blockquote class="gmail_quote">{lines}</blockquote>')
    style = "<style>p { font-family: Arial, sans-serif }</style>"
    body = "\n".join(paragraphs)
    return f"<html><head>{style}</head>\n<body>\n{body}\n</body></html>\n"


def _head(rng: Random, message: Message, contact: Contact, sender: str, charset: str) -> None:
    """The envelope's trace, the addresses, the date as the sender's clock has it, the thread."""
    content = [(name, value) for name, value in message.items() if name in _CONTENT_HEADERS]
    for name in _CONTENT_HEADERS:
        del message[name]
    received = contact.at + timedelta(seconds=rng.randint(1, 40))
    host = sender.split("@")[1]
    message["Received"] = (
        f"from mx.{host} (mx.{host} [192.0.2.{rng.randint(1, 250)}])\n"
        f"\tby mx1.orlane.example with ESMTPS; {format_datetime(received)}"
    )
    zone = UTC if chance(rng, 0.12) else COMPANY_ZONE
    message["Date"] = format_datetime(contact.at.astimezone(zone))
    message["From"] = formataddr((contact.person.full_name, sender), charset="utf-8")
    message["To"] = f"{_SERVICE_NAMES['fr']} <{SERVICE_ADDRESS}>"
    message["Subject"] = _encoded(contact.subject, charset)
    message["Message-ID"] = f"<{contact.native_id}>"
    for name, value in _thread(rng, contact):
        message[name] = value
    if contact.kind == "absence":
        message["Auto-Submitted"] = "auto-replied"
        message["X-Auto-Response-Suppress"] = "All"
    for name, value in content:  # last, as mail programs have them
        message[name] = value


def _encoded(subject: str, charset: str) -> str:
    """The subject as it is when it is ASCII, else as encoded words."""
    if subject.isascii():
        return subject
    return Header(subject, charset, header_name="Subject").encode()


def _thread(rng: Random, contact: Contact) -> Sequence[tuple[str, str]]:
    earlier = contact.earlier
    if earlier is None or contact.kind == "forwarded" or contact.twist == "number_as_written":
        return ()
    answer = f"<{rng.getrandbits(64):016x}@orlane.example>"  # the company's own, not in the mbox
    if earlier.source == "tickets":
        # Most answer the desk's notice; the others write a fresh mail and name the number.
        if chance(rng, 0.4):
            return ()
        notice = f"<desk-{earlier.native_id}@orlane.example>"
        return (("In-Reply-To", notice), ("References", notice))
    references = f"<{earlier.native_id}> {answer}"
    if contact.twist == "references_first_foreign":  # an older thread, which mail programs put in front
        references = f"<{rng.getrandbits(64):016x}@bulletin.example> {references}"
    return (("In-Reply-To", answer), ("References", references))


def _bounce(contact: Contact) -> Message:
    """A report that a mail of the company could not be delivered."""
    address = contact.person.addresses[0]
    report = MIMEMultipart("report", f"=_bounce_{contact.native_id[:12]}")
    report.set_param("report-type", "delivery-status")
    report["Date"] = format_datetime(contact.at)
    report["From"] = "Mail Delivery System <MAILER-DAEMON@orlane.example>"
    report["To"] = SERVICE_ADDRESS
    report["Subject"] = contact.subject = "Undelivered Mail Returned to Sender"
    report["Message-ID"] = f"<{contact.native_id}>"
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(f"<{address}>: mailbox full\n", "plain", "us-ascii"))
    relay, recipient = Message(), Message()
    relay["Reporting-MTA"] = "dns; mx1.orlane.example"
    recipient["Final-Recipient"] = f"rfc822; {address}"
    recipient["Action"] = "failed"
    recipient["Status"] = "5.2.2"
    status = MIMEBase("message", "delivery-status")
    status.set_payload([relay, recipient])
    report.attach(status)
    return report


def _newsletter(rng: Random, contact: Contact) -> Message:
    """A mailing list that the service address is on."""
    text = roughen(rng, "La lettre de la relation client : cinq idées pour l'automne.\n")
    message = MIMEText(text, "plain", "utf-8")
    message["Date"] = format_datetime(contact.at)
    message["From"] = "La lettre <news@bulletin.example>"
    message["To"] = SERVICE_ADDRESS
    contact.subject = "La lettre de la relation client"
    message["Subject"] = contact.subject
    message["Message-ID"] = f"<{contact.native_id}>"
    message["List-Id"] = "La lettre <lettre.bulletin.example>"
    message["List-Unsubscribe"] = "<mailto:stop@bulletin.example>"
    message["Precedence"] = "bulk"
    return message


def _asctime(at: datetime) -> str:
    """The instant as mbox separators have it, in UTC and whatever the locale."""
    at = at.astimezone(UTC)
    day = f"{_WEEKDAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day:2d}"
    return f"{day} {at:%H:%M:%S} {at.year}"
