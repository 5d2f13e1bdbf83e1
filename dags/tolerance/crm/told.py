"""What the lists tell: the published rows and, beside them, the texts in the customer's language.

`told` is a view of one connection to the published file, which is only read; the macros beside it make text
of a cell.
"""

from __future__ import annotations

import duckdb

from tolerance.crm.list_profile import ListError
from tolerance.settings import settings


LIST = "exports.crm_alert_list"

_MACROS = (
    # A spreadsheet runs a cell that begins so as a formula; a plain signed number is harmless.
    """
    create or replace temp macro defused(cell) as case
        when
            left(cell, 1) in ('=', '+', '-', '@', chr(9), chr(13))
            and not regexp_full_match(cell, '[+-]?[0-9]+([.,][0-9]+)?')
            then '''' || cell
        else cell
    end
    """,
    r"""
    create or replace temp macro one_line(cell) as
        trim(regexp_replace(cell, '[\p{Cc}\p{Zl}\p{Zp}]+', ' ', 'g'))
    """,
    """
    create or replace temp macro shortened(cell, most) as
        case when length(cell) > most then left(cell, most - 1) || '…' else cell end
    """,
)

_TOLD = r"""
create or replace temp view told as
with types as (
    select
        incident_type,
        any_value(label_fr) as label_fr,
        any_value(label_en) as label_en
    from main.dim_incident_type
    where is_current
    group by incident_type
),

in_words as (
    select
        list.*,
        coalesce(starts_with(lower(list.preferred_language), 'fr'), false) as is_french,
        coalesce(types.label_fr, list.incident_type) as label_fr,
        coalesce(types.label_en, list.incident_type) as label_en,
        strftime(timezone('{zone}', list.resolved_at), '%Y-%m-%d %H:%M') as solved,
        strftime(timezone('{zone}', list.incident_deadline_at), '%Y-%m-%d %H:%M') as solve_by,
        cast(cast(list.balance_today_points as decimal(18, 2)) as varchar) as balance,
        strftime(list.first_safe_month, '%Y-%m') as safe_from
    from {list} as list
    left join types on list.incident_type = types.incident_type
)

select
    *,
    case when is_french then label_fr else label_en end as incident_label,
    case when is_french then reason_fr else reason_en end as reason,
    case when is_french then playbook_title_fr else playbook_title_en end as playbook_title,
    case when is_french then first_step_fr else first_step_en end as first_step,
    case
        when is_french
            then concat(left(label_fr, 60), ', client ', left(customer_id, 50), ', priorité ', priority,
                ' (alerte ', alert_id, ')')
        else concat(left(label_en, 60), ', customer ', left(customer_id, 50), ', priority ', priority,
            ' (alert ', alert_id, ')')
    end as title,
    case
        when is_french
            then concat_ws(' ', reason_fr, 'Résolu le ' || solved || '.', 'À résoudre avant le ' || solve_by || '.',
                'Solde à ce jour : ' || replace(balance, '.', ',') || ' points.',
                'Un incident de plus est supportable à partir de ' || safe_from || '.')
        else concat_ws(' ', reason_en, 'Solved on ' || solved || '.', 'To be solved by ' || solve_by || '.',
            'Balance today: ' || balance || ' points.', 'One more incident is bearable from ' || safe_from || ' on.')
    end as reason_and_facts,
    -- The state of the CRM's record, which agents change: null leaves it as it is there.
    case
        when status <> 'open' then 'closed'
        when change = 'new' or change_reason = 'reopened' then 'new'
    end as record_state,
    concat(evidence_file_name, ' #', evidence_record_no) as evidence,
    -- The same id in the forms of two CRMs. A dot of an external id would end the name of its module.
    regexp_replace(alert_id, '^(.{{8}})(.{{4}})(.{{4}})(.{{4}})(.{{12}})$', '\1-\2-\3-\4-\5') as alert_guid,
    'tolerance_alert_' || alert_id as alert_external_id,
    'tolerance_customer_'
    || replace(replace(url_encode(customer_id), '.', '%2E'), '%', '_x') as customer_external_id
from in_words
"""


def add_macros(serving: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the macros that make text of a cell."""
    for macro in _MACROS:
        serving.execute(macro)


def tell(serving: duckdb.DuckDBPyConnection) -> None:
    """Give a connection to the published file the view `told`, and the macros.

    Raises:
        ListError: when an earlier release published the file, without all that lists tell today.
    """
    add_macros(serving)
    try:
        serving.execute(_TOLD.format(zone=settings().business_time_zone.key, list=LIST))
    except (duckdb.BinderException, duckdb.CatalogException):
        raise ListError(
            "an earlier release published these alerts, without all that the list tells",
            "run the date again.",
        ) from None
