-- One row per run that was ever opened on this state, published or not.
with source as (
    select * from {{ below_state(source('runs', 'runs')) }}
),

final as (
    select
        -- key
        run_no,

        -- attributes
        generation_id,
        full_rebuild_reason,
        changed_incident_types,
        coalesce(detector_version, '') as detector_version,
        coalesce(former_detector_versions, '') as former_detector_versions,
        coalesce(is_redecided, false) as is_redecided,

        -- what the run knows, and what the last published run knew
        as_of_on,
        as_of_ends_at,
        last_load_no,
        since_as_of_on,
        coalesce(since_load_no, 0) as since_load_no,
        coalesce(
            max(case when published then run_no end) over (
                order by run_no
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as since_run_no
    from source
)

select * from final
