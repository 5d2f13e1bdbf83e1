"""Which profile a delivered file has: the shipped profiles, those of the company, and the rules by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from tolerance.company import own_file
from tolerance.inbox import is_linked_outside, is_made_by_delivery
from tolerance.profiles.mistakes import MappingError
from tolerance.profiles.profile import BY_CONTRACT, DEFAULT, Profile
from tolerance.profiles.reading import MappingFile, Profiles, Rule, no_such_profile, parse

MAPPINGS_VARIABLE = "TOLERANCE_MAPPINGS"
COMPANY_FILE = "mappings.yml"
"""The company's own file, beside the source folders of the inbox."""

_VENDORS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Mappings:
    """All profiles by source and name, and the rules that assign them; the first rule that fits decides."""

    profiles: Profiles
    rules: tuple[Rule, ...] = ()

    def profile(self, source: str, name: str) -> Profile:
        """A profile by its name. Raises `MappingError` when there is none."""
        if name == DEFAULT:
            return BY_CONTRACT
        found = self.profiles.get((source, name))
        if found is None:
            raise MappingError(f"{no_such_profile(source, name, self.profiles, ': ')}.")
        return found

    def profile_of(self, source: str, file_name: str) -> Profile:
        """The profile of a delivered file, by its name below the source's folder.

        The name is compared with each rule's pattern, with and without folders named by a day or, by the
        pick-up, by a version, and with and without `.gz`; the file system is not read.
        """
        names = list(_names(source, file_name))
        fitting = (rule for rule in self.rules if any(fnmatchcase(name, rule.pattern) for name in names))
        rule = next(fitting, None)
        return self.profile(source, rule.profile) if rule else BY_CONTRACT


def _names(source: str, file_name: str) -> Iterator[str]:
    full = f"{source}/{file_name}"
    for name in (full, "/".join(part for part in full.split("/") if not is_made_by_delivery(part))):
        yield name
        if name.lower().endswith(".gz"):
            yield name[: -len(".gz")]


def company_file(extracts: Path | None) -> Path | None:
    """The company's own mapping file: what TOLERANCE_MAPPINGS names, else `mappings.yml` in the inbox,
    else the one in the company's folder.

    Raises `MappingError` when the variable does not name a file, or the inbox links to one elsewhere.
    """
    named = os.environ.get(MAPPINGS_VARIABLE, "").strip()
    if named:
        if not Path(named).is_file():
            raise MappingError(
                f"{MAPPINGS_VARIABLE} names {named}, which is not a file: correct or unset it."
            )
        return Path(named)
    if extracts is not None and (extracts / COMPANY_FILE).is_file():
        if is_linked_outside(extracts / COMPANY_FILE, extracts):
            raise MappingError(
                f"{COMPANY_FILE} is a link that leads out of the inbox, which is not followed: put the file "
                f"itself here, or name it in {MAPPINGS_VARIABLE}."
            )
        return extracts / COMPANY_FILE
    return own_file(COMPANY_FILE)


def mappings(company: Path | None = None) -> Mappings:
    """The profiles and rules of a company's file, then the shipped ones.

    Raises `MappingError` with a sentence for each mistake in the company's file.
    """
    shipped = _shipped()
    if company is None:
        return Mappings(shipped.profiles, shipped.rules)
    try:
        content = company.read_bytes()
    except OSError:
        raise MappingError(f"{company.name} cannot be read; give this user the right to read it.") from None
    own = parse(content, company.name, shipped.profiles)
    folders = tuple(Rule(f"{source}/{name}/*", name) for source, name in own.profiles)
    return Mappings({**shipped.profiles, **own.profiles}, own.rules + folders + shipped.rules)


@cache
def _shipped() -> MappingFile:
    """The files of this folder, `help_desk.yml` first: the vendors' profiles extend it."""
    paths = sorted(_VENDORS.glob("*.yml"), key=lambda path: (path.name != "help_desk.yml", path.name))
    found = MappingFile({}, ())
    for path in paths:
        read = parse(path.read_bytes(), path.name, found.profiles)
        found = MappingFile(found.profiles | read.profiles, found.rules + read.rules)
    return found
