{{ config(
    materialized='incremental',
    incremental_strategy='replace_rows',
    meta=replaces(customer_id='touched_customers'),
) }}

-- One row per incident whose category is another than its type's, because of how it was
-- resolved or because a person decided so.
with incidents as (
    select * from {{ ref('int_incidents') }}
    where reclassification_reason is not null
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

        -- what changed, and why
        incidents.type_category as from_category,
        incidents.category as to_category,
        incidents.type_penalty_points as penalty_before_points,
        incidents.penalty_points as penalty_after_points,
        incidents.reclassification_reason as reason,

        -- times
        incidents.occurred_on as effective_on,
        {{ as_instant('incidents.reclassified_at') }} as decided_at,
        {{ as_instant('incidents.deadline_at') }} as deadline_at,

        -- evidence
        files.file_name as evidence_file_name,
        incidents.reclassification_record_no as evidence_record_no
    from incidents
    left join files on incidents.reclassification_file_sha256 = files.file_sha256
)

select * from final
