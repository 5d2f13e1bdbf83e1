{% macro account_months(segments, period, column) -%}
    {#-
      The accounts month by month: segments expanded until the month before the next one, the account's
      end or the period's end. `period` is a query of rows that share no month: first_month_index (null:
      from the first incident on) and last_month_index; of no row when there is nothing to do. `column` is what
      each row takes over from its segment: the customer's id, or the sign with which it is counted. Every
      figure of a month comes from here, whoever asks: the monthly table, or the counts of balances that
      are kept by day.
    -#}
with segments as (
    select * from {{ segments }}
),

period as (
    {{ period }}
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

spans as (
    select
        segments.*,
        greatest(segments.month_index, coalesce(period.first_month_index, segments.month_index))
            as from_month_index,
        least(
            coalesce(segments.next_event_month_index - 1, period.last_month_index),
            coalesce(segments.ended_month_index, period.last_month_index),
            period.last_month_index
        ) as until_month_index
    from segments
    cross join period
),

-- By equality: a join on the range of months takes two thirds of the query's time.
expanded as (
    select
        spans.*,
        spans.from_month_index + span_months.month_offset as at_month_index
    from spans
    inner join span_months
        on spans.until_month_index - spans.from_month_index = span_months.last_month_offset
),

dense as (
    select
        expanded.{{ column }},
        months.month_index,
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
        dense.{{ column }},
        dense.month_index,
        dense.balance_month,
        budgets.previous_budget_points - dense.opening_remembered_points as opening_points,
        dense.new_penalty_points,
        dense.opening_remembered_points + dense.new_penalty_points - dense.remembered_points
            as recovered_points,
        budgets.budget_points - budgets.previous_budget_points as budget_change_points,
        budgets.budget_points - dense.remembered_points as closing_points
    from dense
    inner join budgets on dense.budget_key = budgets.budget_key
)

select
    {{ column }},
    month_index,
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
{%- endmacro %}

{% macro until_as_of_month() -%}
    {#- All months of an account, for account_months. -#}
    select
        cast(null as integer) as first_month_index,
        {{ month_index('as_of_on') }} as last_month_index
    from {{ ref('int_run') }}
{%- endmacro %}

{% macro balance_counts(segments, period) -%}
    {#-
      How many accounts closed a month at a balance: rows of int_balance_counts. The segments' count_sign
      says whether a row is counted in (1) or out (-1). The query ends with its group by.
    -#}
    select
        month_index,
        cast(floor(closing_points) as integer) as balance_bucket,
        cast(closing_points * 1000000 as bigint) as balance_micropoints,
        cast(sum(count_sign) as integer) as customer_count,
        cast(sum(case when became_negative then count_sign else 0 end) as integer) as rupture_count
    from (
        {{ account_months(segments, period, 'count_sign') | indent(8) }}
    ) as account_months
    group by month_index, closing_points
{%- endmacro %}
