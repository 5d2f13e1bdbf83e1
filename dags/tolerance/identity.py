"""Addresses and phone numbers become keyed hashes on ingest; the key comes from here."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
from typing import TYPE_CHECKING

from tolerance.errors import ToleranceError

if TYPE_CHECKING:
    from tolerance.state import State

KEY_VARIABLE = "TOLERANCE_IDENTITY_KEY"
_KEY_BYTES = 32

logger = logging.getLogger(__name__)


class IdentityKeyError(ToleranceError):
    """The key for hashing addresses cannot be used."""


def identity_key(state: State) -> bytes:
    """The key for hashing addresses: from the environment, else from `STATE/secret`.

    Where neither exists, makes `STATE/secret/identity.key` (mode 0600) and logs
    it. Raises `IdentityKeyError` when the file holds no key.
    """
    from_environment = os.environ.get(KEY_VARIABLE, "").strip()
    if from_environment:
        return from_environment.encode("utf-8")
    if not state.identity_key.exists():
        _make_key(state)
    key = state.identity_key.read_bytes().strip()
    if not key:
        raise IdentityKeyError(
            f"{state.identity_key} holds no key",
            f"put the key of this warehouse back or set {KEY_VARIABLE}; a new key would not recognise the "
            "addresses ingested so far.",
        )
    return key


def _make_key(state: State) -> None:
    """Write a new key in one step under its final name, so that two runs cannot make two keys."""
    folder = state.identity_key.parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = folder / f".identity-{secrets.token_hex(8)}"
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(_KEY_BYTES).encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(staged, state.identity_key)
        except FileExistsError:
            return  # another process made it meanwhile: use that key
        logger.warning(
            "%s is not set: made a key in %s; keep it, without it no address can be recognised",
            KEY_VARIABLE,
            state.identity_key,
        )
    finally:
        staged.unlink()


def address_hash(key: bytes, address: str) -> str:
    """The keyed hash (HMAC-SHA256, 64 hex digits) of a mail address, ignoring blanks and case."""
    return _keyed(key, address.strip().lower())


def phone_hash(key: bytes, phone: str) -> str:
    """The keyed hash of a phone number: only its digits and a leading + or 00 count."""
    digits = "".join(character for character in phone if character in "0123456789")
    if phone.strip().startswith("+"):
        digits = "00" + digits
    return _keyed(key, digits)


def _keyed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
