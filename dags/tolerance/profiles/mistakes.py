"""Mistakes in a mapping file, one sentence each: where, what is wrong, what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from tolerance.contracts.base import Contract
from tolerance.errors import UsageError

T = TypeVar("T")

_SENTENCES = {
    "dict_type": "this must be a table of `name: value`",
    "model_type": "this must be a table of `name: value`",
    "string_type": "this must be a text",
}
_OURS = "mistake"


class MappingError(UsageError):
    """A mapping file cannot be used. One sentence per mistake: which profile, which key, what is allowed."""


def mistake(sentence: str) -> PydanticCustomError:
    """What a validator raises; the place is added by `Mistakes`."""
    return PydanticCustomError(_OURS, "{sentence}", {"sentence": sentence})


def no_such_key(key: str, allowed: Iterable[str]) -> PydanticCustomError:
    """The mistake of an unknown key."""
    allowed = list(allowed)
    return mistake(f"there is no such key{nearest(key, allowed)}; allowed are {', '.join(allowed)}")


def not_allowed(given: str, allowed: Iterable[str]) -> PydanticCustomError:
    """The mistake of a text that is not allowed."""
    return mistake(f"{given!r} is not allowed; allowed are {', '.join(map(repr, allowed))}")


def nearest(word: str, allowed: Iterable[str]) -> str:
    """A hint in brackets, if an allowed word is similar."""
    near = difflib.get_close_matches(word, list(allowed), n=1)
    return f" ({near[0]} looks like it)" if near else ""


@dataclass(slots=True)
class Mistakes:
    """Gathers the mistakes of one file."""

    file_name: str
    sentences: list[str] = field(default_factory=list)

    def add(self, key: str, sentence: str, profile: str = "") -> None:
        """Note a mistake at a key of the file, or of one of its profiles."""
        place = f"{self.file_name}, profile {profile}" if profile else self.file_name
        self.sentences.append(f"{place}, `{key}`: {sentence}.")

    def checked(
        self,
        adapter: TypeAdapter[T],
        given: object,
        *,
        key: str = "",
        profile: str = "",
        contract: Contract | None = None,
    ) -> T | None:
        """`given` as the adapter's type, or None when it has mistakes."""
        try:
            return adapter.validate_python(given, context=contract)
        except ValidationError as error:
            for details in error.errors():
                self.add(_key(key, details), _sentence(details), profile)
            return None

    def raise_if_any(self) -> None:
        """Raise `MappingError` with all of them."""
        if self.sentences:
            raise MappingError("\n".join(self.sentences))


def _key(above: str, details: ErrorDetails) -> str:
    """The path of keys to a mistake, without positions in lists."""
    keys = [above, *(str(step) for step in details["loc"] if isinstance(step, str) and step != "[key]")]
    return ".".join(filter(None, keys))


def _sentence(details: ErrorDetails) -> str:
    if details["type"] == _OURS:
        return str(details["ctx"]["sentence"])
    return _SENTENCES.get(details["type"], details["msg"])
