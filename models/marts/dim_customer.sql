-- One row per customer known to the run, also those that never had an incident.
with customers as (
    select * from {{ ref('int_customers') }}
),

run as (
    select * from {{ ref('int_run') }}
),

final as (
    select
        customers.customer_id,
        customers.relationship_started_on,
        customers.relationship_ended_on,
        customers.preferred_language,
        customers.customer_value,
        {{ tenure_months(
            'customers.relationship_started_on',
            "least(run.as_of_on, coalesce(customers.relationship_ended_on, run.as_of_on))"
        ) }} as tenure_months
    from customers
    cross join run
)

select * from final
