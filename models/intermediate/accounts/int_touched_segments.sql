-- One row per touched customer and month with an incident that costs points: the account until the next
-- such month. The segments of all customers stand in int_tolerance_segments.
with incidents as (
    select * from {{ ref('int_account_incidents') }}
),

months as (
    select * from {{ ref('int_months') }}
),

by_month as (
    select
        customer_no,
        month_index,
        min(customer_id) as customer_id,
        min(relationship_started_on) as relationship_started_on,
        min(started_month_index) as started_month_index,
        min(ended_month_index) as ended_month_index,
        count(*) as incident_count,
        max(occurred_on) as last_occurred_on,
        cast(sum(penalty_points) as {{ points_type() }}) as new_penalty_points
    from incidents
    group by customer_no, month_index
),

-- The running sum of penalties, each weighted once: see macros/account/decay.sql.
weighted as (
    select
        by_month.*,
        months.decay_power,
        months.previous_decay_power,
        sum(cast(by_month.new_penalty_points as {{ double_type() }}) * months.penalty_weight) over (
            partition by by_month.customer_no
            order by by_month.month_index
            rows between unbounded preceding and current row
        ) as weighted_points
    from by_month
    inner join months on by_month.month_index = months.month_index
),

chained as (
    select
        *,
        lag(month_index) over (partition by customer_no order by month_index) as previous_event_month_index,
        lead(month_index) over (partition by customer_no order by month_index) as next_event_month_index,
        coalesce(
            lag(weighted_points) over (partition by customer_no order by month_index), 0
        ) as weighted_points_before,
        lag(new_penalty_points) over (partition by customer_no order by month_index)
            as previous_new_penalty_points,
        coalesce(
            lag(weighted_points, 2) over (partition by customer_no order by month_index), 0
        ) as weighted_points_before_previous
    from weighted
),

final as (
    select
        customer_id,
        customer_no,
        month_index,
        next_event_month_index,
        relationship_started_on,
        started_month_index,
        ended_month_index,
        previous_event_month_index is null as is_first_segment,
        cast(incident_count as integer) as incident_count,
        last_occurred_on,
        weighted_points,
        new_penalty_points,
        -- What was remembered when last month closed: exactly what that month's row says.
        cast(
            case
                when previous_event_month_index = month_index - 1
                    then
                        {{ remembered_points('weighted_points_before_previous', 'previous_decay_power') }}
                        + previous_new_penalty_points
                else {{ remembered_points('weighted_points_before', 'previous_decay_power') }}
            end as {{ points_type() }}
        ) as opening_remembered_points,
        -- Rounded before the month's penalties are added, so that penalties count to the last digit.
        cast(
            {{ remembered_points('weighted_points_before', 'decay_power') }} + new_penalty_points
            as {{ points_type() }}
        ) as remembered_points
    from chained
)

select * from final
