"""What the lists tell: the published rows in their order, and beside them texts in the customer's language.

`listed` and `told` are views of one connection to the published file, which is only read; the macros beside
them make text of a cell. A macro names its argument once: it would be computed once for each name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from tolerance.crm.list_profile import ListError
from tolerance.settings import settings

_PUBLISHED = "exports.crm_alert_list"
_MEMORY, _LITTLE_MEMORY = "250MB", "40MB"

_MACROS = (
    # A spreadsheet runs a cell that begins so as a formula; a signed number that ends as one is harmless.
    r"""
    create or replace temp macro defused(cell) as regexp_replace(
        cell,
        '^([=@\t\r]|[+-](?:$|[^0-9]|[0-9]+(?:[^0-9.,]|[.,](?:$|[^0-9]|[0-9]+[^0-9]))))',
        '''\1'
    )
    """,
    r"""
    create or replace temp macro one_line(cell) as regexp_replace(
        regexp_replace(cell, '^[\s\p{Cc}\p{Zl}\p{Zp}]+', ''), '[\p{Cc}\p{Zl}\p{Zp}]+', ' ', 'g'
    )
    """,
)

_WORDS = {
    "en": {
        "customer": "customer",
        "priority": "priority",
        "alert": "alert",
        "solved": "Solved on",
        "solve_by": "To be solved by",
        "balance": "Balance today:",
        "decimal_point": ".",
        "safe": "One more incident is bearable from",
    },
    "fr": {
        "customer": "client",
        "priority": "priorité",
        "alert": "alerte",
        "solved": "Résolu le",
        "solve_by": "À résoudre avant le",
        "balance": "Solde à ce jour :",
        "decimal_point": ",",
        "safe": "Un incident de plus est supportable à partir de",
    },
}

_IN_A_LANGUAGE = {
    "incident_label": "label_{language}",
    "reason": "one_line(reason_{language})",
    "playbook_title": "playbook_title_{language}",
    "first_step": "first_step_{language}",
    "title": """
        concat(
            left(label_{language}, 60), ', {customer} ', left(customer_id, 50), ', {priority} ', priority,
            ' ({alert} ', alert_id, ')'
        )
    """,
    # What a CRM without room for nulls is told in words.
    "reason_and_facts": """
        concat_ws(
            ' ',
            one_line(reason_{language}),
            '{solved} ' || strftime(timezone('{zone}', resolved_at), '%Y-%m-%d %H:%M') || '.',
            '{solve_by} ' || strftime(timezone('{zone}', incident_deadline_at), '%Y-%m-%d %H:%M') || '.',
            '{balance} ' || replace(
                cast(cast(balance_today_points as decimal(18, 2)) as varchar), '.', '{decimal_point}'
            ) || ' points.',
            '{safe} ' || strftime(first_safe_month, '%Y-%m') || '.'
        )
    """,
}
"""Columns of `told` that follow the customer's language, as SQL of one language."""

_TOLD = """
create or replace temp view told as
with in_words as (
    select
        *,
        coalesce(starts_with(lower(preferred_language), 'fr'), false) as is_french,
        case incident_type {labels_fr} else incident_type end as label_fr,
        case incident_type {labels_en} else incident_type end as label_en
    from listed_in_lines
)

select
    *,
    {texts},
    -- The state of the CRM's record, which agents change: null leaves it as it is there.
    case
        when status <> 'open' then 'closed'
        when change = 'new' or change_reason = 'reopened' then 'new'
    end as record_state,
    concat(evidence_file_name, ', ', evidence_record_no) as evidence,
    -- The same ids in the forms of two CRMs. A dot of an external id would end the name of its module.
    concat_ws(
        '-', alert_id[:8], alert_id[9:12], alert_id[13:16], alert_id[17:20], alert_id[21:]
    ) as alert_guid,
    'tolerance_alert_' || alert_id as alert_external_id,
    'tolerance_customer_'
    || replace(replace(url_encode(customer_id), '.', '%2E'), '%', '_x') as customer_external_id
from in_words
"""


@contextmanager
def listing(published: Path, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the published file with the view `listed`, the alerts in the order of a list.

    What is solved stands below the open of its priority. However many they are, they take little memory: one
    thread, because each has buffers of its own, and what does not fit goes to `scratch`.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(published), read_only=True) as serving:
        serving.execute("set TimeZone = 'UTC'")
        serving.execute("set threads = 1")
        serving.execute(f"set memory_limit = '{_MEMORY}'")
        serving.execute("set temp_directory = $folder", {"folder": str(scratch)})
        for macro in _MACROS:
            serving.execute(macro)
        columns = dict(row[:2] for row in serving.execute(f"describe {_PUBLISHED}").fetchall())
        # An earlier release's alerts do not tell.
        solved = "coalesce(is_solved, false), " if "is_solved" in columns else ""
        order = f"priority, {solved}respond_by, alert_id"
        serving.execute(f"create temp view listed as from {_PUBLISHED} order by {order}")
        # Below the sorting DuckDB still knows which cells are the same, and computes them once. A reason is
        # one of two, and long: `told` makes a line of the one that it tells.
        texts = ", ".join(
            f"one_line({name}) as {name}"
            for name, kind in columns.items()
            if kind == "VARCHAR" and name not in {"alert_id", "reason_fr", "reason_en"}
        )
        serving.execute(
            f"create temp view listed_in_lines as "
            f"from (select * replace ({texts}) from {_PUBLISHED}) order by {order}"
        )
        yield serving


def give_back_memory(serving: duckdb.DuckDBPyConnection) -> None:
    """Let go of what a connection keeps of a query that is done: somebody else needs memory now."""
    with suppress(duckdb.OutOfMemoryException):  # what is in use stays
        serving.execute(f"set memory_limit = '{_LITTLE_MEMORY}'")
    serving.execute(f"set memory_limit = '{_MEMORY}'")


def tell(serving: duckdb.DuckDBPyConnection) -> None:
    """Give a connection with `listed` the view `told`: the same rows in the same order, with more columns.

    Raises:
        ListError: when an earlier release published the file, without all that lists tell today.
    """
    try:
        labels = serving.execute(
            "select incident_type, coalesce(label_fr, incident_type), coalesce(label_en, incident_type) "
            "from main.dim_incident_type where is_current"
        ).fetchall()
        serving.execute(
            _TOLD.format(
                labels_fr=cases({name: label for name, label, _ in labels}),
                labels_en=cases({name: label for name, _, label in labels}),
                texts=", ".join(_text(name) for name in _IN_A_LANGUAGE),
            )
        )
    except (duckdb.BinderException, duckdb.CatalogException):
        raise not_told() from None


def not_told() -> ListError:
    """The published alerts lack what a list tells."""
    return ListError(
        "an earlier release published these alerts, without all that the list tells", "run the date again."
    )


def _text(name: str) -> str:
    french, english = (
        _IN_A_LANGUAGE[name].format(
            language=language, zone=settings().business_time_zone.key, **_WORDS[language]
        )
        for language in ("fr", "en")
    )
    return f"case when is_french then {french} else {english} end as {name}"


def cases(words: dict[str, str]) -> str:
    """The branches of a case expression that gives each value its word."""
    return " ".join(f"when {literal(value)} then {literal(word)}" for value, word in words.items())


def literal(text: str) -> str:
    """A text of SQL."""
    return "'" + text.replace("'", "''") + "'"
