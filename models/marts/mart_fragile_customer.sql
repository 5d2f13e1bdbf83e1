{{ config(materialized='view', meta={'is_published_as_view': true}) }}

-- One row per active customer whom one more standard incident would break.
with accounts as (
    select * from {{ ref('fct_tolerance_current') }}
),

final as (
    select
        customer_id,
        balance_points,
        margin_points,
        first_safe_month,
        last_incident_on,
        tenure_months
    from accounts
    where is_active and not is_negative and margin_points < 0
)

select * from final
