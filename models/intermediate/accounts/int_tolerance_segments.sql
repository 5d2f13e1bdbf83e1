{{ config(materialized='view') }}

-- One row per customer and month with an incident that costs points: the account until the next such month.
with versions as (
    select * from {{ ref('int_segment_versions') }}
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
        is_first_segment,
        incident_count,
        last_occurred_on,
        weighted_points,
        new_penalty_points,
        opening_remembered_points,
        remembered_points
    from versions
    where closed_run_no is null
)

select * from final
