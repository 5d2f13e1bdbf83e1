{{ config(materialized='view', meta={'is_published_as_view': true}) }}

-- One row per customer and month, from the month of the first incident that costs points to the as-of month.
-- A view: a month that passes, or a customer that is touched, writes nothing here (docs/benchmark.md).
with account_months as (
    {{ account_months(ref('int_tolerance_segments'), until_as_of_month(), 'customer_id') | indent }}
),

final as (
    select
        customer_id,
        balance_month,
        opening_points,
        new_penalty_points,
        recovered_points,
        budget_change_points,
        closing_points,
        is_negative,
        became_negative,
        limit_crossed_by_tenure
    from account_months
)

select * from final
