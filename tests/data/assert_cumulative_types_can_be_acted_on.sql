{{ config(tags=['staging']) }}

-- A cumulative incident raises an alert, so its entry in incident_types must say what it costs, who acts and by when;
-- a transient one that is resolved badly raises one too, and costs what all such do.
select *
from {{ ref('incident_types') }}
where
    (category = 'cumulative' and (penalty_points is null or penalty_points <= 0 or deadline_hours is null))
    or (category in ('cumulative', 'transient') and (playbook_code is null or owner_role is null))
