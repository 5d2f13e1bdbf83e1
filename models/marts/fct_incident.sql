{{ config(
    materialized='incremental',
    incremental_strategy='replace_rows',
    meta=replaces(customer_id='touched_customers'),
) }}

-- One row per incident of a known customer. A deleted ticket has none.
with incidents as (
    select * from {{ ref('int_incidents') }}
),

incident_types as (
    select * from {{ ref('dim_incident_type') }}
),

files as (
    {{ names_of_loaded_files() }}
),

final as (
    select
        -- key
        incidents.incident_id,

        -- foreign keys
        incidents.customer_id,

        -- what it was, and who decided so
        incidents.incident_type,
        incidents.category,
        incidents.penalty_points,
        incidents.type_category,
        incidents.type_penalty_points,
        incidents.first_incident_type,
        incidents.first_penalty_points,
        incidents.detection_rule as detected_by,
        incidents.detection_confidence,
        incidents.decided_by,
        incidents.decided_reason,
        incidents.decided_on,

        -- where it belongs
        coalesce(incidents.journey_stage, incident_types.journey_stage) as journey_stage,
        incidents.channel,
        incident_types.department,

        -- times
        incidents.occurred_on,
        {{ as_instant('incidents.occurred_at') }} as first_contact_at,

        -- resolution
        incidents.status,
        {{ as_instant('incidents.deadline_at') }} as deadline_at,
        {{ as_instant('incidents.resolved_at') }} as resolved_at,
        incidents.is_resolved_in_time,
        incidents.reopen_count,
        incidents.rating,
        incidents.reclassification_reason,

        -- evidence: the contact that anchors it; the others stand in fct_incident_contact
        incidents.contact_count,
        files.file_name as evidence_file_name,
        incidents._record_no as evidence_record_no
    from incidents
    left join incident_types
        on
            incidents.incident_type = incident_types.incident_type
            and incidents.occurred_on >= incident_types.valid_from
            and (incidents.occurred_on < incident_types.valid_to or incident_types.valid_to is null)
    left join files on incidents._file_sha256 = files.file_sha256
)

select * from final
