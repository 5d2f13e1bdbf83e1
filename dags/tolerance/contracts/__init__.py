"""One contract per source. Each module in this folder is a source; no other list names it."""

from __future__ import annotations

import importlib
import pkgutil
import sys

from tolerance.contracts.base import Contract


def _registered() -> dict[str, Contract]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "base")
    return {name: importlib.import_module(f"{__name__}.{name}").CONTRACT for name in names}


CONTRACTS = _registered()

SOURCES = tuple(CONTRACTS)
"""All sources, in the order in which they are ingested."""

NEEDED = tuple(source for source, contract in CONTRACTS.items() if not contract.is_optional)
"""The sources without which a company's day is not whole."""


def in_a_sentence(source: str) -> str:
    """What the source delivers: the first sentence of its module."""
    first, stop, _ = (sys.modules[f"{__name__}.{source}"].__doc__ or "").partition(".")
    return first + stop


def contracts_for_dbt() -> list[dict[str, object]]:
    """What the models need to know of each contract; dbt reads it as a source."""
    return [
        {
            "source": source,
            "publishes_native_id": contract.publishes_native_id,
            "default_system": contract.default_system,
        }
        for source, contract in CONTRACTS.items()
    ]
