{{ config(materialized='view') }}

-- One row per incident that touches an account: it costs points and happened before the account froze.
with incidents as (
    select * from {{ ref('int_incidents') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

final as (
    select
        incidents.incident_id,
        incidents.customer_id,
        incidents.occurred_at,
        incidents.occurred_on,
        {{ month_index('incidents.occurred_on') }} as month_index,
        incidents.penalty_points,
        {{ month_index('customers.relationship_started_on') }} as started_month_index,
        {{ month_index('customers.relationship_ended_on') }} as ended_month_index
    from incidents
    inner join customers on incidents.customer_id = customers.customer_id
    where
        incidents.penalty_points > 0
        and (
            customers.relationship_ended_on is null
            or incidents.occurred_on <= customers.relationship_ended_on
        )
)

select * from final
