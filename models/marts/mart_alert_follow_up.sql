-- One row per alert that the CRM was told of: what it answered, how long that took, and what is overdue on the as-of
-- date. An alert is answered when the CRM has closed it.
with run as (
    select * from {{ ref('int_run') }}
),

run_ends as (
    select
        as_of_on,
        min(as_of_ends_at) as as_of_ends_at
    from {{ ref('stg_runs__runs') }}
    group by as_of_on
),

first_told as (
    select
        history.alert_id,
        min(history.told_on) as told_on
    from {{ ref('stg_runs__alert_history') }} as history
    cross join run
    where history.told_on <= run.as_of_on and (history.is_listed or history.status = 'open')
    group by history.alert_id
),

-- What is open and was on no list yet is on today's.
alerts as (
    select
        alerts.*,
        coalesce(first_told.told_on, case when alerts.status = 'open' then run.as_of_on end) as told_on
    from {{ ref('fct_alert') }} as alerts
    cross join run
    left join first_told on alerts.alert_id = first_told.alert_id
),

acknowledgements as (
    select * from {{ ref('int_acknowledgements') }}
),

answered as (
    select
        alerts.*,
        acknowledgements.status as acknowledgement,
        acknowledgements.handled_by_role,
        acknowledgements.first_acknowledged_on,
        {{ as_instant('acknowledgements.closed_at') }} as closed_at,
        acknowledgements.outcome,
        -- The list of a date comes when the date is over.
        {{ as_instant('run_ends.as_of_ends_at') }} as told_at,
        case
            when alerts.status = 'open' and acknowledgements.alert_id is null
                then {{ days_between('alerts.told_on', 'run.as_of_on') }}
        end as days_without_acknowledgement,
        alerts.status = 'open' and alerts.respond_by < {{ as_instant('run.as_of_ends_at') }} as is_overdue
    from alerts
    cross join run
    left join acknowledgements on alerts.alert_id = acknowledgements.alert_id
    left join run_ends on alerts.told_on = run_ends.as_of_on
    where alerts.told_on is not null
),

final as (
    select
        -- key
        alert_id,

        -- foreign keys
        incident_id,
        customer_id,

        -- what the CRM was told
        incident_type,
        priority,
        owner_role,
        status,
        raised_on,
        told_on,
        respond_by,

        -- what it answered
        acknowledgement,
        handled_by_role,
        first_acknowledged_on,
        closed_at,
        outcome,

        -- how long that takes
        case
            when closed_at is not null
                then
                    cast(
                        greatest((extract(epoch from closed_at) - extract(epoch from told_at)) / 3600, 0)
                        as decimal(18, 2)
                    )
        end as hours_to_respond,
        closed_at <= respond_by as is_closed_in_time,
        is_overdue,
        cast(days_without_acknowledgement as integer) as days_without_acknowledgement,
        coalesce(days_without_acknowledgement >= {{ var('acknowledgement_days') }}, false) as is_unacknowledged
    from answered
)

select * from final
