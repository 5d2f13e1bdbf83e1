{{ config(materialized='view') }}

-- One row per customer, all of them: the account on the as-of date, or on the day it froze.
-- A view: every row moves with the date, so a table would be rewritten whole every day.
with customers as (
    select * from {{ ref('int_customers') }}
),

run as (
    select
        as_of_on,
        {{ month_index('as_of_on') }} as as_of_month_index
    from {{ ref('int_run') }}
),

last_segments as (
    select * from {{ ref('int_tolerance_segments') }}
    where next_event_month_index is null
),

months as (
    select * from {{ ref('int_months') }}
),

budgets as (
    select * from {{ ref('int_tenure_budgets') }}
),

-- Every formula uses the earlier of the as-of date and the relationship's end.
dated as (
    select
        customers.customer_id,
        customers.customer_no,
        run.as_of_on,
        coalesce(customers.relationship_started_on, run.as_of_on) <= run.as_of_on as is_started,
        coalesce({{ month_index('customers.relationship_ended_on') }}, run.as_of_month_index)
        >= run.as_of_month_index as is_not_ended,
        least(run.as_of_on, coalesce(customers.relationship_ended_on, run.as_of_on)) as balance_on,
        least(
            run.as_of_month_index,
            coalesce({{ month_index('customers.relationship_ended_on') }}, run.as_of_month_index)
        ) as balance_month_index,
        {{ month_index('customers.relationship_started_on') }} as started_month_index
    from customers
    cross join run
),

remembered as (
    select
        dated.customer_id,
        dated.as_of_on,
        dated.balance_on,
        dated.is_not_ended and (dated.is_started or last_segments.customer_no is not null) as is_active,
        dated.balance_month_index,
        {{ tenure_in_month('dated.balance_month_index', 'dated.started_month_index') }} as tenure_months,
        months.budget_schedule_no,
        last_segments.last_occurred_on as last_incident_on,
        last_segments.weighted_points * months.decay_power as unrounded_remembered_points,
        case
            when last_segments.customer_no is null then 0
            when last_segments.month_index = dated.balance_month_index then last_segments.remembered_points
            else {{ remembered_points('last_segments.weighted_points', 'months.decay_power') }}
        end as remembered_points,
        case
            when last_segments.customer_no is null then 0
            when last_segments.month_index = dated.balance_month_index
                then last_segments.opening_remembered_points
            when last_segments.month_index = dated.balance_month_index - 1
                then last_segments.remembered_points
            else {{ remembered_points('last_segments.weighted_points', 'months.previous_decay_power') }}
        end as opening_remembered_points,
        case
            when last_segments.month_index = dated.balance_month_index
                then last_segments.new_penalty_points
            else 0
        end as new_penalty_points
    from dated
    inner join months on dated.balance_month_index = months.month_index
    left join last_segments on dated.customer_no = last_segments.customer_no
),

balances as (
    select
        remembered.*,
        budgets.budget_points,
        budgets.budget_points - remembered.remembered_points as balance_points,
        budgets.previous_budget_points - remembered.opening_remembered_points as opening_points,
        -- What one more standard incident would leave.
        budgets.budget_points - remembered.remembered_points
        - cast({{ var('standard_penalty_points') }} as {{ points_type() }}) as margin_points
    from remembered
    inner join budgets
        on {{ budget_key('remembered.budget_schedule_no', 'remembered.tenure_months') }} = budgets.budget_key
),

safe as (
    select
        balances.*,
        {{ months_until_safe(
            'remembered_points',
            'unrounded_remembered_points',
            'remembered_points + margin_points',
        ) }} as months_until_safe
    from balances
),

final as (
    select
        customer_id,
        as_of_on,
        balance_on,
        tenure_months,
        cast(budget_points as {{ points_type() }}) as budget_points,
        cast(remembered_points as {{ points_type() }}) as remembered_points,
        cast(balance_points as {{ points_type() }}) as balance_points,
        cast(margin_points as {{ points_type() }}) as margin_points,
        {{ month_start('balance_month_index + months_until_safe') }} as first_safe_month,
        last_incident_on,
        cast({{ days_between('last_incident_on', 'balance_on') }} as integer) as days_since_last_incident,
        is_active,
        balance_points < 0 as is_negative,
        opening_points >= 0 and balance_points + new_penalty_points < 0 as limit_crossed_by_tenure
    from safe
)

select * from final
