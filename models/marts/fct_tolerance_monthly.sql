{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched_rows',
    on_schema_change='fail',
    meta={'replaces_months_after_last_published': 'balance_month'},
) }}

-- One row per customer and month, from the month of the first incident that costs points to the as-of month.
with segments as (
    select * from {{ ref('int_tolerance_segments') }}
),

run as (
    select
        {{ month_index('as_of_on') }} as as_of_month_index,
        {{ month_index('since_as_of_on') }} as since_month_index
    from {{ ref('int_run') }}
),

touched as (
    select * from {{ ref('int_touched_customers') }}
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
        {% if is_incremental() -%}
        -- Of customers that nothing touched, only the months since the last published one are new.
        case
            when touched.customer_id is null
                then greatest(segments.month_index, coalesce(run.since_month_index + 1, segments.month_index))
            else segments.month_index
        end as from_month_index,
        {%- else -%}
        segments.month_index as from_month_index,
        {%- endif %}
        least(
            coalesce(segments.next_event_month_index - 1, run.as_of_month_index),
            coalesce(segments.ended_month_index, run.as_of_month_index),
            run.as_of_month_index
        ) as until_month_index
    from segments
    cross join run
    {% if is_incremental() -%}
    left join touched on segments.customer_id = touched.customer_id
    {%- endif %}
),

dense as (
    select
        spans.customer_id,
        months.month_starts_on as balance_month,
        spans.month_index = months.month_index as has_incident,
        months.month_index - spans.month_index as months_since_incident,
        {{ budget_key(
            'months.budget_schedule_no',
            tenure_in_month('months.month_index', 'spans.started_month_index'),
        ) }} as budget_key,
        case
            when months.month_index = spans.month_index then spans.new_penalty_points else 0
        end as new_penalty_points,
        case
            when months.month_index = spans.month_index then spans.opening_remembered_points
            when months.month_index = spans.month_index + 1 then spans.remembered_points
            else {{ remembered_points('spans.weighted_points', 'months.previous_decay_power') }}
        end as opening_remembered_points,
        case
            when months.month_index = spans.month_index then spans.remembered_points
            else {{ remembered_points('spans.weighted_points', 'months.decay_power') }}
        end as remembered_points
    from spans
    inner join months
        on months.month_index >= spans.from_month_index and months.month_index <= spans.until_month_index
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
