-- depends_on: {{ ref('int_touched_customers') }}

-- One row per incident that touches an account which this run computes again: it costs points and
-- happened before the account froze. A table, so that the day's incidents are looked for once.
with incidents as (
    select * from {{ ref('int_incidents') }}
    where
        penalty_points > 0
        {% if not should_full_refresh() -%}
        and customer_id in (select touched.customer_id from {{ ref('int_touched_customers') }} as touched)
        {%- endif %}
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
        customers.relationship_started_on,
        {{ month_index('customers.relationship_started_on') }} as started_month_index,
        {{ month_index('customers.relationship_ended_on') }} as ended_month_index
    from incidents
    inner join customers on incidents.customer_id = customers.customer_id
    where
        customers.relationship_ended_on is null
        or incidents.occurred_on <= customers.relationship_ended_on
)

select * from final
