{{ config(materialized='view', meta={'is_published_as_view': true}) }}

-- One row per line of a customer's statement; a customer's lines sum to the balance of today.
-- Read it with `where customer_id = ...`: the condition reaches the tables below.
with current_accounts as (
    select * from {{ ref('fct_tolerance_current') }}
),

monthly as (
    select * from {{ ref('fct_tolerance_monthly') }}
),

first_segments as (
    select * from {{ ref('int_tolerance_segments') }}
    where is_first_segment
),

months as (
    select * from {{ ref('int_months') }}
),

-- What has cost points, and what has cost some before it was reclassified.
incidents_on_account as (
    select
        incidents.customer_id,
        incidents.incident_id,
        incidents.occurred_on,
        incidents.first_contact_at as occurred_at,
        incidents.penalty_points,
        incidents.type_penalty_points,
        incidents.first_penalty_points,
        incidents.reclassification_reason
    from {{ ref('fct_incident') }} as incidents
    inner join current_accounts on incidents.customer_id = current_accounts.customer_id
    where
        incidents.occurred_on <= current_accounts.balance_on
        and (
            incidents.penalty_points > 0
            or incidents.type_penalty_points > 0
            or incidents.first_penalty_points > 0
        )
),

first_lines as (
    select
        customer_id,
        min(occurred_on) as line_on
    from incidents_on_account
    group by customer_id
),

opening_budgets as (
    select
        monthly.customer_id,
        least(monthly.balance_month, first_lines.line_on) as line_on,
        1 as line_rank,
        'opening_budget' as line_kind,
        monthly.opening_points as points
    from first_segments
    inner join months on first_segments.month_index = months.month_index
    inner join monthly
        on
            first_segments.customer_id = monthly.customer_id
            and months.month_starts_on = monthly.balance_month
    inner join first_lines on first_segments.customer_id = first_lines.customer_id
    union all
    select
        current_accounts.customer_id,
        least(current_accounts.balance_on, coalesce(first_lines.line_on, current_accounts.balance_on)) as line_on,
        1 as line_rank,
        'opening_budget' as line_kind,
        current_accounts.budget_points as points
    from current_accounts
    left join first_lines on current_accounts.customer_id = first_lines.customer_id
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
        -first_penalty_points as points,
        incident_id,
        occurred_at
    from incidents_on_account
    where first_penalty_points > 0
),

-- As from the incident's date: what it cost is returned, or charged, as if it had always been so.
reclassifications as (
    select
        customer_id,
        occurred_on as line_on,
        4 as line_rank,
        'reclassification' as line_kind,
        first_penalty_points - type_penalty_points as points,
        incident_id,
        occurred_at,
        'another_type' as reason
    from incidents_on_account
    where first_penalty_points <> type_penalty_points
    union all
    select
        customer_id,
        occurred_on as line_on,
        4 as line_rank,
        'reclassification' as line_kind,
        type_penalty_points - penalty_points as points,
        incident_id,
        occurred_at,
        reclassification_reason as reason
    from incidents_on_account
    where type_penalty_points <> penalty_points
),

lines as (
    select
        *,
        cast(null as varchar) as incident_id,
        cast(null as timestamp with time zone) as occurred_at,
        cast(null as varchar) as reason
    from opening_budgets
    union all
    select
        *,
        cast(null as varchar) as incident_id,
        cast(null as timestamp with time zone) as occurred_at,
        cast(null as varchar) as reason
    from budget_changes
    union all
    select
        *,
        cast(null as varchar) as incident_id,
        cast(null as timestamp with time zone) as occurred_at,
        cast(null as varchar) as reason
    from given_back
    union all
    select
        *,
        cast(null as varchar) as reason
    from penalties
    union all
    select * from reclassifications
),

final as (
    select
        customer_id,
        cast(
            row_number() over (
                partition by customer_id
                order by line_on, line_rank, occurred_at, incident_id, line_kind, reason
            ) as integer
        ) as line_no,
        line_on,
        line_kind,
        incident_id,
        reason,
        cast(points as {{ points_type() }}) as points,
        cast(
            sum(points) over (
                partition by customer_id
                order by line_on, line_rank, occurred_at, incident_id, line_kind, reason
                rows between unbounded preceding and current row
            ) as {{ points_type() }}
        ) as balance_points
    from lines
)

select * from final
