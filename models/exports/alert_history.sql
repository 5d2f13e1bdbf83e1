-- One row per alert that this date's run raised, listed, or whose status it changed: kept as a file, so
-- that what was known and told then is never computed again.
with run as (
    select * from {{ ref('int_run') }}
),

alerts as (
    select
        {{ alert_columns() }},
        status
    from {{ ref('fct_alert') }}
),

history as (
    select * from {{ ref('stg_runs__alert_history') }}
),

ranked as (
    select
        history.alert_id,
        history.customer_id,
        history.status,
        history.is_listed,
        row_number() over (
            partition by history.alert_id
            order by history.told_on desc
        ) as recency,
        row_number() over (
            partition by history.alert_id, history.is_listed
            order by history.told_on desc
        ) as recency_on_lists
    from history
    cross join run
    where history.told_on < run.as_of_on
),

-- Before this date: what was kept last, and what the CRM was told last.
before as (
    select
        alert_id,
        max(case when recency = 1 then status end) as kept_status,
        max(case when is_listed and recency_on_lists = 1 then status end) as listed_status,
        max(case when is_listed and recency_on_lists = 1 then customer_id end) as listed_customer_id
    from ranked
    group by alert_id
),

-- What an earlier run of this date has kept or put on its list stands there for good.
todays as (
    select
        history.alert_id,
        history.is_listed
    from history
    inner join run on history.told_on = run.as_of_on
),

compared as (
    select
        alerts.*,
        before.kept_status,
        todays.alert_id is not null as is_kept_today,
        coalesce(todays.is_listed, false)
        or (alerts.status = 'open' and coalesce(before.listed_status, 'untold') <> 'open')
        -- The customer was merged into another one: no news but whom to call.
        or (alerts.status = 'open' and before.listed_customer_id <> alerts.customer_id)
        or (
            alerts.status in ('retracted', 'closed')
            and coalesce(before.listed_status, alerts.status) <> alerts.status
        ) as is_listed
    from alerts
    left join before on alerts.alert_id = before.alert_id
    left join todays on alerts.alert_id = todays.alert_id
),

final as (
    select
        {{ alert_columns() }},
        compared.status,
        run.as_of_on as told_on,
        compared.is_listed
    from compared
    cross join run
    where
        compared.is_listed
        or compared.is_kept_today
        or compared.kept_status is null
        or compared.kept_status <> compared.status
)

select * from final
