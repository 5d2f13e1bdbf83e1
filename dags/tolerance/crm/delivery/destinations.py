"""Where alerts are delivered to: `destinations.yml` in the company's folder, one table per destination.

How to log in stands in an Airflow connection, never in this file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from tolerance import plain_yaml
from tolerance.company import CompanyError, own_file
from tolerance.crm.delivery.items import Unit
from tolerance.errors import UsageError
from tolerance.profiles.mistakes import Mistakes, mistake, nearest, no_such_key

FILE = "destinations.yml"
_COLUMN = re.compile(r"\{(\w+)\}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise mistake(f"{path!r} must begin with /")
    return path


Place = Annotated[str, AfterValidator(_absolute)]


def _as_key(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_texts(given: object) -> object:
    return {str(key): _as_key(value) for key, value in given.items()} if isinstance(given, dict) else given


def _as_keys(given: object) -> object:
    return {_as_key(key): value for key, value in given.items()} if isinstance(given, dict) else given


LEAVE = object()
"""The value of a field that stays as it is in the CRM."""


class Value(BaseModel):
    """What a field of the CRM gets: a column of the list, in the CRM's words perhaps, a text, or a constant.

    A text has columns in braces, and is cut to the characters that the field takes. A word that is null
    leaves the field as it is in the CRM; a column that is null empties it. `otherwise` is the word for all
    values that have none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str | None = None
    words: Annotated[dict[str, Any], BeforeValidator(_as_keys)] = {}
    otherwise: str | int | bool | None = None
    text: str | None = None
    most_characters: Count | None = None
    constant: str | int | bool | None = None

    @property
    def columns(self) -> set[str]:
        """The columns of the list that it needs."""
        return {*_COLUMN.findall(self.text or ""), *([self.column] if self.column else ())}

    def of(self, row: Mapping[str, Any]) -> Any:
        """The value for one alert."""
        if self.text is not None:
            return _COLUMN.sub(lambda found: _as_key(_plain(row[found[1]])), self.text)[
                : self.most_characters
            ]
        if self.column is None:
            return self.constant
        value = _plain(row[self.column])
        word = self.words.get(_as_key(value), value if self.otherwise is None else self.otherwise)
        return LEAVE if word is None and value is not None else word


def _plain(value: object) -> Any:
    """A value as APIs take it: instants in UTC, points as numbers."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _column_alone(given: object) -> object:
    return {"column": given} if isinstance(given, str) else given


FieldValue = Annotated[Value, BeforeValidator(_column_alone)]
Fields = Annotated[dict[str, FieldValue], Field(min_length=1)]


class Destination(BaseModel):
    """What all kinds have.

    Attributes:
        name: what the company calls it; also the folder of its journal.
        since: what was told before that date is not sent.
        most_tries: how often an alert that is refused is sent before a person must look at it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    unit: ClassVar[Unit]

    name: str
    kind: str
    connection: str = ""
    since: date | None = None
    most_tries: Count = 5
    batch_rows: Count = 100

    # Patience
    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = 30
    retries: Annotated[int, Field(ge=0, le=20)] = 4
    backoff_seconds: Seconds = 1
    longest_wait_seconds: Seconds = 300
    settle_seconds: Seconds = 120
    patience_seconds: Seconds = 3600


class FolderDestination(Destination):
    """The finished lists as files in a folder of this machine."""

    unit = Unit.LIST
    path: Place


class SftpDestination(Destination):
    """The finished lists as files on an SFTP server."""

    unit = Unit.LIST
    connection: str
    path: str


