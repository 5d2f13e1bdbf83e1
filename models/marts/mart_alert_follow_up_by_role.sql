{{ config(materialized='view', meta={'is_published_as_view': true}) }}

-- One row per role that owns alerts of which the CRM was told. A view over mart_alert_follow_up, whose sums it has.
with alerts as (
    select * from {{ ref('mart_alert_follow_up') }}
),

final as (
    select
        owner_role,
        count(*) as alerts_sent,
        count(case when status = 'retracted' then 1 end) as alerts_retracted,
        count(acknowledgement) as alerts_acknowledged,
        count(case when status = 'closed' then 1 end) as alerts_closed,
        count(case when is_closed_in_time then 1 end) as alerts_closed_in_time,
        count(case when is_overdue then 1 end) as alerts_overdue,
        count(case when is_unacknowledged then 1 end) as alerts_unacknowledged,
        cast(median(hours_to_respond) as double) as hours_to_respond_median,
        count(case when outcome = 'well_resolved' then 1 end) as outcome_well_resolved,
        count(case when outcome = 'resolved' then 1 end) as outcome_resolved,
        count(case when outcome = 'not_resolved' then 1 end) as outcome_not_resolved,
        count(case when outcome = 'customer_lost' then 1 end) as outcome_customer_lost,
        count(case when outcome = 'not_an_incident' then 1 end) as outcome_not_an_incident
    from alerts
    group by owner_role
)

select * from final
