"""The text that the sender wrote is found and decoded, whatever it is wrapped in."""

from __future__ import annotations

import base64
import time

import pytest
from asn1crypto import cms

from tests.unit.readers.mail.conftest import ReadMail, parts
from tolerance.readers.html_text import text_of_html
from tolerance.readers.mail import enclosed

TEXT = "Le colis n° 5 est cassé."


@pytest.mark.parametrize(
    ("label", "raw", "text"),
    [
        ("iso-8859-1", "Prix : 30 €".encode("cp1252"), "Prix : 30 €"),
        ("us-ascii", "cassé".encode(), "cassé"),
        ("iso-8859-1", "cassé, 30 €".encode(), "cassé, 30 €"),
        ("utf-8", "cassé et faux ".encode() + b"\xff", "cassé et faux \ufffd"),
        ("utf-8", "cassé et cassé".encode()[:-1], "cassé et cass\ufffd"),
        ("utf-8", "été cassé".encode("cp1252"), "été cassé"),
        ("gb2312", "æ 坏了 镕".encode("gb18030"), "æ 坏了 镕"),
        ("gb2312", "Le colis est cassé — déjà".encode(), "Le colis est cassé — déjà"),
        ("gb2312", "客户".encode("gbk"), "客户"),
        ("iso-2022-jp", "壊れた".encode("iso2022_jp") + b" \x1b$B%\x1b(B x", "壊れた"),
        ("windows-1251", "сломано".encode("cp1251"), "сломано"),
        ("utf-16", b"plain words", "plain words"),
        ("x-unknown", "cassé".encode("cp1252"), "cassé"),
        ('"windows-1258"', "cassé".encode("cp1258"), "cassé"),
        ("unicode_escape", b"\\x41", "\\x41"),
        (b"utf\xff".decode("ascii", "surrogateescape"), "cassé".encode(), "cassé"),
    ],
)
def test_bytes_mean_what_their_label_means_in_practice(
    read_mail: ReadMail, label: str, raw: bytes, text: str
) -> None:
    mail = read_mail(raw, {"Content-Type": f"text/plain; charset={label}".encode("utf-8", "surrogateescape")})
    assert str(mail["body_text"]).startswith(text)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("8-bit", TEXT.encode()),
        ("quoted-printable;", TEXT.replace("é", "=C3=A9").replace("°", "=C2=B0").encode()),
        ("BASE64", base64.encodebytes(TEXT.encode()) + b"_______\r\na list's footer\r\n"),
        ("base64", base64.encodebytes(TEXT.encode() + b"..")[:-2] + b"\r\n"),
        ("base64", base64.b64encode(TEXT.encode()).rstrip(b"=")),
    ],
)
def test_an_encoding_that_is_written_badly_still_gives_the_text(
    read_mail: ReadMail, encoding: str, body: bytes
) -> None:
    headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": encoding}
    assert TEXT in str(read_mail(body, headers)["body_text"])


def test_a_page_that_declares_its_charset_itself_is_read_by_it(read_mail: ReadMail) -> None:
    page = '<meta charset="windows-1251"><p>сломано</p>'.encode("cp1251")
    assert read_mail(page, {"Content-Type": "text/html"})["body_text"] == "сломано"


PLAIN, HTML = (
    "Content-Type: text/plain; charset=utf-8\r\n\r\n",
    "Content-Type: text/html; charset=utf-8\r\n\r\n",
)


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        ("alternative", "Votre logiciel ne montre pas les pages."),
        ("alternative", "\u00a0"),
        ("mixed", "This mail is in HTML: use a browser."),
        ("mixed", "____________\r\nx mailing list\r\nhttps://x.example/listinfo/x"),
    ],
)
def test_a_plain_part_that_is_a_notice_or_a_footer_does_not_hide_the_page(
    read_mail: ReadMail, kind: str, plain: str
) -> None:
    assert TEXT in str(read_mail(*parts(PLAIN + plain, f"{HTML}<p>{TEXT}</p>", kind=kind))["body_text"])


def test_a_plain_part_that_says_the_same_is_preferred(read_mail: ReadMail) -> None:
    mail = read_mail(*parts(PLAIN + TEXT, f"{HTML}<p>{TEXT}</p><p>Legal words</p>", kind="alternative"))
    assert mail["body_text"] == TEXT


