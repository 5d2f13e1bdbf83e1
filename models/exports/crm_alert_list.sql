-- One row per alert that the CRM must be told of by this date's run: raised or changed against the
-- lists of earlier dates. The list of a date can be written again and again with the same bytes.
with alerts as (
    select * from {{ ref('alert_history') }}
    where is_listed
),

listed_before as (
    select distinct history.alert_id
    from {{ ref('stg_runs__alert_history') }} as history
    inner join {{ ref('int_run') }} as run on history.told_on < run.as_of_on
    where history.is_listed
),

final as (
    select
        {{ alert_columns() }},
        status,
        change_reason,
        case
            when status = 'retracted' then 'retracted'
            when alert_id in (select listed_before.alert_id from listed_before) then 'changed'
            else 'new'
        end as change
    from alerts
)

select * from final
