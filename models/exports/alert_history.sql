-- One row per alert that this date's run raised, listed, or whose status it changed: kept as a file, so
-- that what was known and told then is never computed anew.
with run as (
    select * from {{ ref('int_run') }}
),

alerts as (
    select
        {{ alert_columns() }},
        status
    from {{ ref('fct_alert') }}
),

alert_list as (
    select * from {{ ref('crm_alert_list') }}
),

history as (
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
    where history.told_on < run.as_of_on
),

earlier as (
    select * from history
    where recency = 1
),

todays as (
    select history.alert_id
    from {{ ref('stg_runs__alert_history') }} as history
    inner join run on history.told_on = run.as_of_on
),

final as (
    select
        alerts.*,
        run.as_of_on as told_on,
        alert_list.alert_id is not null as is_listed
    from alerts
    cross join run
    left join earlier on alerts.alert_id = earlier.alert_id
    left join alert_list on alerts.alert_id = alert_list.alert_id
    where
        earlier.status is null
        or earlier.status <> alerts.status
        or alert_list.alert_id is not null
        or alerts.alert_id in (select todays.alert_id from todays)
)

select * from final
