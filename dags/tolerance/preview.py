"""What a profile makes of a file, before anything is loaded or written."""

from __future__ import annotations

import pickle
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from tolerance.contracts import CONTRACTS
from tolerance.contracts.base import Column, Contract
from tolerance.formats.content import ArchiveTooDenseError, FileNotes, UndecodableError, content_of, form_of
from tolerance.formats.json_records import ndjson_frames
from tolerance.profiles.profile import Form, Profile, plain
from tolerance.readers.mapped import document_frames, is_there, json_record, path_of, places_of, texts_at
from tolerance.readers.outcomes import OwnCsv, ReaderContext, csv_header, reader_of, without_blocks
from tolerance.readers.rules import BadFieldError
from tolerance.records import AcceptedRecord, FileRefusedError, Position, QuarantinedRecord
from tolerance.sandbox import limits
from tolerance.sandbox.bounded import read_within_limits
from tolerance.settings import Settings
from tolerance.untyped_tags import EXAMPLES, decided_tags, seeds_in_use

_LOOKED_AT = 1_000
"""How many JSON records are read to find which paths are filled."""

PREVIEW_KEY = b"preview"
"""The key for hashing addresses here: the hashes on the screen match those of no warehouse."""

_HASH_SHOWN = 8


@dataclass(slots=True)
class ColumnUse:
    """What becomes of the columns of a file. `missing` has the most similar column of the file, or ''."""

    read: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()


@dataclass(slots=True)
class Preview:
    """What would become of a file. Details name fields, never values."""

    columns: ColumnUse
    accepted: int = 0
    without_customer: int = 0
    refusal: str | None = None
    first: list[tuple[Position, dict[str, str]]] = field(default_factory=list)
    quarantined: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_of: dict[tuple[str, str], int] = field(default_factory=dict)
    undecided: Counter[str] = field(default_factory=Counter)
    """Tags without an incident type, by how many records have them."""
    examples: dict[str, list[int]] = field(default_factory=dict)
    """The first record numbers of each of these tags."""
    encoding: str = ""
    messages: list[str] = field(default_factory=list)

    @property
    def bad(self) -> int:
        """Records that would be quarantined."""
        return self.quarantined.total()

    def is_too_bad(self, settings: Settings) -> bool:
        """Whether so many records are bad that the whole file would be refused."""
        total = self.accepted + self.bad
        return total >= settings.max_bad_share_from_records and self.bad > settings.max_bad_share * total


def preview(
    path: Path, source: str, profile: Profile, settings: Settings, *, name: str, most_shown: int
) -> Preview:
    """Read the file at `path` as delivered for `source` under `name`, and say what would become of it."""
    with tempfile.TemporaryDirectory() as folder:
        context = ReaderContext(settings, PREVIEW_KEY, Path(folder), profile)
        answer = Path(folder) / "preview"
        arguments = {
            "path": path,
            "name": name,
            "source": source,
            "most_shown": most_shown,
            "answer": answer,
            "decided": frozenset(decided_tags(seeds_in_use())),
        }
        read_within_limits(_look, arguments, context, names={0: name})
        found: Preview = pickle.loads(answer.read_bytes())  # noqa: S301  (written by our own child)
        return found


def _look(
    path: Path,
    name: str,
    source: str,
    answer: Path,
    context: ReaderContext,
    *,
    most_shown: int,
    decided: frozenset[str],
    dropped: frozenset[int],
) -> None:
    """Write the preview of a file. Runs in a child process."""
    limits.begin_file(0)
    found = Preview(ColumnUse())
    notes = FileNotes()
    try:
        if dropped:
            raise MemoryError
        with suppress(FileRefusedError):
            found.columns = _columns(path, name, source, context)
        outcomes = reader_of(source)(path, name=name, context=context, notes=notes)
        for outcome in without_blocks(outcomes):
            _add(found, outcome, CONTRACTS[source], most_shown)
            if isinstance(outcome, AcceptedRecord):
                _count_tags(found, outcome, decided)
    except FileRefusedError as error:
        found.refusal = error.sentence
    except ArchiveTooDenseError:
        found.refusal = f"{name}: the archive grows beyond the limit."
    except (MemoryError, RecursionError):
        found.refusal = f"{name} takes more time or memory to read than a file may."
    found.encoding = notes.encoding
    found.messages = list(dict.fromkeys(notes.messages))
    answer.write_bytes(pickle.dumps(found))


