"""A mapping profile as the readers use it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256

import orjson

DELIMITERS = (";", ",", "\t", "|")

DEFAULT = "default"
"""The name of the profile of the contract itself."""


CONTACT, ACCOUNT = "contact", "account"
"""Whose account a record burdens where it names a person and the company that they write for."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds for a record when one of `columns` has one of `values`, or any value where `values` has `*`."""

    columns: tuple[str, ...]
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Form:
    """How one form of file (CSV or JSON) of a profile is read.

    `columns` gives for each contract field its columns, or paths into a JSON record, in order of
    preference. `records` names the JSON array that holds the records (`$`: the document itself).
    `json_cells` are the columns of a CSV file whose cells are JSON: paths may begin with them.
    """

    columns: dict[str, tuple[str, ...]]
    dates: tuple[str, ...]
    time_zone: str | None
    delimiter: str = ";"
    records: tuple[str, ...] = ()
    inside: str = ""
    json_cells: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Profile:
    """A mapping of a source's files to its contract. Compared and hashed by `fingerprint`."""

    source: str
    name: str
    about: str = ""
    declared_system: str = ""

    csv: Form | None = None
    json: Form | None = None
    encodings: tuple[str, ...] = ("utf-8", "cp1252")
    decimal_mark: str = "."
    nothing: frozenset[str] = frozenset()
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    otherwise: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    when: dict[str, tuple[tuple[str, tuple[Condition, ...]], ...]] = field(default_factory=dict)
    """Words of a field that other columns decide, in order, where `values` names none."""

    separators: dict[str, str] = field(default_factory=dict)
    remove_blanks: frozenset[str] = frozenset()
    html: frozenset[str] = frozenset()
    account: tuple[str, ...] = ()
    """Columns with the customer number of the company beside the person."""

    burdened: str = CONTACT
    vendor_person: tuple[str, ...] = ()
    not_where: dict[str, tuple[Condition, ...]] = field(default_factory=dict)
    """Columns that are ignored in a record where one of their conditions holds."""

    deleted_when: tuple[Condition, ...] = ()
    skip_when: tuple[Condition, ...] = ()
    merged_when: tuple[Condition, ...] = ()
    merged_into: tuple[str, ...] = ()
    """Columns with the number of the ticket that a merged ticket went into."""

    contract_forms: frozenset[str] = frozenset()
    """`csv` or `json`: forms whose files are read by the contract itself."""

    fingerprint: str = ""
    """16 hex digits that change with the profile's content; '' for the contract itself."""

    @property
    def system(self) -> str:
        """The system that gives the records their ids, by default named as the profile.

        '' for the contract itself, whose records are of the contract's default system.
        """
        return self.declared_system or ("" if self.name == DEFAULT else self.name)

    @property
    def burdened_account(self) -> tuple[str, ...]:
        """The columns of the account, where it is the account that a record burdens."""
        return self.account if self.burdened == ACCOUNT else ()

    def is_contract(self, extension: str) -> bool:
        """Whether files of this extension are in the contract's own form."""
        return ("csv" if extension == "csv" else "json") in self.contract_forms

    def form(self, extension: str) -> Form | None:
        """The form that reads files of this extension, or None when the profile has none."""
        if extension == "csv":
            return self.csv
        return self.json if extension in ("json", "ndjson", "jsonl") else None

    @property
    def extensions(self) -> str:
        """The extensions this profile reads, for a sentence."""
        return ", ".join(
            ([".csv"] if self.csv or self.is_contract("csv") else [])
            + ([".json", ".ndjson", ".jsonl"] if self.json or self.is_contract("json") else [])
        )


BY_CONTRACT = Profile("", DEFAULT, about="the contract itself", contract_forms=frozenset({"csv", "json"}))
"""The profile of every file without another, of any source."""


_BLANKS = re.compile(r"\s+")


def plain(text: str) -> str:
    """A name or value as profiles compare it: without case, kind of apostrophe and blanks."""
    return _BLANKS.sub(" ", text.replace("’", "'")).strip().casefold()


def fingerprint_of(profile: Profile) -> str:
    """The value of `Profile.fingerprint`. Load records keep it: the same content, the same digits."""
    content = orjson.dumps(
        [
            (name, getattr(profile, name))
            for name in sorted(Profile.__slots__)
            if name not in ("fingerprint", "about")
        ],
        default=sorted,
        option=orjson.OPT_SORT_KEYS,
    )
    return sha256(content).hexdigest()[:16]
