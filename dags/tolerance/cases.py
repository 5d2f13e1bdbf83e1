"""Cases: small inputs with what is right of them, read as a run would read them, each with a verdict.

A folder of mails with its `expected.json` is read by the mail reader; a file of texts by the cutter of quoted
history alone. White space is folded on both sides: mail programs wrap lines as they like.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tolerance.errors import UsageError
from tolerance.formats.content import FileNotes
from tolerance.identity import address_hash
from tolerance.readers.outcomes import ReaderContext, reader_of
from tolerance.readers.quoting import own_words
from tolerance.records import AcceptedRecord, FileRefusedError
from tolerance.settings import Settings

EXPECTED = "expected.json"
_KEY = b"cases"
_MOST_SHOWN = 70


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was expected of one case and what came. `group` is '' for a case of a folder."""

    name: str
    group: str
    expected: str
    came: str
    is_right: bool


def verdicts_of(path: Path, settings: Settings) -> Iterator[Verdict]:
    """The verdict on each case of a folder with `expected.json`, or of a file of texts.

    Raises `UsageError` when it is neither.
    """
    listing = path / EXPECTED if path.is_dir() else path
    try:
        cases = orjson.loads(listing.read_bytes())
    except FileNotFoundError:
        raise UsageError(f"{listing} does not exist", f"give a folder with {EXPECTED}.") from None
    except (OSError, orjson.JSONDecodeError) as error:
        raise UsageError(f"{listing} cannot be read as JSON ({error})", "mend it.") from None
    for number, case in enumerate(cases if isinstance(cases, list) else [cases], start=1):
        is_mail = path.is_dir()
        if not isinstance(case, dict) or not ({"file", "expected"} if is_mail else {"text"}) <= case.keys():
            needed = "`file` and `expected`" if is_mail else "`text` and `own_text` or `keeps`"
            raise UsageError(f"{listing}, case {number}: not an object with {needed}", "mend it.")
        yield _of_mail(path, case, settings) if is_mail else _of_text(case, number)


def shares(verdicts: list[Verdict]) -> dict[str, tuple[int, int]]:
    """How many cases of each group are right, and of how many; groups in the order of their first case."""
    counts: dict[str, tuple[int, int]] = {}
    for verdict in verdicts:
        right, of = counts.get(verdict.group, (0, 0))
        counts[verdict.group] = (right + verdict.is_right, of + 1)
    return counts


# Texts --------------------------------------------------------------------------------


def _of_text(case: dict[str, Any], number: int) -> Verdict:
    came = folded(own_words(str(case["text"])))
    name, group = str(case.get("id", number)), str(case.get("group", ""))
    if "keeps" in case:
        kept = folded(str(case["keeps"]))
        return Verdict(name, group, f"keeps {_shown(kept)}", _shown(came), kept in came)
    right = [folded(str(case[key])) for key in ("own_text", "or") if key in case]
    return Verdict(name, group, " or ".join(map(_shown, right)), _shown(came), came in right)


# Mails --------------------------------------------------------------------------------


def _of_mail(folder: Path, case: dict[str, Any], settings: Settings) -> Verdict:
    name = str(case["file"])
    expected = case["expected"]
    came = _values(folder / name, settings)
    if isinstance(came, str):
        return Verdict(name, "", _shown(orjson.dumps(expected).decode()), came, is_right=False)
    wrong = [f"{key} {shown}" for key, shown in _wrong(expected, came)]
    return Verdict(
        name, "", _shown(orjson.dumps(expected).decode()), "; ".join(wrong) or "as expected", not wrong
    )


def _values(path: Path, settings: Settings) -> dict[str, object] | str:
    """The values of the one mail in a file, or a sentence that says why there are none."""
    with tempfile.TemporaryDirectory() as scratch:
        context = ReaderContext(settings, _KEY, Path(scratch))
        try:
            found = list(reader_of("mail")(path, name=path.name, context=context, notes=FileNotes()))
        except FileNotFoundError:
            return "there is no such file"
        except FileRefusedError as error:
            return f"refused: {error.sentence}"
    if len(found) != 1:
        return f"{len(found)} records"
    (outcome,) = found
    if isinstance(outcome, AcceptedRecord):
        return outcome.values
    return f"quarantined: {getattr(outcome, 'detail', '')}"


def _wrong(expected: dict[str, Any], came: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Each expectation that is not met, with what came in its place."""
    for key, right in expected.items():
        if key not in _CHECKS:
            raise UsageError(f"{EXPECTED}: {key} is no expectation", f"use {', '.join(_CHECKS)}.")
        field, is_met = _CHECKS[key]
        value = came[field]
        if not is_met(right, value):
            yield key, _shown(folded(str(value))) if value is not None else "none"


def _is_in(right: Any, value: object) -> bool:
    return all(folded(part) in folded(str(value or "")) for part in _listed(right))


def _is_not_in(right: Any, value: object) -> bool:
    return not any(folded(part) in folded(str(value or "")) for part in _listed(right))


def _is_text(right: Any, value: object) -> bool:
    return folded(str(right)) == folded(str(value or ""))


def _is_from(right: Any, value: object) -> bool:
    return value == (None if right is None else address_hash(_KEY, str(right)))


def _is_date(right: Any, value: object) -> bool:
    return str(value)[:19] == str(right)[:19]


_CHECKS: dict[str, tuple[str, Callable[[Any, object], bool]]] = {
    "has": ("body_text", _is_in),
    "hasnot": ("body_text", _is_not_in),
    "body": ("body_text", _is_text),
    "from": ("sender_hash", _is_from),
    "date": ("sent_at", _is_date),
    "kind": ("mail_kind", _is_text),
    "subject": ("subject", _is_text),
}
"""What may be expected of a mail: the field that it speaks of, and when it is met."""


def _listed(right: Any) -> list[str]:
    return [str(part) for part in right] if isinstance(right, list) else [str(right)]


def folded(text: str) -> str:
    """`text` with each run of white space as one blank, none at its ends."""
    return " ".join(text.split())


def _shown(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
