{{ config(materialized='view', meta={'is_published_as_view': true}) }}

-- One row per customer and month, from the month of the first incident that costs points to the as-of month.
-- A view: a month that passes, or a customer that is touched, writes nothing here (docs/benchmark.md).
with segments as (
    select * from {{ ref('int_tolerance_segments') }}
),

run as (
    select {{ month_index('as_of_on') }} as as_of_month_index
    from {{ ref('int_run') }}
),

span_months as (
    select * from {{ ref('int_span_months') }}
),

months as (
    select * from {{ ref('int_months') }}
),

budgets as (
    select * from {{ ref('int_tenure_budgets') }}
),

-- A segment lasts until the month before the next one, the account's end or the as-of month.
spans as (
    select
        segments.*,
        least(
            coalesce(segments.next_event_month_index - 1, run.as_of_month_index),
            coalesce(segments.ended_month_index, run.as_of_month_index),
            run.as_of_month_index
        ) - segments.month_index as last_month_offset
    from segments
    cross join run
),

-- By equality: a join on the range of months takes two thirds of the query's time.
expanded as (
    select
        spans.*,
        spans.month_index + span_months.month_offset as at_month_index
    from spans
    inner join span_months on spans.last_month_offset = span_months.last_month_offset
),

dense as (
    select
        expanded.customer_id,
        months.month_starts_on as balance_month,
        {{ budget_key(
            'months.budget_schedule_no',
            tenure_in_month('months.month_index', 'expanded.started_month_index'),
        ) }} as budget_key,
        case
            when months.month_index = expanded.month_index then expanded.new_penalty_points else 0
        end as new_penalty_points,
        case
            when months.month_index = expanded.month_index then expanded.opening_remembered_points
            when months.month_index = expanded.month_index + 1 then expanded.remembered_points
            else {{ remembered_points('expanded.weighted_points', 'months.previous_decay_power') }}
        end as opening_remembered_points,
        case
            when months.month_index = expanded.month_index then expanded.remembered_points
            else {{ remembered_points('expanded.weighted_points', 'months.decay_power') }}
        end as remembered_points
    from expanded
    inner join months on expanded.at_month_index = months.month_index
),

balances as (
    select
        dense.customer_id,
        dense.balance_month,
        budgets.previous_budget_points - dense.opening_remembered_points as opening_points,
        dense.new_penalty_points,
        dense.opening_remembered_points + dense.new_penalty_points - dense.remembered_points
            as recovered_points,
        budgets.budget_points - budgets.previous_budget_points as budget_change_points,
        budgets.budget_points - dense.remembered_points as closing_points
    from dense
    inner join budgets on dense.budget_key = budgets.budget_key
),

final as (
    select
        customer_id,
        balance_month,
        cast(opening_points as {{ points_type() }}) as opening_points,
        cast(new_penalty_points as {{ points_type() }}) as new_penalty_points,
        cast(recovered_points as {{ points_type() }}) as recovered_points,
        cast(budget_change_points as {{ points_type() }}) as budget_change_points,
        cast(closing_points as {{ points_type() }}) as closing_points,
        closing_points < 0 as is_negative,
        -- Either an incident of the month turned the balance, or the limit crossed it on the 1st.
        closing_points < 0 and (
            closing_points + new_penalty_points >= 0 or opening_points >= 0
        ) as became_negative,
        opening_points >= 0 and closing_points + new_penalty_points < 0 as limit_crossed_by_tenure
    from balances
)

select * from final
