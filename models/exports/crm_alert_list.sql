-- One row per alert that the CRM must be told of by this date's run: raised or changed against the
-- lists of earlier dates. The list of a date can be written again and again with the same bytes.
with run as (
    select * from {{ ref('int_run') }}
),

alerts as (
    select
        {{ alert_columns() }},
        status
    from {{ ref('fct_alert') }}
),

listed as (
    select
        history.alert_id,
        history.status,
        history.told_on,
        row_number() over (
            partition by history.alert_id
            order by history.told_on desc
        ) as recency
    from {{ ref('stg_runs__alert_history') }} as history
    cross join run
    where history.is_listed and history.told_on < run.as_of_on
),

-- What the CRM was told last, before this date.
told_before as (
    select * from listed
    where recency = 1
),

-- What an earlier run of this date has put on its list stands on it for good.
listed_today as (
    select history.alert_id
    from {{ ref('stg_runs__alert_history') }} as history
    inner join run on history.told_on = run.as_of_on
    where history.is_listed
),

compared as (
    select
        alerts.*,
        told_before.status as told_status,
        listed_today.alert_id is not null as is_listed_today,
        case
            when alerts.status = 'retracted' then 'retracted'
            when told_before.alert_id is null then 'new'
            else 'changed'
        end as change
    from alerts
    left join told_before on alerts.alert_id = told_before.alert_id
    left join listed_today on alerts.alert_id = listed_today.alert_id
),

final as (
    select
        {{ alert_columns() }},
        status,
        change
    from compared
    where
        is_listed_today
        or (status = 'open' and coalesce(told_status, 'untold') <> 'open')
        or (status in ('retracted', 'closed') and coalesce(told_status, status) <> status)
)

select * from final
