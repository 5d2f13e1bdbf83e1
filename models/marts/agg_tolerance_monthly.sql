{{ config(materialized='table') }}

-- One row per month, from the first month of any touched account to the as-of month: all active customers.
with monthly as (
    select * from {{ ref('fct_tolerance_monthly') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

first_segments as (
    select * from {{ ref('int_tolerance_segments') }}
    where is_first_segment
),

alerts as (
    select * from {{ ref('fct_alert') }}
),

months as (
    select * from {{ ref('int_months') }}
),

budgets as (
    select * from {{ ref('int_tenure_budgets') }}
),

run as (
    select
        as_of_on,
        {{ month_index('as_of_on') }} as as_of_month_index
    from {{ ref('int_run') }}
),

-- A company without any incident still has its as-of month.
period as (
    select
        run.as_of_on,
        run.as_of_month_index,
        coalesce(min(first_segments.month_index), run.as_of_month_index) as first_month_index
    from run
    left join first_segments on 1 = 1
    group by run.as_of_on, run.as_of_month_index
),

touched_balances as (
    select
        balance_month,
        closing_points as balance_points,
        count(*) as customer_count,
        count(*) as touched_count,
        sum(case when became_negative then 1 else 0 end) as rupture_count
    from monthly
    group by balance_month, closing_points
),

-- Active and untouched: from the relationship's start (always, when it is unknown) to the month before
-- the first incident, the relationship's end or the as-of month.
untouched_spans as (
    select
        {{ month_index('customers.relationship_started_on') }} as started_month_index,
        greatest(
            coalesce({{ month_index('customers.relationship_started_on') }}, period.first_month_index),
            period.first_month_index
        ) as from_month_index,
        least(
            coalesce(first_segments.month_index - 1, period.as_of_month_index),
            coalesce({{ month_index('customers.relationship_ended_on') }}, period.as_of_month_index),
            period.as_of_month_index
        ) as until_month_index
    from customers
    cross join period
    left join first_segments on customers.customer_id = first_segments.customer_id
    where
        customers.relationship_started_on is null
        or customers.relationship_started_on <= period.as_of_on
),

grouped_spans as (
    select
        started_month_index,
        from_month_index,
        until_month_index,
        count(*) as customer_count
    from untouched_spans
    group by started_month_index, from_month_index, until_month_index
),

untouched_balances as (
    select
        months.month_starts_on as balance_month,
        budgets.budget_points as balance_points,
        sum(grouped_spans.customer_count) as customer_count,
        0 as touched_count,
        0 as rupture_count
    from grouped_spans
    inner join months
        on
            months.month_index >= grouped_spans.from_month_index
            and months.month_index <= grouped_spans.until_month_index
    inner join budgets
        on
            {{ budget_key(
                'months.budget_schedule_no',
                tenure_in_month('months.month_index', 'grouped_spans.started_month_index'),
            ) }} = budgets.budget_key
    group by months.month_starts_on, budgets.budget_points
),

all_balances as (
    select * from touched_balances
    union all
    select * from untouched_balances
),

balances as (
    select
        balance_month,
        balance_points,
        cast(sum(customer_count) as bigint) as customer_count,
        cast(sum(touched_count) as bigint) as touched_count,
        cast(sum(rupture_count) as bigint) as rupture_count
    from all_balances
    group by balance_month, balance_points
),

ranked as (
    select
        *,
        sum(customer_count) over (
            partition by balance_month
            order by balance_points
            rows between unbounded preceding and current row
        ) as customers_up_to_here,
        sum(customer_count) over (partition by balance_month) as customers_of_month
    from balances
),

-- Discrete quantiles: the smallest balance that at least this share of the customers do not exceed.
statistics as (
    select
        balance_month,
        cast(sum(customer_count) as bigint) as active_customers,
        cast(sum(touched_count) as bigint) as touched_customers,
        cast(sum(case when balance_points < 0 then customer_count else 0 end) as bigint) as negative_customers,
        cast(sum(rupture_count) as bigint) as ruptures,
        cast(sum(balance_points * customer_count) as decimal(38, 6)) as balance_points_sum,
        min(case when customers_up_to_here * 20 >= customers_of_month then balance_points end)
            as balance_points_p05,
        min(case when customers_up_to_here * 2 >= customers_of_month then balance_points end)
            as balance_points_p50
    from ranked
    group by balance_month
),

alerts_by_month as (
    select
        {{ month_index('raised_on') }} as month_index,
        count(*) as alert_count
    from alerts
    group by {{ month_index('raised_on') }}
),

final as (
    select
        months.month_starts_on as balance_month,
        coalesce(statistics.active_customers, 0) as active_customers,
        coalesce(statistics.touched_customers, 0) as touched_customers,
        coalesce(statistics.negative_customers, 0) as negative_customers,
        coalesce(statistics.ruptures, 0) as ruptures,
        coalesce(alerts_by_month.alert_count, 0) as alerts,
        coalesce(statistics.balance_points_sum, 0) as balance_points_sum,
        cast(statistics.balance_points_sum / statistics.active_customers as {{ points_type() }})
            as balance_points_mean,
        cast(statistics.balance_points_p05 as {{ points_type() }}) as balance_points_p05,
        cast(statistics.balance_points_p50 as {{ points_type() }}) as balance_points_p50
    from period
    inner join months
        on
            months.month_index >= period.first_month_index
            and months.month_index <= period.as_of_month_index
    left join statistics on months.month_starts_on = statistics.balance_month
    left join alerts_by_month on months.month_index = alerts_by_month.month_index
)

select * from final
