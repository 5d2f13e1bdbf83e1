-- One row per incident that touches an account which this run computes again: it costs points and
-- happened before the account froze.
with incidents as (
    select * from {{ ref('int_incidents') }}
    where penalty_points > 0
),

touched as (
    select * from {{ ref('int_touched_customers') }}
),

final as (
    select
        incidents.incident_id,
        incidents.customer_id,
        touched.customer_no,
        incidents.occurred_at,
        incidents.occurred_on,
        {{ month_index('incidents.occurred_on') }} as month_index,
        incidents.penalty_points,
        touched.relationship_started_on,
        {{ month_index('touched.relationship_started_on') }} as started_month_index,
        {{ month_index('touched.relationship_ended_on') }} as ended_month_index
    from incidents
    inner join touched on incidents.customer_id = touched.customer_id
    where
        touched.relationship_ended_on is null
        or incidents.occurred_on <= touched.relationship_ended_on
)

select * from final
