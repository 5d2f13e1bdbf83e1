"""Mapping profiles: how the export of another help desk or system becomes the contract's fields.

They stand in `expectations/mappings.yml` and in a company's own file of the same form. A file gets
its profile from the name it was delivered under, as declared there; its content is never sniffed.
What applies a profile to bytes is `readers/mapped.py`.
"""

from __future__ import annotations

import codecs
import difflib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import yaml

from tolerance.errors import UsageError
from tolerance.settings import PROJECT_ROOT

SHIPPED = PROJECT_ROOT / "expectations" / "mappings.yml"
MAPPINGS_VARIABLE = "TOLERANCE_MAPPINGS"
COMPANY_FILE = "mappings.yml"
"""The company's own file, beside the source folders of the inbox."""

DEFAULT = "default"

CONTRACT = "contract"
"""Instead of a form: such files of a profile are the contract's own."""

FIELDS: dict[str, tuple[str, ...]] = {
    "customers": (
        "customer_id",
        "email",
        "phone",
        "relationship_started_on",
        "relationship_ended_on",
        "preferred_language",
    ),
    "faq": (
        "call_id",
        "customer_id",
        "asked_at",
        "faq_code",
        "question",
        "answered",
        "agent_team",
        "language",
    ),
    "tickets": (
        "ticket_id",
        "customer_id",
        "requester_email",
        "created_at",
        "updated_at",
        "solved_at",
        "status",
        "type",
        "priority",
        "tags",
        "subject",
        "description",
        "satisfaction",
        "reopens",
        "is_deleted",
    ),
}
"""The fields of each source's contract: those that a profile can fill."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "faq": ("call_id", "asked_at"),
    "tickets": ("ticket_id", "created_at", "status"),
}
"""Without these fields no record of the source can be loaded."""

DAY_FIELDS = frozenset({"relationship_started_on", "relationship_ended_on"})
INSTANT_FIELDS = frozenset({"asked_at", "created_at", "updated_at", "solved_at"})
ADDRESS_FIELDS = frozenset({"email", "requester_email"})
GATHERED_FIELDS = frozenset({"tags", "email"})
"""Fields that take the values of all their columns; the others take the first that has one."""

CLOSED_LISTS: dict[str, frozenset[str]] = {
    "status": frozenset({"new", "open", "pending", "hold", "solved", "closed", "deleted"}),
    "type": frozenset({"incident", "problem", "question", "task"}),
    "priority": frozenset({"low", "normal", "high", "urgent"}),
    "satisfaction": frozenset({"good", "bad", "offered", "unoffered"}),
    "answered": frozenset({"yes", "no"}),
    "is_deleted": frozenset({"yes", "no"}),
}
"""What a value map may map to, where the contract has a closed list."""

DELIMITERS = (";", ",", "\t", "|")
NAMED_DATE_FORMATS = ("iso", "month_name", "unix", "unix_ms")

ANY_VALUE = "*"
"""In a condition: whatever stands there, as long as something does."""
_DIRECTIVES = frozenset("YymdHIMSpbzf%")


class MappingError(UsageError):
    """A mapping file cannot be used. One sentence a mistake: which profile, which key, what is allowed."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds for a record when one of `columns` has one of `values`, or any value where they say `*`."""

    columns: tuple[str, ...]
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Form:
    """How one form of file (CSV or JSON) of a profile is read.

    `columns` names for each contract field its columns, or paths into a JSON record, the first one
    first. `records` names the JSON array that holds the records (`$`: the document itself).
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
    """One mapping of a source's files to its contract. Compared and hashed by `fingerprint`."""

    source: str
    name: str
    about: str
    csv: Form | None
    json: Form | None
    encodings: tuple[str, ...]
    decimal_mark: str
    nothing: frozenset[str]
    values: dict[str, dict[str, str]]
    otherwise: dict[str, str]
    constants: dict[str, str]
    separators: dict[str, str]
    remove_blanks: frozenset[str]
    html: frozenset[str]
    vendor_person: tuple[str, ...]
    not_where: dict[str, tuple[Condition, ...]]
    """Columns that do not count in a record where a condition of theirs holds."""

    deleted_when: tuple[Condition, ...]
    skip_when: tuple[Condition, ...]
    contract_forms: frozenset[str]
    """`csv` or `json`: forms whose files are the contract's own and are read as such."""

    fingerprint: str

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


