{{ config(materialized='view', meta={'is_published_as_view': true}) }}

-- One row per month of the incident, journey stage, channel, department and category.
-- A view: a day that changes a few incidents writes nothing here.
with incidents as (
    select * from {{ ref('fct_incident') }}
),

final as (
    select
        cast(date_trunc('month', occurred_on) as date) as incident_month,
        coalesce(journey_stage, 'unknown') as journey_stage,
        channel,
        coalesce(department, 'unknown') as department,
        category,
        count(*) as incidents,
        count(case when category = 'cumulative' then 1 end) as cumulative_incidents,
        cast(sum(penalty_points) as decimal(18, 6)) as penalty_points,
        cast(
            median((extract(epoch from resolved_at) - extract(epoch from first_contact_at)) / 3600) as double
        ) as resolution_hours_median,
        count(is_resolved_in_time) as incidents_with_deadline,
        count(case when is_resolved_in_time then 1 end) as incidents_resolved_in_time,
        count(case when is_resolved_in_time then 1 end) / cast(nullif(count(is_resolved_in_time), 0) as double)
            as resolved_in_time_share,
        count(distinct customer_id) as customers
    from incidents
    group by 1, 2, 3, 4, 5
)

select * from final
