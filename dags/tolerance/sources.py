"""The four sources."""

SOURCES = ("customers", "faq", "mail", "tickets")
"""In the order in which they are ingested."""