@dataclass(frozen=True, slots=True)
class Rule:
    """Files whose delivered name fits `pattern` (with its source's folder) have this profile."""

    pattern: str
    profile: str


@dataclass(frozen=True, slots=True)
class Mappings:
    """All profiles by source and name, and the rules that assign them, the first that fits first."""

    profiles: dict[tuple[str, str], Profile]
    rules: tuple[Rule, ...] = ()

    def profile(self, source: str, name: str) -> Profile | None:
        """A profile by its name; None for the default one, which is the contract itself.

        Raises `MappingError` when there is none of that name.
        """
        if name == DEFAULT:
            return None
        found = self.profiles.get((source, name))
        if found is None:
            known = [DEFAULT, *sorted(one for kind, one in self.profiles if kind == source)]
            raise MappingError(
                f"{source} has no profile {name!r}{_nearest(name, known)}: it is one of {', '.join(known)}."
            )
        return found

    def profile_of(self, source: str, file_name: str) -> Profile | None:
        """The profile of a delivered file, by its name below the source's folder; None: the default.

        The name is compared with each rule's pattern, with and without folders named by a day and
        with and without `.gz`; it never touches the file system.
        """
        for rule in self.rules:
            if any(fnmatchcase(name, rule.pattern) for name in _names(source, file_name)):
                return self.profile(source, rule.profile)
        return None


def _names(source: str, file_name: str) -> list[str]:
    full = f"{source}/{file_name}"
    names = [full, "/".join(part for part in full.split("/") if not _is_day(part))]
    return names + [name[: -len(".gz")] for name in names if name.lower().endswith(".gz")]


def _is_day(part: str) -> bool:
    try:
        return len(part) == len("2026-11-20") and bool(date.fromisoformat(part))
    except ValueError:
        return False


# Where mappings come from -------------------------------------------------------------


def company_file(extracts: Path | None) -> Path | None:
    """The company's own mapping file: what TOLERANCE_MAPPINGS names, else `mappings.yml` in the inbox.

    Raises `MappingError` when the variable names no file.
    """
    named = os.environ.get(MAPPINGS_VARIABLE, "").strip()
    if named:
        if not Path(named).is_file():
            raise MappingError(f"{MAPPINGS_VARIABLE} names {named}, which is no file: correct or unset it.")
        return Path(named)
    if extracts is not None and (extracts / COMPANY_FILE).is_file():
        return extracts / COMPANY_FILE
    return None


def mappings(company: Path | None = None) -> Mappings:
    """The shipped profiles and rules, and before them those of a company's file.

    Raises `MappingError` with a sentence for each mistake in the company's file.
    """
    shipped = _shipped()
    if company is None:
        return shipped
    try:
        content = company.read_bytes()
    except OSError:
        raise MappingError(f"{company.name} cannot be read; give this user the right to read it.") from None
    own = parse(content, company.name, shipped)
    folders = tuple(Rule(f"{source}/{name}/*", name) for source, name in own.profiles)
    return Mappings({**shipped.profiles, **own.profiles}, own.rules + folders + shipped.rules)


@cache
def _shipped() -> Mappings:
    return parse(SHIPPED.read_bytes(), SHIPPED.name, Mappings({}))


def parse(content: bytes, file_name: str, known: Mappings) -> Mappings:
    """The profiles and rules of one mapping file; its profiles may extend `known` ones.

    Raises `MappingError` that tells every mistake in a sentence.
    """
    check = _Check(file_name)
    try:
        document = yaml.load(content, Loader=_Texts)  # noqa: S506  (a BaseLoader: texts only)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        what = getattr(error, "problem", None) or "it is not UTF-8"
        raise MappingError(f"{file_name}{line}: this is no YAML ({what}).") from None
    found = _document(document or {}, check, known)
    if check.mistakes:
        raise MappingError("\n".join(check.mistakes))
    return found