def test_a_text_file_beside_the_text_is_not_the_senders_words(read_mail: ReadMail) -> None:
    file = (
        'Content-Type: text/plain; name="log.txt"\r\n'
        'Content-Disposition: inline; filename="log.txt"\r\n\r\nfraud'
    )
    mail = read_mail(*parts(PLAIN + TEXT, file))
    assert mail["body_text"] == TEXT
    assert "log.txt" in str(mail["attachments"])


def test_what_a_style_hides_is_not_read_unless_it_is_never_closed() -> None:
    hidden = '<div style="font-size:0px; display: none">Win <div>now</div></div>'
    assert text_of_html(f"{hidden}<p>Bonjour</p>") == "Bonjour"
    assert text_of_html('<p style="display:none">Bonjour') == "Bonjour"


@pytest.mark.parametrize(
    "page",
    [
        '<td style="padding:9px;font-size:0px;"><div style="font-size:14px">Bonjour</div></td>',
        '<body style="font-size:0;"><p><font size="2">Bonjour</font></p></body>',
        '<div style="font-size:0"><span style="font:12px Arial">Bonjour</span></div>',
        '<div style="font-size:0">Bonjour</div>',
        '<div style="display:none">Bonjour</div>',
    ],
)
def test_text_that_sets_its_own_size_or_stands_alone_is_not_hidden(page: str) -> None:
    assert text_of_html(page) == "Bonjour"


def test_text_of_no_size_beside_other_text_is_hidden() -> None:
    page = (
        '<div style="font-size:0px">Win</div><div style="display:none"><b style="font-size:9px">x</b></div>'
    )
    assert text_of_html(page + "<p>Bonjour</p>") == "Bonjour"


ABOVE = (
    '<div dir="ltr" class="gmail_attr">Le lun. 5 oct. 2026 à 10:00, Aide &lt;a@x.fr&gt; a écrit :<br></div>'
)
QUOTE = '<blockquote class="gmail_quote"><div>Il est parti.</div></blockquote>'


@pytest.mark.parametrize("above", [ABOVE, ABOVE.replace(' class="gmail_attr"', "")])
@pytest.mark.parametrize("first", ["", "<div>Madame,</div>", "<div>Oui.</div>"])
def test_an_answer_below_gmails_quote_is_read(read_mail: ReadMail, above: str, first: str) -> None:
    page = f'{first}<div class="gmail_quote gmail_quote_container">{above}{QUOTE}<div>{TEXT}</div></div>'
    text = str(read_mail(page, {"Content-Type": "text/html; charset=utf-8"})["body_text"])
    assert text.endswith(TEXT)
    assert "parti" not in text
    assert "Aide" not in text


def test_a_gmail_page_of_nothing_but_a_quote_or_a_forward_keeps_it(read_mail: ReadMail) -> None:
    html = {"Content-Type": "text/html; charset=utf-8"}
    assert "parti" in str(read_mail(f'<div class="gmail_quote">{ABOVE}{QUOTE}</div>', html)["body_text"])
    mark = (
        '<div class="gmail_attr">---------- Forwarded message ---------<br>From: Bo &lt;b@y.fr&gt;<br></div>'
    )
    forward = f'<div class="gmail_quote">{mark}<p>Tout est faux.</p></div>'
    assert "Tout est faux." in str(read_mail(forward, html)["body_text"])
    assert read_mail(f"<p>{TEXT}</p>{forward}", html)["body_text"] == TEXT


def test_a_shown_part_with_a_files_name_is_read_where_no_other_text_is(read_mail: ReadMail) -> None:
    named = (
        'Content-Type: text/plain; charset=utf-8; name="msg.txt"\r\n'
        f"Content-Disposition: inline; filename=msg.txt\r\n\r\n{TEXT}"
    )
    image = "Content-Type: image/png; name=a.png\r\n\r\nx"
    assert read_mail(*parts(named, image))["body_text"] == TEXT
    assert read_mail(*parts(image, named.replace("inline", "attachment")))["body_text"] is None


