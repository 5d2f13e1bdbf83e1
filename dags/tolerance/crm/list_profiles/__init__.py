"""The list profiles: one module of this package per CRM, found by listing it. Each declares its PROFILE."""

from __future__ import annotations

import importlib
import pkgutil

from tolerance.crm.list_profile import ListProfile
from tolerance.crm.list_profiles import canonical
from tolerance.errors import UsageError


def list_profiles() -> dict[str, ListProfile]:
    """All profiles by name, the canonical one among them."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    return {module.PROFILE.name: module.PROFILE for module in modules}


def profiles_named(names: str) -> tuple[ListProfile, ...]:
    """The canonical profile, which is always used, and the named ones; `names` is separated by commas.

    Raises:
        UsageError: when a name has no profile.
    """
    known = list_profiles()
    chosen = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    unknown = [name for name in chosen if name not in known]
    if unknown:
        others = ", ".join(sorted(known.keys() - {canonical.PROFILE.name})) or "none yet"
        raise UsageError(
            f"CRM={names}: there is no list profile {', '.join(unknown)}",
            f"leave CRM empty for the canonical list alone, or choose among the others ({others}).",
        )
    return (canonical.PROFILE, *(known[name] for name in chosen if name != canonical.PROFILE.name))
