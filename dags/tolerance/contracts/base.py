"""What a contract declares about a source; readers, the raw schema, gates and previews derive from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

LONGEST_ID = 255
LONGEST_CODE = 100
LANGUAGE = (2, 35)
"""How long a field may be: a longer or shorter one quarantines its record."""


class Kind(StrEnum):
    """What a field holds: it decides the types of its columns and the rule that reads it."""

    TEXT = "text"
    WORD = "word"  # from a closed list
    YES_OR_NO = "yes or no"
    COUNT = "count"
    AMOUNT = "amount"  # of money, in the company's own currency; kept as text, such as `1234.5`
    TAGS = "tags"  # separated by ",", as ordered in the source
    DAY = "day"
    INSTANT = "instant"  # and its business date
    ADDRESS = "address"  # kept as a keyed hash
    ADDRESSES = "addresses"  # keyed hashes, separated by ","
    PHONE = "phone"  # kept as a keyed hash
    HASH = "hash"  # a hash that the reader makes
    OWN_ID = "own id"  # one that the product gave to a contact, an incident or an alert


_TYPES: dict[Kind, tuple[str, ...]] = {
    Kind.YES_OR_NO: ("bool",),
    Kind.COUNT: ("int32",),
    Kind.DAY: ("date32",),
    Kind.INSTANT: ("timestamp", "date32"),
}
"""Arrow's names of the types other than text."""

HASHED = frozenset({Kind.ADDRESS, Kind.ADDRESSES, Kind.PHONE, Kind.HASH})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of `raw/`. A column that is not public is shown, logged and published nowhere."""

    name: str
    type: str
    is_public: bool
    is_hash: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a source, and the columns of `raw/` that it fills.

    A field is secret unless it says that it is public.
    """

    name: str
    kind: Kind = Kind.TEXT
    column: str = ""
    """The column of `raw/`; by default it has the field's name."""

    on: str = ""
    """The second column of an instant: its business date."""

    is_public: bool = False
    is_required: bool = False
    """Without it no record can be loaded."""

    may_be_absent: bool = False
    """Whether a CSV of the source's own form may come without the column: then it is empty."""

    is_id: bool = False
    """A spreadsheet may have made a number of it, which sets the record aside."""

    is_lowered: bool = False
    least: int = 1
    most: int | None = None
    """How many characters a text may have."""

    words: frozenset[str] = frozenset()
    """The words that a profile may map values to. A field of the kind WORD holds nothing else."""

    otherwise: str = ""
    """The field that is used where this one is empty."""

    needed_where: tuple[str, str] | None = None
    """A field and a word: where it says the word, a record needs this instant too."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that the field fills."""
        names = (self.column or self.name, self.on)
        return tuple(
            Column(name, of_type, self.is_public, self.kind in HASHED)
            for name, of_type in zip(names, _TYPES.get(self.kind, ("string",)), strict=False)
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """How to tell that a record is settled where a profile does not name its status.

    `field` becomes `word` when the time `at` is given and not later than `seen_at`.
    """

    field: str
    word: str
    at: str
    seen_at: str


@dataclass(frozen=True)
class Contract:
    """One source: what it delivers and how it is ingested. The fields are in the order of `raw/`."""

    source: str
    fields: tuple[Field, ...]
    native_id: str
    """The column with the source's own id of a record. It is published where its field is public."""

    customer: tuple[str, ...] = ()
    """The fields that can identify a record's customer. The first one takes a vendor's id of a person."""

    is_optional: bool = False
    """Whether a company may do without: then a missing or empty folder is nothing to warn of."""

    business_dates: tuple[str, ...] = ()
    """The columns whose newest day is the newest business date of a file."""

    tells_newest_date: bool = False
    """Whether a run may take its date from them: only where nobody outside the company can set them."""

    identity: tuple[str, ...] = ()
    """The columns by which a record is the same again; by default all of them."""

    keeps_duplicates: bool = False
    """Whether a record delivered again is loaded again, because the latest delivery wins."""

    deletion: str = ""
    """The field that says whether a version deletes its record."""

    settled: Settled | None = None

    default_system: str = ""
    """The system whose records have it not written in their ids. Empty: the source knows no systems."""

    reader: str = "tabular"
    """The module of `readers/` that reads its own forms; `tabular` reads CSV with the fields as columns."""

    delimiters: tuple[str, ...] = (";",)
    """What may separate the fields of its own CSV form; the header says which."""

    comes_from_crm: bool = False
    """Whether its files come back from the CRM: they may lie in the folder of STATE for answers as well."""

    takes_profiles: bool = True
    """Whether a mapping profile can fill its fields."""

    json_records: str = ""
    """The array that holds the records in its own JSON form, if it has one."""

    json_beside: tuple[str, ...] = ()
    """Arrays beside the records that are read with them."""

    def __post_init__(self) -> None:
        """Refuse a contract that names what it does not declare."""
        names, columns = set(self.field_names), {column.name for column in self.columns}
        unknown = {*self.customer, *filter(None, [self.deletion])} - names
        if self.settled is not None:
            unknown |= {self.settled.field, self.settled.at, self.settled.seen_at} - names
        unknown |= {self.native_id, *self.identity, *self.business_dates} - columns
        unknown |= {field.otherwise for field in self.fields if field.otherwise} - names
        unknown |= {field.needed_where[0] for field in self.fields if field.needed_where} - names
        if unknown or len(columns) < len(self.columns):
            raise ValueError(f"contract {self.source}: {', '.join(sorted(unknown)) or 'a column'} is unclear")

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        """The names of the fields: the header of the source's own CSV form."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def absent_columns(self) -> tuple[str, ...]:
        """The columns that a CSV of the source's own form may come without."""
        return tuple(field.name for field in self.fields if field.may_be_absent)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The fields without which no record can be loaded."""
        return tuple(field.name for field in self.fields if field.is_required)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of `raw/`, before the lineage columns."""
        return tuple(column for field in self.fields for column in field.columns)

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    def field(self, name: str) -> Field:
        """The field of that name."""
        return self._by_name[name]

    @cached_property
    def has_versions(self) -> bool:
        """Whether a record comes again when it changes, also to be deleted."""
        return bool(self.deletion)

    @cached_property
    def customer_columns(self) -> tuple[str, ...]:
        """The columns that can identify the customer of a record."""
        return tuple(self.field(name).columns[0].name for name in self.customer)

    @cached_property
    def publishes_native_id(self) -> bool:
        """Whether readers of the warehouse may see the source's own id of a record."""
        return any(column.is_public for column in self.columns if column.name == self.native_id)
