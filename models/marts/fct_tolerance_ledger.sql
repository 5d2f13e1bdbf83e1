{{ config(materialized='view') }}

-- One row per incident that costs points and touched an account: the balance before and after it.
with ledger as (
    select * from {{ ref('int_tolerance_ledger') }}
),

final as (
    select
        incident_id,
        customer_id,
        {{ as_instant('occurred_at') }} as occurred_at,
        occurred_on,
        balance_before_points,
        penalty_points,
        balance_after_points,
        is_first_cumulative,
        balance_before_points >= 0 and balance_after_points < 0 as turns_negative
    from ledger
)

select * from final
