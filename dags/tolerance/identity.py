"""Addresses and phones become keyed hashes at the door; this is where the key comes from."""

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

    Makes `STATE/secret/identity.key` (mode 0600) where neither is there, and logs
    that it did. Raises `IdentityKeyError` when the file holds no key.
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
            f"put the key of this warehouse back or set {KEY_VARIABLE}; a new key would no longer know the "
            "addresses already taken in.",
        )
    return key


def _make_key(state: State) -> None:
    """Write a new key under its final name in one step: two makers cannot end with two keys."""
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
            return  # somebody else made it in between: theirs is the key
        logger.warning(
            "%s is not set: made a key in %s; keep it, without it no address is known again",
            KEY_VARIABLE,
            state.identity_key,
        )
    finally:
        staged.unlink()


def address_hash(key: bytes, address: str) -> str:
    """The keyed hash (HMAC-SHA256, 64 hex digits) of a mail address, blanks and case aside."""
    return _keyed(key, address.strip().lower())


def phone_hash(key: bytes, phone: str) -> str:
    """The keyed hash of a phone number: only its digits count, and a leading + or 00."""
    digits = "".join(character for character in phone if character in "0123456789")
    if phone.strip().startswith("+"):
        digits = "00" + digits
    return _keyed(key, digits)


def _keyed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