class _Texts(yaml.BaseLoader):
    """YAML whose scalars are all texts (`no` stays "no", `1` stays "1") and whose keys are unique."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands there twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


# From YAML to profiles ----------------------------------------------------------------


@dataclass(slots=True)
class _Check:
    """Gathers mistakes, one sentence each, with the place they stand at."""

    file_name: str
    place: str = ""
    mistakes: list[str] = field(default_factory=list)

    def fail(self, key: str, what: str) -> None:
        place = f"{self.file_name}, {self.place}" if self.place else self.file_name
        self.mistakes.append(f"{place}, `{key}`: {what}.")

    def keys(self, given: dict[str, Any], allowed: Iterable[str], inside: str = "") -> None:
        allowed = list(allowed)
        for key in given:
            if key not in allowed:
                self.fail(
                    f"{inside}{key}",
                    f"there is no such key{_nearest(key, allowed)}; allowed are {', '.join(allowed)}",
                )

    def mapping(self, given: object, key: str) -> dict[str, Any]:
        if isinstance(given, dict):
            return given
        if given not in (None, ""):
            self.fail(key, "this must be a table of `name: value`")
        return {}

    def texts(self, given: object, key: str) -> tuple[str, ...]:
        """A text or a list of texts as a tuple."""
        if isinstance(given, str):
            return (given,)
        if isinstance(given, list) and all(isinstance(one, str) for one in given):
            return tuple(given)
        self.fail(key, "this must be a text or a list of texts")
        return ()

    def text_table(self, given: object, key: str) -> dict[str, str]:
        table = self.mapping(given, key)
        wrong = [name for name, value in table.items() if not isinstance(value, str)]
        if wrong:
            self.fail(f"{key}.{wrong[0]}", "this must be a text")
        return {name: value for name, value in table.items() if isinstance(value, str)}

    def field_table(self, given: object, key: str, source: str) -> dict[str, Any]:
        table = self.mapping(given, key)
        self.keys(table, FIELDS[source], f"{key}.")
        return {name: value for name, value in table.items() if name in FIELDS[source]}

    def choice(self, given: str, key: str, allowed: Iterable[str]) -> None:
        allowed = list(allowed)
        if given not in allowed:
            self.fail(key, f"{given!r} is not allowed; allowed are {', '.join(map(repr, allowed))}")


def _nearest(word: str, allowed: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(allowed), n=1)
    return f" ({near[0]} looks like it)" if near else ""


def _document(document: object, check: _Check, known: Mappings) -> Mappings:
    if not isinstance(document, dict):
        check.fail("profiles", "the file must be a table with `files` and `profiles`")
        return known
    check.keys(document, ("files", "profiles"))
    profiles: dict[tuple[str, str], Profile] = {}
    raw: dict[tuple[str, str], dict[str, Any]] = {}
    for source, named in check.mapping(document.get("profiles"), "profiles").items():
        if source not in FIELDS:
            check.fail(f"profiles.{source}", f"there is no such source; it is one of {', '.join(FIELDS)}")
            continue
        for name, given in check.mapping(named, f"profiles.{source}").items():
            raw[source, name] = check.mapping(given, f"profiles.{source}.{name}")
    builder = _Builder(raw, known, check, profiles)
    for key in raw:
        if key[1] == DEFAULT:
            if check.file_name != SHIPPED.name or known.profiles:
                check.place = f"profile {key[0]}/{DEFAULT}"
                check.fail("default", "this is the contract itself; give your profile a name of its own")
            continue
        builder.build(key, ())
    check.place = ""
    return Mappings(profiles, _rules(document.get("files"), check, {*known.profiles, *profiles}))


def _rules(given: object, check: _Check, profiles: set[tuple[str, str]]) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for pattern, profile in check.text_table(given, "files").items():
        source = pattern.partition("/")[0]
        if source not in FIELDS or source == pattern:
            check.fail(
                f"files.{pattern}",
                "a pattern begins with its source's folder, such as tickets/desk/*.csv "
                f"({', '.join(FIELDS)})",
            )
        elif profile != DEFAULT and (source, profile) not in profiles:
            known = [DEFAULT, *sorted(name for kind, name in profiles if kind == source)]
            check.fail(
                f"files.{pattern}",
                f"{source} has no profile {profile!r}{_nearest(profile, known)}; "
                f"it is one of {', '.join(known)}",
            )
        else:
            rules.append(Rule(pattern, profile))
    return tuple(rules)


_KEYS = (
    "about",
    "extends",
    "csv",
    "json",
    "encodings",
    "dates",
    "time_zone",
    "decimal_mark",
    "nothing",
    "values",
    "otherwise",
    "constants",
    "separators",
    "remove_blanks",
    "html",
    "vendor_person",
    "not_where",
    "deleted_when",
    "skip_when",
)
_CSV_KEYS = ("delimiter", "columns", "dates", "time_zone", "json_cells")
_JSON_KEYS = ("records", "inside", "columns", "dates", "time_zone")


@dataclass(slots=True)
class _Builder:
    """Makes profiles in the order in which they extend one another."""

    raw: dict[tuple[str, str], dict[str, Any]]
    known: Mappings
    check: _Check
    done: dict[tuple[str, str], Profile]
    failed: set[tuple[str, str]] = field(default_factory=set)

    def build(self, key: tuple[str, str], below: tuple[tuple[str, str], ...]) -> Profile | None:
        """Make one profile, and first the one that it extends; `below` are those that wait for it."""
        if key in self.done or key in self.failed:
            return self.done.get(key)
        source, name = key
        given, base = self.raw[key], None
        if "extends" in given:
            base = self._base(key, (source, str(given["extends"])), below)
            if base is None:
                self.failed.add(key)
                return None
        self.check.place = f"profile {source}/{name}"
        mistakes = len(self.check.mistakes)
        profile = _profile(source, name, given, base, self.check)
        if len(self.check.mistakes) == mistakes:
            _check_whole(profile, self.check)
        self.done[key] = replace(profile, fingerprint=_fingerprint(profile))
        return self.done[key]

    def _base(
        self, key: tuple[str, str], parent: tuple[str, str], below: tuple[tuple[str, str], ...]
    ) -> Profile | None:
        """The profile that another extends: of this file, else a known one, as may have its very name."""
        if parent in self.raw and parent != key and parent not in below:
            return self.build(parent, (*below, key))
        found = self.known.profiles.get(parent)
        if found is None:
            self.check.place = f"profile {key[0]}/{key[1]}"
            self.check.fail(
                "extends",
                "profiles extend one another in a circle"
                if parent in self.raw
                else f"{key[0]} has no profile {parent[1]!r} to extend",
            )
        return found


def _profile(source: str, name: str, given: dict[str, Any], base: Profile | None, check: _Check) -> Profile:
    check.keys(given, _KEYS)

    def kept(key: str, read: Callable[[Any, str], Any], without: Any) -> Any:
        """What the file says, else what the extended profile says, else the usual."""
        return read(given[key], key) if key in given else (getattr(base, key) if base else without)

    def merged(key: str, read: Callable[[Any, str], dict[str, Any]]) -> dict[str, Any]:
        """The extended profile's table with the file's entries over it."""
        return {**(getattr(base, key) if base else {}), **(read(given[key], key) if key in given else {})}

    def fields(value: Any, key: str) -> frozenset[str]:
        names = check.texts(value, key)
        for one in names:
            if one not in FIELDS[source]:
                check.choice(one, key, FIELDS[source])
        return frozenset(names)

    dates = _dates(given["dates"], "dates", check) if "dates" in given else None
    zone = _zone(given["time_zone"], "time_zone", check) if "time_zone" in given else None
    values = {
        one: {**(base.values.get(one, {}) if base else {}), **_value_map(table, one, check)}
        for one, table in check.field_table(given.get("values"), "values", source).items()
    }
    return Profile(
        source=source,
        name=name,
        about=kept("about", lambda value, _: str(value), ""),
        csv=_form(
            "csv", given, base.csv if base else None, source=source, dates=dates, zone=zone, check=check
        ),
        json=_form(
            "json", given, base.json if base else None, source=source, dates=dates, zone=zone, check=check
        ),
        encodings=kept("encodings", lambda value, key: _encodings(value, key, check), ("utf-8", "cp1252")),
        decimal_mark=kept("decimal_mark", lambda value, key: _mark(value, key, check), "."),
        nothing=kept(
            "nothing", lambda value, key: frozenset(map(plain, check.texts(value, key))), frozenset()
        ),
        values={**(base.values if base else {}), **values},
        otherwise=merged("otherwise", lambda value, key: _words(value, key, source, check)),
        constants=merged("constants", lambda value, key: _words(value, key, source, check)),
        separators=merged(
            "separators", lambda value, key: check.text_table(check.field_table(value, key, source), key)
        ),
        remove_blanks=kept("remove_blanks", fields, frozenset()),
        html=kept("html", fields, frozenset()),
        vendor_person=kept("vendor_person", check.texts, ()),
        not_where=merged("not_where", lambda value, key: _not_where(value, key, check)),
        deleted_when=kept("deleted_when", lambda value, key: _conditions(value, key, check), ()),
        skip_when=kept("skip_when", lambda value, key: _conditions(value, key, check), ()),
        contract_forms=frozenset(
            kind
            for kind in ("csv", "json")
            if (
                given[kind] == CONTRACT if kind in given else base is not None and kind in base.contract_forms
            )
        ),
        fingerprint="",
    )


def _form(
    kind: str,
    given: dict[str, Any],
    base: Form | None,
    *,
    source: str,
    dates: tuple[str, ...] | None,
    zone: str | None,
    check: _Check,
) -> Form | None:
    """One form of a profile; its own dates and time zone go before those of the whole profile."""
    if given.get(kind) == CONTRACT or (base is None and kind not in given):
        return None
    own = check.mapping(given.get(kind), kind)
    check.keys(own, _CSV_KEYS if kind == "csv" else _JSON_KEYS, f"{kind}.")
    columns = {
        one: check.texts(names, f"{kind}.columns.{one}") if names != "" else ()
        for one, names in check.field_table(own.get("columns"), f"{kind}.columns", source).items()
    }
    form = base or Form({}, ("iso",), None)
    form = replace(
        form,
        columns={one: names for one, names in {**form.columns, **columns}.items() if names},
        dates=_dates(own["dates"], f"{kind}.dates", check) if "dates" in own else dates or form.dates,
        time_zone=_zone(own["time_zone"], f"{kind}.time_zone", check)
        if "time_zone" in own
        else zone or form.time_zone,
    )
    if "delimiter" in own:
        check.choice(str(own["delimiter"]), "csv.delimiter", DELIMITERS)
        form = replace(form, delimiter=str(own["delimiter"])[:1])
    if "records" in own:
        form = replace(form, records=check.texts(own["records"], "json.records"))
    if "json_cells" in own:
        form = replace(
            form, json_cells=frozenset(map(plain, check.texts(own["json_cells"], "csv.json_cells")))
        )
    if "inside" in own:
        form = replace(form, inside=str(own["inside"]))
    return form


def _check_whole(profile: Profile, check: _Check) -> None:
    """What only shows when a profile is put together with the one it extends."""
    if profile.csv is None and profile.json is None:
        check.fail("csv", "a profile needs `csv` or `json` with `columns`")
    for kind, form in (("csv", profile.csv), ("json", profile.json)):
        if form is None:
            continue
        for one in REQUIRED[profile.source]:
            if one not in form.columns and one not in profile.constants:
                check.fail(f"{kind}.columns", f"{one} is required and has neither a column nor a constant")
    if profile.json is not None and not profile.json.records:
        check.fail("json.records", "name the array that holds the records; `$` is the document itself")
    for one in profile.otherwise:
        if one not in profile.values:
            check.fail(
                f"otherwise.{one}", f"this counts for values that `values.{one}` does not name; add it"
            )


def _words(given: object, key: str, source: str, check: _Check) -> dict[str, str]:
    table = check.text_table(check.field_table(given, key, source), key)
    for one, word in table.items():
        _word(word, f"{key}.{one}", one, check)
    return table


def _value_map(given: object, name: str, check: _Check) -> dict[str, str]:
    table = check.text_table(given, f"values.{name}")
    for value, word in table.items():
        _word(word, f"values.{name}.{value}", name, check)
    return {plain(value): word for value, word in table.items()}


def _word(word: str, key: str, name: str, check: _Check) -> None:
    allowed = CLOSED_LISTS.get(name)
    if allowed is not None and word and word not in allowed:
        check.fail(key, f"{word!r} is not allowed; allowed are {', '.join(sorted(allowed))}, or '' for none")


def _conditions(given: object, key: str, check: _Check) -> tuple[Condition, ...]:
    if not isinstance(given, dict):
        check.fail(key, "this must be a table of `column: values`")
        return ()
    return tuple(
        Condition((column,), frozenset(plain(value) for value in check.texts(values, f"{key}.{column}")))
        for column, values in given.items()
    )


def _not_where(given: object, key: str, check: _Check) -> dict[str, tuple[Condition, ...]]:
    return {
        plain(column): _conditions(conditions, f"{key}.{column}", check)
        for column, conditions in check.mapping(given, key).items()
    }


def _encodings(given: object, key: str, check: _Check) -> tuple[str, ...]:
    names = check.texts(given, key)
    for name in names:
        try:
            keeps_ascii = codecs.lookup(name).encode('\t\n";,|', "strict")[0] == b'\t\n";,|'
        except (LookupError, UnicodeError, TypeError):
            keeps_ascii = False
        if not keeps_ascii:
            check.fail(
                key, f"{name!r} cannot be read; allowed are encodings that keep ASCII, such as utf-8, cp1252"
            )
    return names or ("utf-8",)


def _mark(given: object, key: str, check: _Check) -> str:
    check.choice(str(given), key, (".", ","))
    return str(given)


def _zone(given: object, key: str, check: _Check) -> str:
    try:
        return ZoneInfo(str(given)).key
    except (ValueError, OSError, KeyError):
        check.fail(key, f"{given!r} is no time zone; allowed are names such as Europe/Paris or UTC")
        return "UTC"


def _dates(given: object, key: str, check: _Check) -> tuple[str, ...]:
    formats = check.texts(given, key)
    for one in formats:
        directives = re.findall(r"%(.?)", one)
        if one not in NAMED_DATE_FORMATS and (
            (not {"d", "m"} & set(directives) and "b" not in directives) or set(directives) - _DIRECTIVES
        ):
            check.fail(
                key,
                f"{one!r} is no date format; allowed are {', '.join(NAMED_DATE_FORMATS)} or a pattern "
                "of %d %m %b %Y %y %H %I %M %S %f %p %z, such as '%d/%m/%Y %H:%M'",
            )
    orders = {
        ("%d" in one and one.index("%d") < one.index("%m"))
        for one in formats
        if "%m" in one and "%d" in one and not one.startswith("%Y")
    }
    if len(orders) > 1:
        check.fail(key, "day before month and month before day cannot be told apart; keep one of them")
    return formats


_BLANKS = re.compile(r"\s+")


def plain(text: str) -> str:
    """A name or value as profiles compare it: case, kind of apostrophe and blanks aside."""
    return _BLANKS.sub(" ", text.replace("’", "'")).strip().casefold()


def _fingerprint(profile: Profile) -> str:
    """16 hex digits that change when what the profile says does."""
    told = orjson.dumps(
        [
            (name, getattr(profile, name))
            for name in sorted(Profile.__slots__)
            if name not in ("fingerprint", "about")
        ],
        default=sorted,
        option=orjson.OPT_SORT_KEYS,
    )
    return sha256(told).hexdigest()[:16]
