"""A mail is its customer's, whatever wrote the From for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.conftest import ReadBytes
from tests.unit.readers.mail.conftest import ReadMail, parts
from tolerance.identity import address_hash
from tolerance.records import AcceptedRecord
from tolerance.settings import settings

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


@pytest.mark.parametrize(
    "people",
    [
        {"To": "bo@y.fr"},
        {"To": "supplier@z.example"},
        {"To": "bo@y.fr", "Cc": "help@shop.fr"},
        {"To": "help@shop.fr", "Cc": "Bo <bo@y.fr>"},
        {"To": '"Help, help@shop.fr" <bo@y.fr>'},
        {"To": "Zoe <zoe@shop.fr>,\r\n Bo <bo@y.fr>"},
        {"To": "Us: zoe@shop.fr, bo@y.fr;"},
        {"To": "=?utf-8?Q?Bo_=3Cbo=40y=2Efr=3E?="},
        {"To": "bo@shop.fr.example"},
        {"To": "bo@workshop.fr"},
        {"To": "bo@y.fr", "Delivered-To": "help@shop.fr"},
        {"To": "undisclosed-recipients:;"},
    ],
)
def test_what_a_colleague_sends_to_others_too_stays_the_companys(
    read_mail: ReadMail, people: dict[str, str | bytes]
) -> None:
    mail = read_mail("Merci." + FORWARD, {"From": "zoe@shop.fr", **people})
    assert mail["mail_kind"] == "own_company"


@pytest.mark.parametrize(
    "people",
    [
        {},
        {"To": "Help <help@shop.fr>, zoe@mail.shop.fr", "Cc": "lea@shop.fr"},
        {"To": "Us: zoe@shop.fr, help@shop.fr;"},
        {"To": '"Bo <bo@y.fr>" <help@shop.fr>'},
        {"To": "=?utf-8?Q?Help=2C_bo=40y=2Efr?= <help@shop.fr>"},
        {"To": "undisclosed-recipients:;", "Delivered-To": "help@shop.fr"},
    ],
)
def test_what_a_colleague_forwards_to_our_mailboxes_alone_is_the_customers(
    read_mail: ReadMail, people: dict[str, str | bytes]
) -> None:
    mail = read_mail(FORWARD, {"From": "zoe@shop.fr", **people})
    assert mail["sender_hash"] == address_hash(b"key", "bo@y.fr")


def test_an_address_at_a_provider_makes_no_other_customer_ours(read_bytes: ReadBytes) -> None:
    ours = replace(settings(), own_addresses=("shop.help@mail.example",))
    content = "From: shop.help@mail.example\nTo: bo@mail.example\nDate: 1 Oct 2026 10:00:00 +0200\n\n"
    (record,) = read_bytes("mail", "m.eml", (content + "Merci." + FORWARD).encode(), company=ours)
    assert isinstance(record, AcceptedRecord)
    assert record.values["mail_kind"] == "own_company"


@pytest.mark.parametrize("written", ["(" * 8_000, "(" * 8_000 + "x", "(a" * 4_000, '"(' + "(" * 8_000])
def test_a_from_of_nothing_but_brackets_has_no_sender(read_mail: ReadMail, written: str) -> None:
    assert read_mail("x", {"From": written})["sender_hash"] is None


def test_a_customer_who_forwards_stays_the_sender(read_mail: ReadMail) -> None:
    assert read_mail(FORWARD)["sender_hash"] == address_hash(b"key", "ana@x.fr")
