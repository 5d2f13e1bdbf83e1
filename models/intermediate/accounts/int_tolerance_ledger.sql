{{ config(
    materialized='incremental',
    incremental_strategy='replace_rows',
    meta=replaces(customer_no='touched_accounts'),
) }}

-- One row per incident that costs points and touched an account: the balance before and after it.
with incidents as (
    select * from {{ ref('int_account_incidents') }}
),

segments as (
    select * from {{ ref('int_touched_segments') }}
),

months as (
    select * from {{ ref('int_months') }}
),

budgets as (
    select * from {{ ref('int_tenure_budgets') }}
),

month_balances as (
    select
        incidents.incident_id,
        incidents.customer_id,
        incidents.customer_no,
        incidents.month_index,
        incidents.occurred_at,
        incidents.occurred_on,
        incidents.penalty_points,
        segments.incident_count,
        segments.is_first_segment,
        cast(budgets.budget_points - segments.remembered_points as {{ points_type() }})
            as month_closing_points
    from incidents
    inner join segments
        on
            incidents.customer_no = segments.customer_no
            and incidents.month_index = segments.month_index
    inner join months on segments.month_index = months.month_index
    inner join budgets
        on
            {{ budget_key(
                'months.budget_schedule_no',
                tenure_in_month('segments.month_index', 'segments.started_month_index'),
            ) }} = budgets.budget_key
),

-- Most incidents are alone in their month and need no ordering.
alone_in_month as (
    select
        *,
        1 as incident_no_in_month,
        month_closing_points as balance_after_points
    from month_balances
    where incident_count = 1
),

-- Backwards from the month's closing: what later incidents of the month took is not gone yet.
with_others_in_month as (
    select
        *,
        row_number() over (
            partition by customer_no, month_index
            order by occurred_at, incident_id
        ) as incident_no_in_month,
        month_closing_points - penalty_points + sum(penalty_points) over (
            partition by customer_no, month_index
            order by occurred_at desc, incident_id desc
            rows between unbounded preceding and current row
        ) as balance_after_points
    from month_balances
    where incident_count > 1
),

ordered as (
    select * from alone_in_month
    union all
    select * from with_others_in_month
),

final as (
    select
        incident_id,
        customer_id,
        customer_no,
        occurred_at,
        occurred_on,
        cast(balance_after_points + penalty_points as {{ points_type() }}) as balance_before_points,
        penalty_points,
        cast(balance_after_points as {{ points_type() }}) as balance_after_points,
        is_first_segment and incident_no_in_month = 1 as is_first_cumulative
    from ordered
)

select * from final
