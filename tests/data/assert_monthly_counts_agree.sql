-- In the checked months the figures count what the monthly table holds, and every active customer once.
with counted as (
    select
        balance_month,
        count(*) as touched_customers,
        sum(case when is_negative then 1 else 0 end) as negative_customers,
        sum(case when became_negative then 1 else 0 end) as ruptures
    from {{ checked_months_of_all() }} as monthly
    group by balance_month
),

figures as (
    select * from {{ ref('agg_tolerance_monthly') }} as checked
    where {{ is_checked_month('checked.balance_month') }}
)

select coalesce(figures.balance_month, counted.balance_month) as balance_month
from figures
full outer join counted on figures.balance_month = counted.balance_month
where
    figures.balance_month is null
    or figures.touched_customers <> coalesce(counted.touched_customers, 0)
    or figures.negative_customers <> coalesce(counted.negative_customers, 0)
    or figures.ruptures <> coalesce(counted.ruptures, 0)
    or figures.active_customers < figures.touched_customers
    or figures.balance_points_p05 > figures.balance_points_p50
