"""Reads mails. `reader` is the way in; each other module answers one question of a message.

headers: what do the headers say? senders: who wrote? dates: when? parts: what does it say? enclosed: what is
inside envelopes of other kinds? kinds: was it a person? charsets, transfer: what do the bytes mean?
"""

from tolerance.readers.mail.reader import read

__all__ = ["read"]
