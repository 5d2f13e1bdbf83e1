-- The month's ledger lines sum to its penalties, start from its balance on the 1st and end at its closing.
with ledger as (
    select
        *,
        row_number() over (
            partition by customer_id, {{ month_index('occurred_on') }}
            order by occurred_at, incident_id
        ) as line_no,
        row_number() over (
            partition by customer_id, {{ month_index('occurred_on') }}
            order by occurred_at desc, incident_id desc
        ) as line_no_from_last
    from {{ checked_customers_of(ref('fct_tolerance_ledger')) }} as checked
),

by_month as (
    select
        customer_id,
        {{ month_index('occurred_on') }} as month_index,
        sum(penalty_points) as penalty_points,
        sum(case when line_no = 1 then balance_before_points end) as first_balance_points,
        sum(case when line_no_from_last = 1 then balance_after_points end) as last_balance_points,
        sum(case when turns_negative then 1 else 0 end) as rupture_count
    from ledger
    group by customer_id, {{ month_index('occurred_on') }}
),

months_with_penalties as (
    select
        customer_id,
        {{ month_index('balance_month') }} as month_index,
        new_penalty_points,
        closing_points,
        became_negative and not limit_crossed_by_tenure as is_rupture_by_incident
    from {{ checked_months() }} as monthly
    where new_penalty_points > 0
)

select
    coalesce(by_month.customer_id, months_with_penalties.customer_id) as customer_id,
    coalesce(by_month.month_index, months_with_penalties.month_index) as month_index
from by_month
full outer join months_with_penalties
    on
        by_month.customer_id = months_with_penalties.customer_id
        and by_month.month_index = months_with_penalties.month_index
where
    by_month.customer_id is null
    or months_with_penalties.customer_id is null
    or by_month.penalty_points <> months_with_penalties.new_penalty_points
    or by_month.last_balance_points <> months_with_penalties.closing_points
    or by_month.first_balance_points
    <> months_with_penalties.closing_points + months_with_penalties.new_penalty_points
    or by_month.rupture_count <> case when months_with_penalties.is_rupture_by_incident then 1 else 0 end
