{{ config(tags=['staging']) }}

-- A cumulative incident raises an alert, so its entry in incident_types must say what it costs, who acts and by when.
select *
from {{ ref('incident_types') }}
where
    category = 'cumulative'
    and (
        penalty_points is null
        or penalty_points <= 0
        or deadline_hours is null
        or playbook_code is null
        or owner_role is null
    )
