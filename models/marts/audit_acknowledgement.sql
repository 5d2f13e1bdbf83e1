-- One row per answer of the CRM that was delivered, however often, and what became of it.
with run as (
    select * from {{ ref('int_run') }}
),

deliveries as (
    select
        answers.*,
        row_number() over (
            partition by answers.alert_id, answers.status, answers.outcome, answers.closed_at, answers.handled_by_role
            order by {{ newest_acknowledgement_first('answers') }}
        ) as delivery_rank,
        bool_or(answers.delivered_on <= run.as_of_on and coalesce(answers.closed_on <= run.as_of_on, true)) over (
            partition by answers.alert_id, answers.status, answers.outcome, answers.closed_at, answers.handled_by_role
        ) as is_known
    from {{ ref('stg_acknowledgements__answers') }} as answers
    cross join run
),

answers as (
    select * from deliveries
    where delivery_rank = 1
),

said as (
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
        answers.alert_id,
        answers.status as acknowledgement,
        answers.outcome,
        {{ as_instant('answers.closed_at') }} as closed_at,
        answers.handled_by_role,
        answers.delivered_on,
        case
            when not answers.is_known then 'waits_for_its_day'
            when
                answers.status <> said.status
                or answers.outcome is distinct from said.outcome
                or answers.closed_at is distinct from said.closed_at
                or answers.handled_by_role is distinct from said.handled_by_role
                then 'replaced'
            when alerts.alert_id is null then 'unknown_alert'
            when alerts.status = 'retracted' then 'retracted_alert'
            else 'counts'
        end as status,
        answers._file_name as file_name,
        answers._record_no as record_no
    from answers
    left join said on answers.alert_id = said.alert_id
    left join alerts on answers.alert_id = alerts.alert_id
)

select * from final