@pytest.mark.parametrize("piece", ["<", "<!-- ", "</", "<a", '<p style="', "<!", "<p style='display:none'>"])
def test_a_megabyte_of_open_markup_is_read_at_once(piece: str) -> None:
    begin = time.process_time()
    text_of_html(piece * ((1 << 20) // len(piece)))
    assert time.process_time() - begin < 1.5


def test_a_page_after_an_image_of_a_megabyte_is_read(read_mail: ReadMail) -> None:
    page = f'<img src="data:image/png;base64,{"A" * 1_200_000}"><p>{TEXT}</p>'
    assert read_mail(page, {"Content-Type": "text/html; charset=utf-8"})["body_text"] == TEXT


def test_an_attachment_of_35_megabytes_does_not_cost_the_text(read_mail: ReadMail) -> None:
    image = base64.encodebytes(bytes(35 << 20))
    head = b"Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    mail = read_mail(*parts(PLAIN + TEXT, head + image))
    assert mail["body_text"] == TEXT
    assert '"byte_count":36700160' in str(mail["attachments"])


def test_a_mark_that_a_sender_wrote_sets_nothing_aside(read_mail: ReadMail) -> None:
    assert read_mail(b"=set-aside=0\r\n")["body_text"] == "=set-aside=0"


ENCLOSED = "Subject: x\r\nFrom: Bo <bo@y.fr>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nTout est faux."


def test_an_enclosed_mail_is_read_like_a_forward(read_mail: ReadMail) -> None:
    part = "Content-Type: message/rfc822\r\n\r\n" + ENCLOSED
    assert read_mail(*parts(PLAIN, part))["body_text"] == "Tout est faux."
    assert read_mail(*parts(PLAIN + TEXT, part))["body_text"] == TEXT


def test_a_mail_signed_as_a_whole_is_read(read_mail: ReadMail) -> None:
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [],
            "encap_content_info": {"content_type": "data", "content": (PLAIN + TEXT).encode()},
            "signer_infos": [],
        }
    )
    envelope = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    headers = {
        "Content-Type": 'application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"',
        "Content-Disposition": "attachment; filename=smime.p7m",
        "Content-Transfer-Encoding": "base64",
    }
    assert read_mail(base64.encodebytes(envelope), headers)["body_text"] == TEXT
    assert read_mail(base64.encodebytes(envelope[:-40]), headers)["body_text"] is None


def winmail(body: bytes) -> bytes:
    """Outlook's envelope around a plain body: signature, key, one attribute with its checksum."""
    attribute = b"\x01" + (0x0002800C).to_bytes(4, "little") + len(body).to_bytes(4, "little") + body
    return (
        (0x223E9F78).to_bytes(4, "little")
        + b"\x01\x00"
        + attribute
        + (sum(body) & 0xFFFF).to_bytes(2, "little")
    )


def test_a_mail_in_outlooks_envelope_is_read_once(read_mail: ReadMail) -> None:
    part = (
        b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(winmail(b"Colis perdu.\0"))
    )
    assert read_mail(*parts(part))["body_text"] == "Colis perdu."
    assert read_mail(*parts(PLAIN + TEXT, part))["body_text"] == TEXT


@pytest.mark.parametrize(
    "content", [b"", b"x" * 99, winmail(b"abc")[:-4], b"\x78\x9f\x3e\x22" + b"\xff" * 500]
)
def test_envelopes_that_cannot_be_read_are_attachments(content: bytes) -> None:
    enclosed.winmail_text(content)
    assert enclosed.signed_message(content) is None


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        (b"=?utf-8?Q?R=C3=A9clamation?=\r\n ticket #5812", "Réclamation ticket #5812"),
        ("Été =?utf-8?Q?f=C3=A9vrier?=".encode(), "Été février"),
        (b"=?iso-8859-1?Q?colis cass\xe9?=", "colis cassé"),
        (b"[X]=?utf-8?B?Y29saXM?=", "[X]colis"),
        (b"=?utf-8?Q?cass=C3?=\r\n =?utf-8?Q?=A9_encore?=", "cassé encore"),
        (b"=?utf-8*fr?q?O=C3=B9_est-il=3F??=", "Où est-il??"),
        (b"a =?utf-8?q?b?= c =?utf-8?q?d?=  =?utf-8?q?e?=", "a b c de"),
    ],
)
def test_a_subject_is_unfolded_first_and_then_decoded_word_by_word(
    read_mail: ReadMail, written: bytes, subject: str
) -> None:
    assert read_mail(b"x", {"Subject": written})["subject"] == subject