class RestDestination(Destination):
    """One record per alert in a JSON API: looked up by its id, then changed or made.

    Attributes:
        path: of the collection.
        key_field: the parameter of the look-up, and the field that holds the alert's id.
        key_at: where a record has that field, as names with dots between, where it is not under that name.
        look_up: more parameters of the look-up, such as those that show what is merged or deleted too.
        records_at: where an answer to a look-up has its records, likewise; empty where it is the list itself.
        id_field: where a record has the CRM's own id, likewise.
        fields: what each field of the CRM gets; a field may be one within another, likewise.
        made_with: what fields get besides when a record is made, such as a state that agents change then.
        change_by: the method that changes a record.
        token_scheme: the word before the token, for a connection that has a password and no login.
        update_only: whether records are only changed and none is made.
    """

    unit = Unit.ALERT
    connection: str
    path: Place
    key_field: str
    key_at: str = ""
    look_up: Annotated[dict[str, str], BeforeValidator(_as_texts)] = {}
    records_at: str = ""
    id_field: str = "id"
    fields: Fields
    made_with: Annotated[dict[str, FieldValue], Field(default_factory=dict)]
    change_by: Annotated[str, Field(pattern="^(PATCH|PUT)$")] = "PATCH"
    token_scheme: str = "Bearer"  # noqa: S105  (a word, no secret)
    update_only: bool = False


class SalesforceDestination(Destination):
    """One record per alert through Bulk API 2.0, upserted by an External ID.

    Attributes:
        object: API name of the object.
        key_field: API name of the field that is declared as External ID and holds the alert's id.
        fields: what each field of the object gets, by API name.
    """

    unit = Unit.ALERT
    connection: str
    object: Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_]*$")]
    key_field: Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_]*$")]
    fields: Fields
    api_version: Annotated[str, Field(pattern=r"^v[0-9]+\.0$")] = "v62.0"
    batch_rows: Count = 10_000
    poll_seconds: Seconds = 5


KINDS: dict[str, type[Destination]] = {
    "folder": FolderDestination,
    "sftp": SftpDestination,
    "rest": RestDestination,
    "salesforce": SalesforceDestination,
}


def destinations() -> tuple[Destination, ...]:
    """The company's destinations; none where it has no such file.

    Raises:
        UsageError: with one sentence per mistake.
    """
    path = own_file(FILE)
    return () if path is None else read_destinations(path)


def read_destinations(path: Path) -> tuple[Destination, ...]:
    """The destinations that a file declares."""
    try:
        given = plain_yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) or {}
    except (OSError, ValueError, TypeError, yaml.YAMLError):
        raise CompanyError(
            f"{path} cannot be read", "write a table such as `crm: {kind: folder, path: /srv/crm}`."
        ) from None
    if not isinstance(given, dict):
        raise CompanyError(f"{path} holds no table", "write `crm: {kind: folder, path: /srv/crm}`.")
    mistakes = Mistakes(path.name)
    found = [_destination(mistakes, str(name), settings) for name, settings in given.items()]
    mistakes.raise_if_any()
    return tuple(destination for destination in found if destination is not None)


def chosen(named: tuple[str, ...]) -> tuple[Destination, ...]:
    """The destinations of these names, all where none is named.

    Raises:
        UsageError: for a name that is no destination.
    """
    every = destinations()
    known = [destination.name for destination in every]
    for name in named:
        if name not in known:
            raise UsageError(
                f"There is no destination {name}{nearest(name, known)}",
                f"{FILE} in the company's folder has {', '.join(known) or 'none'}.",
            )
    return tuple(destination for destination in every if not named or destination.name in named)


def _destination(mistakes: Mistakes, name: str, given: object) -> Destination | None:
    if not _NAME.fullmatch(name):
        mistakes.add(name, "a name has up to 64 small letters, figures, _ and -, such as crm_paris")
        return None
    if not isinstance(given, dict):
        mistakes.add(name, "this must be a table of `name: value`")
        return None
    kind = KINDS.get(str(given.get("kind")))
    if kind is None:
        mistakes.add(f"{name}.kind", f"{given.get('kind')!r} is no kind; allowed are {', '.join(KINDS)}")
        return None
    allowed = [key for key in kind.model_fields if key != "name"]
    for key in given:
        if key not in allowed:
            mistakes.add(f"{name}.{key}", str(no_such_key(str(key), allowed).context["sentence"]))  # type: ignore[index]
    known = {key: value for key, value in given.items() if key in allowed}
    return mistakes.checked(TypeAdapter(kind), known | {"name": name}, key=name)
