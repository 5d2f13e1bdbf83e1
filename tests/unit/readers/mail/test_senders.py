"""A mail is its customer's, whatever wrote the From for them."""

from __future__ import annotations

import pytest

from tests.unit.readers.mail.conftest import ReadMail, parts
from tolerance.identity import address_hash

FORWARD = (
    "\r\n---------- Forwarded message ---------\r\n"
    "From: Bo <bo@y.fr>\r\nTo: help@shop.fr\r\n\r\nTout est faux."
)


@pytest.mark.parametrize(
    "written",
    [
        "Ana Bo ana@x.fr",
        "Ana <mailto:ana@x.fr>",
        "Ana (ana@x.fr)",
        "Ana [ana@x.fr]",
        "=?utf-8?Q?Ana_=3Cana=40x=2Efr=3E?=",
        "=?utf-8?Q?Ana?= <=?utf-8?Q?ana=40x=2Efr?=>",
        '"ana@x.fr"',
        "Ana <ana@x.fr",
        "<<ana@x.fr>>",
        "=?utf-8?q?jane=40other=2Efr?= <ana@x.fr>",
    ],
)
def test_an_address_is_found_however_it_is_written(read_mail: ReadMail, written: str) -> None:
    assert read_mail("x", {"From": written})["sender_hash"] == address_hash(b"key", "ana@x.fr")


@pytest.mark.parametrize("written", ["Ana", "", "@", "undisclosed-recipients:;"])
def test_a_from_without_an_address_gives_no_sender(read_mail: ReadMail, written: str) -> None:
    assert read_mail("x", {"From": written})["sender_hash"] is None


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"From": "Form <no-reply@forms.example>", "Reply-To": "bo@y.fr"}, "bo@y.fr"),
        ({"From": "Shop <web@shop.fr>", "Reply-To": "Bo <bo@y.fr>"}, "bo@y.fr"),
        ({"From": "wordpress@site.example", "Reply-To": "bo@y.fr"}, "bo@y.fr"),
        ({"From": "Shop <web@shop.fr>", "Reply-To": "help@shop.fr"}, "web@shop.fr"),
        ({"From": "Ana <ana@x.fr>", "Reply-To": "bo@y.fr"}, "ana@x.fr"),
        ({"From": "'Bo' via Help <help@shop.fr>", "X-Original-From": "Bo <bo@y.fr>"}, "bo@y.fr"),
        ({"From": "Bo via L <l@z.example>", "List-Id": "<l.z.example>", "Reply-To": "bo@y.fr"}, "bo@y.fr"),
        ({"From": "Via Roma <roma@x.it>", "Reply-To": "bo@y.fr"}, "roma@x.it"),
    ],
)
def test_a_form_or_a_list_writes_for_whom_it_names(
    read_mail: ReadMail, headers: dict[str, str], address: str
) -> None:
    mail = read_mail("x", {"To": "help@shop.fr", **headers})
    assert mail["sender_hash"] == address_hash(b"key", address)
    assert (mail["mail_kind"] == "customer") == (
        address in ("bo@y.fr", "ana@x.fr", "roma@x.it") and "List-Id" not in headers
    )


@pytest.mark.parametrize("note", ["", "Peux-tu traiter ?\r\n"])
def test_a_colleagues_forward_is_the_customers_mail(read_mail: ReadMail, note: str) -> None:
    mail = read_mail(note + FORWARD, {"From": "zoe@shop.fr", "To": "help@shop.fr"})
    assert mail["sender_hash"] == address_hash(b"key", "bo@y.fr")
    assert mail["mail_kind"] == "customer"
    assert "Tout est faux." in str(mail["body_text"])


def test_a_mail_that_a_colleague_encloses_is_the_customers(read_mail: ReadMail) -> None:
    inner = "Content-Type: message/rfc822\r\n\r\nFrom: Bo <bo@y.fr>\r\nSubject: x\r\n\r\nTout est faux."
    body, headers = parts("Content-Type: text/plain\r\n\r\nVoir ci-joint.", inner)
    mail = read_mail(body, {**headers, "From": "zoe@shop.fr", "To": "help@shop.fr"})
    assert mail["sender_hash"] == address_hash(b"key", "bo@y.fr")
    assert (mail["mail_kind"], mail["body_text"]) == ("customer", "Tout est faux.")


@pytest.mark.parametrize("to", ["bo@y.fr", "supplier@z.example"])
def test_what_a_colleague_sends_out_stays_the_companys(read_mail: ReadMail, to: str) -> None:
    mail = read_mail("Merci." + FORWARD, {"From": "zoe@shop.fr", "To": to})
    assert mail["mail_kind"] == "own_company"


def test_a_customer_who_forwards_stays_the_sender(read_mail: ReadMail) -> None:
    assert read_mail(FORWARD)["sender_hash"] == address_hash(b"key", "ana@x.fr")
