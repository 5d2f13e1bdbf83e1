"""The texts on which people decided, as labels for the company's own detector."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb

from tolerance.detection.linear import language_of
from tolerance.detection.tokens import plain, tokens_of
from tolerance.errors import UsageError
from tolerance.state import State

COLUMNS = ("text", "language", "label", "type")

_REVIEWED = """
with decided as (
    select
        reviews.*,
        (reviews.decided_on, reviews.delivered_on, reviews._file_name, reviews._record_no) as decision_order,
        versions.source, versions._file_sha256 as file_sha256, versions._record_no as record_no,
        row_number() over (
            partition by reviews.contact_id order by versions.version_at desc, versions._content_hash desc
        ) as version_rank
    from int_reviews as reviews
    inner join int_contact_versions as versions on reviews.contact_id = versions.contact_id
    where reviews.is_current
)
select
    records.contact_text,
    arg_max(case when decided.is_no_incident then 'none' else 'incident' end, decided.decision_order),
    arg_max(coalesce(decided.incident_type, ''), decided.decision_order)
from decided
inner join int_contact_records as records
    on decided.source = records.source
    and decided.file_sha256 = records._file_sha256
    and decided.record_no = records._record_no
where decided.version_rank = 1 and trim(records.contact_text) <> ''
group by records.contact_text
order by all
"""


def reviewed_texts(state: State) -> list[tuple[str, str, str, str]]:
    """Text, language as a run tells it, label (incident or none) and type of each text with a decision.

    Raises:
        UsageError: when nothing was computed in the state yet.
    """
    if not state.warehouse.exists():
        raise UsageError(f"{state.root} holds no warehouse yet", "run `tolerance run` first.")
    with duckdb.connect(str(state.warehouse), read_only=True) as warehouse:
        found = warehouse.execute(_REVIEWED).fetchall()
    return [(text, language_of(tokens_of(plain(text))), label, told) for text, label, told in found]


def as_csv(texts: list[tuple[str, str, str, str]]) -> bytes:
    """The labels as CSV, UTF-8, with the columns that `tolerance train` reads."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(texts)
    return buffer.getvalue().encode()


def write_labels(state: State, path: Path) -> int:
    """Write the labels of a state into a file that its owner alone can read; return how many there are."""
    from tolerance.files import write_bytes

    texts = reviewed_texts(state)
    write_bytes(path, as_csv(texts))
    return len(texts)
