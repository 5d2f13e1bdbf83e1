-- In the checked months the kept counts say what the monthly table says, after any number of days.
with counted as (
    select
        balance_month,
        cast(closing_points * 1000000 as bigint) as balance_micropoints,
        count(*) as customer_count,
        sum(case when became_negative then 1 else 0 end) as rupture_count
    from {{ checked_months_of_all() }} as monthly
    group by balance_month, closing_points
),

kept as (
    select
        months.month_starts_on as balance_month,
        counts.balance_micropoints,
        sum(counts.customer_count) as customer_count,
        sum(counts.rupture_count) as rupture_count
    from {{ ref('int_balance_counts') }} as counts
    inner join {{ ref('int_months') }} as months on counts.month_index = months.month_index
    where {{ is_checked_month('months.month_starts_on') }}
    group by months.month_starts_on, counts.balance_micropoints
    having sum(counts.customer_count) <> 0 or sum(counts.rupture_count) <> 0
)

select coalesce(counted.balance_month, kept.balance_month) as balance_month
from counted
full outer join kept
    on
        counted.balance_month = kept.balance_month
        and counted.balance_micropoints = kept.balance_micropoints
where
    counted.balance_month is null
    or kept.balance_month is null
    or counted.customer_count <> kept.customer_count
    or counted.rupture_count <> kept.rupture_count
