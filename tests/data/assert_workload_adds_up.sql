-- A step is overdue, due in 7 days or due later; and over all roles there are the steps of what is open, no more.
with alerts as (
    select
        current_incident_id,
        playbook_code
    from {{ ref('fct_alert') }}
    where status = 'open'
),

open_playbooks as (
    select playbook_code from alerts
    union all
    select types.playbook_code
    from {{ ref('fct_incident') }} as incidents
    inner join {{ ref('dim_incident_type') }} as types
        on
            incidents.incident_type = types.incident_type
            and incidents.occurred_on >= types.valid_from
            and (incidents.occurred_on < types.valid_to or types.valid_to is null)
    left join alerts on incidents.incident_id = alerts.current_incident_id
    where incidents.status in ('new', 'open', 'pending', 'hold') and alerts.current_incident_id is null
),

expected as (
    select
        count(*) as open_steps,
        coalesce(sum(steps.effort_hours), 0) as effort_hours
    from open_playbooks
    inner join {{ ref('playbooks') }} as steps on open_playbooks.playbook_code = steps.playbook_code
),

found as (
    select
        sum(open_steps) as open_steps,
        sum(effort_hours) as effort_hours,
        count(
            case
                when
                    open_steps <> overdue_steps + steps_due_in_7_days + steps_due_later
                    or steps_due_in_24_hours > steps_due_in_7_days
                    or open_alerts > open_incidents
                    or overdue_effort_hours + effort_hours_due_in_7_days > effort_hours
                    then 1
            end
        ) as contradictions
    from {{ ref('mart_workload_by_role') }}
)

select found.*
from found
cross join expected
where
    found.contradictions > 0
    or found.open_steps <> expected.open_steps
    or found.effort_hours <> expected.effort_hours
