-- One row per role: what of the playbooks is open on the as-of date, and by when.
with run as (
    select * from {{ ref('int_run') }}
),

incidents as (
    select * from {{ ref('fct_incident') }}
    where status in ('new', 'open', 'pending', 'hold')
),

alerts as (
    select * from {{ ref('fct_alert') }}
    where status = 'open'
),

incident_types as (
    select * from {{ ref('dim_incident_type') }}
),

steps as (
    select * from {{ ref('playbooks') }}
),

roles as (
    select * from {{ ref('roles') }}
),

departments as (
    select * from {{ ref('departments') }}
),

run_ends as (
    select
        as_of_on,
        min(as_of_ends_at) as as_of_ends_at
    from {{ ref('stg_runs__runs') }}
    group by as_of_on
),

-- An incident with an open alert is worked on by the alert's playbook and clock, so it counts once.
open_work as (
    select
        alerts.current_incident_id as incident_id,
        alerts.alert_id,
        alerts.occurred_on,
        alerts.playbook_code,
        coalesce({{ as_instant('run_ends.as_of_ends_at') }}, alerts.respond_by) as started_at
    from alerts
    left join run_ends on alerts.raised_on = run_ends.as_of_on
    union all
    select
        incidents.incident_id,
        cast(null as varchar) as alert_id,
        incidents.occurred_on,
        incident_types.playbook_code,
        incidents.first_contact_at as started_at
    from incidents
    inner join incident_types
        on
            incidents.incident_type = incident_types.incident_type
            and incidents.occurred_on >= incident_types.valid_from
            and (incidents.occurred_on < incident_types.valid_to or incident_types.valid_to is null)
    where incidents.incident_id not in (select alerts.current_incident_id from alerts)
),

open_steps as (
    select
        open_work.incident_id,
        open_work.alert_id,
        open_work.occurred_on,
        steps.owner_role,
        steps.effort_hours,
        open_work.started_at + steps.due_hours * interval '1 hour' as due_at,
        {{ as_instant('run.as_of_ends_at') }} as as_of_ends_at
    from open_work
    cross join run
    inner join steps on open_work.playbook_code = steps.playbook_code
),

counted as (
    select
        owner_role,
        count(distinct incident_id) as open_incidents,
        count(distinct alert_id) as open_alerts,
        count(*) as open_steps,
        count(case when due_at < as_of_ends_at then 1 end) as overdue_steps,
        count(
            case when due_at >= as_of_ends_at and due_at < as_of_ends_at + interval '24 hours' then 1 end
        ) as steps_due_in_24_hours,
        count(
            case when due_at >= as_of_ends_at and due_at < as_of_ends_at + interval '168 hours' then 1 end
        ) as steps_due_in_7_days,
        count(case when due_at >= as_of_ends_at + interval '168 hours' then 1 end) as steps_due_later,
        min(occurred_on) as oldest_on,
        sum(effort_hours) as effort_hours,
        sum(case when due_at < as_of_ends_at then effort_hours else 0 end) as overdue_effort_hours,
        sum(
            case
                when due_at >= as_of_ends_at and due_at < as_of_ends_at + interval '168 hours' then effort_hours
                else 0
            end
        ) as effort_hours_due_in_7_days
    from open_steps
    group by owner_role
),

final as (
    select
        roles.role,
        roles.label_fr as role_label_fr,
        roles.label_en as role_label_en,
        roles.department,
        departments.label_fr as department_label_fr,
        departments.label_en as department_label_en,
        run.as_of_on,
        coalesce(counted.open_incidents, 0) as open_incidents,
        coalesce(counted.open_alerts, 0) as open_alerts,
        coalesce(counted.open_steps, 0) as open_steps,
        coalesce(counted.overdue_steps, 0) as overdue_steps,
        coalesce(counted.steps_due_in_24_hours, 0) as steps_due_in_24_hours,
        coalesce(counted.steps_due_in_7_days, 0) as steps_due_in_7_days,
        coalesce(counted.steps_due_later, 0) as steps_due_later,
        counted.oldest_on,
        cast(coalesce(counted.effort_hours, 0) as decimal(18, 2)) as effort_hours,
        cast(coalesce(counted.overdue_effort_hours, 0) as decimal(18, 2)) as overdue_effort_hours,
        cast(coalesce(counted.effort_hours_due_in_7_days, 0) as decimal(18, 2)) as effort_hours_due_in_7_days
    from roles
    cross join run
    left join departments on roles.department = departments.department
    left join counted on roles.role = counted.owner_role
)

select * from final
