"""Delivery to a CRM: what was told and not yet accepted is sent, and each attempt is kept in a journal.

`destinations` reads where to, `outbox` finds what, `journal` keeps what became of it, `senders` speak with
one kind of receiver each, `deliver` puts them together.
"""
