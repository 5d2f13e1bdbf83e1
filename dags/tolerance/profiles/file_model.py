"""What a mapping file may hold: the model by which pydantic validates it.

All values are texts. The contract of the profile's source is the validation context: it decides which fields
there are and which words they may have. All messages about mistakes are made here or in `mistakes`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from tolerance.profiles.mistakes import mistake, no_such_key, not_allowed
from tolerance.profiles.profile import ACCOUNT, CONTACT, DELIMITERS

CONTRACT = "contract"
"""Instead of a form: files of this extension are in the contract's own form."""

NAMED_DATE_FORMATS = ("iso", "month_name", "unix", "unix_ms")
_DIRECTIVES = frozenset("YymdHIMSpbzf%")


def _texts(given: object) -> object:
    """A text or a list of texts as a list."""
    if isinstance(given, str):
        return [given]
    if isinstance(given, list) and all(isinstance(text, str) for text in given):
        return given
    raise mistake("this must be a text or a list of texts")


def _nothing_is_an_empty_table(given: object) -> object:
    return {} if given == "" else given


def _field_name(name: str, info: ValidationInfo) -> str:
    fields = info.context.field_names if info.context else ()
    if name not in fields:
        raise no_such_key(name, fields)
    return name


def _chosen_field(name: str, info: ValidationInfo) -> str:
    fields = info.context.field_names if info.context else ()
    if name not in fields:
        raise not_allowed(name, fields)
    return name


def _choice(*allowed: str) -> AfterValidator:
    def check(given: str) -> str:
        if given not in allowed:
            raise not_allowed(given, allowed)
        return given

    return AfterValidator(check)


def _words_with_fields(given: object) -> object:
    """Each word of a table paired with its field, which decides which words are allowed."""
    if not isinstance(given, dict):
        return given
    return {
        name: {value: (name, word) for value, word in words.items()}
        if isinstance(words, dict)
        else (words if words == "" else (name, words))
        for name, words in given.items()
    }


def _word(given: object, info: ValidationInfo) -> object:
    """One of the words that a profile may map a field to, or none."""
    name, word = given if isinstance(given, tuple) else ("", given)
    if not isinstance(word, str):
        return word
    contract = info.context
    allowed = contract.field(name).words if contract and name in contract.field_names else ()
    if word and allowed and word not in allowed:
        raise mistake(f"{word!r} is not allowed; allowed are {', '.join(sorted(allowed))}, or '' for none")
    return word


def _table_of_conditions(given: object) -> object:
    if not isinstance(given, dict):
        raise mistake("this must be a table of `column: values`")
    return given


def _system(name: str) -> str:
    if not _SYSTEM.fullmatch(name):
        raise mistake(
            f"{name!r} is not the name of a system; allowed are up to 64 small letters, figures, _ and -, "
            "such as glpi_paris"
        )
    return name


_SYSTEM = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def _decided_words(given: dict[str, dict[str, Any]], info: ValidationInfo) -> dict[str, dict[str, Any]]:
    """The words that other columns decide are those of a field that has words."""
    contract = info.context
    if contract is None:
        return given
    for name, words in given.items():
        allowed = contract.field(name).words
        if not allowed:
            raise not_allowed(name, [field.name for field in contract.fields if field.words])
        for word in words:
            if word not in allowed:
                raise not_allowed(word, sorted(allowed))
    return given


def _encoding(name: str) -> str:
    try:
        keeps_ascii = codecs.lookup(name).encode('\t\n";,|', "strict")[0] == b'\t\n";,|'
    except (LookupError, UnicodeError, TypeError):
        keeps_ascii = False
    if not keeps_ascii:
        raise mistake(
            f"{name!r} cannot be read; allowed are encodings that keep ASCII, such as utf-8, cp1252"
        )
    return name


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, KeyError):
        raise mistake(f"{name!r} is not a time zone; allowed are names such as Europe/Paris or UTC") from None


def _date_format(text: str) -> str:
    directives = re.findall(r"%(.?)", text)
    has_a_day_or_month = {"d", "m"} & set(directives) or "b" in directives
    if text not in NAMED_DATE_FORMATS and (not has_a_day_or_month or set(directives) - _DIRECTIVES):
        raise mistake(
            f"{text!r} is not a date format; allowed are {', '.join(NAMED_DATE_FORMATS)} or a pattern "
            "of %d %m %b %Y %y %H %I %M %S %f %p %z, such as '%d/%m/%Y %H:%M'"
        )
    return text


