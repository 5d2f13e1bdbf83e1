{{ config(materialized='table', tags=['audit', 'duckdb_only']) }}

{%- set sample_size = 200 %}

-- One row per sampled customer: the published account beside the direct sum in Python of its incidents.
-- About 200 customers, others every day, and as many of those that this run recomputed.
with current_accounts as (
    select * from {{ ref('fct_tolerance_current') }}
),

touched as (
    select * from {{ ref('int_touched_customers') }}
),

incidents as (
    select * from {{ ref('fct_incident') }}
),

monthly as (
    select * from {{ ref('fct_tolerance_monthly') }}
),

draws as (
    select
        current_accounts.customer_id,
        touched.customer_id is not null as is_touched,
        -- A number from 0 to 1 that depends on the customer and the date alone.
        hash(current_accounts.customer_id, current_accounts.as_of_on) / 18446744073709551616.0 as draw
    from current_accounts
    left join touched on current_accounts.customer_id = touched.customer_id
),

sizes as (
    select
        count(*) as customer_count,
        count(*) filter (where is_touched) as touched_count
    from draws
),

sample as (
    select draws.customer_id
    from draws
    cross join sizes
    where
        draws.draw * sizes.customer_count < {{ sample_size }}
        or (draws.is_touched and draws.draw * sizes.touched_count < {{ sample_size }})
),

accounts as (
    select current_accounts.*
    from current_accounts
    inner join sample on current_accounts.customer_id = sample.customer_id
),

histories as (
    select
        accounts.customer_id,
        list(incidents.occurred_on order by incidents.incident_id) as occurred_on_list,
        list(incidents.penalty_points order by incidents.incident_id) as penalty_points_list
    from accounts
    inner join incidents on accounts.customer_id = incidents.customer_id
    where incidents.penalty_points > 0
    group by accounts.customer_id
),

final as (
    select
        accounts.customer_id,
        accounts.balance_on,
        accounts.balance_points,
        monthly.closing_points,
        case
            when histories.customer_id is null then accounts.budget_points
            else
                accounts.budget_points - tolerance_direct_sum(
                    histories.occurred_on_list,
                    histories.penalty_points_list,
                    accounts.balance_on,
                    '{{ var("monthly_decay_rate") }}'
                )
        end as direct_balance_points
    from accounts
    left join histories on accounts.customer_id = histories.customer_id
    left join monthly
        on
            accounts.customer_id = monthly.customer_id
            and date_trunc('month', accounts.balance_on) = monthly.balance_month
)

select * from final
