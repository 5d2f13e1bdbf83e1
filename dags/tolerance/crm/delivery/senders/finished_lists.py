"""The finished lists of a date as they lie in the outbox: whole, or not yet to be sent."""

from __future__ import annotations

import hashlib
import json

from tolerance.crm.delivery.items import DestinationError, Item
from tolerance.state import State

MANIFEST = "manifest.json"
_BESIDE = ("acknowledgement_template.csv",)


def outdated(former: bytes, content: dict[str, bytes]) -> list[str]:
    """The lists of a former manifest of the place that are not sent any more: an importer would take them."""
    try:
        lists = json.loads(former).get("lists", {})
    except (ValueError, AttributeError):
        return []
    inside = (name for name in lists if ".." not in name.split("/") and not name.startswith("/"))
    return [name for name in inside if name not in content]


def finished_lists(state: State, item: Item) -> dict[str, bytes]:
    """The files of a date by their names below its folder, the manifest last.

    Raises `DestinationError` while a run is writing them again.
    """
    folder = state.outbox / item.key
    rewritten = DestinationError(f"The lists of {item.key} are being written", "deliver again afterwards.")
    try:
        manifest = (folder / MANIFEST).read_bytes()
        lists = json.loads(manifest).get("lists", {})
        # What somebody else keeps in the folder stays there.
        names = sorted({*lists, *(name for name in _BESIDE if (folder / name).exists())})
        found = {name: (folder / name).read_bytes() for name in names}
    except FileNotFoundError:
        raise rewritten from None
    if hashlib.sha256(manifest).hexdigest() != item.fingerprint:
        raise rewritten
    for name, told in lists.items():
        if name not in found or hashlib.sha256(found[name]).hexdigest() != told["sha256"]:
            raise rewritten
    return found | {MANIFEST: manifest}