def _of_one_order(formats: Iterable[str]) -> Iterable[str]:
    orders = {
        ("%d" in text and text.index("%d") < text.index("%m"))
        for text in formats
        if "%m" in text and "%d" in text and not text.startswith("%Y")
    }
    if len(orders) > 1:
        raise mistake("day before month and month before day cannot be distinguished; keep one of them")
    return formats


_Table = BeforeValidator(_nothing_is_an_empty_table)
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Fields = Annotated[tuple[Annotated[str, AfterValidator(_chosen_field)], ...], BeforeValidator(_texts)]
FieldName = Annotated[str, AfterValidator(_field_name)]
Word = Annotated[str, BeforeValidator(_word)]
Zone = Annotated[str, AfterValidator(_zone)]
Dates = Annotated[
    tuple[Annotated[str, AfterValidator(_date_format)], ...],
    BeforeValidator(_texts),
    AfterValidator(_of_one_order),
]
Encodings = Annotated[
    tuple[Annotated[str, AfterValidator(_encoding)], ...],
    BeforeValidator(_texts),
    AfterValidator(lambda names: names or ("utf-8",)),
]
Conditions = Annotated[dict[str, Texts], BeforeValidator(_table_of_conditions)]
Words = Annotated[dict[FieldName, Word], BeforeValidator(_words_with_fields), _Table]
Columns = Annotated[dict[FieldName, Texts], _Table]
DecidedWords = Annotated[
    dict[FieldName, Annotated[dict[str, Conditions], _Table]], AfterValidator(_decided_words), _Table
]


@dataclass(frozen=True, slots=True)
class _Unknown:
    """A key that a table does not have, with the keys that it has."""

    key: str
    allowed: tuple[str, ...]


def _refused(unknown: _Unknown) -> NoReturn:
    raise no_such_key(unknown.key, unknown.allowed)


class _Keys(BaseModel):
    """A table of fixed keys."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Annotated[Any, AfterValidator(_refused)]] = Field(init=False)

    @model_validator(mode="before")
    @classmethod
    def _mark_unknown_keys(cls, given: Any) -> Any:
        if given == "":
            return {}
        if not isinstance(given, dict):
            return given
        allowed = tuple(info.alias or name for name, info in cls.model_fields.items())
        return {key: value if key in allowed else _Unknown(key, allowed) for key, value in given.items()}


class FormText(_Keys):
    """What is under `csv` or `json` of a profile."""

    columns: Columns = {}
    dates: Dates | None = None
    time_zone: Zone | None = None


class CsvText(FormText):
    """What is under `csv`."""

    delimiter: Annotated[str, _choice(*DELIMITERS)] | None = None
    json_cells: Texts | None = None


class JsonText(FormText):
    """What is under `json`."""

    records: Texts | None = None
    inside: str | None = None


OWN_CSV, OWN_JSON = CsvText(), JsonText()
"""What `csv: contract` and `json: contract` become."""


class ProfileText(_Keys):
    """One profile as written; keys that it leaves out come from the profile that it extends."""

    about: str | None = None
    extends: str | None = None
    system: Annotated[str, AfterValidator(_system)] | None = None
    csv: Annotated[CsvText, BeforeValidator(lambda given: OWN_CSV if given == CONTRACT else given)] | None = (
        None
    )
    as_json: (
        Annotated[JsonText, BeforeValidator(lambda given: OWN_JSON if given == CONTRACT else given)] | None
    ) = Field(None, alias="json")
    encodings: Encodings | None = None
    dates: Dates | None = None
    time_zone: Zone | None = None
    decimal_mark: Annotated[str, _choice(".", ",")] | None = None
    nothing: Texts | None = None
    values: Annotated[
        dict[FieldName, Annotated[dict[str, Word], _Table]], BeforeValidator(_words_with_fields), _Table
    ] = {}
    otherwise: Words = {}
    constants: Words = {}
    when: DecidedWords = {}
    separators: Annotated[dict[FieldName, str], _Table] = {}
    account: Texts | None = None
    burdened: Annotated[str, _choice(CONTACT, ACCOUNT)] | None = None
    remove_blanks: Fields | None = None
    html: Fields | None = None
    vendor_person: Texts | None = None
    not_where: Annotated[dict[str, Conditions], _Table] = {}
    merged_when: Conditions | None = None
    merged_into: Texts | None = None
    deleted_when: Conditions | None = None
    skip_when: Conditions | None = None


class FileText(_Keys):
    """A mapping file; its tables are validated by the models above, profile by profile."""

    files: Any = {}
    profiles: Any = {}
