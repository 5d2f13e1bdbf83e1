{{ config(materialized='table') }}

-- One row per month, from the first month of any touched account to the as-of month: all active customers.
with statistics as (
    select * from {{ ref('int_monthly_statistics') }}
),

alerts_by_month as (
    select
        {{ month_index('raised_on') }} as month_index,
        count(*) as alert_count,
        sum(case when status in ('open', 'closed') then 1 else 0 end) as sent_count,
        sum(case when status = 'too_old' then 1 else 0 end) as too_old_count,
        sum(case when status = 'held_by_cap' then 1 else 0 end) as held_count,
        sum(case when status = 'retracted' then 1 else 0 end) as retracted_count
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
        cast(coalesce(alerts_by_month.sent_count, 0) as bigint) as alerts_sent,
        cast(coalesce(alerts_by_month.too_old_count, 0) as bigint) as alerts_too_old,
        cast(coalesce(alerts_by_month.held_count, 0) as bigint) as alerts_held,
        cast(coalesce(alerts_by_month.retracted_count, 0) as bigint) as alerts_retracted,
        statistics.balance_points_sum,
        statistics.balance_points_mean,
        statistics.balance_points_p05,
        statistics.balance_points_p50
    from statistics
    left join alerts_by_month on statistics.month_index = alerts_by_month.month_index
)

select * from final
