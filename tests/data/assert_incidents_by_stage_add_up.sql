-- Incidents, cumulative ones and points by stage are those of fct_incident, month by month.
with incidents as (
    select
        cast(date_trunc('month', occurred_on) as date) as incident_month,
        count(*) as incidents,
        count(case when category = 'cumulative' then 1 end) as cumulative_incidents,
        sum(penalty_points) as penalty_points
    from {{ ref('fct_incident') }}
    group by cast(date_trunc('month', occurred_on) as date)
),

by_stage as (
    select
        incident_month,
        sum(incidents) as incidents,
        sum(cumulative_incidents) as cumulative_incidents,
        sum(penalty_points) as penalty_points
    from {{ ref('mart_incident_by_stage') }}
    group by incident_month
)

select coalesce(incidents.incident_month, by_stage.incident_month) as incident_month
from incidents
full outer join by_stage on incidents.incident_month = by_stage.incident_month
where
    incidents.incidents is distinct from by_stage.incidents
    or incidents.cumulative_incidents is distinct from by_stage.cumulative_incidents
    or incidents.penalty_points is distinct from by_stage.penalty_points
