-- One row: the run under way. It is the newest run record; the date is its argument, never the clock.
with runs as (
    select * from {{ ref('stg_runs__runs') }}
),

final as (
    select
        run_no,
        generation_id,
        as_of_on,
        as_of_ends_at,
        last_load_no,
        since_as_of_on,
        since_load_no,
        since_run_no,
        (
            select published.as_of_ends_at from runs as published
            where published.run_no = runs.since_run_no
        ) as since_as_of_ends_at,
        -- What the decision tables say of the loads up to this one stands.
        case when is_redecided then 0 else since_load_no end as decided_load_no,
        changed_incident_types,
        detector_version,
        former_detector_versions,
        full_rebuild_reason is not null as is_full_rebuild
    from runs
    where run_no = (select max(newest.run_no) from runs as newest)
)

select * from final
