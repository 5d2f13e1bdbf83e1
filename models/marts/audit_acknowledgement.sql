-- One row per acknowledgement that was delivered, however often, and what became of it.
with run as (
    select * from {{ ref('int_run') }}
),

deliveries as (
    select
        deliveries.*,
        deliveries.delivered_on <= run.as_of_on
        and coalesce(deliveries.closed_on <= run.as_of_on, true) as is_known
    from {{ ref('stg_acknowledgements__acknowledgements') }} as deliveries
    cross join run
),

ranked as (
    select
        *,
        row_number() over (
            partition by alert_id, status, outcome, closed_at, handled_by_role
            order by case when is_known then 1 else 0 end desc, {{ newest_acknowledgement_first('deliveries') }}
        ) as delivery_rank
    from deliveries
),

acknowledgements as (
    select * from ranked
    where delivery_rank = 1
),

last_said as (
    select * from {{ ref('int_acknowledgements') }}
),

alerts as (
    select
        alert_id,
        status
    from {{ ref('fct_alert') }}
),

final as (
    select
        acknowledgements.alert_id,
        acknowledgements.status as acknowledgement,
        acknowledgements.outcome,
        {{ as_instant('acknowledgements.closed_at') }} as closed_at,
        acknowledgements.handled_by_role,
        acknowledgements.delivered_on,
        case
            when not acknowledgements.is_known then 'waits_for_its_day'
            when last_said.alert_id is null then 'replaced'
            when alerts.alert_id is null then 'unknown_alert'
            when alerts.status = 'retracted' then 'retracted_alert'
            else 'counts'
        end as status,
        acknowledgements._file_name as file_name,
        acknowledgements._record_no as record_no
    from acknowledgements
    left join last_said
        on
            acknowledgements.alert_id = last_said.alert_id
            and acknowledgements.status = last_said.status
            and acknowledgements.outcome is not distinct from last_said.outcome
            and acknowledgements.closed_at is not distinct from last_said.closed_at
            and acknowledgements.handled_by_role is not distinct from last_said.handled_by_role
    left join alerts on acknowledgements.alert_id = alerts.alert_id
)

select * from final