def _add(
    found: Preview, outcome: AcceptedRecord | QuarantinedRecord, contract: Contract, most_shown: int
) -> None:
    if isinstance(outcome, AcceptedRecord):
        found.accepted += 1
        found.without_customer += all(outcome.values[column] is None for column in contract.customer_columns)
        if len(found.first) < most_shown:
            found.first.append((outcome.position, _shown(outcome, contract)))
        return
    key = (outcome.reason.value, outcome.detail)
    found.quarantined[key] += 1
    found.first_of.setdefault(key, outcome.position.record_no)


def _count_tags(found: Preview, record: AcceptedRecord, decided: frozenset[str]) -> None:
    for tag in str(record.values.get("tags") or "").split(","):
        if tag and tag not in decided:
            found.undecided[tag] += 1
            places = found.examples.setdefault(tag, [])
            if len(places) < EXAMPLES:
                places.append(record.position.record_no)


def _shown(outcome: AcceptedRecord, contract: Contract) -> dict[str, str]:
    """The values of a record as a screen may show them: only public ones in full."""
    return {column.name: _presented(outcome.values[column.name], column) for column in contract.columns}


def _presented(value: object, column: Column) -> str:
    """A public value in full, the beginning of a hash, of anything else only the length."""
    if value is None:
        return ""
    if column.is_public:
        return str(value)
    if column.is_hash:
        return ", ".join(digest[:_HASH_SHOWN] + "…" for digest in str(value).split(","))
    return f"({len(str(value))} characters)"


# Columns ------------------------------------------------------------------------------


def _columns(path: Path, name: str, source: str, context: ReaderContext) -> ColumnUse:
    """Which columns, or JSON paths, become which fields. Empty for mail."""
    contract, extension, profile = CONTRACTS[source], form_of(name), context.profile
    required = tuple(name for name in contract.required if name not in profile.constants)
    form = profile.form(extension)
    if contract.takes_profiles and extension == "csv" and profile.is_contract("csv"):
        form = Form({name: (name,) for name in contract.field_names}, (), None)
        required = tuple(name for name in contract.field_names if name not in contract.absent_columns)
    if form is None:
        return ColumnUse()
    with content_of(path, name=name, scratch=context.scratch) as content:
        if extension == "csv":
            dialect = OwnCsv((), form.delimiter, profile.encodings)
            header = csv_header(content, dialect, name=name)
            return _use(form, header, contract.field_names, required=required)
        if not content:
            return ColumnUse()
        frames = (
            document_frames(content, form, profile, name=name, notes=FileNotes())
            if extension == "json"
            else ndjson_frames(content)
        )
        filled: Counter[str] = Counter()
        keys: dict[str, None] = {}
        for frame in islice(frames, _LOOKED_AT):
            try:
                record = json_record(frame.raw, profile, form, FileNotes())
            except (BadFieldError, UndecodableError):
                continue
            keys |= dict.fromkeys(record)
            for names in form.columns.values():
                filled.update(path for path in names if any(texts_at(record, path, path_of(path))))
        return _use(form, list(filled), contract.field_names, required=required, others=list(keys))


def _use(
    form: Form,
    header: list[str],
    fields: tuple[str, ...],
    *,
    required: tuple[str, ...],
    others: list[str] | None = None,
) -> ColumnUse:
    """Sort the columns of the file into read and unread ones; `others` are keys beside the paths."""
    places = places_of(header)
    there = {column: header[first.place] for column, (first, *_) in places.items()}
    read = {
        field_name: tuple(there.get(plain(name), name) for name in names if is_there(name, form, places))
        for field_name, names in form.columns.items()
    }
    taken = {plain(name) for names in read.values() for name in names}
    candidates = header if others is None else others
    is_path = others is not None or bool(form.json_cells)
    begun = {name.partition(".")[0].partition("[")[0] for name in taken} if is_path else set()
    unread = tuple(
        name
        for name in dict.fromkeys(candidates)
        if name and plain(name) not in taken and plain(name) not in begun
    )
    missing = {
        name: next(
            iter(get_close_matches(plain((form.columns.get(name) or (name,))[0]), unread, n=1, cutoff=0.5)),
            "",
        )
        for name in fields
        if (name in form.columns or name in required) and not read.get(name)
    }
    return ColumnUse({name: names for name, names in read.items() if names}, unread, missing, required)
