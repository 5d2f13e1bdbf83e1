"""The finished lists of a date as they lie in the outbox: whole, or not yet to be sent."""

from __future__ import annotations

import hashlib
import json

from tolerance.crm.delivery.items import DestinationError, Item
from tolerance.state import State

MANIFEST = "manifest.json"


def finished_lists(state: State, item: Item) -> dict[str, bytes]:
    """The files of a date by their names below its folder, the manifest last.

    Raises `DestinationError` while a run is writing them again.
    """
    folder = state.outbox / item.key
    rewritten = DestinationError(f"The lists of {item.key} are being written", "deliver again afterwards.")
    try:
        manifest = (folder / MANIFEST).read_bytes()
        names = sorted(
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith(".") and path != folder / MANIFEST
        )
        found = {name: (folder / name).read_bytes() for name in names}
    except FileNotFoundError:
        raise rewritten from None
    if hashlib.sha256(manifest).hexdigest() != item.fingerprint:
        raise rewritten
    for name, told in json.loads(manifest).get("lists", {}).items():
        if name not in found or hashlib.sha256(found[name]).hexdigest() != told["sha256"]:
            raise rewritten
    return found | {MANIFEST: manifest}
