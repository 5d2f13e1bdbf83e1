-- One row per alert that the CRM must be told of by this date's run: raised or changed against the
-- lists of earlier dates. The list of a date can be written again and again with the same bytes.
with run as (
    select * from {{ ref('int_run') }}
),

alerts as (
    select * from {{ ref('fct_alert') }}
),

history as (
    select
        history.alert_id,
        history.told_on,
        history.status,
        history.told_on = run.as_of_on as is_todays,
        row_number() over (
            partition by history.alert_id, history.told_on = run.as_of_on
            order by history.told_on desc
        ) as recency
    from {{ ref('stg_runs__alert_history') }} as history
    cross join run
    where history.told_on <= run.as_of_on
),

told_before as (
    select * from history
    where recency = 1 and not is_todays
),

told_today as (
    select * from history
    where recency = 1 and is_todays
),

compared as (
    select
        alerts.*,
        case
            when alerts.status = 'retracted' then 'retracted'
            when told_before.status in ('open', 'retracted', 'closed') then 'changed'
            else 'new'
        end as change,
        coalesce(told_before.status, 'untold') as status_before,
        coalesce(told_today.status, 'untold') as status_today
    from alerts
    left join told_before on alerts.alert_id = told_before.alert_id
    left join told_today on alerts.alert_id = told_today.alert_id
),

final as (
    select
        {{ alert_columns() }},
        status,
        change
    from compared
    where
        -- The CRM hears of what is open, and of the end of what it has heard of.
        (
            status = 'open'
            or (status in ('retracted', 'closed') and 'open' in (status_before, status_today))
            or (status = 'retracted' and status_today = 'retracted' and status_before not in ('retracted'))
        )
        and (status <> status_before or status_today <> 'untold')
)

select * from final
