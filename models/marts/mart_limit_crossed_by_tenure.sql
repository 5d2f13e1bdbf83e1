{{ config(materialized='view', meta={'is_published_as_view': true}) }}

-- One row per active customer whose budget fell below what is remembered, without an incident.
with accounts as (
    select * from {{ ref('fct_tolerance_current') }}
),

final as (
    select
        customer_id,
        balance_points,
        budget_points,
        tenure_months,
        last_incident_on
    from accounts
    where is_active and limit_crossed_by_tenure
)

select * from final
