{{ config(materialized='table') }}

-- One row per month, from the first month of any touched account to the as-of month: all active customers.
with statistics as (
    select * from {{ ref('int_monthly_statistics') }}
),

alerts_by_month as (
    select
        {{ month_index('raised_on') }} as month_index,
        count(*) as alert_count
    from {{ ref('fct_alert') }}
    group by {{ month_index('raised_on') }}
),

final as (
    select
        statistics.balance_month,
        statistics.active_customers,
        statistics.touched_customers,
        statistics.negative_customers,
        statistics.ruptures,
        coalesce(alerts_by_month.alert_count, 0) as alerts,
        statistics.balance_points_sum,
        statistics.balance_points_mean,
        statistics.balance_points_p05,
        statistics.balance_points_p50
    from statistics
    left join alerts_by_month on statistics.month_index = alerts_by_month.month_index
)

select * from final
