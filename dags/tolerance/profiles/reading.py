"""From the text of mapping files to profiles, each after the profile that it extends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import yaml
from pydantic import TypeAdapter

from tolerance import plain_yaml
from tolerance.contracts import CONTRACTS
from tolerance.profiles.file_model import (
    OWN_CSV,
    OWN_JSON,
    FileText,
    FormText,
    ProfileText,
)
from tolerance.profiles.mistakes import MappingError, Mistakes, nearest
from tolerance.profiles.profile import ACCOUNT, DEFAULT, Condition, Form, Profile, fingerprint_of, plain

Key = tuple[str, str]
"""A source and the name of one of its profiles."""

Profiles = dict[Key, Profile]

MAPPED = tuple(name for name, contract in CONTRACTS.items() if contract.takes_profiles)
"""The sources whose fields a profile can fill."""

_FILE = TypeAdapter(FileText)
_PROFILE = TypeAdapter(ProfileText)
_TABLE = TypeAdapter(dict[str, Any])
_TEXTS = TypeAdapter(dict[str, str])


@dataclass(frozen=True, slots=True)
class Rule:
    """Files whose delivered name fits `pattern` (with its source's folder) get this profile."""

    pattern: str
    profile: str


@dataclass(frozen=True, slots=True)
class MappingFile:
    """The content of one mapping file, or of several read together."""

    profiles: Profiles
    rules: tuple[Rule, ...]


def parse(content: bytes, file_name: str, known: Profiles) -> MappingFile:
    """The profiles and rules of one mapping file; its profiles may extend `known` ones.

    Raises `MappingError` with a sentence for every mistake.
    """
    mistakes = Mistakes(file_name)
    texts = _texts_of(content, file_name)
    if not isinstance(texts, dict):
        mistakes.add("profiles", "the file must be a table with `files` and `profiles`")
        texts = {}
    mistakes.checked(_FILE, texts)
    builder = _Builder(_profiles_in(texts, mistakes), known, mistakes)
    for key in builder.texts:
        if key[1] == DEFAULT:
            mistakes.add(
                DEFAULT, "this is the contract itself; give your profile a name of its own", "/".join(key)
            )
        else:
            builder.build(key, ())
    rules = _rules(_table(texts, "files", mistakes, _TEXTS), mistakes, {*known, *builder.texts})
    mistakes.raise_if_any()
    return MappingFile(builder.done, rules)


def _texts_of(content: bytes, file_name: str) -> object:
    try:
        return plain_yaml.load(content, _Texts) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        what = getattr(error, "problem", None) or "it is not UTF-8"
        raise MappingError(f"{file_name}{line}: this is not YAML ({what}).") from None


class _Texts(yaml.CBaseLoader):
    """YAML whose scalars are all texts (`no` stays "no", `1` stays "1") and whose keys are unique."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is there twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _table(given: dict[str, Any], key: str, mistakes: Mistakes, of: TypeAdapter[Any]) -> dict[str, Any]:
    """A table of the file, empty where there is none."""
    return mistakes.checked(of, given.get(key) or {}, key=key) or {}


def _profiles_in(texts: dict[str, Any], mistakes: Mistakes) -> dict[Key, object]:
    found: dict[Key, object] = {}
    for source, named in _table(texts, "profiles", mistakes, _TABLE).items():
        if source not in MAPPED:
            mistakes.add(f"profiles.{source}", f"there is no such source; it is one of {', '.join(MAPPED)}")
            continue
        for name, given in (mistakes.checked(_TABLE, named or {}, key=f"profiles.{source}") or {}).items():
            found[source, name] = given
    return found


def _rules(files: dict[str, str], mistakes: Mistakes, profiles: set[Key]) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for pattern, profile in files.items():
        source = pattern.partition("/")[0]
        if source not in MAPPED or source == pattern:
            mistakes.add(
                f"files.{pattern}",
                "a pattern begins with its source's folder, such as tickets/desk/*.csv "
                f"({', '.join(MAPPED)})",
            )
        elif profile != DEFAULT and (source, profile) not in profiles:
            mistakes.add(f"files.{pattern}", no_such_profile(source, profile, profiles, "; "))
        else:
            rules.append(Rule(pattern, profile))
    return tuple(rules)


def no_such_profile(source: str, name: str, profiles: Iterable[Key], then: str) -> str:
    """The message that a source has no profile of this name, and which it has."""
    known = [DEFAULT, *sorted(name for of, name in profiles if of == source)]
    return f"{source} has no profile {name!r}{nearest(name, known)}{then}it is one of {', '.join(known)}"


@dataclass(slots=True)
class _Builder:
    """Makes profiles, each after the profile that it extends."""

    texts: dict[Key, object]
    known: Profiles
    mistakes: Mistakes
    done: Profiles = field(default_factory=dict)
    failed: set[Key] = field(default_factory=set)

    def build(self, key: Key, below: tuple[Key, ...]) -> Profile | None:
        """Make a profile, and before it the profile that it extends; `below` are those waiting for it."""
        if key not in self.done and key not in self.failed:
            profile = self._made(key, below)
            if profile is None:
                self.failed.add(key)
            else:
                self.done[key] = profile
        return self.done.get(key)

    def _made(self, key: Key, below: tuple[Key, ...]) -> Profile | None:
        contract = CONTRACTS[key[0]]
        text = self.mistakes.checked(_PROFILE, self.texts[key], profile="/".join(key), contract=contract)
        if text is None:
            return None
        base = Profile(*key)
        if text.extends is not None:
            extended = self._extended(key, (key[0], text.extends), below)
            if extended is None:
                return None
            base = extended
        profile = _profile(key, text, base)
        self._check_whole(profile, "/".join(key))
        return replace(profile, fingerprint=fingerprint_of(profile))

    def _extended(self, key: Key, parent: Key, below: tuple[Key, ...]) -> Profile | None:
        """The profile that another extends: of this file, else a known one, which may have the same name."""
        if parent in self.texts and parent != key and parent not in below:
            return self.build(parent, (*below, key))
        found = self.known.get(parent)
        if found is None:
            self.mistakes.add(
                "extends",
                "profiles extend one another in a circle"
                if parent in self.texts
                else f"{key[0]} has no profile {parent[1]!r} to extend",
                "/".join(key),
            )
        return found

    def _check_whole(self, profile: Profile, place: str) -> None:
        """Check what is only known once a profile is merged with the profile that it extends."""
        if profile.csv is None and profile.json is None and not profile.contract_forms:
            self.mistakes.add("csv", "a profile needs `csv` or `json` with `columns`", place)
        for kind, form in (("csv", profile.csv), ("json", profile.json)):
            for name in CONTRACTS[profile.source].required if form is not None else ():
                if form is not None and name not in form.columns and name not in profile.constants:
                    self.mistakes.add(
                        f"{kind}.columns",
                        f"{name} is required and has neither a column nor a constant",
                        place,
                    )
        if profile.json is not None and not profile.json.records:
            self.mistakes.add(
                "json.records", "name the array that holds the records; `$` is the document itself", place
            )
        if profile.burdened == ACCOUNT and not profile.account:
            self.mistakes.add(
                "burdened", "name the columns of the account's customer number under `account`", place
            )
        for name in profile.otherwise:
            if name not in profile.values:
                self.mistakes.add(
                    f"otherwise.{name}",
                    f"this applies to values that `values.{name}` does not name; add it",
                    place,
                )


# One profile --------------------------------------------------------------------------


def _profile(key: Key, text: ProfileText, base: Profile) -> Profile:
    """A profile from the file's keys, else from those of the extended profile."""
    said: dict[str, Any] = {
        name: getattr(text, name)
        for name in ("about", "decimal_mark", "vendor_person", "encodings", "merged_into")
        if getattr(text, name) is not None
    }
    said |= {
        name: frozenset(given)
        for name in ("remove_blanks", "html")
        if (given := getattr(text, name)) is not None
    }
    said |= {
        name: _conditions(given)
        for name in ("deleted_when", "skip_when", "merged_when")
        if (given := getattr(text, name)) is not None
    }
    if text.system is not None:
        said["declared_system"] = text.system
    said |= {name: given for name in ("account", "burdened") if (given := getattr(text, name)) is not None}
    if text.nothing is not None:
        said["nothing"] = frozenset(map(plain, text.nothing))
    values = {
        name: base.values.get(name, {}) | {plain(value): word for value, word in words.items()}
        for name, words in text.values.items()
    }
    return replace(
        base,
        source=key[0],
        name=key[1],
        csv=_form(text, text.csv, base.csv, OWN_CSV),
        json=_form(text, text.as_json, base.json, OWN_JSON),
        values=base.values | values,
        otherwise=base.otherwise | text.otherwise,
        when=base.when
        | {
            name: tuple((word, _conditions(conditions)) for word, conditions in words.items())
            for name, words in text.when.items()
        },
        constants=base.constants | text.constants,
        separators=base.separators | text.separators,
        not_where=base.not_where
        | {plain(column): _conditions(conditions) for column, conditions in text.not_where.items()},
        contract_forms=frozenset(
            kind
            for kind, given, own in (("csv", text.csv, OWN_CSV), ("json", text.as_json, OWN_JSON))
            if (given is own if given is not None else kind in base.contract_forms)
        ),
        **said,
    )


def _conditions(given: dict[str, tuple[str, ...]]) -> tuple[Condition, ...]:
    return tuple(Condition((column,), frozenset(map(plain, values))) for column, values in given.items())


def _form(text: ProfileText, given: FormText | None, base: Form | None, own: FormText) -> Form | None:
    """One form of a profile; its own dates and time zone take precedence over those of the profile."""
    if given is own or (base is None and given is None):
        return None
    form, said = base or Form({}, ("iso",), None), given or FormText()
    columns = {**form.columns, **said.columns}
    others = {
        name: value
        for name in ("delimiter", "records", "inside", "json_cells")
        if (value := getattr(said, name, None)) is not None
    }
    if "json_cells" in others:
        others["json_cells"] = frozenset(map(plain, others["json_cells"]))
    return replace(
        form,
        columns={name: paths for name, paths in columns.items() if paths and paths != ("",)},
        dates=said.dates or text.dates or form.dates,
        time_zone=said.time_zone or text.time_zone or form.time_zone,
        **others,
    )
