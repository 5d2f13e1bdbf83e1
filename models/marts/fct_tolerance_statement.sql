{{ config(materialized='view', meta={'is_published_as_view': true}) }}

-- One row per line of a customer's statement; a customer's lines sum to the balance of today.
-- Read it with `where customer_id = ...`: the condition reaches the tables below.
with current_accounts as (
    select * from {{ ref('fct_tolerance_current') }}
),

monthly as (
    select * from {{ ref('fct_tolerance_monthly') }}
),

ledger as (
    select * from {{ ref('fct_tolerance_ledger') }}
),

first_segments as (
    select * from {{ ref('int_tolerance_segments') }}
    where is_first_segment
),

months as (
    select * from {{ ref('int_months') }}
),

opening_budgets as (
    select
        monthly.customer_id,
        monthly.balance_month as line_on,
        1 as line_rank,
        'opening_budget' as line_kind,
        monthly.opening_points as points
    from first_segments
    inner join months on first_segments.month_index = months.month_index
    inner join monthly
        on
            first_segments.customer_id = monthly.customer_id
            and months.month_starts_on = monthly.balance_month
    union all
    select
        current_accounts.customer_id,
        current_accounts.balance_on as line_on,
        1 as line_rank,
        'opening_budget' as line_kind,
        current_accounts.budget_points as points
    from current_accounts
    where current_accounts.last_incident_on is null
),

budget_changes as (
    select
        customer_id,
        balance_month as line_on,
        2 as line_rank,
        'budget_change' as line_kind,
        budget_change_points as points
    from monthly
    where budget_change_points <> 0
),

given_back as (
    select
        customer_id,
        balance_month as line_on,
        3 as line_rank,
        'given_back' as line_kind,
        recovered_points as points
    from monthly
    where recovered_points <> 0
),

penalties as (
    select
        customer_id,
        occurred_on as line_on,
        4 as line_rank,
        'penalty' as line_kind,
        -penalty_points as points,
        incident_id,
        occurred_at
    from ledger
),

lines as (
    select *, cast(null as varchar) as incident_id, cast(null as timestamp with time zone) as occurred_at
    from opening_budgets
    union all
    select *, cast(null as varchar) as incident_id, cast(null as timestamp with time zone) as occurred_at
    from budget_changes
    union all
    select *, cast(null as varchar) as incident_id, cast(null as timestamp with time zone) as occurred_at
    from given_back
    union all
    select * from penalties
),

final as (
    select
        customer_id,
        cast(
            row_number() over (
                partition by customer_id
                order by line_on, line_rank, occurred_at, incident_id
            ) as integer
        ) as line_no,
        line_on,
        line_kind,
        incident_id,
        cast(points as {{ points_type() }}) as points,
        cast(
            sum(points) over (
                partition by customer_id
                order by line_on, line_rank, occurred_at, incident_id
                rows between unbounded preceding and current row
            ) as {{ points_type() }}
        ) as balance_points
    from lines
)

select * from final
