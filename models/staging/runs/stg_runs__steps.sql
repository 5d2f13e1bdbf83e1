-- One row per step of a run or an ingestion that ever began on this state.
with source as (
    select * from {{ below_state(source('runs', 'steps')) }}
),

final as (
    select
        -- key
        as_of_on,
        step_no,

        -- foreign keys
        run_no,

        -- attributes
        step,
        source,
        outcome,
        row_count,
        wall_seconds,
        cpu_seconds,
        peak_mb,

        -- times
        started_at
    from source
)

select * from final
