-- One row per incident type and period for which its entry holds: join on the type and on the incident's date.
with incident_types as (
    select * from {{ ref('incident_types') }}
),

playbook_titles as (
    select * from {{ ref('playbook_titles') }}
),

roles as (
    select * from {{ ref('roles') }}
),

departments as (
    select * from {{ ref('departments') }}
),

type_stages as (
    select * from {{ ref('incident_type_stages') }}
),

journey_stages as (
    select * from {{ ref('journey_stages') }}
),

run as (
    select * from {{ ref('int_run') }}
),

final as (
    select
        -- key
        incident_types.incident_type,
        incident_types.valid_from,
        incident_types.valid_to,
        incident_types.valid_from <= run.as_of_on
        and (incident_types.valid_to > run.as_of_on or incident_types.valid_to is null) as is_current,

        -- what people read
        incident_types.sort_order,
        incident_types.label_fr,
        incident_types.label_en,

        -- what it costs and by when it must be resolved
        incident_types.category,
        {{ penalty_of('incident_types') }} as penalty_points,
        incident_types.deadline_hours,

        -- what to do, and who
        incident_types.playbook_code,
        playbook_titles.title_fr as playbook_title_fr,
        playbook_titles.title_en as playbook_title_en,
        incident_types.owner_role,
        roles.label_fr as owner_role_label_fr,
        roles.label_en as owner_role_label_en,
        roles.department,
        departments.label_fr as department_label_fr,
        departments.label_en as department_label_en,

        -- where in the customer's journey
        type_stages.journey_stage,
        journey_stages.sort_order as journey_stage_order,
        journey_stages.label_fr as journey_stage_label_fr,
        journey_stages.label_en as journey_stage_label_en
    from incident_types
    cross join run
    left join playbook_titles on incident_types.playbook_code = playbook_titles.playbook_code
    left join roles on incident_types.owner_role = roles.role
    left join departments on roles.department = departments.department
    left join type_stages on incident_types.incident_type = type_stages.incident_type
    left join journey_stages on type_stages.journey_stage = journey_stages.journey_stage
)

select * from final
