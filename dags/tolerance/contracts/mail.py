"""Mails, one record per message. Mails have forms of their own: no mapping profile fills these fields.

A mail has no versions: the same Message-ID, sender and text again are a duplicate, and another sender or text
under a known Message-ID is a mail of its own, which staging gives an id of its own. A sender is what From and
the headers that name another one (Reply-To, X-Original-From) say. Without a Message-ID the same bytes are
the same mail.

The sender chooses a Message-ID, which may hold an address: it is secret, and so are those that it answers.
"""

from tolerance.contracts.base import Contract, Field, Kind

MAX_ID_CHARACTERS = 998
MAX_SUBJECT_CHARACTERS = 1_000
MAX_BODY_CHARACTERS = 100_000

CONTRACT = Contract(
    source="mail",
    fields=(
        Field("mail_id", is_required=True, most=MAX_ID_CHARACTERS),  # without <>, else the content's hash
        Field("identity_hash", Kind.HASH),  # of Message-ID, senders and text: which mail it is
        Field("in_reply_to"),
        Field("reference_ids"),  # separated by one blank, oldest first
        Field("sent_at", Kind.INSTANT, on="sent_on", is_required=True, is_public=True),
        Field("sender", Kind.ADDRESS, column="sender_hash"),
        Field("subject", most=MAX_SUBJECT_CHARACTERS),
        Field("body_text", most=MAX_BODY_CHARACTERS),
        Field(
            "mail_kind",
            Kind.WORD,
            is_required=True,
            is_public=True,
            words=frozenset({"customer", "automatic_reply", "bounce", "mailing_list", "own_company"}),
        ),
        Field("attachments"),  # JSON: name, byte_count and sha256 of each
    ),
    native_id="mail_id",
    identity=("identity_hash",),
    customer=("sender",),
    business_dates=("sent_on",),
    reader="mail",
    takes_profiles=False,
)
